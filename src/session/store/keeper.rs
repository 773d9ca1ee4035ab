//! What a store must do that keeps sessions outside of this process.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::protocol::timestamp::Timestamp;
use crate::session::index::Name;
use crate::session::kept::Kept;
use crate::session::key::SessionKey;

/// Keeps sessions beyond this process, for this process alone. What it answers it has done, and it survives the process. What it cannot
/// answer it says, a question of a request within a quarter of a second, and then nobody knows: that is never "no session", and never
/// "a session".
pub trait Keeper: fmt::Debug + Send + Sync {
    /// The record of that key.
    fn load<'a>(&'a self, key: &'a SessionKey) -> Answer<'a, Option<Kept>>;

    /// Keeps a new record. It is found under its names before it is kept, so that no logout can miss it.
    fn insert<'a>(&'a self, key: &'a SessionKey, kept: &'a Kept) -> Answer<'a, ()>;

    /// Puts a record in the place of the one of the version before, if that is still there. Whether it was.
    fn replace<'a>(&'a self, key: &'a SessionKey, before: &'a Kept, kept: &'a Kept) -> Answer<'a, bool>;

    /// Ends a record. Of any number of callers at once one is told that it was there. One whose end it could not keep it does not load any
    /// more, and it goes on trying.
    fn remove<'a>(&'a self, key: &'a SessionKey) -> Answer<'a, bool>;

    /// Lets a record end at that moment, whatever version it is then.
    fn retire<'a>(&'a self, key: &'a SessionKey, at: Timestamp) -> Answer<'a, ()>;

    /// Keeps when sessions were used last; those that are gone stay gone.
    fn keep_uses<'a>(&'a self, uses: &'a [(SessionKey, Timestamp)]) -> Answer<'a, ()>;

    /// The records that have any of these names.
    fn named<'a>(&'a self, names: &'a [Name]) -> Answer<'a, Vec<(SessionKey, Kept)>>;

    /// Notes that whatever has one of these names ended at that moment, for as long as a login can be under way.
    fn note_logout<'a>(&'a self, names: &'a [Name], at: Timestamp) -> Answer<'a, ()>;

    /// The latest logout that was noted for any of these names.
    fn last_logout<'a>(&'a self, names: &'a [Name]) -> Answer<'a, Option<Timestamp>>;

    /// Takes the right to refresh a session, or holds it on if `holder` has it, for [`LEASE`]. Whether it is the holder's.
    fn lease<'a>(&'a self, key: &'a SessionKey, holder: &'a [u8; 16]) -> Answer<'a, bool>;

    /// Gives that right back.
    fn release<'a>(&'a self, key: &'a SessionKey, holder: &'a [u8; 16]) -> Answer<'a, ()>;

    /// Drops what nobody needs any more, as far as it does not go by itself. How many records that were.
    fn sweep(&self, now: Timestamp) -> Answer<'_, usize>;

    /// Records kept now, where that is known.
    fn count(&self) -> Option<usize>;

    /// Whether it answers now.
    fn ready(&self) -> Result<(), StoreFault>;

    /// How it is called in clients.yaml.
    fn name(&self) -> &'static str;
}

/// What comes of a question to a store.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreFault>>;

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// It cannot answer, and nobody knows what it would have said. The reason is for the log.
    Unavailable(Box<str>),
    /// It has no room. What it has it keeps.
    Full(Box<str>),
}

impl fmt::Display for StoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::Full(why) => f.write_str(why),
        }
    }
}

/// How long a lease lasts that is not held on.
pub const LEASE: Duration = Duration::from_secs(6);
