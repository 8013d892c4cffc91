//! The driver alone: the same statements on the same schema, values and all made beforehand, in one thread.

use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

use super::statements::Step;
use crate::Wrong;
use crate::cpu::Cpu;
use crate::measure::{Sample, p99};

/// A connection set up as the store sets up the one that writes.
pub(super) fn open(file: &Path, synchronous: &str) -> Result<Connection, Wrong> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Runs the statements of each commit in a transaction of its own.
pub(super) fn replay(connection: &Connection, commits: &[Vec<Step>]) -> Result<Sample, Wrong> {
    let cpu = Cpu::now(None)?;
    let start = Instant::now();
    let mut times = Vec::with_capacity(commits.len());
    for steps in commits {
        let start = Instant::now();
        run(connection, "BEGIN IMMEDIATE", &[])?;
        for Step { text, values } in steps {
            run(connection, text, values)?;
        }
        run(connection, "COMMIT", &[])?;
        times.push(start.elapsed());
    }
    let wall = start.elapsed();
    let operations = u64::try_from(commits.len())?;
    Ok(Sample { operations, wall, cpu: Cpu::now(None)? - cpu, p99: p99(times) })
}

fn run(
    connection: &Connection,
    text: &str,
    values: &[(usize, rusqlite::types::Value)],
) -> Result<(), Wrong> {
    let mut statement = connection.prepare_cached(text)?;
    for (place, value) in values {
        statement.raw_bind_parameter(*place, value)?;
    }
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}
