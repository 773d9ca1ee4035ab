//! The database in the file: its tables, how it is read, and how it is opened again after its disk failed.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use redb::{
    Builder, DatabaseError, MultimapTableDefinition, ReadTransaction, ReadableDatabase as _,
    ReadableTable as _, ReadableTableMetadata as _, StorageError, TableDefinition, WriteTransaction,
};

use super::unavailable;
use crate::protocol::timestamp::Timestamp;
use crate::session::index::Name;
use crate::session::kept::{Kept, Moments};
use crate::session::key::SessionKey;
use crate::session::logouts;
use crate::session::store::keeper::StoreFault;

/// Everything of a record but its moments: [`Kept::to_bytes`].
pub(super) const SESSIONS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("sessions");
/// `last_used`, `retires`, `ends`, `idle` of a record, in seconds: small, for they change often and are looked through.
pub(super) const MOMENTS: TableDefinition<'_, &[u8; 32], (u64, u64, u64, u64)> =
    TableDefinition::new("moments");
/// Which records have a name.
pub(super) const NAMES: MultimapTableDefinition<'_, &[u8; 32], &[u8; 32]> =
    MultimapTableDefinition::new("names");
/// When a logout was noted for a name, in seconds.
pub(super) const LOGOUTS: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("logouts");

/// The open database, and its reserve beside it.
pub(super) struct Database {
    path: PathBuf,
    limit: usize,
    /// None while it could not be opened again.
    open: RwLock<Result<redb::Database, Box<str>>>,
    count: AtomicUsize,
    /// Records whose end could not be written: nobody gets them any more, and each transaction tries to end them.
    owed: Mutex<HashSet<SessionKey>>,
    /// That the disk is full was said, and that it is not any more was not seen since.
    told_full: AtomicBool,
}

