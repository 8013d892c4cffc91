//! Migrations: what this release knows, applied and taken back inside one transaction.

use invoice_store_common::migrations::{Applied, Checksum, Migration, Status, plan_down, plan_up};
use rusqlite::{Connection, OptionalExtension as _};

use crate::error::{Lost, SqliteError};
use crate::store::SqliteStore;

/// Every migration, the oldest first. Only ever appended to.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration::new(
        1,
        "billing",
        include_str!("migrations/0001_billing.up.sql"),
        include_str!("migrations/0001_billing.down.sql"),
    ),
    Migration::new(
        2,
        "identity",
        include_str!("migrations/0002_identity.up.sql"),
        include_str!("migrations/0002_identity.down.sql"),
    ),
];

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS invoicing_migrations (
        version INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        checksum BLOB NOT NULL CHECK (length(checksum) = 32),
        applied_at INTEGER NOT NULL
    ) STRICT";

/// How far a database is.
pub(crate) fn status(connection: &Connection) -> Result<Status, SqliteError> {
    Ok(Status::new(&applied(connection)?, MIGRATIONS)?)
}

/// Brings a database up to this release, with whoever else wants to waiting for it.
pub(crate) fn up_alone(connection: &Connection) -> Result<(), SqliteError> {
    // Most of the time nothing is to be done, and then nobody has to wait.
    if status(connection)?.is_current() {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let done = up(connection)
        .and_then(|_| connection.execute_batch("COMMIT").map_err(|error| Lost::by_commit(error).into()));
    if done.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    done
}

/// Applies what is missing, inside a transaction; tells how many that were.
pub(crate) fn up(connection: &Connection) -> Result<usize, SqliteError> {
    connection.pragma_update(None, "application_id", SqliteStore::APPLICATION_ID)?;
    connection.execute_batch(TABLE)?;
    let pending = plan_up(&applied(connection)?, MIGRATIONS)?;
    for migration in &pending {
        connection.execute_batch(migration.up())?;
        connection.execute(
            "INSERT INTO invoicing_migrations VALUES (?1, ?2, ?3, unixepoch() * 1000)",
            (migration.version(), migration.name(), migration.checksum().as_bytes()),
        )?;
    }
    Ok(pending.len())
}

/// Takes the last `count` back, inside a transaction; unless forced, only if no table goes that holds data.
pub(crate) fn down(connection: &Connection, count: usize, force: bool) -> Result<usize, SqliteError> {
    let plan = plan_down(&applied(connection)?, MIGRATIONS, count)?;
    let filled = if force || plan.is_empty() { Vec::new() } else { filled_tables(connection)? };
    for migration in &plan {
        connection.execute_batch(migration.down())?;
        connection.execute("DELETE FROM invoicing_migrations WHERE version = ?1", [migration.version()])?;
    }
    for table in filled {
        if !has_table(connection, &table)? {
            return Err(SqliteError::NotEmpty { table });
        }
    }
    Ok(plan.len())
}

/// Whether a database was ever brought to a version, though it may be back at none.
pub(crate) fn has_begun(connection: &Connection) -> Result<bool, SqliteError> {
    has_table(connection, "invoicing_migrations")
}

fn applied(connection: &Connection) -> Result<Vec<Applied>, SqliteError> {
    if !has_begun(connection)? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("SELECT version, checksum FROM invoicing_migrations")?;
    let rows = statement.query_map([], |row| {
        Ok(Applied::new(row.get(0)?, Checksum::from_bytes(row.get::<_, [u8; 32]>(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn has_table(connection: &Connection, name: &str) -> Result<bool, SqliteError> {
    let found = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", [name], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

fn filled_tables(connection: &Connection) -> Result<Vec<String>, SqliteError> {
    let mut names = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut filled = Vec::new();
    for name in names {
        // From the schema itself, and quoted: a name can't be bound.
        let quoted = name.replace('"', "\"\"");
        let probe = format!("SELECT EXISTS (SELECT 1 FROM \"{quoted}\")");
        if connection.query_row(&probe, [], |row| row.get(0))? {
            filled.push(name);
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_strict_and_no_column_is_a_floating_point_number() {
        let connection = Connection::open_in_memory().unwrap();
        up_alone(&connection).unwrap();
        let odd = "
            SELECT t.name || '.' || coalesce(c.name, '') FROM pragma_table_list t
            LEFT JOIN pragma_table_xinfo(t.name) c ON c.type NOT IN ('INTEGER', 'TEXT', 'BLOB')
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND (NOT t.strict OR c.name IS NOT NULL)";
        let mut statement = connection.prepare(odd).unwrap();
        let found: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().flatten().collect();
        assert_eq!(found, [""; 0]);
    }
}
