//! The driver alone: the same statements on the same schema, values and all made beforehand, in one thread.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use invoice_core::{Invoice, InvoiceId, TeamId};
use rusqlite::Connection;
use rusqlite::types::Type;

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
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 4_000, |_| Ok(()))?;
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

fn run(connection: &Connection, text: &str, values: &[(usize, rusqlite::types::Value)]) -> Result<(), Wrong> {
    let mut statement = connection.prepare_cached(text)?;
    for (place, value) in values {
        statement.raw_bind_parameter(*place, value)?;
    }
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}

/// Looks invoices up as the store does, and parses them or not.
pub(super) fn read(
    connection: &Connection,
    wanted: &[(TeamId, InvoiceId)],
    parses: bool,
) -> Result<Sample, Wrong> {
    let cpu = Cpu::now(None)?;
    let start = Instant::now();
    for (team, id) in wanted {
        let mut statement = connection.prepare_cached(BY_ID)?;
        statement.query_row((team.as_uuid(), id.as_uuid()), |row| {
            let text = row.get_ref(0)?.as_str()?;
            if parses {
                let invoice: Invoice = serde_json::from_str(text).map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
                })?;
                black_box(invoice);
            } else {
                black_box(text.to_owned());
            }
            Ok(())
        })?;
    }
    let wall = start.elapsed();
    Ok(Sample { operations: u64::try_from(wanted.len())?, wall, cpu: Cpu::now(None)? - cpu, p99: None })
}

const BY_ID: &str = "
    SELECT v.data FROM documents d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.kind = 'invoice' AND d.id = ?2";
