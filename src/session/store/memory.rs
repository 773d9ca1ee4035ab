//! The store in memory: a bounded `DashMap`. Complete in itself; a restart ends its sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;

use crate::protocol::timestamp::Timestamp;
use crate::session::index::{Ending, Index, Name};
use crate::session::key::SessionKey;
use crate::session::record::Session;

/// The sessions. No guard of the map leaves this file, so none is ever held over an await. Where both maps are locked, the
/// sessions are locked first.
#[derive(Debug)]
pub struct MemoryStore {
    sessions: DashMap<SessionKey, Arc<Session>>,
    index: Index,
    count: AtomicUsize,
    limit: usize,
}

/// As many sessions are kept as `server.max_sessions` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFull;

impl MemoryStore {
    /// A store of at most `limit` sessions.
    pub fn new(limit: usize) -> Self {
        Self { sessions: DashMap::new(), index: Index::default(), count: AtomicUsize::new(0), limit }
    }

    /// The session of that key, as it is now.
    pub fn get(&self, key: &SessionKey) -> Option<Arc<Session>> {
        self.sessions.get(key).map(|entry| Arc::clone(entry.value()))
    }

    /// Keeps a new session.
    ///
    /// # Errors
    /// [`StoreFull`]; sessions that live are never given up for a new one.
    pub fn insert(&self, key: SessionKey, session: Session) -> Result<(), StoreFull> {
        // Counted before it is kept: of two inserts at once into the last place, one is refused. It is under its names first: whoever is
        // told to end it and does not find it there has come before it was kept.
        self.hold(key, session).map(drop).map_err(|_| StoreFull)
    }

    /// Holds a copy of a session that is kept elsewhere, in the place of any that was there.
    ///
    /// # Errors
    /// The session, if there is no room: it can be used all the same, and is loaded again by whoever comes next.
    pub fn hold(&self, key: SessionKey, session: Session) -> Result<Arc<Session>, Arc<Session>> {
        let session = Arc::new(session);
        if self.count.fetch_add(1, Ordering::AcqRel) >= self.limit && !self.sessions.contains_key(&key) {
            self.count.fetch_sub(1, Ordering::AcqRel);
            return Err(session);
        }
        let names = Name::all_of(&session);
        self.index.add(&names, key);
        if let Some(before) = self.sessions.insert(key, Arc::clone(&session)) {
            self.count.fetch_sub(1, Ordering::AcqRel);
            self.unname(&key, &before, &names);
        }
        Ok(session)
    }

    /// Puts `next` in the place of `before` if that is still what is kept there: a session that was ended in the meantime
    /// stays ended. Whether it was.
    pub fn replace(&self, key: &SessionKey, before: &Arc<Session>, next: Session) -> bool {
        match self.sessions.get_mut(key) {
            Some(mut entry) if entry.version == before.version && entry.handle == before.handle => {
                // What was noted on the old record after it was copied is not lost: a use, and that it is to end.
                next.used_at(entry.last_used());
                next.retire(entry.retires());
                // A refresh may have brought another `sid`.
                let names = Name::all_of(&next);
                self.index.add(&names, *key);
                *entry.value_mut() = Arc::new(next);
                self.unname(key, before, &names);
                true
            }
            _ => false,
        }
    }

    /// Lets the session of that key end at that moment, whatever version it is then.
    pub fn retire(&self, key: &SessionKey, at: Timestamp) {
        // Under the map's lock: a refresh puts a copy in its place only before or after this, and copies it then.
        if let Some(entry) = self.sessions.get(key) {
            entry.retire(at);
        }
    }

    /// Ends the session of that key, whatever version it is. It is returned to exactly one caller.
    pub fn remove(&self, key: &SessionKey) -> Option<Arc<Session>> {
        self.remove_if(key, |_| true)
    }

    /// Ends the session of that key if `over` says so of it as it is now.
    pub fn remove_if(&self, key: &SessionKey, over: impl FnOnce(&Session) -> bool) -> Option<Arc<Session>> {
        let (_, session) = self.sessions.remove_if(key, |_, session| over(session))?;
        self.count.fetch_sub(1, Ordering::AcqRel);
        self.unname(key, &session, &[]);
        Some(session)
    }

    /// Ends every session that `ending` means, whatever version it is. Each is returned to exactly one caller.
    pub fn remove_all(&self, ending: &Ending) -> Vec<Arc<Session>> {
        let keys = ending.names().iter().flat_map(|name| self.index.of(name));
        keys.filter_map(|key| self.remove_if(&key, |session| ending.ends(&Name::all_of(session)))).collect()
    }

    /// The keys and sessions of that name.
    pub fn of_name(&self, name: &Name) -> Vec<(SessionKey, Arc<Session>)> {
        self.index.of(name).into_iter().filter_map(|key| Some((key, self.get(&key)?))).collect()
    }

    /// Ends every session for which `over` gives a reason, and says how many it was for each.
    pub fn sweep<R>(&self, mut over: impl FnMut(&Session) -> Option<R>, mut ended: impl FnMut(R)) {
        self.sessions.retain(|key, session| match over(session) {
            Some(reason) => {
                self.count.fetch_sub(1, Ordering::AcqRel);
                self.unname(key, session, &[]);
                ended(reason);
                false
            }
            None => true,
        });
    }

    /// As many as it may hold.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Sessions kept now, those among them that ended since the last sweep.
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Names under which sessions can be found.
    pub fn names(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Takes a session out from under the names that it has no longer.
    fn unname(&self, key: &SessionKey, session: &Session, kept: &[Name]) {
        let gone: Vec<Name> = Name::all_of(session).into_iter().filter(|name| !kept.contains(name)).collect();
        self.index.remove(&gone, key);
    }
}
