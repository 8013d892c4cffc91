//! What a statement is given, by type.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use invoice_core::Timestamp;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgHasArrayType, PgTypeInfo};
use sqlx::{Arguments as _, Encode, Postgres, Type as SqlType};
use uuid::Uuid;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Uuid,
    Text,
    Big,
    Int,
    Bool,
    Date,
    Instant,
    Json,
    Bytes,
}

impl Type {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::Big => "bigint",
            Self::Int => "integer",
            Self::Bool => "boolean",
            Self::Date => "date",
            Self::Instant => "timestamptz",
            Self::Json => "json",
            Self::Bytes => "bytea",
        }
    }
}

/// One value.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Null,
    Uuid(Uuid),
    Text(Cow<'a, str>),
    Big(i64),
    Int(i32),
    Bool(bool),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
    Json(Vec<u8>),
    Bytes(Cow<'a, [u8]>),
}

impl<'a> Value<'a> {
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn some_text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    pub(super) fn some_uuid(id: Option<Uuid>) -> Self {
        id.map_or(Self::Null, Self::Uuid)
    }

    pub(super) fn date(date: Option<NaiveDate>) -> Self {
        date.map_or(Self::Null, Self::Date)
    }

    pub(super) fn instant(at: Timestamp) -> Self {
        Self::Instant(instant(at))
    }

    /// A count; the domain's own bounds are far below those of the column.
    pub(super) fn count(count: u64) -> Self {
        Self::Big(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// An instant as the driver takes it; those of the domain lie in the years 1970 to 9999.
pub(crate) fn instant(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.as_millis()).unwrap_or_default()
}

/// The driver's own type for JSON is JSONB.
pub(crate) const JSON: PgTypeInfo = PgTypeInfo::with_oid(Oid(114));
const JSON_ARRAY: PgTypeInfo = PgTypeInfo::with_oid(Oid(199));

/// JSON that was written already.
struct Written<'a>(&'a [u8]);

impl SqlType<Postgres> for Written<'_> {
    fn type_info() -> PgTypeInfo {
        JSON
    }
}

impl PgHasArrayType for Written<'_> {
    fn array_type_info() -> PgTypeInfo {
        JSON_ARRAY
    }
}

impl Encode<'_, Postgres> for Written<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0);
        Ok(IsNull::No)
    }
}

/// Adds one column of some rows: as an array, or as what the only row has there.
pub(super) fn add(
    arguments: &mut PgArguments,
    kind: Type,
    column: &[&Value<'_>],
    many: bool,
) -> Result<(), BoxDynError> {
    match kind {
        Type::Uuid => put(arguments, column, many, |value| match value {
            Value::Uuid(it) => Some(*it),
            _ => None,
        }),
        Type::Text => put(arguments, column, many, |value| match value {
            Value::Text(it) => Some(&**it),
            _ => None,
        }),
        Type::Big => put(arguments, column, many, |value| match value {
            Value::Big(it) => Some(*it),
            _ => None,
        }),
        Type::Int => put(arguments, column, many, |value| match value {
            Value::Int(it) => Some(*it),
            _ => None,
        }),
        Type::Bool => put(arguments, column, many, |value| match value {
            Value::Bool(it) => Some(*it),
            _ => None,
        }),
        Type::Date => put(arguments, column, many, |value| match value {
            Value::Date(it) => Some(*it),
            _ => None,
        }),
        Type::Instant => put(arguments, column, many, |value| match value {
            Value::Instant(it) => Some(*it),
            _ => None,
        }),
        Type::Json => put(arguments, column, many, |value| match value {
            Value::Json(it) => Some(Written(it)),
            _ => None,
        }),
        Type::Bytes => put(arguments, column, many, |value| match value {
            Value::Bytes(it) => Some(&**it),
            _ => None,
        }),
    }
}

fn put<'v, T>(
    arguments: &mut PgArguments,
    column: &[&'v Value<'v>],
    many: bool,
    pick: fn(&'v Value<'v>) -> Option<T>,
) -> Result<(), BoxDynError>
where
    T: Encode<'v, Postgres> + SqlType<Postgres> + PgHasArrayType + 'v,
{
    let mut values = column.iter().map(|value| pick(value));
    if many {
        arguments.add(values.collect::<Vec<Option<T>>>())
    } else {
        arguments.add(values.next().flatten())
    }
}
