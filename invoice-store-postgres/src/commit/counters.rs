//! How counters are read.

use chrono::NaiveDate;
use invoice_core::ports::StoreError;
use invoice_core::{Counter, CounterKey, Hash, SeriesId};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::{store_error, unreadable};

/// A counter from columns `series, period, next, head, last_issue_date` beginning at `at`; `None` where they
/// are null.
pub(crate) fn read(row: &PgRow, at: usize) -> Result<Option<(CounterKey, Counter)>, StoreError> {
    let Some(series) = row.try_get::<Option<Uuid>, _>(at).map_err(store_error)? else { return Ok(None) };
    let period: &str = row.try_get(at + 1).map_err(store_error)?;
    let next: i64 = row.try_get(at + 2).map_err(store_error)?;
    let head: &[u8] = row.try_get(at + 3).map_err(store_error)?;
    let last_issue_date: Option<NaiveDate> = row.try_get(at + 4).map_err(store_error)?;
    let key = CounterKey {
        series: SeriesId::from_uuid(series),
        period: period.parse().map_err(|error| unreadable("counter", error))?,
    };
    let counter = Counter {
        next: u64::try_from(next).map_err(|error| unreadable("counter", error))?,
        head: Hash::from_bytes(head.try_into().map_err(|error| unreadable("counter", error))?),
        last_issue_date,
    };
    Ok(Some((key, counter)))
}
