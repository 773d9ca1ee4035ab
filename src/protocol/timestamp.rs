//! Time as the specifications write it.

use std::fmt;
use std::time::Duration;

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted (`NumericDate`, RFC 7519 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment that many seconds after 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The moment that a `Date` header names (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. None for anything else,
    /// the obsolete forms included, and before 1970.
    pub fn from_imf_fixdate(text: &str) -> Option<Self> {
        let number =
            |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
        let (_, text) = text.strip_suffix(" GMT")?.split_once(", ")?;
        let [day, month, year, time] = text.split(' ').collect::<Vec<_>>().try_into().ok()?;
        let [hour, minute, second] = time.split(':').collect::<Vec<_>>().try_into().ok()?;
        if [day, hour, minute, second].iter().any(|part| part.len() != 2) || year.len() != 4 {
            return None;
        }
        let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
        let (day, year) = (number(day)?, number(year)?);
        let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
        if !(1..=31).contains(&day) || year < 1970 || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        // The year begins in March, so that the day that only some years have is its last.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
        let days = days.checked_sub(DAYS_BEFORE_1970)?;
        Some(Self(((days * 24 + hour) * 60 + minute) * 60 + second))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// The moment `duration` later; whole seconds count. The far end of time instead of an overflow.
    #[must_use]
    pub const fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()))
    }

    /// How long ago `earlier` was; zero if it is still to come.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_1970: u64 = 719_468;
