//! Records out of their versions: the current one of an aggregate, or all that a commit wrote.

use invoice_core::change::{AggregateKind, ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt, Record};
use invoice_core::ports::{StoreError, Unique};
use invoice_core::{CommitId, Hash, TeamId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Params, Row};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::{SqliteError, Stored as _};
use crate::values;

/// What an idempotency key was used for.
struct Request {
    commit: CommitId,
    at: Timestamp,
    fingerprint: Hash,
}

/// The answer to a change set that was committed, or a request that was answered, before.
pub(crate) fn answer_again(
    connection: &Connection,
    change: &ChangeSet,
) -> Result<Option<Receipt>, StoreError> {
    let seen = connection
        .prepare_cached("SELECT 1 FROM commits WHERE team = ?1 AND id = ?2")
        .and_then(|mut it| it.exists((change.team.as_uuid(), change.id.as_uuid())))
        .stored()?;
    if seen {
        let records = written(connection, change.team, change.id)?;
        return Ok(Some(Receipt { commit: change.id, records, replayed: false }));
    }
    let Some(asked) = &change.idempotency else { return Ok(None) };
    match request(connection, change.team, &asked.key)? {
        None => Ok(None),
        Some(Request { commit, at: _, fingerprint }) if fingerprint == asked.fingerprint => {
            let records = written(connection, change.team, commit)?;
            Ok(Some(Receipt { commit, records, replayed: true }))
        }
        Some(_) => Err(StoreError::Duplicate { what: Unique::IdempotencyKey }),
    }
}

pub(crate) fn idempotency(
    connection: &Connection,
    team: TeamId,
    key: IdempotencyKey,
) -> Result<Option<IdempotencyRecord>, StoreError> {
    let Some(Request { commit, at, fingerprint }) = request(connection, team, &key)? else { return Ok(None) };
    // Versions are never changed or removed, so this needs no snapshot.
    let answer = written(connection, team, commit)?;
    Ok(Some(IdempotencyRecord { key, fingerprint, commit, at, answer }))
}

fn request(
    connection: &Connection,
    team: TeamId,
    key: &IdempotencyKey,
) -> Result<Option<Request>, StoreError> {
    let text = "SELECT id, at, fingerprint FROM commits WHERE team = ?1 AND idempotency_key = ?2";
    let read = |row: &Row<'_>| {
        Ok(Request {
            commit: CommitId::from_uuid(row.get(0)?),
            at: values::instant(row, 1)?,
            fingerprint: Hash::from_bytes(row.get(2)?),
        })
    };
    connection
        .prepare_cached(text)
        .and_then(|mut it| it.query_row((team.as_uuid(), key.as_str()), read))
        .optional()
        .stored()
}

/// The records a commit wrote, in the order of its writes.
fn written(connection: &Connection, team: TeamId, commit: CommitId) -> Result<Vec<Record>, StoreError> {
    let text = "SELECT kind, data FROM versions WHERE team = ?1 AND commit_id = ?2 ORDER BY ordinal";
    let mut statement = connection.prepare_cached(text).stored()?;
    let mut rows = statement.query((team.as_uuid(), commit.as_uuid())).stored()?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().stored()? {
        records.push(tagged(row)?);
    }
    Ok(records)
}

/// One version of a record.
pub(crate) fn record(
    connection: &Connection,
    team: TeamId,
    commit: Uuid,
    ordinal: i64,
) -> Result<Record, StoreError> {
    let text = "SELECT kind, data FROM versions WHERE team = ?1 AND commit_id = ?2 AND ordinal = ?3";
    let mut statement = connection.prepare_cached(text).stored()?;
    let mut rows = statement.query((team.as_uuid(), commit, ordinal)).stored()?;
    match rows.next().stored()? {
        Some(row) => tagged(row),
        None => Err(SqliteError::from(rusqlite::Error::QueryReturnedNoRows).into()),
    }
}

/// The record in the columns `kind` and `data`.
pub(crate) fn tagged(row: &Row<'_>) -> Result<Record, StoreError> {
    let kind = values::named(&AggregateKind::ALL, AggregateKind::as_str, row, 0).stored()?;
    Ok(match kind {
        AggregateKind::Client => Record::Client(data(row, 1)?),
        AggregateKind::Item => Record::Item(data(row, 1)?),
        AggregateKind::Supplier => Record::Supplier(data(row, 1)?),
        AggregateKind::Series => Record::Series(data(row, 1)?),
        AggregateKind::Invoice => Record::Invoice(data(row, 1)?),
        AggregateKind::CreditNote => Record::CreditNote(data(row, 1)?),
        AggregateKind::Quote => Record::Quote(data(row, 1)?),
        AggregateKind::Payment => Record::Payment(data(row, 1)?),
    })
}

/// A record in a column.
pub(crate) fn data<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> Result<T, StoreError> {
    let text = row.get_ref(index).and_then(|value| Ok(value.as_str()?)).stored()?;
    values::json(text, "record")
}

/// The record in the only column of the first row there is, if any.
pub(crate) fn one<T: DeserializeOwned>(
    connection: &Connection,
    text: &str,
    values: impl Params,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(text).stored()?;
    let mut rows = statement.query(values).stored()?;
    rows.next().stored()?.map(|row| data(row, 0)).transpose()
}
