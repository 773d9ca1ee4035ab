//! The logouts of late, so that no login that was under way when one came makes a session after it.
//!
//! A logout is noted first and ends the sessions that are kept then; a login keeps its session first and looks here then. So
//! whichever comes first, the session is not there in the end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;

use super::index::Name;
use crate::protocol::callback::STATE_LIFETIME;
use crate::protocol::timestamp::Timestamp;

/// When sessions of a name were ended last.
#[derive(Debug, Default)]
pub struct Logouts {
    at: DashMap<Name, Timestamp>,
    /// Unix seconds of the last sweep that [`Logouts::note`] made for want of room.
    swept: AtomicU64,
}

/// [`MAX_LOGOUTS`] are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogoutsFull;

impl Logouts {
    /// Notes that whatever has one of these names ended at that moment.
    ///
    /// # Errors
    /// [`LogoutsFull`]; a login under way may then go on.
    pub fn note(&self, names: &[Name], at: Timestamp) -> Result<(), LogoutsFull> {
        self.note_within(MAX_LOGOUTS, names, at)
    }

    /// The same where anybody could have said so, of sessions that there may never have been: as often as somebody likes.
    ///
    /// # Errors
    /// [`LogoutsFull`], from [`MAX_UNPROVEN_LOGOUTS`] on.
    pub fn note_unproven(&self, names: &[Name], at: Timestamp) -> Result<(), LogoutsFull> {
        self.note_within(MAX_UNPROVEN_LOGOUTS, names, at)
    }

    fn note_within(&self, limit: usize, names: &[Name], at: Timestamp) -> Result<(), LogoutsFull> {
        for name in names {
            if self.at.len() >= limit && !self.at.contains_key(name) {
                if self.swept.swap(at.seconds(), Ordering::Relaxed) != at.seconds() {
                    self.sweep(at);
                }
                if self.at.len() >= limit {
                    return Err(LogoutsFull);
                }
            }
            let mut last = self.at.entry(*name).or_insert(at);
            *last = (*last).max(at);
        }
        Ok(())
    }

    /// Whether a login that was begun at that moment was overtaken by a logout of one of these names. In the same second, it was.
    pub fn overtook(&self, names: &[Name], begun: Timestamp, now: Timestamp) -> bool {
        // The clock was turned back since the login began: nobody knows which came first.
        let unclear = begun > now;
        names.iter().any(|name| self.at.get(name).is_some_and(|at| unclear || *at >= begun))
    }

    /// Forgets what is older than any login under way.
    pub fn sweep(&self, now: Timestamp) {
        self.at.retain(|_, at| now < at.after(KEPT));
    }
}

/// Logouts remembered at once, in about 60 MB.
pub const MAX_LOGOUTS: usize = 1_000_000;
/// Beyond so many, only logouts that are proven are remembered: nobody makes the provider's own get lost.
pub const MAX_UNPROVEN_LOGOUTS: usize = 250_000;
/// How long a login can be under way: as long as its state is taken, and then as long as the provider may take to answer.
pub(super) const KEPT: Duration = Duration::from_secs(15 * 60);
const _: () = assert!(
    KEPT.as_secs() >= STATE_LIFETIME.as_secs() + 300,
    "a logout is remembered longer than a login lasts"
);
