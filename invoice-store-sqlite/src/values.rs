//! How values lie in columns.

use chrono::NaiveDate;
use invoice_core::change::{AggregateId, AggregateKind};
use invoice_core::ports::StoreError;
use invoice_core::{Currency, Money, Timestamp, Version};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};
use serde::de::DeserializeOwned;

use crate::error::SqliteError;

/// A date, as a text that sorts like it: `2026-03-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) NaiveDate);

impl Day {
    const FIRST: Option<NaiveDate> = NaiveDate::from_ymd_opt(0, 1, 1);
    const LAST: Option<NaiveDate> = NaiveDate::from_ymd_opt(9999, 12, 31);

    /// The text; of a day beyond years of four digits, whose texts would not sort, the nearest that has them.
    pub(crate) fn text(self) -> String {
        let day = Self::FIRST.map_or(self.0, |first| self.0.max(first));
        Self::LAST.map_or(day, |last| day.min(last)).to_string()
    }
}

impl ToSql for Day {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Text(self.text())))
    }
}

impl FromSql for Day {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}

/// An unsigned number where SQLite has signed ones only; numbers here stay far below the limit.
pub(crate) fn int(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// A place in a list of writes or rows.
pub(crate) fn version(row: &Row<'_>, index: usize) -> rusqlite::Result<Version> {
    Ok(Version::new(row.get::<_, i64>(index)?.unsigned_abs()))
}

pub(crate) fn instant(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_millis(row.get(index)?))
}

/// What is parsed from a column's text.
pub(crate) fn parsed<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text = row.get_ref(index)?.as_str()?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// Minor units and a currency.
pub(crate) fn money(units: i64, currency: Currency) -> Result<Money, StoreError> {
    Money::from_minor(units, currency).map_err(StoreError::backend)
}

/// Minor units, in the currency that a column names.
pub(crate) fn amount(units: i64, row: &Row<'_>, currency: usize) -> rusqlite::Result<Money> {
    Money::from_minor(units, parsed(row, currency)?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(currency, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// One of the names an enumeration is stored by.
pub(crate) fn named<T: Copy>(
    all: &[T],
    name: impl Fn(T) -> &'static str,
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<T> {
    let text = row.get_ref(index)?.as_str()?;
    let found = all.iter().copied().find(|it| name(*it) == text);
    found.ok_or(rusqlite::Error::InvalidColumnType(index, text.to_owned(), rusqlite::types::Type::Text))
}

/// The aggregate that two columns, its kind and its identifier, name.
pub(crate) fn aggregate(row: &Row<'_>, index: usize) -> rusqlite::Result<AggregateId> {
    let kind = named(&AggregateKind::ALL, AggregateKind::as_str, row, index)?;
    Ok(AggregateId::new(kind, row.get(index + 1)?))
}

/// A record out of its stored form.
pub(crate) fn json<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| SqliteError::unreadable(what, error).into())
}

/// What a sum of amounts is kept as, neither part of which overflows: billions of units, and the rest.
pub(crate) const fn split(units: i64) -> (i64, i64) {
    (units / BILLION, units % BILLION)
}

/// An amount out of its two parts.
pub(crate) fn joined(billions: i64, rest: i64, currency: Currency) -> Result<Money, StoreError> {
    let units = i128::from(billions) * i128::from(BILLION) + i128::from(rest);
    let units = i64::try_from(units).map_err(|error| SqliteError::unreadable("sum", error))?;
    money(units, currency)
}

const BILLION: i64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_amount_make_it_up_again() {
        for units in [0, 1, -1, 999_999_999, 1_000_000_000, -1_000_000_001, i64::MAX / 1_000] {
            let (billions, rest) = split(units);
            assert_eq!(joined(billions, rest, Currency::EUR).unwrap().minor(), units);
        }
    }

    #[test]
    fn a_sum_that_no_amount_holds_is_an_error() {
        assert!(joined(i64::MAX, 0, Currency::EUR).is_err());
    }
}
