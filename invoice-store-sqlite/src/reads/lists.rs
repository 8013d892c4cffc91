//! Runs the statements of lists.

use invoice_core::adapter::{Order, Position};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_store_common::lists::{Statement, Value};
use rusqlite::types::{ToSql, ToSqlOutput, Value as Owned, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};
use serde::de::DeserializeOwned;

use super::versions::data;
use crate::error::Stored as _;

/// A bound value as it lies in a column.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Uuid(id) => ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes())),
            Value::Int(number) => ToSqlOutput::Owned(Owned::Integer(*number)),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Date(day) => ToSqlOutput::Owned(Owned::Text(day.to_string())),
            Value::Instant(at) => ToSqlOutput::Owned(Owned::Integer(at.as_millis())),
            Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Value::Bool(yes) => ToSqlOutput::Owned(Owned::Integer((*yes).into())),
        })
    }
}

/// All rows of a statement.
pub(super) fn rows<T>(
    connection: &Connection,
    statement: &Statement,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut prepared = connection.prepare_cached(statement.text()).stored()?;
    let mut found = prepared.query(params_from_iter(statement.values().iter().map(Bound))).stored()?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().stored()? {
        rows.push(read(row)?);
    }
    Ok(rows)
}

/// A page of whole records.
pub(super) fn records<T: DeserializeOwned>(
    connection: &Connection,
    statement: &Statement,
    order: Order,
    request: &PageRequest,
    position: impl Fn(&T) -> Position,
) -> Result<Page<T>, StoreError> {
    let rows = rows(connection, statement, |row| data::<T>(row, 0))?;
    Page::from_overfull(rows, request, |last| order.cursor(&position(last)))
}
