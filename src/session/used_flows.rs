//! The flows that were used already: a flow is good once.

use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::protocol::timestamp::Timestamp;

/// Remembers every flow that reached its callback until its state is too old to be taken anyway.
#[derive(Debug, Default)]
pub struct UsedFlows {
    until: DashMap<[u8; 16], Timestamp>,
    /// Unix seconds of the last sweep that [`UsedFlows::take`] made for want of room.
    swept: AtomicU64,
}

/// What [`UsedFlows::take`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nobody had taken the flow: it is the caller's.
    First,
    /// Somebody had.
    Again,
    /// [`MAX_USED_FLOWS`] are remembered; nothing can be said for sure.
    Full,
}

impl UsedFlows {
    /// Takes the flow; of any number of callers at once exactly one gets [`Taken::First`]. It is remembered until `until`.
    pub fn take(&self, id: [u8; 16], until: Timestamp, now: Timestamp) -> Taken {
        if self.until.len() >= MAX_USED_FLOWS {
            // Anybody can finish flows, without an account: looking through all of them for each would cost a processor.
            if self.swept.swap(now.seconds(), Ordering::Relaxed) != now.seconds() {
                self.sweep(now);
            }
            if self.until.len() >= MAX_USED_FLOWS {
                return Taken::Full;
            }
        }
        match self.until.entry(id) {
            Entry::Occupied(_) => Taken::Again,
            Entry::Vacant(vacant) => {
                vacant.insert(until);
                Taken::First
            }
        }
    }

    /// Gives back what was taken for something that did not come about.
    pub fn give_back(&self, id: &[u8; 16]) {
        self.until.remove(id);
    }

    /// Forgets what is too old to matter.
    pub fn sweep(&self, now: Timestamp) {
        self.until.retain(|_, until| *until >= now);
    }
}

/// Flows remembered at once: over 1,600 finished logins a second for ten minutes, in about 60 MB.
pub const MAX_USED_FLOWS: usize = 1_000_000;
