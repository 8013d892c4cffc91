//! Rows in and out.

use std::fmt::Display;

use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{Timestamp, Version};
use invoice_store_common::pages::{limit, page};
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::{SqliteError, Stored as _};

/// The first row of a statement, if there is one.
pub(super) fn one<T>(
    connection: &Connection,
    text: &'static str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(text).stored()?;
    let mut rows = statement.query(params).stored()?;
    rows.next().stored()?.map(read).transpose()
}

/// All rows of a statement.
pub(super) fn many<T>(
    connection: &Connection,
    text: &'static str,
    params: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(text).stored()?;
    let mut rows = statement.query(params).stored()?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().stored()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// How many rows a statement wrote.
pub(super) fn execute(
    connection: &Connection,
    text: &'static str,
    params: impl Params,
) -> rusqlite::Result<usize> {
    connection.prepare_cached(text)?.execute(params)
}

/// The page of a list from `first` on, which is `None` behind the end of the list.
pub(super) fn page_of<T, I: Display>(
    first: Option<Uuid>,
    request: &PageRequest,
    rows: impl FnOnce(Uuid, i64) -> Result<Vec<T>, StoreError>,
    id: impl Fn(&T) -> I,
) -> Result<Page<T>, StoreError> {
    let rows = first.map_or(Ok(Vec::new()), |first| rows(first, limit(request)))?;
    page(rows, request, id)
}

/// A record out of the JSON in a column.
pub(super) fn record<T: DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
) -> Result<T, StoreError> {
    let text = row.get_ref(column).stored()?.as_str();
    let text = text.map_err(|error| SqliteError::unreadable(what, error))?;
    serde_json::from_str(text).map_err(|error| SqliteError::unreadable(what, error).into())
}

/// A part of a record, if it is there.
pub(super) fn record_if_any<T: DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
) -> Result<Option<T>, StoreError> {
    let text = row.get_ref(column).stored()?.as_str_or_null();
    let text = text.map_err(|error| SqliteError::unreadable(what, error))?;
    let read = text.map(serde_json::from_str).transpose();
    read.map_err(|error| SqliteError::unreadable(what, error).into())
}

/// A record as the JSON in a column.
pub(super) fn json(record: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(StoreError::backend)
}

pub(super) fn instant(row: &Row<'_>, column: usize) -> Result<Timestamp, StoreError> {
    row.get(column).stored().map(Timestamp::from_millis)
}

pub(super) fn instant_if_any(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>, StoreError> {
    let millis: Option<i64> = row.get(column).stored()?;
    Ok(millis.map(Timestamp::from_millis))
}

/// A version as a column holds it. None is ever stored near the end of the range.
pub(super) fn version_column(version: Version) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
}

pub(super) fn version(row: &Row<'_>, column: usize) -> Result<Version, StoreError> {
    row.get(column).stored().map(|version: i64| Version::new(version.unsigned_abs()))
}
