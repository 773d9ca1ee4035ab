//! How long a session lives, and when its claims want refreshing. Pure.

use std::time::Duration;

use super::record::{RefreshFailures, Session};
use crate::config::Lifetimes;
use crate::gate::decide::Ended;
use crate::protocol::timestamp::Timestamp;

/// How a session stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may be used, and nothing needs doing.
    Fresh,
    /// It may be used; a refresh should be started behind the request.
    Due,
    /// Its claims are older than its access token: a refresh should be waited for. If none comes in time it may be used all
    /// the same.
    Stale,
    /// Its claims are older than the grace allows: without a refresh it cannot be used.
    Unusable,
    /// It is over.
    Ended(Ended),
}

/// How a session stands.
pub fn judge(session: &Session, lifetimes: &Lifetimes, now: Timestamp) -> Standing {
    if now >= session.signed_in.after(lifetimes.absolute) {
        return Standing::Ended(Ended::Absolute);
    }
    if now >= session.last_used().after(lifetimes.idle) {
        return Standing::Ended(Ended::Idle);
    }
    if now >= session.retires() {
        return Standing::Ended(Ended::Replaced);
    }
    let tokens = &session.tokens;
    if tokens.refresh_token.is_none() {
        return Standing::Fresh;
    }
    if now < tokens.expires {
        let life = tokens.expires.since(tokens.fetched);
        let due = tokens.fetched.after(life.mul_f64(REFRESH_AT));
        return if now >= due { Standing::Due } else { Standing::Fresh };
    }
    let grace = lifetimes.refresh_grace;
    if now < tokens.expires.after(grace) {
        return Standing::Stale;
    }
    // Whoever comes back after the grace has not lost the session: it counts again from the first failure, so that a
    // provider that restarts just then does not end it. Its claims are too old to be used in the meantime.
    match tokens.failures {
        Some(failures) if now >= failures.since.max(tokens.expires).after(grace) => {
            Standing::Ended(Ended::Grace)
        }
        _ => Standing::Unusable,
    }
}

/// Whether a refresh may be tried now: not before the pause after a failed one is over.
pub fn may_refresh(session: &Session, now: Timestamp) -> bool {
    session.tokens.refresh_token.is_some()
        && session.tokens.failures.is_none_or(|failures| now >= failures.retry_at)
}

/// What is left of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// Until it ends if nobody uses it.
    pub idle: Duration,
    /// Until it ends in any case.
    pub absolute: Duration,
}

/// What is left of a session at a moment; never more idle time than there is time at all.
pub fn remaining(session: &Session, lifetimes: &Lifetimes, now: Timestamp) -> Remaining {
    let absolute = session.signed_in.after(lifetimes.absolute).since(now);
    let idle = session.last_used().after(lifetimes.idle).since(now).min(absolute);
    Remaining { idle, absolute }
}

/// What is left of a session whose last use is this one.
pub fn after_use(session: &Session, lifetimes: &Lifetimes, now: Timestamp) -> Duration {
    let in_any_case = session.signed_in.after(lifetimes.absolute).min(session.retires());
    lifetimes.idle.min(in_any_case.since(now))
}

/// When an access token ends that the provider gave `expires_in` for, or none. Never sooner than [`MIN_TOKEN_LIFE`], so that
/// a provider that says 0 is not asked all day; never later than the session can live.
pub fn token_expiry(now: Timestamp, expires_in: Option<Duration>, lifetimes: &Lifetimes) -> Timestamp {
    let life = expires_in.unwrap_or(lifetimes.access_token);
    now.after(life.max(MIN_TOKEN_LIFE).min(lifetimes.absolute))
}

/// What follows a refresh that failed for a reason that may pass. `jitter` is fresh entropy.
pub fn after_failure(before: Option<RefreshFailures>, now: Timestamp, jitter: u8) -> RefreshFailures {
    let count = before.map_or(0, |failures| failures.count).saturating_add(1);
    let backoff = FIRST_RETRY.as_secs() << (count - 1).min(4);
    let spread = backoff * u64::from(jitter) / (2 * u64::from(u8::MAX));
    RefreshFailures {
        since: before.map_or(now, |failures| failures.since),
        count,
        retry_at: now.after(Duration::from_secs(backoff / 2 + spread.max(1))),
    }
}

/// The part of an access token's life after which it is refreshed.
const REFRESH_AT: f64 = 0.75;
/// The shortest life of an access token that is believed.
pub const MIN_TOKEN_LIFE: Duration = Duration::from_secs(10);
/// The first pause after a failed refresh; it doubles up to sixteen times that.
const FIRST_RETRY: Duration = Duration::from_secs(4);
