//! Counters: what is remembered of them, and how they are read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use invoice_core::ports::StoreError;
use invoice_core::{Counter, CounterKey, Hash, SeriesId, TeamId};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::{store_error, unreadable};

pub(super) type Counters = BTreeMap<CounterKey, Counter>;

/// How counters were left by the last commits, to predict how the next one finds them. A prediction that is
/// wrong costs a round trip and nothing else.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<(TeamId, CounterKey), Counter>>);

impl Memory {
    /// About 10 MB of counters.
    const CAPACITY: usize = 65_536;

    fn known(&self) -> MutexGuard<'_, HashMap<(TeamId, CounterKey), Counter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn predict(&self, team: TeamId, keys: impl Iterator<Item = CounterKey>) -> Counters {
        let known = self.known();
        keys.filter_map(|key| Some((key, *known.get(&(team, key))?))).collect()
    }

    pub(super) fn learn(&self, team: TeamId, counters: impl Iterator<Item = (CounterKey, Counter)>) {
        let mut known = self.known();
        if known.len() >= Self::CAPACITY {
            known.clear();
        }
        known.extend(counters.map(|(key, counter)| ((team, key), counter)));
    }

    pub(super) fn forget(&self, team: TeamId, keys: impl Iterator<Item = CounterKey>) {
        let mut known = self.known();
        for key in keys {
            known.remove(&(team, key));
        }
    }
}

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
