//! The thread that writes: all who wait in one transaction, each told what became of their own change.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

use redb::ReadableTable as _;
use tokio::sync::oneshot;

use super::database::{Database, LOGOUTS, MOMENTS, NAMES, SESSIONS, failed, kept, moments};
use super::unavailable;
use crate::protocol::timestamp::Timestamp;
use crate::session::index::Name;
use crate::session::kept::Kept;
use crate::session::key::SessionKey;
use crate::session::store::keeper::StoreFault;

/// What is to be written.
#[derive(Clone)]
pub(super) enum Change {
    Insert {
        key: SessionKey,
        kept: Kept,
    },
    Replace {
        key: SessionKey,
        before: u64,
        kept: Kept,
    },
    Remove {
        key: SessionKey,
    },
    Retire {
        key: SessionKey,
        at: Timestamp,
    },
    Uses(Vec<(SessionKey, Timestamp)>),
    NoteLogout {
        names: Vec<Name>,
        at: Timestamp,
    },
    /// Those of them that are over then: a use may have come in between.
    Sweep {
        keys: Vec<SessionKey>,
        now: Timestamp,
    },
    ForgetLogouts(Vec<Name>),
}

impl Change {
    /// Whether it can wait until there is room on the disk. The end of a session cannot, and new tokens take the room of the old ones: a
    /// provider gives them once.
    const fn needs_room(&self) -> bool {
        matches!(self, Self::Insert { .. } | Self::Uses(_))
    }
}

/// A change, and who waits for it.
pub(super) struct Waiting {
    pub(super) change: Change,
    pub(super) done: oneshot::Sender<Result<bool, StoreFault>>,
}

/// The one who writes.
pub(super) struct Writer {
    database: Arc<Database>,
    waiting: mpsc::Receiver<Waiting>,
}

/// How much a transaction changed the number of records.
#[derive(Default)]
struct Counted {
    more: usize,
    less: usize,
}

impl Writer {
    pub(super) fn new(database: Arc<Database>, waiting: mpsc::Receiver<Waiting>) -> Self {
        Self { database, waiting }
    }

    /// Until nobody can ask any more.
    pub(super) fn run(self) {
        while let Ok(first) = self.waiting.recv() {
            let mut group = vec![first];
            while group.len() < MAX_GROUP
                && let Ok(next) = self.waiting.try_recv()
            {
                group.push(next);
            }
            self.group(group);
        }
    }

    fn group(&self, group: Vec<Waiting>) {
        // Before the disk is full, so that a full one is no failure of the database.
        let has_reserve = self.database.make_reserve();
        let (now, later): (Vec<_>, Vec<_>) =
            group.into_iter().partition(|waiting| has_reserve.is_ok() || !waiting.change.needs_room());
        for waiting in later {
            // Whoever waited may be gone.
            let _ = waiting.done.send(Err(StoreFault::Full("its disk is full".into())));
        }
        if let Err(error) = has_reserve {
            self.database.tell_full(&error);
        }
        if now.is_empty() {
            return;
        }
        let changes: Vec<_> = now.iter().map(|waiting| &waiting.change).collect();
        match self.transaction(&changes) {
            Ok(outcomes) => {
                for (waiting, outcome) in now.into_iter().zip(outcomes) {
                    let _ = waiting.done.send(outcome);
                }
            }
            Err(fault) => {
                if let StoreFault::Full(why) = &fault {
                    self.database.tell_full(why);
                } else {
                    tracing::error!(
                        code = "store_write_failed", fault = "store", store = "file", why = %fault,
                        "the session file could not be written; it is opened again"
                    );
                }
                self.database.open_again();
                self.database.give_up_reserve();
                let (later, ends): (Vec<_>, Vec<_>) =
                    now.into_iter().partition(|waiting| waiting.change.needs_room());
                for waiting in later {
                    let _ = waiting.done.send(Err(fault.clone()));
                }
                self.once_more(ends, &fault);
            }
        }
    }

    /// Once more, by the reserve.
    fn once_more(&self, ends: Vec<Waiting>, fault: &StoreFault) {
        if ends.is_empty() {
            return;
        }
        let changes: Vec<_> = ends.iter().map(|waiting| &waiting.change).collect();
        match self.transaction(&changes) {
            Ok(outcomes) => {
                for (waiting, outcome) in ends.into_iter().zip(outcomes) {
                    let _ = waiting.done.send(outcome);
                }
            }
            Err(_) => {
                self.database.open_again();
                for waiting in ends {
                    let _ = waiting.done.send(Err(fault.clone()));
                }
            }
        }
    }

    fn transaction(&self, changes: &[&Change]) -> Result<Vec<Result<bool, StoreFault>>, StoreFault> {
        let keys = self.database.owed();
        let owed: Vec<_> = keys.iter().map(|key| Change::Remove { key: *key }).collect();
        // Damage that the database does not foresee may end in a panic of its own.
        let written = catch_unwind(AssertUnwindSafe(|| {
            let all = owed.iter().chain(changes.iter().copied());
            self.write(all.collect(), owed.len())
        }));
        let outcomes = written.unwrap_or_else(|_| Err(unavailable("it is damaged")))?;
        self.database.paid(&keys);
        Ok(outcomes)
    }

