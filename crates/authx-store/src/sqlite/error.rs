//! [`SqliteError`]: why a call to a SQLite file failed, and what to do about it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::ErrorCode;

/// Why the store in a SQLite file failed. Its message names the file and says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteError {
    path: Arc<Path>,
    kind: SqliteErrorKind,
    detail: String,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqliteErrorKind {
    /// Another connection held the lock of the file for longer than the store waits.
    Locked,
    /// More calls are waiting than the queue holds.
    Overloaded,
    /// The file or its folder can't be written to.
    ReadOnly,
    /// There is no room for more.
    Full,
    /// The file is damaged, or its tables hold what AuthX never writes.
    Damaged,
    /// The file is no SQLite file.
    OtherFile,
    /// A later version of AuthX has changed the tables.
    Newer,
    /// The file can't be opened or created.
    Unopened,
    /// The threads of the store have ended, or are those of another process.
    Closed,
    /// Anything else.
    Failed,
}

impl SqliteError {
    pub(super) fn new(path: &Arc<Path>, kind: SqliteErrorKind, detail: impl fmt::Display) -> Self {
        Self { path: Arc::clone(path), kind, detail: detail.to_string() }
    }

    pub(super) fn of(path: &Arc<Path>, error: &rusqlite::Error) -> Self {
        Self::new(path, kind_of(error), error)
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> SqliteErrorKind {
        self.kind
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn kind_of(error: &rusqlite::Error) -> SqliteErrorKind {
    use SqliteErrorKind as Kind;

    match error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed => Kind::Locked,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Kind::ReadOnly,
            ErrorCode::DiskFull => Kind::Full,
            ErrorCode::DatabaseCorrupt => Kind::Damaged,
            ErrorCode::NotADatabase => Kind::OtherFile,
            ErrorCode::CannotOpen => Kind::Unopened,
            _ => Kind::Failed,
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::QueryReturnedNoRows => Kind::Damaged,
        _ => Kind::Failed,
    }
}

impl SqliteErrorKind {
    fn what_to_do(self) -> &'static str {
        match self {
            Self::Locked => {
                "another connection holds its lock; end long transactions there, or set a longer `busy_timeout`"
            }
            Self::Overloaded => "too many calls are waiting for it; try again later",
            Self::ReadOnly => {
                "it can't be written to; let this user write to the file and to its folder"
            }
            Self::Full => "there is no room for more; free some on its disk",
            Self::Damaged => {
                "it is damaged; restore it from a backup, or move it away to begin with a new one"
            }
            Self::OtherFile => "it is no SQLite file; name another one",
            Self::Newer => "a later version of AuthX has changed its tables; update AuthX here too",
            Self::Unopened => {
                "it can't be opened; its folder must exist, and this user must be allowed to write there"
            }
            Self::Closed => "its threads are not there; open the store anew in this process",
            Self::Failed => "SQLite returned an error",
        }
    }
}

impl fmt::Display for SqliteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, kind, detail } = self;
        write!(formatter, "the SQLite file {}: {} ({detail})", path.display(), kind.what_to_do())
    }
}

impl std::error::Error for SqliteError {}
