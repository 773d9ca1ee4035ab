//! How far a provider's clock is from ours, by the `Date` of its answers (RFC 9110 section 6.6.1).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::header::{AGE, DATE};

use super::timestamp::Timestamp;

/// Seconds by which the provider's clock is ahead of ours; negative where it is behind. It explains a refusal and never
/// changes a judgement: the `Date` of an answer is not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew(i64);

impl Skew {
    /// What the answer to a request says that went out at `sent` and had come at `received`. None if it does not say when it
    /// was made, or came out of a cache (`Age`, RFC 9111 section 5.1).
    pub fn of_answer(answer: &Response<Bytes>, sent: Timestamp, received: Timestamp) -> Option<Self> {
        if answer.headers().contains_key(AGE) {
            return None;
        }
        let mut dates = answer.headers().get_all(DATE).iter();
        let (Some(date), None) = (dates.next(), dates.next()) else { return None };
        let made = Timestamp::from_imf_fixdate(date.to_str().ok()?)?.seconds();
        // It was made at some moment in between; only what lies outside can be the clocks'.
        let nearest = made.clamp(sent.seconds(), received.seconds().max(sent.seconds()));
        let between = i64::try_from(made.abs_diff(nearest)).unwrap_or(i64::MAX);
        Some(Self(if made < nearest { -between } else { between }))
    }

    /// Seconds by which the provider's clock is ahead.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Whether it is more than a slow answer or a rounded second makes.
    pub const fn is_worth_telling(self) -> bool {
        self.0.unsigned_abs() > WORTH_TELLING.as_secs()
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.unsigned_abs();
        match self.0 {
            0 => f.write_str("by its answers the provider's clock is right by ours"),
            1.. => write!(f, "by its answers the provider's clock is {seconds}s ahead of ours"),
            _ => write!(f, "by its answers the provider's clock is {seconds}s behind ours"),
        }
    }
}

/// Less than this is not told.
pub const WORTH_TELLING: Duration = Duration::from_secs(5);
