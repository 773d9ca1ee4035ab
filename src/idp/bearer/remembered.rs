//! What is known of one token, until when, and the memory that it takes.

use std::sync::Arc;

use quick_cache::Weighter;

use super::super::claims;
use super::super::provider::RememberedProvider;
use crate::config::Client;
use crate::config::bearer::BearerIssuer;
use crate::gate::bearer::{Admitted, Refused};
use crate::gate::refusal::Refusal;
use crate::protocol::access_token::AccessToken;
use crate::protocol::timestamp::Timestamp;

/// What is known of one token.
#[derive(Clone)]
pub(super) struct Remembered {
    pub(super) verdict: Verdict,
    /// When the token is over, by the wall clock, as its issuer says.
    pub(super) expires: Timestamp,
    /// Until when it is believed, by the steady clock, which nobody turns back. From then on it is as good as unknown.
    pub(super) until: Timestamp,
}

#[derive(Clone)]
pub(super) enum Verdict {
    /// It is good. `signed` is by whose keys, where it was verified by them.
    Good { admitted: Arc<Admitted>, signed: Option<Signed> },
    /// It is not, or it could not be learned whether it is.
    Refused(Arc<Refused>),
}

/// By which key set a token was verified.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) by: Arc<RememberedProvider>,
    pub(super) keys: [u8; 32],
}

impl Remembered {
    /// A token that was believed, until it is over.
    pub(super) fn of(
        token: AccessToken,
        client: &Client,
        issuer: &Arc<BearerIssuer>,
        signed: Option<Signed>,
    ) -> Result<Self, Refusal> {
        let expires = token.expires.map_or(NEVER, |at| at.after(issuer.clock_leeway));
        let admitted = Arc::new(Admitted::new(token, client, issuer)?);
        claims::tell_cut(client, admitted.identity());
        Ok(Self { verdict: Verdict::Good { admitted, signed }, expires, until: NEVER })
    }

    /// Whether it is still so: neither over, nor verified by keys that have changed since, or can no longer be used.
    pub(super) fn is_current(&self, wall: Timestamp, steady: Timestamp) -> bool {
        let signed_by_current =
            |signed: &Signed| signed.by.keys_now().is_some_and(|keys| *keys.id() == signed.keys);
        wall < self.expires
            && steady < self.until
            && match &self.verdict {
                Verdict::Good { signed, .. } => signed.as_ref().is_none_or(signed_by_current),
                Verdict::Refused(_) => true,
            }
    }
}

impl Verdict {
    pub(super) fn refused(refusal: Refusal, issuer: &Arc<BearerIssuer>) -> Self {
        Self::Refused(Arc::new(Refused::by(issuer, refusal)))
    }

    pub(super) fn into_result(self) -> Result<Arc<Admitted>, Refused> {
        match self {
            Self::Good { admitted, .. } => Ok(admitted),
            Self::Refused(refused) => Err(Arc::unwrap_or_clone(refused)),
        }
    }
}

/// The memory that one token takes.
#[derive(Clone)]
pub(super) struct Size;

impl Weighter<[u8; 32], Remembered> for Size {
    fn weight(&self, _: &[u8; 32], remembered: &Remembered) -> u64 {
        let inner = match &remembered.verdict {
            Verdict::Good { admitted, .. } => admitted.size(),
            Verdict::Refused(_) => REFUSAL_BYTES,
        };
        u64::try_from(inner + ENTRY_BYTES).unwrap_or(u64::MAX)
    }
}

/// Later than any time.
pub(super) const NEVER: Timestamp = Timestamp::from_seconds(u64::MAX);
/// An entry without what is in it: key, times, pointers, its place in the table.
const ENTRY_BYTES: usize = 192;
/// A refusal with its texts.
const REFUSAL_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::{NEVER, Refusal, Refused, Remembered, Timestamp, Verdict};

    /// XT-03: whatever becomes of the wall clock, nothing is believed for longer than it may be.
    #[test]
    fn what_is_remembered_ends_in_time_where_the_wall_clock_is_turned_back() {
        let at = Timestamp::from_seconds;
        let verdict = Verdict::Refused(Refused::of_nobody(Refusal::BearerInactive).into());
        let remembered = |expires, until| Remembered { verdict: verdict.clone(), expires, until };
        let rows = [
            ("time goes by", remembered(NEVER, at(1_010)), 1_009, 1_009, true),
            ("and is over", remembered(NEVER, at(1_010)), 1_010, 1_010, false),
            (
                "the wall clock is turned back by hours",
                remembered(NEVER, at(100_010)),
                50_000,
                100_010,
                false,
            ),
            ("the token is over", remembered(at(2_000), NEVER), 2_000, 1_500, false),
            (
                "the wall clock jumped ahead, and is set right",
                remembered(at(9_000), at(5_060)),
                1_000,
                5_060,
                false,
            ),
        ];
        for (name, remembered, wall, steady, current) in rows {
            assert_eq!(remembered.is_current(at(wall), at(steady)), current, "{name}");
        }
    }
}
