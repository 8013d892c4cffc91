//! Rows in and out.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use invoice_core::identity::Fingerprint;
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{Timestamp, Version};
use invoice_store_common::pages::{limit, page};
use serde::de::DeserializeOwned;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{Postgres, Row as _};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::unreadable;

/// A statement with its parameters.
pub(super) type Bound<'q> = Query<'q, Postgres, PgArguments>;

/// The first row, if there is one.
pub(super) async fn one<T>(
    store: &PostgresStore,
    query: Bound<'_>,
    read: impl FnOnce(&PgRow) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut connection = store.connection().await?;
    let row = query.fetch_optional(&mut *connection).await;
    connection.done(row)?.as_ref().map(read).transpose()
}

/// All rows.
pub(super) async fn many<T>(
    store: &PostgresStore,
    query: Bound<'_>,
    read: impl Fn(&PgRow) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut connection = store.connection().await?;
    let rows = query.fetch_all(&mut *connection).await;
    connection.done(rows)?.iter().map(read).collect()
}

/// How many rows a statement wrote that is a transaction of its own.
pub(super) async fn execute(store: &PostgresStore, query: Bound<'_>) -> Result<u64, StoreError> {
    let mut connection = store.connection().await?;
    let done = query.execute(&mut *connection).await;
    connection.done(done).map(|done| done.rows_affected())
}

/// A page of a list about something, from `first` on, which is `None` behind the end of the list.
pub(super) async fn page_of<T, I: Display>(
    store: &PostgresStore,
    text: &'static str,
    (of, first): (Uuid, Option<Uuid>),
    request: &PageRequest,
    read: impl Fn(&PgRow) -> Result<T, StoreError>,
    id: impl Fn(&T) -> I,
) -> Result<Page<T>, StoreError> {
    let rows = match first {
        Some(first) => {
            let query = sqlx::query(store.sql(text)).bind(of).bind(first).bind(limit(request));
            many(store, query, read).await?
        }
        None => Vec::new(),
    };
    page(rows, request, id)
}

/// A record out of the JSON in a column.
pub(super) fn record<T: DeserializeOwned>(
    row: &PgRow,
    column: usize,
    what: &'static str,
) -> Result<T, StoreError> {
    row.try_get::<Json<T>, _>(column).map(|json| json.0).map_err(|error| unreadable(what, error))
}

/// A column's value.
pub(super) fn column<'r, T>(row: &'r PgRow, column: usize, what: &'static str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
{
    row.try_get(column).map_err(|error| unreadable(what, error))
}

pub(super) fn instant(row: &PgRow, index: usize, what: &'static str) -> Result<Timestamp, StoreError> {
    column::<DateTime<Utc>>(row, index, what).map(Timestamp::from)
}

pub(super) fn instant_if_any(
    row: &PgRow,
    index: usize,
    what: &'static str,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(column::<Option<DateTime<Utc>>>(row, index, what)?.map(Timestamp::from))
}

/// An instant as a column holds it.
pub(super) fn utc(instant: Timestamp) -> DateTime<Utc> {
    // The years of a timestamp, 1970 to 9999, are within chrono's.
    DateTime::from_timestamp_millis(instant.as_millis()).unwrap_or_default()
}

/// A version as a column holds it. None is ever stored near the end of the range.
pub(super) fn version_column(version: Version) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
}

pub(super) fn bytes(fingerprint: Fingerprint) -> [u8; 32] {
    *fingerprint.as_bytes()
}