    fn write(&self, changes: Vec<&Change>, owed: usize) -> Result<Vec<Result<bool, StoreFault>>, StoreFault> {
        let mut counted = Counted::default();
        let write = self.database.write()?;
        let tables = || -> Result<_, redb::Error> {
            let tables = Tables {
                sessions: write.open_table(SESSIONS)?,
                moments: write.open_table(MOMENTS)?,
                names: write.open_multimap_table(NAMES)?,
                logouts: write.open_table(LOGOUTS)?,
            };
            Ok(tables)
        };
        let mut tables = tables().map_err(|error| failed(&error))?;
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            if matches!(change, Change::Insert { .. })
                && self.database.count() + counted.more >= self.database.limit() + counted.less
            {
                let why =
                    format!("{} sessions are kept, which is server.max_sessions", self.database.limit());
                outcomes.push(Err(StoreFault::Full(why.into())));
                continue;
            }
            outcomes.push(Ok(tables.apply(change, &mut counted).map_err(|error| failed(&error))?));
        }
        drop(tables);
        write.commit().map_err(|error| failed(&error.into()))?;
        self.database.counted(counted.more, counted.less);
        Ok(outcomes.split_off(owed))
    }
}

struct Tables<'a> {
    sessions: redb::Table<'a, &'static [u8; 32], &'static [u8]>,
    moments: redb::Table<'a, &'static [u8; 32], (u64, u64, u64, u64)>,
    names: redb::MultimapTable<'a, &'static [u8; 32], &'static [u8; 32]>,
    logouts: redb::Table<'a, &'static [u8; 32], u64>,
}

impl Tables<'_> {
    fn apply(&mut self, change: &Change, counted: &mut Counted) -> Result<bool, redb::Error> {
        match change {
            Change::Insert { key, kept } => {
                if self.take(key)? {
                    counted.less += 1;
                }
                self.put(key, kept)?;
                counted.more += 1;
                Ok(true)
            }
            Change::Replace { key, before, kept: next } => {
                let Some(now) = self.load(key)? else { return Ok(false) };
                if now.version != *before {
                    return Ok(false);
                }
                self.take(key)?;
                // What was noted since is not lost: a use, and that it is to end.
                let last_used = next.last_used.max(now.last_used);
                self.put(key, &Kept { last_used, retires: next.retires.min(now.retires), ..next.clone() })?;
                Ok(true)
            }
            Change::Remove { key } => {
                let was_there = self.take(key)?;
                counted.less += usize::from(was_there);
                Ok(was_there)
            }
            Change::Retire { key, at } => {
                self.change(key, |(used, retires, ends, idle)| (used, retires.min(at.seconds()), ends, idle))
            }
            Change::Uses(uses) => {
                for (key, at) in uses {
                    self.change(key, |(used, retires, ends, idle)| {
                        (used.max(at.seconds()), retires, ends, idle)
                    })?;
                }
                Ok(true)
            }
            Change::NoteLogout { names, at } => {
                for name in names {
                    let last = self.logouts.get(name.as_bytes())?.map_or(0, |last| last.value());
                    self.logouts.insert(name.as_bytes(), last.max(at.seconds()))?;
                }
                Ok(true)
            }
            Change::Sweep { keys, now } => {
                for key in keys {
                    let at = self.moments.get(key.as_bytes())?.map(|at| moments(at.value()));
                    if at.is_some_and(|at| at.is_over(*now)) && self.take(key)? {
                        counted.less += 1;
                    }
                }
                Ok(true)
            }
            Change::ForgetLogouts(names) => {
                for name in names {
                    self.logouts.remove(name.as_bytes())?;
                }
                Ok(true)
            }
        }
    }

    fn load(&self, key: &SessionKey) -> Result<Option<Kept>, redb::Error> {
        let (body, at) = (self.sessions.get(key.as_bytes())?, self.moments.get(key.as_bytes())?);
        Ok(body.zip(at).and_then(|(body, at)| kept(body.value(), at.value())))
    }

    fn put(&mut self, key: &SessionKey, kept: &Kept) -> Result<(), redb::Error> {
        for name in &kept.names {
            self.names.insert(name.as_bytes(), key.as_bytes())?;
        }
        let at = kept.moments();
        let at = (at.last_used.seconds(), at.retires.seconds(), at.ends.seconds(), at.idle.as_secs());
        self.moments.insert(key.as_bytes(), at)?;
        self.sessions.insert(key.as_bytes(), kept.to_bytes().as_slice())?;
        Ok(())
    }

    /// Takes a record out from all tables. Whether there was one.
    fn take(&mut self, key: &SessionKey) -> Result<bool, redb::Error> {
        if let Some(kept) = self.load(key)? {
            for name in &kept.names {
                self.names.remove(name.as_bytes(), key.as_bytes())?;
            }
        }
        self.moments.remove(key.as_bytes())?;
        Ok(self.sessions.remove(key.as_bytes())?.is_some())
    }

    fn change(
        &mut self,
        key: &SessionKey,
        next: impl FnOnce((u64, u64, u64, u64)) -> (u64, u64, u64, u64),
    ) -> Result<bool, redb::Error> {
        let Some(now) = self.moments.get(key.as_bytes())?.map(|at| at.value()) else { return Ok(false) };
        let next = next(now);
        if next != now {
            self.moments.insert(key.as_bytes(), next)?;
        }
        Ok(true)
    }
}

/// Changes in one transaction.
const MAX_GROUP: usize = 256;
