//! Revoked ids in one SQLite file, which several services on one machine can share.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::BoxError;
use axum_authx::Timestamp;
use rusqlite::{Connection, params};
use tokio::task::spawn_blocking;

const SCHEMA: &str =
    "CREATE TABLE IF NOT EXISTS revoked (id TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID";

/// Ids that are refused, each until the instant at which it expires by itself.
///
/// An id is a token's `jti`, or the demo's `login` claim, which all tokens of one login carry.
/// Clones share one list.
#[derive(Clone)]
pub struct Blocklist {
    connection: Arc<Mutex<Connection>>,
}

impl Blocklist {
    /// Opens the file, and creates it if it doesn't exist. Without a path, the list is in memory.
    ///
    /// # Errors
    ///
    /// When the file can't be opened, or is not a SQLite database. The error names the path.
    pub fn open(path: Option<&Path>) -> Result<Self, BoxError> {
        let connection = match path {
            Some(path) => Connection::open(path).and_then(prepared).map_err(|error| {
                format!("AUTHX_DEMO_BLOCKLIST: can't use '{}': {error}", path.display())
            })?,
            None => Connection::open_in_memory().and_then(prepared)?,
        };
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// Refuses these ids from now on, and deletes those that have expired by themselves.
    ///
    /// # Errors
    ///
    /// When the file can't be written, for example because another service locks it for too long.
    pub async fn revoke(
        &self,
        ids: Vec<String>,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), BoxError> {
        self.blocking(move |connection| {
            connection.execute("DELETE FROM revoked WHERE until < ?", [now.as_seconds_f64()])?;
            for id in ids {
                let row = params![id, until.as_seconds_f64()];
                connection.execute("INSERT OR REPLACE INTO revoked VALUES (?, ?)", row)?;
            }
            Ok(())
        })
        .await
    }

    /// Whether one of the two is refused.
    ///
    /// # Errors
    ///
    /// When the file can't be read.
    pub async fn holds_either(&self, id: String, other_id: String) -> Result<bool, BoxError> {
        self.blocking(move |connection| {
            let mut query =
                connection.prepare_cached("SELECT 1 FROM revoked WHERE id IN (?, ?)")?;
            query.exists([id, other_id])
        })
        .await
    }

    /// Runs `work` on a blocking thread, because a disk can be slow and another service can lock the file.
    async fn blocking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, BoxError> {
        let blocklist = self.clone();
        let answer = spawn_blocking(move || ask(&blocklist.connection())).await?;
        Ok(answer?)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // Each statement is a transaction, so the list is consistent even after a panic between two.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Blocklist {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Blocklist").finish_non_exhaustive()
    }
}

fn prepared(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(Duration::from_secs(2))?;
    // With the write-ahead log, readers don't wait for a writer of another service.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute(SCHEMA, [])?;
    Ok(connection)
}
