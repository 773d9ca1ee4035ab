//! Sessions in a file: an embedded database, one process, nothing to set up.
//!
//! A thread of its own writes; whoever writes waits until it is on the disk, with all others who came meanwhile in one transaction.
//! The database says itself after a kill which state was the last, without looking through the file. A disk that is full takes no new
//! sessions and goes on with those that there are: a reserve is given up for their ends.

mod database;
mod writer;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;

use super::keeper::{Answer, Keeper, StoreFault};
use crate::protocol::timestamp::Timestamp;
use crate::session::index::Name;
use crate::session::kept::Kept;
use crate::session::key::SessionKey;
use database::Database;
use writer::{Change, Waiting, Writer};

/// The file that sessions are kept in.
pub struct FileKeeper {
    database: Arc<Database>,
    changes: mpsc::SyncSender<Waiting>,
    path: PathBuf,
}

impl FileKeeper {
    /// Opens the file, or makes it: readable by nobody else, in a folder that is there. At most `limit` sessions are kept in it. A file
    /// that is damaged is set aside, and said; one that is something else is left alone.
    ///
    /// # Errors
    /// Another process has it open; it is no session file; it cannot be read, written or made.
    pub fn open(path: &Path, limit: usize) -> io::Result<Self> {
        let database = Arc::new(Database::open(path, limit)?);
        let (changes, waiting) = mpsc::sync_channel(MAX_WAITING);
        let writer = Writer::new(Arc::clone(&database), waiting);
        std::thread::Builder::new().name("sessions".into()).spawn(move || writer.run())?;
        Ok(Self { database, changes, path: path.to_owned() })
    }

    /// Reads, on a thread that may wait for the disk.
    fn read<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Database) -> Result<T, StoreFault> + Send + 'static,
    ) -> Answer<'_, T> {
        let database = Arc::clone(&self.database);
        Box::pin(async move {
            let reading = tokio::task::spawn_blocking(move || what(&database));
            match tokio::time::timeout(READ_DEADLINE, reading).await {
                Ok(Ok(read)) => read,
                Ok(Err(_)) => Err(unavailable("reading it failed by a mistake of ours or of the database")),
                Err(_) => Err(unavailable("its disk does not answer in time")),
            }
        })
    }

    fn change(&self, change: Change) -> Answer<'_, bool> {
        let (done, outcome) = oneshot::channel();
        let sent = self.changes.try_send(Waiting { change, done });
        Box::pin(async move {
            match sent {
                Ok(()) => {}
                Err(mpsc::TrySendError::Full(_)) => {
                    return Err(unavailable("too many changes wait for its disk"));
                }
                Err(mpsc::TrySendError::Disconnected(_)) => return Err(unavailable("its writer has ended")),
            }
            match tokio::time::timeout(WRITE_DEADLINE, outcome).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => Err(unavailable("its writer has ended")),
                Err(_) => Err(unavailable("its disk does not answer in time")),
            }
        })
    }
}

impl Keeper for FileKeeper {
    fn load<'a>(&'a self, key: &'a SessionKey) -> Answer<'a, Option<Kept>> {
        let key = *key;
        self.read(move |database| database.load(&key))
    }

