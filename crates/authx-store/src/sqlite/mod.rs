//! Stores in a SQLite file, which the processes of one machine share.
//!
//! ```
//! use authx::login::NewLogin;
//! use authx::{Config, Engine, SystemRandom, Timestamp};
//! use authx_store::sqlite::SqliteStore;
//! use authx_store::{ClientInfo, Flow};
//! # use std::task::{Context, Poll, Wake, Waker};
//! # struct Unpark(std::thread::Thread);
//! # impl Wake for Unpark { fn wake(self: std::sync::Arc<Self>) { self.0.unpark() } }
//! # fn block_on<T>(future: impl Future<Output = T>) -> T {
//! #     let waker = Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
//! #     let mut future = std::pin::pin!(future);
//! #     loop {
//! #         match future.as_mut().poll(&mut Context::from_waker(&waker)) {
//! #             Poll::Ready(ready) => return ready,
//! #             Poll::Pending => std::thread::park(),
//! #         }
//! #     }
//! # }
//! # let folder = std::env::temp_dir().join(format!("authx-store-example-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let path = folder.join("auth.db");
//!
//! let store = SqliteStore::open(&path)?;
//! # block_on(async {
//! let secret = "a secret of at least thirty-two bytes";
//! let engine = Engine::new(Config::builder().secret_key(secret).build()?);
//! let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
//! let flow = Flow::new(&engine, &store, &SystemRandom, now);
//! flow.log_in(&NewLogin::of("ada"), ClientInfo::default()).await?;
//! assert_eq!(flow.logins_of("ada").await?.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # drop(store);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The file may be that of the application: the tables are named `authx_*`, with a version of their own, and
//! `user_version` and `application_id` are left alone. The file gets the journal mode WAL, so two more files are beside
//! it while it is open, and it has to be on a disk of this machine.
//!
//! Logins and revocations are on the disk when a call returns. Counters of rate limits and the last use of logins
//! survive the end of the process, but perhaps not a power failure.
//!
//! A thread writes and another one reads, so that no call blocks the caller's thread, and the futures need no
//! particular runtime. The calls that wait together are written together. A call waits for the lock of another
//! connection for at most [`SqliteOptions::busy_timeout`]. Where a future is dropped, what it would have changed is
//! changed all the same, as a whole, or not at all.
//!
//! Each write also deletes a few rows that are over. Entries and logins are kept for another day, so that a clock that
//! jumps ahead and back by less loses nothing. A login without an end stays for ever, because its tokens do.
//!
//! A store must be opened after a fork, in the process that uses it; a call in another one is an error. The file may be
//! replaced, as by a backup, only while no process has it open.

mod counters;
mod entries;
mod error;
mod logins;
mod schema;
#[cfg(test)]
mod tests;
mod worker;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use error::{SqliteError, SqliteErrorKind};

use authx::Timestamp;
use rusqlite::Connection;
use worker::{Connections, Worker};

use crate::StoreError;

/// Revocations, logins and counters in a SQLite file. See the [module](self).
///
/// Dropping it waits until everything that was asked for is written.
pub struct SqliteStore {
    path: Arc<Path>,
    writer: Worker,
    reader: Worker,
}

/// How a [`SqliteStore`] uses its file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// How long a call waits while another connection holds the lock of the file: 2 seconds by default, at most an
    /// hour.
    pub busy_timeout: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(2) }
    }
}

impl SqliteStore {
    /// Opens a file, creates it if it is not there, and brings its tables up to this version. This blocks.
    ///
    /// # Errors
    ///
    /// The file can't be used; the error names it and says what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SqliteError> {
        Self::open_with(path, &SqliteOptions::default())
    }

    /// Opens a file as [`open`](Self::open) does, with options.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    ///
    /// ```
    /// use authx_store::sqlite::{SqliteErrorKind, SqliteOptions, SqliteStore};
    /// use std::time::Duration;
    ///
    /// let mut options = SqliteOptions::default();
    /// options.busy_timeout = Duration::from_millis(500);
    /// let error = SqliteStore::open_with("/no/such/folder/auth.db", &options).expect_err("no folder");
    /// assert_eq!(error.kind(), SqliteErrorKind::Unopened);
    /// ```
    pub fn open_with(path: impl AsRef<Path>, options: &SqliteOptions) -> Result<Self, SqliteError> {
        let path = path_of(path.as_ref())?;
        let timeout = options.busy_timeout.min(MAX_BUSY_TIMEOUT);
        let [durable, quick, reading] = schema::open(&path, timeout)?;
        let writing = Connections::Writing(durable, quick);
        let writer = Worker::start(&path, "sqlite-write", writing, timeout)?;
        let reader = Worker::start(&path, "sqlite-read", Connections::Reading(reading), timeout)?;
        Ok(Self { path, writer, reader })
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        Ok(self.reader.call(false, read).await?)
    }

    async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        write: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        Ok(self.writer.call(durability == Durability::Disk, write).await?)
    }
}

const MAX_BUSY_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// What a write survives before it is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// A power failure.
    Disk,
    /// The end of the process.
    Process,
}

/// Absolute, because SQLite would read a name that begins with `file:` as a URI.
fn path_of(path: &Path) -> Result<Arc<Path>, SqliteError> {
    let unopened =
        |detail: &str| SqliteError::new(&Arc::from(path), SqliteErrorKind::Unopened, detail);
    if path.as_os_str().is_empty() || path == Path::new(":memory:") {
        return Err(unopened("it names no file; for memory use `MemoryStore`"));
    }
    if path.is_dir() {
        return Err(unopened("it is a folder"));
    }
    let absolute: PathBuf =
        std::path::absolute(path).map_err(|error| unopened(&error.to_string()))?;
    Ok(absolute.into())
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

/// How many rows that are over a write deletes: more than it adds, so that they become fewer.
const DELETED_PER_WRITE: usize = 16;

/// An instant of a row.
fn timestamp(micros: i64, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_micros(micros).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, micros))
}

/// An instant of a row that may be missing.
fn optional_timestamp(micros: Option<i64>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    micros.map(|micros| timestamp(micros, column)).transpose()
}
