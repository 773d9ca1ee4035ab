//! How far the provider's clock is from ours, measured at each answer.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use crate::protocol::issuer::Issuer;
use crate::protocol::skew::Skew;
use crate::protocol::timestamp::Timestamp;

/// What is known of one provider's clock.
#[derive(Debug, Default)]
pub(super) struct Clocks(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// By the last answer that told its time.
    skew: Option<Skew>,
    /// When the log was last told of it.
    told: Option<Timestamp>,
}

impl Clocks {
    /// Compares them.: the log is told before a check of time fails, and not with each answer. `sent` and `received` are by
    /// the wall clock, `now` by the steady one.
    pub(super) fn compare(
        &self,
        answer: &http::Response<Bytes>,
        (sent, received): (Timestamp, Timestamp),
        issuer: &Issuer,
        now: Timestamp,
    ) {
        let Some(skew) = Skew::of_answer(answer, sent, received) else { return };
        {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.skew = Some(skew);
            let due = seen.told.is_none_or(|at| now >= at.after(TELL_EVERY));
            if !due || !skew.is_worth_telling() {
                return;
            }
            seen.told = Some(now);
        }
        tracing::warn!(
            code = "provider_clock", fault = "operator", %issuer, seconds = skew.seconds(), why = %skew,
            remedy = "Set the clocks of both machines by a time server; until then raise clock_leeway, if it must be.",
            "the clocks disagree"
        );
    }

    /// By the last answer that told its time.
    pub(super) fn skew(&self) -> Option<Skew> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).skew
    }
}

/// That the clocks disagree is logged again after so long, if they still do.
const TELL_EVERY: Duration = Duration::from_secs(60 * 60);
