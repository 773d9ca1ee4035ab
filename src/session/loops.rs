//! Logins that succeed and lead nowhere: the loop breaker.
//!
//! A loop is one browser that finishes login after login for the same page and never comes back with a session. Tabs that are
//! restored together are none: they finish many logins within a moment, but for different pages, and any request that is let
//! through with any of their sessions shows that sessions come back.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use dashmap::DashMap;

use crate::gate::loop_cause::EndedBy;
use crate::protocol::timestamp::Timestamp;

/// What the sessions of one browser at one client share: how many logins it finished, and how many of them had been finished
/// when a request with a session of it was last let through; and how the last of them ended, if it did.
#[derive(Clone, Debug, Default)]
pub struct Uses(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    finished: AtomicU32,
    used: AtomicU32,
    /// [`NOT_ENDED`], [`ENDED`] or [`ENDED_BY_CLOCKS`].
    ended: AtomicU8,
}

impl Uses {
    /// Notes a request that was let through.
    pub fn note(&self) {
        let finished = self.0.finished.load(Ordering::Relaxed);
        // Read first: the hot path writes no shared memory once it is noted.
        if self.0.used.load(Ordering::Relaxed) != finished {
            self.0.used.store(finished, Ordering::Relaxed);
        }
    }

    /// Notes that a session is over. A later login forgets it.
    pub fn ended(&self, by: EndedBy) {
        let by = match by {
            EndedBy::Itself => ENDED,
            EndedBy::Clocks => ENDED_BY_CLOCKS,
        };
        self.0.ended.store(by, Ordering::Relaxed);
    }
}

/// Remembers, for a minute, the logins that each browser finished at each client.
#[derive(Debug, Default)]
pub struct Loops {
    browsers: DashMap<Key, Browser>,
}

/// The flow cookie's binding and the client's name.
type Key = ([u8; 32], String);

#[derive(Debug, Default)]
struct Browser {
    uses: Uses,
    finished: VecDeque<Finished>,
}

#[derive(Debug)]
struct Finished {
    at: Timestamp,
    number: u32,
    page: u64,
}

impl Loops {
    /// Notes a login that is about to end in a session, and what that session is to note its uses in.
    pub fn finished(&self, binding: [u8; 32], client: &str, return_to: &str, now: Timestamp) -> Uses {
        let key = (binding, client.to_owned());
        // Beyond the limit nothing new is remembered: a loop there goes on, and nobody else pays for it.
        if self.browsers.len() >= MAX_BROWSERS && !self.browsers.contains_key(&key) {
            return Uses::default();
        }
        let mut browser = self.browsers.entry(key).or_default();
        browser.uses.0.ended.store(NOT_ENDED, Ordering::Relaxed);
        let number = browser.uses.0.finished.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        if browser.finished.len() >= MAX_LOGINS {
            browser.finished.pop_front();
        }
        browser.finished.push_back(Finished { at: now, number, page: page(return_to) });
        browser.uses.clone()
    }

    /// How many logins for that page this browser has finished within the last minute, since it last came back with a session.
    pub fn in_vain(&self, binding: [u8; 32], client: &str, return_to: &str, now: Timestamp) -> u8 {
        let Some(browser) = self.browsers.get(&(binding, client.to_owned())) else { return 0 };
        let used = browser.uses.0.used.load(Ordering::Relaxed);
        let page = page(return_to);
        let in_vain = browser
            .finished
            .iter()
            .filter(|login| login.number > used && login.page == page && now < login.at.after(WINDOW))
            .count();
        u8::try_from(in_vain).unwrap_or(u8::MAX)
    }

    /// How the session that this browser was given last ended, if it did.
    pub fn last_ended(&self, binding: [u8; 32], client: &str) -> Option<EndedBy> {
        let browser = self.browsers.get(&(binding, client.to_owned()))?;
        match browser.uses.0.ended.load(Ordering::Relaxed) {
            ENDED => Some(EndedBy::Itself),
            ENDED_BY_CLOCKS => Some(EndedBy::Clocks),
            _ => None,
        }
    }

    /// Forgets what is over a minute old.
    pub fn sweep(&self, now: Timestamp) {
        self.browsers.retain(|_, browser| browser.finished.iter().any(|login| now < login.at.after(WINDOW)));
    }
}

/// Stands for a return address; two that fall together count as one page, which only a person with two such pages would notice.
fn page(return_to: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    return_to.hash(&mut hasher);
    hasher.finish()
}

const NOT_ENDED: u8 = 0;
const ENDED: u8 = 1;
const ENDED_BY_CLOCKS: u8 = 2;
/// A login that was begun after so many others in vain is not finished.
pub const LIMIT: u8 = 2;
/// Logins further apart than this are no loop.
const WINDOW: Duration = Duration::from_secs(60);
/// Browsers remembered at once, in about 40 MB.
const MAX_BROWSERS: usize = 100_000;
/// Logins remembered of one browser; tabs that are restored together finish many.
const MAX_LOGINS: usize = 32;

#[cfg(test)]
mod tests {
    use super::{EndedBy, Loops, Timestamp};

    const START: Timestamp = Timestamp::from_seconds(1_000);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_000 + seconds)
    }

    #[test]
    fn logins_for_a_page_count_until_any_session_comes_back_or_a_minute_is_over() {
        let loops = Loops::default();
        let in_vain = |now| loops.in_vain([1; 32], "app", "/page", now);
        assert_eq!(in_vain(START), 0);
        let uses = loops.finished([1; 32], "app", "/page", START);
        loops.finished([1; 32], "app", "/page", at(30));
        assert_eq!(in_vain(at(40)), 2);
        assert_eq!(in_vain(at(61)), 1);
        assert_eq!(loops.in_vain([2; 32], "app", "/page", at(40)), 0, "another browser");
        assert_eq!(loops.in_vain([1; 32], "other", "/page", at(40)), 0, "another client");
        assert_eq!(loops.in_vain([1; 32], "app", "/other", at(40)), 0, "another page");
        uses.note();
        assert_eq!(in_vain(at(40)), 0, "a session came back, whichever it was");
        loops.finished([1; 32], "app", "/page", at(50));
        assert_eq!(in_vain(at(51)), 1);
        loops.sweep(at(110));
        assert!(loops.browsers.is_empty());
    }

    #[test]
    fn how_the_last_session_ended_is_known_until_the_next_login() {
        let loops = Loops::default();
        let last = || loops.last_ended([1; 32], "app");
        assert_eq!(last(), None);
        let uses = loops.finished([1; 32], "app", "/page", START);
        assert_eq!(last(), None);
        uses.ended(EndedBy::Clocks);
        assert_eq!(last(), Some(EndedBy::Clocks));
        uses.ended(EndedBy::Itself);
        assert_eq!(last(), Some(EndedBy::Itself));
        assert_eq!(loops.last_ended([2; 32], "app"), None, "another browser");
        loops.finished([1; 32], "app", "/page", at(1));
        assert_eq!(last(), None);
    }

    #[test]
    fn twenty_tabs_that_finish_in_one_moment_are_no_loop() {
        let loops = Loops::default();
        for tab in 0..20 {
            let page = format!("/tab/{tab}");
            assert_eq!(loops.in_vain([1; 32], "app", &page, START), 0);
            loops.finished([1; 32], "app", &page, START);
        }
    }
}
