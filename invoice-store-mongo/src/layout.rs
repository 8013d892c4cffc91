//! How things are called and written in the database.

use chrono::{Datelike as _, NaiveDate};
use invoice_core::change::AggregateId;
use invoice_core::ports::StoreError;
use invoice_core::{CounterKey, Currency, Month, TeamId, Timestamp};
use mongodb::bson::raw::{RawBsonRef, RawDocument, RawDocumentBuf};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, DateTime, Decimal128, rawdoc};
use uuid::Uuid;

use crate::error::unreadable;

/// What is in the collection of billing besides aggregates, whose kinds are named as in core.
pub(crate) mod kind {
    pub(crate) const COUNTER: &str = "counter";
    pub(crate) const COMMIT: &str = "commit";
    pub(crate) const AUDIT: &str = "audit";
    pub(crate) const EVENT: &str = "event";
    pub(crate) const MONTH: &str = "month";
}

const MILLIS_A_DAY: i64 = 86_400_000;
/// 1970-01-01, in days from the common era.
const EPOCH: i32 = 719_163;

pub(crate) fn uuid(id: Uuid) -> Binary {
    Binary { subtype: BinarySubtype::Uuid, bytes: id.as_bytes().to_vec() }
}

pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: bytes.into() }
}

pub(crate) fn instant(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millis())
}

/// Midnight UTC.
pub(crate) fn date(date: NaiveDate) -> DateTime {
    DateTime::from_millis(i64::from(date.num_days_from_ce() - EPOCH) * MILLIS_A_DAY)
}

/// The `_id` of what has an identifier within its team. The order of the fields is part of it.
pub(crate) fn key(team: TeamId, kind: &str, id: Uuid) -> RawDocumentBuf {
    rawdoc! { "team": uuid(team.as_uuid()), "kind": kind, "id": uuid(id) }
}

/// The `_id` of an aggregate.
pub(crate) fn aggregate_key(team: TeamId, id: AggregateId) -> RawDocumentBuf {
    key(team, id.kind().as_str(), id.as_uuid())
}

/// The `_id` of a counter.
pub(crate) fn counter_key(team: TeamId, counter: CounterKey) -> RawDocumentBuf {
    rawdoc! {
        "team": uuid(team.as_uuid()),
        "kind": kind::COUNTER,
        "series": uuid(counter.series.as_uuid()),
        "period": counter.period.to_string(),
    }
}

/// Reads the fields of a stored document; each error names the field.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a RawDocument);

impl<'a> Fields<'a> {
    fn value(self, name: &'static str) -> Result<Option<RawBsonRef<'a>>, StoreError> {
        let value = self.0.get(name).map_err(|error| unreadable(name, error))?;
        Ok(value.filter(|value| !matches!(value, RawBsonRef::Null)))
    }

    fn read<T>(
        self,
        name: &'static str,
        read: impl FnOnce(RawBsonRef<'a>) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| unreadable(name, "it is of another type"))
    }

    pub(crate) fn text(self, name: &'static str) -> Result<Option<&'a str>, StoreError> {
        self.read(name, RawBsonRef::as_str)
    }

    pub(crate) fn flag(self, name: &'static str) -> Result<Option<bool>, StoreError> {
        self.read(name, RawBsonRef::as_bool)
    }

    pub(crate) fn number(self, name: &'static str) -> Result<Option<i64>, StoreError> {
        self.read(name, |value| match value {
            RawBsonRef::Int32(number) => Some(number.into()),
            RawBsonRef::Int64(number) => Some(number),
            _ => None,
        })
    }

    pub(crate) fn uuid(self, name: &'static str) -> Result<Option<Uuid>, StoreError> {
        self.read(name, |value| Uuid::from_slice(value.as_binary()?.bytes).ok())
    }

    pub(crate) fn bytes(self, name: &'static str) -> Result<Option<&'a [u8]>, StoreError> {
        self.read(name, |value| Some(value.as_binary()?.bytes))
    }

    pub(crate) fn instant(self, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.read(name, |value| Some(Timestamp::from_millis(value.as_datetime()?.timestamp_millis())))
    }

    pub(crate) fn date(self, name: &'static str) -> Result<Option<NaiveDate>, StoreError> {
        self.read(name, |value| {
            let days = value.as_datetime()?.timestamp_millis().div_euclid(MILLIS_A_DAY);
            NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?.checked_add(EPOCH)?)
        })
    }

    pub(crate) fn document(self, name: &'static str) -> Result<Option<&'a RawDocument>, StoreError> {
        self.read(name, RawBsonRef::as_document)
    }
}

/// What must be there.
pub(crate) fn there<T>(name: &'static str, value: Option<T>) -> Result<T, StoreError> {
    value.ok_or_else(|| unreadable(name, "it is missing"))
}

/// The `_id` of the sums of a month in a currency.
pub(crate) fn month_key(team: TeamId, month: Month, currency: Currency) -> RawDocumentBuf {
    rawdoc! {
        "team": uuid(team.as_uuid()),
        "kind": kind::MONTH,
        "month": date(first_day(month)),
        "currency": currency.code(),
    }
}

/// The first day of a month.
pub(crate) fn first_day(month: Month) -> NaiveDate {
    // Each month of a year that core knows has a first day.
    NaiveDate::from_ymd_opt(month.year(), month.month(), 1).unwrap_or_default()
}

/// A sum of minor units, exact up to 34 digits, which no sum of amounts reaches.
pub(crate) fn decimal(units: i128) -> Decimal128 {
    const BIAS: u128 = 6_176 << 113;
    let sign = u128::from(units < 0) << 127;
    Decimal128::from_bytes((sign | BIAS | units.unsigned_abs()).to_le_bytes())
}
