//! Logins that succeed and lead nowhere: the loop breaker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dashmap::DashMap;

use crate::protocol::timestamp::Timestamp;

/// Whether any request was let through with a session; shared by the session and by what is remembered of its login.
#[derive(Clone, Debug, Default)]
pub struct Used(Arc<AtomicBool>);

impl Used {
    /// Notes a request that was let through.
    pub fn set(&self) {
        // Read first: the hot path writes no shared memory once it is set.
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Remembers, for a minute, the logins that each browser finished at each client.
#[derive(Debug, Default)]
pub struct Loops {
    finished: DashMap<Key, Vec<Finished>>,
}

/// The flow cookie's binding and the client's name.
type Key = ([u8; 32], String);

#[derive(Debug)]
struct Finished {
    at: Timestamp,
    used: Used,
}

impl Loops {
    /// Notes a login that ended in a session.
    pub fn finished(&self, binding: [u8; 32], client: &str, used: &Used, now: Timestamp) {
        let key = (binding, client.to_owned());
        // Beyond the limit nothing new is remembered: a loop there goes on, and nobody else pays for it.
        if self.finished.len() >= MAX_BROWSERS && !self.finished.contains_key(&key) {
            return;
        }
        let mut logins = self.finished.entry(key).or_default();
        logins.retain(|login| now < login.at.after(WINDOW));
        if logins.len() < MAX_LOGINS {
            logins.push(Finished { at: now, used: used.clone() });
        }
    }

    /// How many logins this browser has finished within the last minute, since the last one whose session was used.
    pub fn in_vain(&self, binding: [u8; 32], client: &str, now: Timestamp) -> u8 {
        let Some(logins) = self.finished.get(&(binding, client.to_owned())) else { return 0 };
        let in_vain = logins
            .iter()
            .rev()
            .take_while(|login| now < login.at.after(WINDOW) && !login.used.is_set())
            .count();
        u8::try_from(in_vain).unwrap_or(u8::MAX)
    }

    /// Forgets what is over a minute old.
    pub fn sweep(&self, now: Timestamp) {
        self.finished.retain(|_, logins| logins.iter().any(|login| now < login.at.after(WINDOW)));
    }
}

/// A login that was begun after so many others in vain is not finished.
pub const LIMIT: u8 = 2;
/// Logins further apart than this are no loop.
const WINDOW: Duration = Duration::from_secs(60);
/// Browsers remembered at once, in about 20 MB.
const MAX_BROWSERS: usize = 100_000;
/// Logins remembered of one browser; tabs that are restored together finish many.
const MAX_LOGINS: usize = 32;

#[cfg(test)]
mod tests {
    use super::{Loops, Timestamp, Used};

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    #[test]
    fn logins_count_until_a_session_is_used_or_a_minute_is_over() {
        let loops = Loops::default();
        let (first, second) = (Used::default(), Used::default());
        assert_eq!(loops.in_vain([1; 32], "app", NOW), 0);
        loops.finished([1; 32], "app", &first, NOW);
        loops.finished([1; 32], "app", &second, Timestamp::from_seconds(1_030));
        assert_eq!(loops.in_vain([1; 32], "app", Timestamp::from_seconds(1_040)), 2);
        assert_eq!(loops.in_vain([1; 32], "app", Timestamp::from_seconds(1_061)), 1);
        assert_eq!(loops.in_vain([2; 32], "app", NOW), 0, "another browser");
        assert_eq!(loops.in_vain([1; 32], "other", NOW), 0, "another client");
        first.set();
        assert_eq!(loops.in_vain([1; 32], "app", Timestamp::from_seconds(1_040)), 1);
        second.set();
        assert_eq!(loops.in_vain([1; 32], "app", Timestamp::from_seconds(1_040)), 0);
        loops.sweep(Timestamp::from_seconds(1_090));
        assert!(loops.finished.is_empty());
    }
}
