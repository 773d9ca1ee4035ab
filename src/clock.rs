//! The only reader of the clock and of the random source.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::protocol::timestamp::Timestamp;

/// The time and the random source of the process. Clones share one time.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    started_at: u64,
    /// Seconds by which a test moved the clock.
    shift: Arc<AtomicI64>,
}

impl Clock {
    /// The clock of this machine.
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
    pub fn system() -> Self {
        Self { started: Instant::now(), started_at: unix_now(), shift: Arc::new(AtomicI64::new(0)) }
    }

    /// The wall clock: what claims of a provider are judged by.
    pub fn wall(&self) -> Timestamp {
        Timestamp::from_seconds(unix_now().saturating_add_signed(self.shift.load(Ordering::Relaxed)))
    }

    /// What lifetimes of sessions are judged by: the wall clock, or what it would be by the monotonic clock if somebody
    /// turned it back. So a session may end early when clocks jump, and never lives longer.
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
    pub fn steady(&self) -> Timestamp {
        let since_start = Instant::now().saturating_duration_since(self.started).as_secs();
        let monotonic = self.started_at.saturating_add(since_start);
        let shift = self.shift.load(Ordering::Relaxed);
        Timestamp::from_seconds(unix_now().max(monotonic).saturating_add_signed(shift))
    }

    /// The monotonic clock, for measuring how long something took.
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// Moves this clock and its clones by so many seconds. For tests: time is set, never slept.
    pub fn shift(&self, seconds: i64) {
        self.shift.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Random bytes from the operating system's generator.
    ///
    /// # Panics
    /// If the system has no randomness to give: there is no safe way to go on.
    #[expect(clippy::disallowed_methods, reason = "this is the file that draws entropy")]
    pub fn entropy<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
