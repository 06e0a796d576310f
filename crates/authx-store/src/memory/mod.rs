//! Stores in the memory of one process.
//!
//! Another process knows nothing of what they keep, so several that serve one application need stores that
//! they share. Each of them is bounded, and forgets what is over by the time that it is told.

mod counters;
mod revocations;
mod session_table;
mod sessions;

pub use counters::MemoryCounters;
pub use revocations::{MemoryRevocations, RevocationsFull};
pub use session_table::SessionTable;
pub use sessions::MemorySessions;

use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

/// A name of any length in 32 bytes, so that a long one costs no more than a short one.
type NameHash = [u8; 32];

fn hash(name: &str) -> NameHash {
    Sha256::digest(name.as_bytes()).into()
}

/// What is behind the lock is whole between two calls, so a thread that panicked left it so.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
