//! What this process changed in a store, for whoever reads from it at the same moment.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::session::key::SessionKey;

/// Counts changes, so that whoever loads sees that one came meanwhile: by the first byte of the key.
#[derive(Debug)]
pub(super) struct Changes(Box<[AtomicU64]>);

impl Default for Changes {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Changes {
    /// Those of that key until now, and maybe some of others.
    pub(super) fn count(&self, key: &SessionKey) -> u64 {
        self.stripe(key).load(Ordering::SeqCst)
    }

    /// One more.
    pub(super) fn note(&self, key: &SessionKey) {
        self.stripe(key).fetch_add(1, Ordering::SeqCst);
    }

    fn stripe(&self, key: &SessionKey) -> &AtomicU64 {
        &self.0[usize::from(key.as_bytes()[0]) % STRIPES]
    }
}

/// Keys that share a count of changes; a load beside a change of another such key is loaded once more.
const STRIPES: usize = 256;