impl Database {
    /// Opens or makes it.
    pub(super) fn open(path: &Path, limit: usize) -> io::Result<Self> {
        if is_something_else(path)? {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it is no session file, and is left alone. Write the name of a file that is not there yet",
            ));
        }
        let (database, count) = open_or_set_aside(path)?;
        let database = Self {
            path: path.to_owned(),
            limit,
            open: RwLock::new(Ok(database)),
            count: AtomicUsize::new(count),
            owed: Mutex::default(),
            told_full: AtomicBool::new(false),
        };
        if let Err(error) = database.make_reserve() {
            database.tell_full(&error);
        }
        Ok(database)
    }

    /// A transaction that writes. What it commits is on the disk, and found at once after a kill.
    pub(super) fn write(&self) -> Result<WriteTransaction, StoreFault> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let database = open.as_ref().map_err(|why| unavailable(why))?;
        let mut transaction = database.begin_write().map_err(|error| failed(&error.into()))?;
        // Without it every start after a kill looks through the whole file: ten seconds for a million sessions.
        transaction.set_quick_repair(true);
        Ok(transaction)
    }

    fn transaction(&self) -> Result<ReadTransaction, StoreFault> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let database = open.as_ref().map_err(|why| unavailable(why))?;
        database.begin_read().map_err(|error| failed(&error.into()))
    }

    /// After its disk failed it does nothing more until it is opened anew.
    pub(super) fn open_again(&self) {
        let mut guard = self.open.write().unwrap_or_else(PoisonError::into_inner);
        // Closed before it is opened.
        *guard = Err("it is being opened again".into());
        *guard = open_or_set_aside(&self.path)
            .map(|(database, count)| {
                self.count.store(count, Ordering::Release);
                database
            })
            .map_err(|why| format!("{} cannot be opened: {why}", self.path.display()).into());
    }

    /// Asks without waiting: whoever opens it again may take seconds.
    pub(super) fn ready(&self) -> Result<(), StoreFault> {
        match self.open.try_read() {
            Ok(open) => open.as_ref().map(drop).map_err(|why| unavailable(why)),
            Err(_) => Err(unavailable("it is being opened again")),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Notes what a transaction added and took away.
    pub(super) fn counted(&self, more: usize, less: usize) {
        self.count.fetch_add(more, Ordering::AcqRel);
        self.count.fetch_sub(less, Ordering::AcqRel);
    }

    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    /// Owes the end of a record.
    pub(super) fn owe(&self, key: SessionKey) {
        self.lock_owed().insert(key);
    }

    /// Whose ends are owed.
    pub(super) fn owed(&self) -> Vec<SessionKey> {
        self.lock_owed().iter().copied().collect()
    }

    /// Those ends are on the disk.
    pub(super) fn paid(&self, keys: &[SessionKey]) {
        let mut owed = self.lock_owed();
        for key in keys {
            owed.remove(key);
        }
    }

    fn lock_owed(&self) -> MutexGuard<'_, HashSet<SessionKey>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room on the disk that only the ends of sessions may use. It is there before a new session is taken.
    pub(super) fn make_reserve(&self) -> io::Result<()> {
        let path = self.reserve();
        if fs::metadata(&path).is_ok_and(|reserve| reserve.len() >= RESERVE_BYTES as u64) {
            return Ok(());
        }
        let made =
            OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path).and_then(
                |mut file: File| {
                    // Written, for a hole takes no room.
                    file.write_all(&vec![1; RESERVE_BYTES])?;
                    file.sync_all()
                },
            );
        match made {
            Ok(()) => self.told_full.store(false, Ordering::Relaxed),
            Err(_) => self.give_up_reserve(),
        }
        made
    }

    pub(super) fn give_up_reserve(&self) {
        // It may be gone already.
        let _ = fs::remove_file(self.reserve());
    }

    fn reserve(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".reserve");
        name.into()
    }

    /// Says it once, until there is room again.
    pub(super) fn tell_full(&self, error: &dyn std::fmt::Display) {
        if self.told_full.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::error!(
            code = "store_disk_full", fault = "store", store = "file", file = %self.path.display(), why = %error,
            remedy = "Make room on that disk. Sessions go on, and end when they should; logins are refused until there is room.",
            "the disk of the session file takes no more"
        );
    }

    pub(super) fn load(&self, key: &SessionKey) -> Result<Option<Kept>, StoreFault> {
        if self.lock_owed().contains(key) {
            return Ok(None);
        }
        let read = self.transaction()?;
        let tables =
            || -> Result<_, redb::Error> { Ok((read.open_table(SESSIONS)?, read.open_table(MOMENTS)?)) };
        let (sessions, all_moments) = tables().map_err(|error| failed(&error))?;
        let found = || -> Result<_, redb::Error> {
            Ok(sessions.get(key.as_bytes())?.zip(all_moments.get(key.as_bytes())?))
        };
        let found = found().map_err(|error| failed(&error))?;
        Ok(found.and_then(|(body, at)| kept(body.value(), at.value())))
    }

    pub(super) fn named(&self, names: &[Name]) -> Result<Vec<(SessionKey, Kept)>, StoreFault> {
        let read = self.transaction()?;
        let keys = || -> Result<_, redb::Error> {
            let table = read.open_multimap_table(NAMES)?;
            let mut keys = Vec::new();
            for name in names {
                for key in table.get(name.as_bytes())? {
                    keys.push(SessionKey::from_bytes(*key?.value()));
                }
            }
            Ok(keys)
        };
        let keys = keys().map_err(|error| failed(&error))?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(kept) = self.load(&key)? {
                found.push((key, kept));
            }
        }
        Ok(found)
    }

    pub(super) fn last_logout(&self, names: &[Name]) -> Result<Option<Timestamp>, StoreFault> {
        let read = self.transaction()?;
        let last = || -> Result<_, redb::Error> {
            let table = read.open_table(LOGOUTS)?;
            let mut last = None;
            for name in names {
                last = last.max(table.get(name.as_bytes())?.map(|at| at.value()));
            }
            Ok(last.map(Timestamp::from_seconds))
        };
        last().map_err(|error| failed(&error))
    }

    /// Records and logouts that nobody needs any more.
    pub(super) fn over(&self, now: Timestamp) -> Result<(Vec<SessionKey>, Vec<Name>), StoreFault> {
        let read = self.transaction()?;
        let over = || -> Result<_, redb::Error> {
            let mut keys = Vec::new();
            for row in read.open_table(MOMENTS)?.iter()? {
                let (key, at) = row?;
                if moments(at.value()).is_over(now) {
                    keys.push(SessionKey::from_bytes(*key.value()));
                }
            }
            let mut names = Vec::new();
            for row in read.open_table(LOGOUTS)?.iter()? {
                let (name, at) = row?;
                if now >= Timestamp::from_seconds(at.value()).after(logouts::KEPT) {
                    names.push(Name::from_bytes(*name.value()));
                }
            }
            Ok((keys, names))
        };
        over().map_err(|error| failed(&error))
    }
}

/// A record of its two parts. One that cannot be read is none.
pub(super) fn kept(body: &[u8], at: (u64, u64, u64, u64)) -> Option<Kept> {
    let kept = Kept::of_bytes(body, moments(at));
    if kept.is_none() {
        tracing::warn!(
            code = "record_not_opened",
            fault = "store",
            store = "file",
            "a record of the session file is damaged, or of a later release; it is no session"
        );
    }
    kept
}

pub(super) const fn moments((last_used, retires, ends, idle): (u64, u64, u64, u64)) -> Moments {
    Moments {
        last_used: Timestamp::from_seconds(last_used),
        retires: Timestamp::from_seconds(retires),
        ends: Timestamp::from_seconds(ends),
        idle: Duration::from_secs(idle),
    }
}

