//! What SQLite says, as the errors of this store and of the ports; recognised by code, never by text.

use std::sync::Arc;

use invoice_core::ports::{StoreError, Unique};
use invoice_store_common::migrations::MigrationError;
use rusqlite::ffi::{self, ErrorCode};

/// Why a store was not opened, migrated or written to.
///
/// The ports answer it as the source of [`StoreError::Backend`]; [`SqliteError::Busy`] and
/// [`SqliteError::Closed`] as [`StoreError::Unavailable`]. Only `Busy` passes by itself; `Full` and `ReadOnly`
/// once somebody has made room or changed the rights.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum SqliteError {
    /// The file is no SQLite database.
    #[error("the file is not an SQLite database")]
    NotADatabase,
    /// The file is an SQLite database of another application.
    #[error("the file is the database of another application")]
    NotOurs,
    /// Nothing was ever stored in the file.
    #[error("there are no invoices in the file, nor ever were")]
    Empty,
    /// The file's content is damaged. Nothing was written to it since that was found.
    #[error("the database file is damaged")]
    Corrupt(#[source] Arc<rusqlite::Error>),
    /// The file or its folder can't be written.
    #[error("the database file or its folder is read-only")]
    ReadOnly(#[source] Arc<rusqlite::Error>),
    /// There is no such file or folder, or it may not be opened.
    #[error("the database file cannot be opened")]
    CannotOpen(#[source] Arc<rusqlite::Error>),
    /// The name stands for no file that can have a write-ahead log: for a database in memory or a temporary one
    /// ([`SqliteStore::open_in_memory`](crate::SqliteStore::open_in_memory) is for that), or for a file on a
    /// file system without shared memory.
    #[error("the database can't have a write-ahead log")]
    NoWriteAheadLog,
    /// The disk, or the size the file may grow to, is used up. Nothing was written.
    #[error("the disk is full")]
    Full(#[source] Arc<rusqlite::Error>),
    /// Another process held the database for longer than the busy timeout. Nothing was written.
    #[error("another process holds the database")]
    Busy,
    /// The store was closed. Nothing was written.
    #[error("the store is closed")]
    Closed,
    /// The schema does not fit this release.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// A rollback would have dropped a table that holds data.
    #[error("the table {table} is not empty")]
    NotEmpty {
        /// The table.
        table: String,
    },
    /// What is stored can't be read back by this release.
    #[error("a stored {what} can't be read")]
    Unreadable {
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The application's connection does not enforce foreign keys (`PRAGMA foreign_keys`). Nothing was written.
    #[error("the connection does not enforce foreign keys")]
    ForeignKeysOff,
    /// The migration may or may not have been written: look at the status.
    #[error("the outcome is unknown")]
    UnknownOutcome,
    /// The system gave no thread to write on.
    #[error("no thread to write on")]
    NoThread(#[source] Arc<std::io::Error>),
    /// A bug of this store: what it was doing was undone.
    #[error("the store failed unexpectedly")]
    Panicked,
    /// Anything else the driver reports.
    #[error("the database failed: {0}")]
    Driver(#[source] Arc<rusqlite::Error>),
}

impl SqliteError {
    /// Something stored that can't be read back.
    pub(crate) fn unreadable(
        what: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Unreadable { what, source: Arc::new(source) }
    }
}

impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let error = Arc::new(error);
        match code {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt(error),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly(error),
            Some(ErrorCode::CannotOpen) => Self::CannotOpen(error),
            Some(ErrorCode::DiskFull) => Self::Full(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Driver(error),
        }
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        match error {
            cause @ (SqliteError::Busy | SqliteError::Closed) => {
                tracing::warn!(%cause, "the SQLite file can't be used now");
                Self::Unavailable
            }
            SqliteError::UnknownOutcome => Self::UnknownOutcome,
            other => Self::backend(other),
        }
    }
}

/// The driver's error as the ports tell it.
pub(crate) fn store_error(error: rusqlite::Error) -> StoreError {
    SqliteError::from(error).into()
}

/// Puts the driver's errors where the ports' belong: `statement.execute(…).stored()?`.
pub(crate) trait Stored<T> {
    fn stored(self) -> Result<T, StoreError>;
}

impl<T> Stored<T> for rusqlite::Result<T> {
    fn stored(self) -> Result<T, StoreError> {
        self.map_err(store_error)
    }
}

/// Which constraint a write ran into, by SQLite's extended code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Constraint {
    PrimaryKey,
    Unique,
    ForeignKey,
}

impl Constraint {
    pub(crate) fn of(error: &rusqlite::Error) -> Option<Self> {
        match error.sqlite_error()?.extended_code {
            ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Some(Self::PrimaryKey),
            ffi::SQLITE_CONSTRAINT_UNIQUE => Some(Self::Unique),
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(Self::ForeignKey),
            _ => None,
        }
    }
}

/// What a write that ran into a constraint means: something referred to is not there, something is there
/// already.
pub(crate) trait Constrained<T> {
    fn unique(self, primary: Unique, other: Unique) -> Result<T, StoreError>;
}

impl<T> Constrained<T> for rusqlite::Result<T> {
    fn unique(self, primary: Unique, other: Unique) -> Result<T, StoreError> {
        self.map_err(|error| match Constraint::of(&error) {
            Some(Constraint::PrimaryKey) => StoreError::Duplicate { what: primary },
            Some(Constraint::Unique) => StoreError::Duplicate { what: other },
            Some(Constraint::ForeignKey) => StoreError::NotFound,
            None => store_error(error),
        })
    }
}

/// How a job's transaction was lost, though the job itself went well.
#[derive(Debug, Clone)]
pub(crate) enum Lost {
    /// Nothing was written.
    Nothing(SqliteError),
    /// It may or may not have been written.
    Unknown,
}

impl Lost {
    /// What a failed COMMIT means. A full disk is found before the commit mark is written; when writing
    /// or syncing it fails, the mark may be on disk all the same.
    pub(crate) fn by_commit(error: rusqlite::Error) -> Self {
        match SqliteError::from(error) {
            definite @ (SqliteError::Busy | SqliteError::Full(_)) => Self::Nothing(definite),
            _ => Self::Unknown,
        }
    }
}

impl From<Lost> for StoreError {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Nothing(error) => error.into(),
            Lost::Unknown => Self::UnknownOutcome,
        }
    }
}

impl From<Lost> for SqliteError {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Nothing(error) => error,
            Lost::Unknown => Self::UnknownOutcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(code: std::ffi::c_int) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn a_busy_database_is_unavailable_and_a_full_disk_is_told() {
        assert!(matches!(store_error(driver(ffi::SQLITE_BUSY)), StoreError::Unavailable));
        assert!(matches!(store_error(driver(ffi::SQLITE_LOCKED)), StoreError::Unavailable));
        let full = store_error(driver(ffi::SQLITE_FULL));
        assert_eq!(full.to_string(), "the store failed: the disk is full");
    }

    #[test]
    fn a_commit_that_failed_while_syncing_has_an_unknown_outcome() {
        let outcome = |code| StoreError::from(Lost::by_commit(driver(code)));
        assert!(matches!(outcome(ffi::SQLITE_IOERR_FSYNC), StoreError::UnknownOutcome));
        assert!(matches!(outcome(ffi::SQLITE_FULL), StoreError::Backend(_)));
        assert!(matches!(outcome(ffi::SQLITE_BUSY), StoreError::Unavailable));
    }
}
