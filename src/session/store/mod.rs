//! Where sessions are kept.

mod memory;

pub use memory::{MemoryStore, StoreFull};
