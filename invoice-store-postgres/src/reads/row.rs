//! Columns as what they stand for.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use invoice_core::change::AggregateId;
use invoice_core::ports::StoreError;
use invoice_core::{Currency, Money, Timestamp};
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row as _, Type};
use uuid::Uuid;

use crate::error::{store_error, unreadable};
use crate::record::Stored;

/// A column of the driver's own type.
pub(super) fn column<'r, T: Decode<'r, Postgres> + Type<Postgres>>(
    row: &'r PgRow,
    index: usize,
) -> Result<T, StoreError> {
    row.try_get(index).map_err(store_error)
}

/// A record, parsed where the driver received it.
pub(super) fn record<T: DeserializeOwned>(row: &PgRow, index: usize) -> Result<T, StoreError> {
    column::<Stored<'_>>(row, index)?.read("record")
}

/// A record that may be absent.
pub(super) fn optional<T: DeserializeOwned>(row: &PgRow, index: usize) -> Result<Option<T>, StoreError> {
    column::<Option<Stored<'_>>>(row, index)?.map(|stored| stored.read("record")).transpose()
}

/// A text that names something.
pub(super) fn named<T: FromStr<Err: Display>>(
    row: &PgRow,
    index: usize,
    what: &'static str,
) -> Result<T, StoreError> {
    column::<&str>(row, index)?.parse().map_err(|error| unreadable(what, error))
}

pub(super) fn money(row: &PgRow, index: usize, currency: Currency) -> Result<Money, StoreError> {
    Money::from_minor(column(row, index)?, currency).map_err(|error| unreadable("amount", error))
}

/// A number that is never negative.
pub(super) fn count(row: &PgRow, index: usize, what: &'static str) -> Result<u64, StoreError> {
    u64::try_from(column::<i64>(row, index)?).map_err(|error| unreadable(what, error))
}

pub(super) fn timestamp(row: &PgRow, index: usize) -> Result<Timestamp, StoreError> {
    column::<DateTime<Utc>>(row, index).map(Timestamp::from)
}

/// An instant as the driver takes it.
pub(super) fn instant(at: Timestamp) -> DateTime<Utc> {
    // An instant lies in the years 1970 to 9999, which all fit.
    DateTime::from_timestamp_millis(at.as_millis()).unwrap_or_default()
}

/// An aggregate by the columns of its kind and its identifier.
pub(super) fn aggregate(row: &PgRow, kind: usize, id: usize) -> Result<AggregateId, StoreError> {
    let (kind, id): (&str, Uuid) = (column(row, kind)?, column(row, id)?);
    let kind = kind.parse().map_err(|error| unreadable("aggregate", error))?;
    Ok(AggregateId::new(kind, id))
}
