//! Opens connections to the file, and brings its tables up to this version.
//!
//! The file may hold the application's own tables as well, so AuthX has a table for its own version, and leaves
//! `user_version` and `application_id` alone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{
    Connection, ErrorCode, MAIN_DB, OpenFlags, OptionalExtension as _, TransactionBehavior,
};

use super::error::{SqliteError, SqliteErrorKind};
use crate::instant::instant;

/// What each version changed. A version that was published is never changed again.
const MIGRATIONS: [&str; 2] = [include_str!("schema_1.sql"), include_str!("schema_2.sql")];

/// How a connection is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Writes that are on the disk when they are answered.
    Durable,
    /// Writes that survive the end of the process, but perhaps not a power failure.
    Quick,
    /// Reads.
    Reading,
}

/// Three connections to the file, whose tables are those of this version.
pub(super) fn open(path: &Arc<Path>, timeout: Duration) -> Result<[Connection; 3], SqliteError> {
    let mut durable = connect(path, Purpose::Durable, timeout)?;
    migrate(&mut durable, path)?;
    Ok([
        durable,
        connect(path, Purpose::Quick, timeout)?,
        connect(path, Purpose::Reading, timeout)?,
    ])
}

fn connect(
    path: &Arc<Path>,
    purpose: Purpose,
    timeout: Duration,
) -> Result<Connection, SqliteError> {
    let failed = |error: rusqlite::Error| SqliteError::of(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(timeout).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(32);
    // SQLite opens a file that can't be written to all the same.
    if connection.is_readonly(MAIN_DB).map_err(failed)? {
        return Err(SqliteError::new(path, SqliteErrorKind::ReadOnly, "opened for reading only"));
    }
    set_wal(&connection, path, timeout)?;
    let pragmas = match purpose {
        Purpose::Durable => "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;",
        Purpose::Quick => "PRAGMA synchronous = NORMAL;",
        Purpose::Reading => "PRAGMA query_only = ON;",
    };
    connection.execute_batch(pragmas).map_err(failed)?;
    // So that damage is found rather than read.
    connection.execute_batch("PRAGMA cell_size_check = ON;").map_err(failed)?;
    Ok(connection)
}

/// While another connection changes the mode SQLite doesn't wait for it, so this does.
fn set_wal(
    connection: &Connection,
    path: &Arc<Path>,
    timeout: Duration,
) -> Result<(), SqliteError> {
    let until = instant() + timeout;
    loop {
        let mode =
            connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                let detail = format!("its journal mode stays `{mode}`; it needs a local disk");
                return Err(SqliteError::new(path, SqliteErrorKind::Failed, detail));
            }
            Err(error) => {
                let is_busy = error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
                if !is_busy || instant() >= until {
                    return Err(SqliteError::of(path, &error));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

fn migrate(connection: &mut Connection, path: &Arc<Path>) -> Result<(), SqliteError> {
    let failed = |error: rusqlite::Error| SqliteError::of(path, &error);
    if missing_migrations(connection, path)?.is_empty() {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another process may have been faster.
    let missing = missing_migrations(&transaction, path)?;
    if !missing.is_empty() {
        for migration in missing {
            transaction.execute_batch(migration).map_err(failed)?;
        }
        let set_version = "DELETE FROM authx_schema; INSERT INTO authx_schema (version) VALUES ";
        let version = MIGRATIONS.len();
        transaction.execute_batch(&format!("{set_version} ({version})")).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

fn missing_migrations(
    connection: &Connection,
    path: &Arc<Path>,
) -> Result<&'static [&'static str], SqliteError> {
    let version = version(connection).map_err(|error| SqliteError::of(path, &error))?;
    usize::try_from(version).ok().and_then(|version| MIGRATIONS.get(version..)).ok_or_else(|| {
        let detail = format!("its version is {version}, known is {}", MIGRATIONS.len());
        SqliteError::new(path, SqliteErrorKind::Newer, detail)
    })
}

/// The version of the tables; 0 where there are none.
fn version(connection: &Connection) -> rusqlite::Result<i64> {
    let find = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'authx_schema'";
    if connection.query_row(find, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    connection.query_row("SELECT max(version) FROM authx_schema", [], |row| row.get(0))
}
