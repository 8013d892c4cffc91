//! Opening files: whose they are, and the settings every connection needs.

use std::path::{Path, PathBuf, absolute};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::error::SqliteError;
use crate::migrate;
use crate::store::{Durability, Settings, SqliteStore};

/// Statements kept prepared by each connection; all that this store uses fit.
const STATEMENTS: usize = 256;

/// The name of a file in whatever folder the program is later. SQLite itself reads a URI.
pub(crate) fn lasting(path: &Path) -> PathBuf {
    let is_uri = path.as_os_str().as_encoded_bytes().starts_with(b"file:");
    let lasting = if is_uri { None } else { absolute(path).ok() };
    lasting.unwrap_or_else(|| path.to_owned())
}

/// The connection that writes, to a file that is there or not yet.
pub(crate) fn writer(path: &Path, settings: &Settings) -> Result<Connection, SqliteError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(settings.busy_timeout)?;
    // Before anything is written: a file of another application stays as it is.
    check_owner(&connection)?;
    write_ahead(&connection, settings.busy_timeout)?;
    prepare_writer(&connection, settings)?;
    Ok(connection)
}

/// The one connection of a database in memory.
pub(crate) fn in_memory(settings: &Settings) -> Result<Connection, SqliteError> {
    let connection = Connection::open_in_memory()?;
    prepare_writer(&connection, settings)?;
    Ok(connection)
}

/// A connection that can't write.
pub(crate) fn reader(path: &Path, settings: &Settings) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(settings.busy_timeout)?;
    connection.pragma_update(None, "query_only", true)?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), SqliteError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "temp_store", "memory")?;
    // A view or trigger that somebody slipped into the file must not run functions with effects.
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

fn prepare_writer(connection: &Connection, settings: &Settings) -> Result<(), SqliteError> {
    let synchronous = match settings.durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // An invoice writes to some 30 pages, most of them the same as the one before: fewer, larger checkpoints
    // write those once. In pages, and the cache in KiB, which all of it is once enough was written.
    connection.pragma_update(None, "cache_size", -4_096)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 4_000, |_| Ok(()))?;
    // A log that grew while a reader took long shrinks again. In bytes.
    connection.pragma_update_and_check(None, "journal_size_limit", 32 * 1_024 * 1_024, |_| Ok(()))?;
    if let Some(bytes) = settings.max_bytes {
        let page_size: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page_size.max(1);
        connection.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))?;
    }
    prepare(connection)
}

/// Refuses a file that another application wrote. An empty one is free to take.
fn check_owner(connection: &Connection) -> Result<(), SqliteError> {
    let owner: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if owner == SqliteStore::APPLICATION_ID {
        return Ok(());
    }
    let is_empty =
        connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?;
    if owner == 0 && is_empty { Ok(()) } else { Err(SqliteError::NotOurs) }
}

/// Refuses a file that no store is in, without writing to it.
pub(crate) fn check_existing(path: &Path, settings: &Settings) -> Result<(), SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(settings.busy_timeout)?;
    check_owner(&connection)?;
    if migrate::has_begun(&connection)? { Ok(()) } else { Err(SqliteError::Empty) }
}

/// Turns write-ahead logging on. Of several processes that do so at once, some are told that the file is
/// busy without having waited, so the waiting is done here.
fn write_ahead(connection: &Connection, patience: Duration) -> Result<(), SqliteError> {
    let start = Instant::now();
    loop {
        let answer =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match answer.map_err(SqliteError::from) {
            Err(SqliteError::Busy) if start.elapsed() < patience => sleep(Duration::from_millis(5)),
            Err(error) => return Err(error),
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => return Err(SqliteError::NoWriteAheadLog),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma(connection: &Connection, name: &str) -> String {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| format!("{value:?}"))
            .unwrap()
    }

    fn opened(settings: &Settings) -> (tempfile::TempDir, Connection, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("invoices.db");
        let writer = writer(&file, settings).unwrap();
        let reader = reader(&file, settings).unwrap();
        (folder, writer, reader)
    }

    #[test]
    fn what_was_acknowledged_survives_a_loss_of_power() {
        let (_folder, writer, _) = opened(&Settings::new());
        // FULL syncs the write-ahead log at each commit.
        assert_eq!(pragma(&writer, "synchronous"), "Integer(2)");
        assert_eq!(pragma(&writer, "journal_mode"), "Text(\"wal\")");
        let (_folder, writer, _) = opened(&Settings::new().durability(Durability::Normal));
        assert_eq!(pragma(&writer, "synchronous"), "Integer(1)");
    }

    #[test]
    fn what_refers_to_something_absent_is_refused_by_the_file_itself() {
        let (_folder, writer, _) = opened(&Settings::new());
        assert_eq!(pragma(&writer, "foreign_keys"), "Integer(1)");
        let in_memory = in_memory(&Settings::new()).unwrap();
        assert_eq!(pragma(&in_memory, "foreign_keys"), "Integer(1)");
    }

    #[test]
    fn a_reader_cannot_write() {
        let (_folder, _, reader) = opened(&Settings::new());
        assert!(reader.execute_batch("CREATE TABLE t (n INTEGER)").is_err());
    }
}