    fn insert<'a>(&'a self, key: &'a SessionKey, kept: &'a Kept) -> Answer<'a, ()> {
        let done = self.change(Change::Insert { key: *key, kept: kept.clone() });
        Box::pin(async { done.await.map(drop) })
    }

    fn replace<'a>(&'a self, key: &'a SessionKey, before: &'a Kept, kept: &'a Kept) -> Answer<'a, bool> {
        self.change(Change::Replace { key: *key, before: before.version, kept: kept.clone() })
    }

    fn remove<'a>(&'a self, key: &'a SessionKey) -> Answer<'a, bool> {
        let done = self.change(Change::Remove { key: *key });
        Box::pin(async move {
            let was_there = done.await;
            if was_there.is_err() {
                self.database.owe(*key);
            }
            was_there
        })
    }

    fn retire<'a>(&'a self, key: &'a SessionKey, at: Timestamp) -> Answer<'a, ()> {
        let done = self.change(Change::Retire { key: *key, at });
        Box::pin(async { done.await.map(drop) })
    }

    fn keep_uses<'a>(&'a self, uses: &'a [(SessionKey, Timestamp)]) -> Answer<'a, ()> {
        let done = self.change(Change::Uses(uses.to_vec()));
        Box::pin(async { done.await.map(drop) })
    }

    fn named<'a>(&'a self, names: &'a [Name]) -> Answer<'a, Vec<(SessionKey, Kept)>> {
        let names = names.to_vec();
        self.read(move |database| database.named(&names))
    }

    fn note_logout<'a>(&'a self, names: &'a [Name], at: Timestamp) -> Answer<'a, ()> {
        let done = self.change(Change::NoteLogout { names: names.to_vec(), at });
        Box::pin(async { done.await.map(drop) })
    }

    fn last_logout<'a>(&'a self, names: &'a [Name]) -> Answer<'a, Option<Timestamp>> {
        let names = names.to_vec();
        self.read(move |database| database.last_logout(&names))
    }

    fn lease<'a>(&'a self, _key: &'a SessionKey, _holder: &'a [u8; 16]) -> Answer<'a, bool> {
        // There is no other process that could refresh it.
        Box::pin(async { Ok(true) })
    }

    fn release<'a>(&'a self, _key: &'a SessionKey, _holder: &'a [u8; 16]) -> Answer<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, usize> {
        let database = Arc::clone(&self.database);
        Box::pin(async move {
            // No deadline: nobody waits for it, and a million records take some seconds.
            let over = tokio::task::spawn_blocking(move || database.over(now)).await;
            let (keys, logouts) = over.unwrap_or_else(|_| Err(unavailable("reading it failed")))?;
            let count = keys.len();
            for keys in keys.chunks(SWEPT_AT_ONCE) {
                self.change(Change::Sweep { keys: keys.to_vec(), now }).await?;
            }
            for names in logouts.chunks(SWEPT_AT_ONCE) {
                self.change(Change::ForgetLogouts(names.to_vec())).await?;
            }
            Ok(count)
        })
    }

    fn count(&self) -> Option<usize> {
        Some(self.database.count())
    }

    fn ready(&self) -> Result<(), StoreFault> {
        self.database.ready()
    }

    fn name(&self) -> &'static str {
        "file"
    }
}

impl fmt::Debug for FileKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileKeeper({})", self.path.display())
    }
}

fn unavailable(why: &str) -> StoreFault {
    StoreFault::Unavailable(why.into())
}

/// Changes that wait for the disk.
const MAX_WAITING: usize = 4_096;
/// How long a request waits for a record.
const READ_DEADLINE: Duration = Duration::from_millis(240);
/// How long a login or logout waits for the disk.
const WRITE_DEADLINE: Duration = Duration::from_secs(5);
/// Records that are removed by one change, so that logins wait for no long one.
const SWEPT_AT_ONCE: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let at = Timestamp::from_seconds;
        Kept {
            version: 0,
            last_used: at(1),
            retires: at(u64::MAX),
            ends: at(u64::MAX),
            idle: Duration::from_secs(60),
            names: vec![Name::from_bytes([3; 32])],
            label: String::new(),
            sealed: vec![1, 2, 3],
        }
    }

    /// The disk did not take the end of a session: it is over for this process at once, and on the disk with whatever is written next.
    #[tokio::test]
    async fn a_session_whose_end_could_not_be_written_is_over_and_its_end_is_made_up_for() {
        let folder = std::env::temp_dir().join(format!("vestibule-{}-owed", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("sessions.redb");
        let (one, other) = (SessionKey::from_bytes([1; 32]), SessionKey::from_bytes([2; 32]));
        let keeper = FileKeeper::open(&path, 10).unwrap();
        keeper.insert(&one, &kept()).await.unwrap();
        assert!(keeper.load(&one).await.unwrap().is_some());
        assert_eq!(keeper.named(&kept().names).await.unwrap().len(), 1);
        keeper.database.owe(one);
        assert!(keeper.load(&one).await.unwrap().is_none());
        assert!(keeper.named(&kept().names).await.unwrap().is_empty());
        assert_eq!(keeper.count(), Some(1), "it is there still");

        keeper.insert(&other, &kept()).await.unwrap();
        assert!(keeper.database.owed().is_empty());
        assert_eq!(keeper.count(), Some(1));
        drop(keeper);
        let keeper = FileKeeper::open(&path, 10).unwrap();
        assert!(keeper.load(&one).await.unwrap().is_none());
        assert!(keeper.load(&other).await.unwrap().is_some());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    /// Whoever could not be told that it is done is not told by the next request that nothing was.
    #[tokio::test]
    async fn an_end_that_nobody_wrote_is_owed() {
        let folder = std::env::temp_dir().join(format!("vestibule-{}-unwritten", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let key = SessionKey::from_bytes([1; 32]);
        let mut keeper = FileKeeper::open(&folder.join("sessions.redb"), 10).unwrap();
        keeper.insert(&key, &kept()).await.unwrap();
        // Its writer is gone.
        keeper.changes = mpsc::sync_channel(1).0;
        assert!(keeper.remove(&key).await.is_err());
        assert!(keeper.load(&key).await.unwrap().is_none());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
