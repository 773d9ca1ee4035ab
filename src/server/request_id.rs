//! What a request is called in logs, pages and answers.

use std::sync::atomic::{AtomicU64, Ordering};

/// Gives each request a name: four random bytes of this process and a counter. Unique, short enough to be read out on the
/// telephone, and free of entropy on the hot path.
#[derive(Debug)]
pub(super) struct RequestIds {
    process: u32,
    next: AtomicU64,
}

impl RequestIds {
    /// Names that begin with these bytes of fresh entropy.
    pub(super) const fn new(entropy: [u8; 4]) -> Self {
        Self { process: u32::from_le_bytes(entropy), next: AtomicU64::new(1) }
    }

    /// The next name.
    pub(super) fn next(&self) -> RequestId {
        RequestId { process: self.process, number: self.next.fetch_add(1, Ordering::Relaxed) }
    }
}

/// The name of one request, like `7f3a09c1-42`.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestId {
    process: u32,
    number: u64,
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}-{}", self.process, self.number)
    }
}
