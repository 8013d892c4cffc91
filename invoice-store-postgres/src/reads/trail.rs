use async_trait::async_trait;
use chrono::NaiveDate;
use invoice_core::change::{AggregateId, AuditEntry};
use invoice_core::ports::{ChainDocument, Page, PageRequest, StoreError, Trail};
use invoice_core::{
    AuditId, CommitId, Counter, CounterKey, EventKind, Hash, SeriesId, TeamId, UserId, Version,
};
use invoice_store_common::lists::Value;
use invoice_store_common::pages;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::data;
use super::row::{aggregate, column, count, named, record, timestamp};
use crate::PostgresStore;
use crate::error::unreadable;

macro_rules! audit {
    ($conditions:literal) => {
        concat!(
            "SELECT id, commit_id, at, actor, subject_kind, subject, version, actions, number, reason \
             FROM {s}.audit WHERE team = $1",
            $conditions,
            " ORDER BY id DESC LIMIT {limit}"
        )
    };
}
const ALL: &str = audit!("");
const ALL_BEFORE: &str = audit!(" AND id < $2");
const OF_SUBJECT: &str = audit!(" AND subject_kind = $2 AND subject = $3");
const OF_SUBJECT_BEFORE: &str = audit!(" AND subject_kind = $2 AND subject = $3 AND id < $4");

macro_rules! counters {
    ($condition:literal) => {
        concat!(
            "SELECT series, period, next, head, last_issue_date FROM {s}.counters WHERE team = $1",
            $condition
        )
    };
}
const COUNTERS: &str = counters!("");
const COUNTER: &str = counters!(" AND series = $2 AND period = $3");

const CHAIN: &str = concat!(
    "SELECT d.kind, ",
    data!("d"),
    " FROM {s}.documents d WHERE d.team = $1 AND d.series = $2 AND d.period = $3 AND d.seq >= $4 \
     ORDER BY d.seq LIMIT {limit}"
);

#[async_trait]
impl Trail for PostgresStore {
    async fn audit(
        &self,
        team: TeamId,
        subject: Option<AggregateId>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let before = page.position::<AuditId>()?;
        let mut values = vec![Value::Uuid(team.as_uuid())];
        if let Some(subject) = subject {
            values.push(Value::Text(subject.kind().as_str().to_owned()));
            values.push(Value::Uuid(subject.as_uuid()));
        }
        values.extend(before.map(|before| Value::Uuid(before.as_uuid())));
        let text = match (subject, before) {
            (None, None) => ALL,
            (None, Some(_)) => ALL_BEFORE,
            (Some(_), None) => OF_SUBJECT,
            (Some(_), Some(_)) => OF_SUBJECT_BEFORE,
        };
        let rows = self.limited(text, page.limit().saturating_add(1), &values).await?;
        let entries = rows.iter().map(|row| entry(team, row)).collect::<Result<_, _>>()?;
        pages::page(entries, page, |entry: &AuditEntry| entry.id)
    }

    async fn counters(&self, team: TeamId) -> Result<Vec<(CounterKey, Counter)>, StoreError> {
        let rows = self.rows(COUNTERS, &[Value::Uuid(team.as_uuid())]).await?;
        let mut counters = rows.iter().map(counter).collect::<Result<Vec<_>, _>>()?;
        counters.sort_unstable_by_key(|(key, _)| *key);
        Ok(counters)
    }

    async fn counter(&self, team: TeamId, key: CounterKey) -> Result<Option<Counter>, StoreError> {
        let row = self.row(COUNTER, &values_of(team, key)).await?;
        row.map(|row| counter(&row).map(|(_, counter)| counter)).transpose()
    }

    async fn chain(
        &self,
        team: TeamId,
        key: CounterKey,
        from: u64,
        limit: u16,
    ) -> Result<Vec<ChainDocument>, StoreError> {
        // No sequence is beyond what the column holds.
        let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
        let mut values = values_of(team, key).to_vec();
        values.push(Value::Int(from));
        self.limited(CHAIN, limit.into(), &values).await?.iter().map(document).collect()
    }
}

fn values_of(team: TeamId, key: CounterKey) -> [Value; 3] {
    let CounterKey { series, period } = key;
    [Value::Uuid(team.as_uuid()), Value::Uuid(series.as_uuid()), Value::Text(period.to_string())]
}

fn entry(team: TeamId, row: &PgRow) -> Result<AuditEntry, StoreError> {
    let actions = column::<&str>(row, 7)?.split(',').filter(|text| !text.is_empty());
    let kind = |text: &str| {
        let found = EventKind::ALL.iter().find(|kind| kind.as_str() == text);
        found.copied().ok_or_else(|| unreadable("audit entry", "unknown action"))
    };
    Ok(AuditEntry {
        id: AuditId::from_uuid(column(row, 0)?),
        commit: CommitId::from_uuid(column(row, 1)?),
        team,
        at: timestamp(row, 2)?,
        actor: column::<Option<Uuid>>(row, 3)?.map(UserId::from_uuid),
        subject: aggregate(row, 4, 5)?,
        version: Version::new(count(row, 6, "version")?),
        actions: actions.map(kind).collect::<Result<_, _>>()?,
        number: column(row, 8)?,
        reason: column(row, 9)?,
    })
}

fn counter(row: &PgRow) -> Result<(CounterKey, Counter), StoreError> {
    let head: &[u8] = column(row, 3)?;
    let head = head.try_into().map_err(|error| unreadable("counter", error))?;
    let key = CounterKey { series: SeriesId::from_uuid(column(row, 0)?), period: named(row, 1, "period")? };
    let last_issue_date: Option<NaiveDate> = column(row, 4)?;
    Ok((key, Counter { next: count(row, 2, "counter")?, head: Hash::from_bytes(head), last_issue_date }))
}

fn document(row: &PgRow) -> Result<ChainDocument, StoreError> {
    Ok(match column::<&str>(row, 0)? {
        "invoice" => ChainDocument::Invoice(record(row, 1)?),
        "credit_note" => ChainDocument::CreditNote(record(row, 1)?),
        _ => ChainDocument::Quote(record(row, 1)?),
    })
}