/// What a fault of the database means. What is damaged is told apart where it is opened again.
pub(super) fn failed(error: &redb::Error) -> StoreFault {
    match error {
        redb::Error::Io(error) if is_full(error) => StoreFault::Full("its disk is full".into()),
        error => StoreFault::Unavailable(error.to_string().into()),
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// Whether a file is not ours to set aside, however it looks. Zeros may be what a power cut left of one that is.
fn is_something_else(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?.take(MAGIC.len() as u64).read_to_end(&mut head)?,
    };
    Ok(!MAGIC.starts_with(&head) && head.iter().any(|byte| *byte != 0))
}

/// Opens it, waits for whoever has it open still, and sets aside what is damaged.
fn open_or_set_aside(path: &Path) -> io::Result<(redb::Database, usize)> {
    // Readable by nobody else before anything is in it.
    let make = || OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop);
    make()?;
    for _ in 0..OPEN_ATTEMPTS {
        match open(path) {
            // The process before may still be ending, or a reader of what is opened again.
            Err(DatabaseError::DatabaseAlreadyOpen) => std::thread::sleep(OPEN_AGAIN),
            Err(error) if is_damaged(&error) => {
                set_aside(path, &error)?;
                make()?;
                return open(path).map_err(io::Error::other);
            }
            opened => return opened.map_err(io::Error::other),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::ResourceBusy,
        "another process has it open. Each vestibule needs a file of its own: end the other one, or write another path",
    ))
}

/// Opens the database with all its tables, and counts its sessions.
fn open(path: &Path) -> Result<(redb::Database, usize), DatabaseError> {
    // Damage that the database does not foresee may end in a panic of its own.
    let opened = std::panic::catch_unwind(|| -> Result<_, DatabaseError> {
        let database = Builder::new().set_cache_size(CACHE_BYTES).create(path)?;
        let count = tables(&database).map_err(|error| match error {
            redb::Error::Io(error) => DatabaseError::Storage(StorageError::Io(error)),
            error => DatabaseError::Storage(StorageError::Corrupted(error.to_string())),
        })?;
        Ok((database, count))
    });
    opened
        .unwrap_or_else(|_| Err(DatabaseError::Storage(StorageError::Corrupted("it cannot be read".into()))))
}

fn tables(database: &redb::Database) -> Result<usize, redb::Error> {
    let count = || -> Result<usize, redb::Error> {
        let read = database.begin_read()?;
        read.open_table(MOMENTS)?;
        read.open_multimap_table(NAMES)?;
        read.open_table(LOGOUTS)?;
        Ok(usize::try_from(read.open_table(SESSIONS)?.len()?).unwrap_or(usize::MAX))
    };
    match count() {
        Err(redb::Error::TableDoesNotExist(_)) => {}
        counted => return counted,
    }
    let mut write = database.begin_write()?;
    write.set_quick_repair(true);
    write.open_table(SESSIONS)?;
    write.open_table(MOMENTS)?;
    write.open_multimap_table(NAMES)?;
    write.open_table(LOGOUTS)?;
    write.commit()?;
    Ok(0)
}

fn is_damaged(error: &DatabaseError) -> bool {
    match error {
        DatabaseError::Storage(StorageError::Corrupted(_)) | DatabaseError::RepairAborted => true,
        // That it is no database at all, and that it ends where it should go on.
        DatabaseError::Storage(StorageError::Io(error)) => {
            matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
        }
        _ => false,
    }
}

/// Nothing is lost that could be mended, and nobody waits for that: everybody signs in anew.
fn set_aside(path: &Path, error: &dyn std::fmt::Display) -> io::Result<()> {
    let mut aside = path.to_owned().into_os_string();
    aside.push(".damaged");
    fs::rename(path, &aside)?;
    tracing::error!(
        code = "store_damaged", fault = "store", store = "file", file = %path.display(), why = %error,
        set_aside = %Path::new(&aside).display(),
        remedy = "Look at the disk. The damaged file can be removed: nobody's session comes back from it.",
        "the session file is damaged; it was set aside, and everybody signs in anew"
    );
    Ok(())
}

/// What every file of the database begins with.
const MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";
/// Memory that the database may use for what it read and writes.
const CACHE_BYTES: usize = 32 << 20;
/// Room for the ends of sessions on a disk that is full: some ten thousand of them, for a transaction writes some pages anew.
const RESERVE_BYTES: usize = 8 << 20;
/// While the one before has it open.
const OPEN_ATTEMPTS: u32 = 50;
const OPEN_AGAIN: Duration = Duration::from_millis(100);
