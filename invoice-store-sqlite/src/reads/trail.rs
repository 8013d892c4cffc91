//! Reads of the audit trail, the counters and their chains.

use async_trait::async_trait;
use invoice_core::change::{AggregateId, AuditEntry, Record};
use invoice_core::ports::{ChainDocument, Page, PageRequest, StoreError, Trail};
use invoice_core::{
    AuditId, CommitId, Counter, CounterKey, EventKind, Hash, PeriodKey, SeriesId, TeamId, UserId,
};
use invoice_store_common::pages;
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::versions::tagged;
use crate::SqliteStore;
use crate::error::Stored as _;
use crate::values::{self, Day, int, parsed};

pub(super) const ENTRIES: &str = "
    SELECT id, commit_id, at, actor, subject_kind, subject, version, actions, number, reason
    FROM audit WHERE team = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

pub(super) const ENTRIES_OF_ONE: &str = "
    SELECT id, commit_id, at, actor, subject_kind, subject, version, actions, number, reason
    FROM audit WHERE team = ?1 AND id < ?2 AND subject_kind = ?4 AND subject = ?5 ORDER BY id DESC LIMIT ?3";

pub(super) const CHAIN: &str = "
    SELECT v.kind, v.data FROM documents d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.series = ?2 AND d.period = ?3 AND d.seq >= ?4 ORDER BY d.seq LIMIT ?5";

#[async_trait]
impl Trail for SqliteStore {
    async fn audit(
        &self,
        team: TeamId,
        subject: Option<AggregateId>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let before = page.position::<AuditId>()?;
        let page = page.clone();
        self.scan(move |it| entries(it, team, subject, before, &page)).await
    }

    async fn counters(&self, team: TeamId) -> Result<Vec<(CounterKey, Counter)>, StoreError> {
        self.scan(move |it| counters(it, team)).await
    }

    async fn counter(&self, team: TeamId, key: CounterKey) -> Result<Option<Counter>, StoreError> {
        self.look_up(move |it| counter(it, team, key)).await
    }

    async fn chain(
        &self,
        team: TeamId,
        key: CounterKey,
        from: u64,
        limit: u16,
    ) -> Result<Vec<ChainDocument>, StoreError> {
        self.scan(move |it| chain(it, team, key, from, limit)).await
    }
}

fn entries(
    connection: &Connection,
    team: TeamId,
    subject: Option<AggregateId>,
    before: Option<AuditId>,
    page: &PageRequest,
) -> Result<Page<AuditEntry>, StoreError> {
    // The empty blob lies before every identifier, and a longer one than any behind them all.
    let before = before.map_or_else(|| vec![u8::MAX; 17], |id| id.as_uuid().as_bytes().to_vec());
    let limit = pages::limit(page);
    let read = |row: &Row<'_>| entry(team, row);
    let text = if subject.is_some() { ENTRIES_OF_ONE } else { ENTRIES };
    let mut statement = connection.prepare_cached(text).stored()?;
    let rows = match subject {
        Some(id) => {
            let key = (team.as_uuid(), before, limit, id.kind().as_str(), id.as_uuid());
            statement.query_map(key, read)
        }
        None => statement.query_map((team.as_uuid(), before, limit), read),
    };
    let rows: Vec<_> = rows.and_then(Iterator::collect).stored()?;
    pages::page(rows, page, |entry: &AuditEntry| entry.id)
}

fn entry(team: TeamId, row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    let actions = row.get_ref(7)?.as_str()?.split(',').filter(|name| !name.is_empty());
    let kind = |name: &str| {
        let found = EventKind::ALL.iter().copied().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| {
            rusqlite::Error::InvalidColumnType(7, name.to_owned(), rusqlite::types::Type::Text)
        })
    };
    Ok(AuditEntry {
        id: AuditId::from_uuid(row.get(0)?),
        commit: CommitId::from_uuid(row.get(1)?),
        team,
        at: values::instant(row, 2)?,
        actor: row.get::<_, Option<Uuid>>(3)?.map(UserId::from_uuid),
        subject: values::aggregate(row, 4)?,
        version: values::version(row, 6)?,
        actions: actions.map(kind).collect::<Result<_, _>>()?,
        number: row.get(8)?,
        reason: row.get(9)?,
    })
}

fn counters(connection: &Connection, team: TeamId) -> Result<Vec<(CounterKey, Counter)>, StoreError> {
    let text = "SELECT next, head, last_issue_date, series, period FROM counters WHERE team = ?1";
    let mut statement = connection.prepare_cached(text).stored()?;
    let rows = statement.query_map([team.as_uuid()], |row| {
        let key =
            CounterKey { series: SeriesId::from_uuid(row.get(3)?), period: parsed::<PeriodKey>(row, 4)? };
        Ok((key, state(row)?))
    });
    let mut all: Vec<_> = rows.and_then(Iterator::collect).stored()?;
    all.sort_by_key(|(key, _)| *key);
    Ok(all)
}

/// One counter as it is.
pub(crate) fn counter(
    connection: &Connection,
    team: TeamId,
    key: CounterKey,
) -> Result<Option<Counter>, StoreError> {
    let text = "
        SELECT next, head, last_issue_date FROM counters WHERE team = ?1 AND series = ?2 AND period = ?3";
    connection
        .prepare_cached(text)
        .and_then(|mut it| {
            it.query_row((team.as_uuid(), key.series.as_uuid(), key.period.to_string()), state)
        })
        .optional()
        .stored()
}

fn state(row: &Row<'_>) -> rusqlite::Result<Counter> {
    Ok(Counter {
        next: row.get::<_, i64>(0)?.unsigned_abs(),
        head: Hash::from_bytes(row.get(1)?),
        last_issue_date: row.get::<_, Option<Day>>(2)?.map(|day| day.0),
    })
}

fn chain(
    connection: &Connection,
    team: TeamId,
    key: CounterKey,
    from: u64,
    limit: u16,
) -> Result<Vec<ChainDocument>, StoreError> {
    let mut statement = connection.prepare_cached(CHAIN).stored()?;
    let place = (team.as_uuid(), key.series.as_uuid(), key.period.to_string(), int(from), limit);
    let mut rows = statement.query(place).stored()?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next().stored()? {
        match tagged(row)? {
            Record::Invoice(invoice) => documents.push(ChainDocument::Invoice(invoice)),
            Record::CreditNote(note) => documents.push(ChainDocument::CreditNote(note)),
            Record::Quote(quote) => documents.push(ChainDocument::Quote(quote)),
            Record::Client(_)
            | Record::Item(_)
            | Record::Supplier(_)
            | Record::Series(_)
            | Record::Payment(_) => {}
        }
    }
    Ok(documents)
}
