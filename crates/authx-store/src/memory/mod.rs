//! Stores in the memory of one process.
//!
//! Other processes don't see their contents, so an application in several processes needs stores that these share.
//! Each store here has a size limit, and forgets what has expired, measured by the time that its caller passes in.

mod counters;
mod logins;
mod revocations;
mod session_table;
mod sessions;
mod store;

pub use counters::MemoryCounters;
pub use logins::MemoryLogins;
pub use revocations::{MemoryRevocations, RevocationsFull};
pub use session_table::SessionTable;
pub use sessions::MemorySessions;
pub use store::MemoryStore;

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a name, so that a long name takes no more memory than a short one.
type NameHash = [u8; 32];

fn hash(name: &str) -> NameHash {
    Sha256::digest(name.as_bytes()).into()
}
