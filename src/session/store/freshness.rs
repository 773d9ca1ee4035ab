//! Whether what was loaded from a store that others write to is still what it keeps.
//!
//! The store tells of every change, and is asked regularly whether it still does. What it said before the answer came was heard, so a
//! copy may be believed until the bound after the question. A copy counts as heard of only if nothing was told of its key since before
//! it was loaded.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::session::key::SessionKey;
use crate::session::record::Session;

/// What was heard of changes.
pub struct Freshness {
    clock: Clock,
    started: Instant,
    bound: Duration,
    /// Goes up whenever changes may have been missed. Never 0, which is what a copy that is not believed has.
    epoch: AtomicU64,
    /// Milliseconds since `started` until when copies are believed.
    until: AtomicU64,
    /// Changes that were told of.
    changes: Changes,
}

/// Counts changes, so that whoever loads sees that one came meanwhile: by the first byte of the key.
#[derive(Debug)]
pub struct Changes(Box<[AtomicU64]>);

impl Default for Changes {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Changes {
    /// Those of that key until now, and maybe some of others.
    pub fn count(&self, key: &SessionKey) -> u64 {
        self.stripe(key).load(Ordering::SeqCst)
    }

    /// One more.
    pub fn note(&self, key: &SessionKey) {
        self.stripe(key).fetch_add(1, Ordering::SeqCst);
    }

    fn stripe(&self, key: &SessionKey) -> &AtomicU64 {
        &self.0[usize::from(key.as_bytes()[0]) % STRIPES]
    }
}

/// What was heard of a key before it was loaded.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    epoch: u64,
    changes: u64,
}

impl Freshness {
    /// Nothing is believed yet. Later, nothing for longer than `bound` after the store was last known to tell of changes.
    pub fn new(clock: Clock, bound: Duration) -> Self {
        Self {
            started: clock.instant(),
            clock,
            bound,
            epoch: AtomicU64::new(1),
            until: AtomicU64::new(0),
            changes: Changes::default(),
        }
    }

    /// Whether a copy may be believed.
    pub fn is_current(&self, session: &Session) -> bool {
        session.checked.load(Ordering::Acquire) == self.epoch.load(Ordering::Acquire)
            && self.since_start(self.clock.instant()) < self.until.load(Ordering::Acquire)
    }

    /// Before a record is loaded.
    pub fn mark(&self, key: &SessionKey) -> Mark {
        let epoch = self.epoch.load(Ordering::Acquire);
        Mark { epoch, changes: self.changes.count(key) }
    }

    /// After the copy is where [`Self::changed`] finds it: it may be believed, unless a change was told of since the mark.
    pub fn loaded(&self, key: &SessionKey, session: &Session, mark: Mark) {
        session.checked.store(mark.epoch, Ordering::Release);
        if self.changes.count(key) != mark.changes {
            session.checked.store(0, Ordering::Release);
        }
    }

    /// A change was told of. `copy` looks up what there is of that key, and is asked only after loads under way are warned.
    pub fn changed(&self, key: &SessionKey, copy: impl FnOnce() -> Option<std::sync::Arc<Session>>) {
        self.changes.note(key);
        if let Some(session) = copy() {
            session.checked.store(0, Ordering::Release);
        }
    }

    /// Changes may have been missed: no copy is believed that was loaded before now.
    pub fn missed(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// The store, asked at that moment, has said all until then and goes on telling.
    pub fn heard(&self, asked: Instant) {
        self.until.store(self.since_start(asked + self.bound), Ordering::Release);
    }

    fn since_start(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Freshness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Freshness(bound {:?})", self.bound)
    }
}

/// Keys that share a count of changes; a load beside a change of another such key is loaded once more.
const STRIPES: usize = 256;
