//! The only reader of the clock and of the random source.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::protocol::timestamp::Timestamp;

/// The time and the random source of the process. Clones share one time.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    /// The furthest that the wall clock ever was ahead of the time since `started`, in seconds.
    ahead: Arc<AtomicU64>,
    /// Seconds by which a test moved the clock.
    shift: Arc<AtomicI64>,
}

impl Clock {
    /// The clock of this machine.
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
    pub fn system() -> Self {
        Self {
            started: Instant::now(),
            ahead: Arc::new(AtomicU64::new(unix_now())),
            shift: Arc::new(AtomicI64::new(0)),
        }
    }

    /// The wall clock: what claims of a provider are judged by.
    pub fn wall(&self) -> Timestamp {
        Timestamp::from_seconds(unix_now().saturating_add_signed(self.shift.load(Ordering::Relaxed)))
    }

    /// What lifetimes of sessions are judged by. It never goes back and never stands still: where the wall clock jumps ahead
    /// it follows (the machine may have slept), and from there goes on by the monotonic clock, also if the wall clock is
    /// turned back. So a session may end early when clocks jump, and never lives longer.
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
    pub fn steady(&self) -> Timestamp {
        let since_start = Instant::now().saturating_duration_since(self.started).as_secs();
        let steady = steady(&self.ahead, unix_now(), since_start);
        Timestamp::from_seconds(steady.saturating_add_signed(self.shift.load(Ordering::Relaxed)))
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

fn steady(ahead: &AtomicU64, wall: u64, since_start: u64) -> u64 {
    let now = wall.saturating_sub(since_start);
    // Read first: it is written only where clocks jump, and this runs for every request.
    let furthest = match ahead.load(Ordering::Relaxed) {
        furthest if now > furthest => ahead.fetch_max(now, Ordering::Relaxed).max(now),
        furthest => furthest,
    };
    furthest.saturating_add(since_start)
}

#[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use crate::clock::{AtomicU64, steady};

    /// Wall clock and seconds since the start, and what lifetimes are judged by.
    #[test]
    fn lifetimes_follow_a_clock_that_jumps_ahead_and_none_that_is_turned_back() {
        let rows = [
            ("the start", 1_000, 0, 1_000),
            ("time goes by", 1_010, 10, 1_010),
            ("the wall clock jumps ahead by an hour", 4_620, 20, 4_620),
            ("and is set right: what began in that hour lives no hour longer", 1_030, 30, 4_630),
            ("time goes by", 1_100, 100, 4_700),
            ("a second that is not whole yet", 1_100, 101, 4_701),
            ("the wall clock is turned back by a day", 0, 200, 4_800),
            ("the machine sleeps, which only the wall clock sees", 90_000, 210, 90_000),
        ];
        let ahead = AtomicU64::new(0);
        for (name, wall, since_start, expected) in rows {
            assert_eq!(steady(&ahead, wall, since_start), expected, "{name}");
        }
    }
}
