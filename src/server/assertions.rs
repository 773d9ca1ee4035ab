//! Signed assertions, remembered: what is said of whom to which application is signed once for several requests.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderValue;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::config::passed::Assertion;
use crate::protocol::identity_assertion::Statement;
use crate::protocol::timestamp::Timestamp;

/// The latest assertion of each statement. Whatever changes in what is known of somebody makes another statement, so that nothing here
/// is ever out of date.
pub(super) struct Assertions(Cache<[u8; 32], Remembered, Size>);

#[derive(Clone)]
struct Remembered {
    value: HeaderValue,
    signed: Timestamp,
}

impl Assertions {
    /// Nothing is signed yet.
    pub(super) fn none() -> Self {
        Self(Cache::with_weighter(EXPECTED, MAX_BYTES, Size))
    }

    /// An assertion with at least half of its lifetime before it, by the wall clock.
    pub(super) fn sign(&self, assertion: &Assertion, statement: &Statement, now: Timestamp) -> HeaderValue {
        let mut key = [0; 32];
        key.copy_from_slice(digest(&SHA256, &statement.to_json()).as_ref());
        if let Some(known) = self.0.get(&key).filter(|known| is_fresh(known.signed, assertion.lifetime, now))
        {
            return known.value;
        }
        let jwt = statement.sign(&assertion.keys, now, assertion.lifetime);
        let mut value = HeaderValue::from_str(jwt.expose()).expect("base64url and dots fit a header");
        value.set_sensitive(true);
        self.0.insert(key, Remembered { value: value.clone(), signed: now });
        value
    }
}

/// Whether one that was signed at that moment has at least half of its lifetime before it. Where the clock was turned back it is signed
/// anew, for nobody would take one of the future.
fn is_fresh(signed: Timestamp, lifetime: Duration, now: Timestamp) -> bool {
    signed <= now && now < signed.after(lifetime / 2)
}

impl fmt::Debug for Assertions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assertions({} remembered)", self.0.len())
    }
}

/// The memory that one takes.
#[derive(Clone)]
struct Size;

impl Weighter<[u8; 32], Remembered> for Size {
    fn weight(&self, _: &[u8; 32], remembered: &Remembered) -> u64 {
        u64::try_from(remembered.value.len() + ENTRY_BYTES).unwrap_or(u64::MAX)
    }
}

/// Memory that all of them may take together, in bytes: some 80,000 of an ordinary kind. Beyond it those that are used least are
/// forgotten, and signed anew.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Assertions that room is made for at the start.
const EXPECTED: usize = 1024;
/// An entry without the assertion in it: key, time, pointers, its place in the table.
const ENTRY_BYTES: usize = 192;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::is_fresh;
    use crate::protocol::timestamp::Timestamp;

    #[test]
    fn an_assertion_is_used_for_half_of_its_lifetime_and_never_before_it_begins() {
        let rows = [
            ("the clock was turned back", 999, 60, false),
            ("just signed", 1000, 60, true),
            ("the last second", 1029, 60, true),
            ("half is gone", 1030, 60, false),
            ("an odd lifetime", 1005, 11, false),
            ("much later", 9000, 60, false),
        ];
        for (name, now, lifetime, expected) in rows {
            let at = Timestamp::from_seconds;
            assert_eq!(is_fresh(at(1000), Duration::from_secs(lifetime), at(now)), expected, "{name}");
        }
    }
}
