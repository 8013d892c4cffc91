//! Writes a resolved change that was checked.

use invoice_core::TeamId;
use invoice_core::adapter::DocumentRow;
use invoice_core::change::{
    AggregateId, AuditEntry, CounterMove, IdempotencyRecord, Receipt, Record, ResolvedChange, Write,
};
use invoice_core::ports::StoreError;
use invoice_core::{Event, EventKind, UserId};
use invoice_store_common::bound::receipt;
use rusqlite::Connection;
use uuid::Uuid;

use super::check::Outcome;
use super::documents;
use super::rows::{self, Place, execute};
use super::sums::{self, Sign};
use crate::error::SqliteError;
use crate::reads::versions;
use crate::values::{Day, int};

pub(super) fn write(
    connection: &Connection,
    resolved: ResolvedChange,
    stored: &Outcome<'_>,
) -> Result<Receipt, StoreError> {
    let ResolvedChange { id, team, at, writes, guards: _, counters, idempotency, audit, events } = resolved;
    let job = Job { connection, team, commit: id.as_uuid(), stored };

    let request = idempotency.as_ref().map(|IdempotencyRecord { key, fingerprint, .. }| (key, fingerprint));
    execute(
        connection,
        "INSERT INTO commits (team, id, at, idempotency_key, fingerprint) VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            team.as_uuid(),
            id.as_uuid(),
            at.as_millis(),
            request.map(|(key, _)| key.as_str()),
            request.map(|(_, fingerprint)| fingerprint.as_bytes()),
        ),
    )?;
    job.write_all(&writes)?;
    for step in &counters {
        job.move_counter(step)?;
    }
    for entry in &audit {
        job.note(entry)?;
    }
    for event in &events {
        job.tell(event)?;
    }
    Ok(receipt(id, writes))
}

struct Job<'a> {
    connection: &'a Connection,
    team: TeamId,
    commit: Uuid,
    stored: &'a Outcome<'a>,
}

impl Job<'_> {
    fn write_all(&self, writes: &[Write]) -> Result<(), StoreError> {
        let mut in_order: Vec<_> = writes.iter().enumerate().collect();
        if writes.len() > 1 {
            for write in writes.iter().filter(|write| !matches!(write, Write::Insert(_))) {
                rows::release(self.connection, self.team.as_uuid(), write)?;
            }
            in_order.sort_by_key(|(_, write)| rank(write));
        }
        for write in writes {
            if let (AggregateId::Payment(_), Write::Update { .. } | Write::Delete { .. }) =
                (write.id(), write)
            {
                rows::deallocate(self.connection, self.team.as_uuid(), write.id())?;
            }
        }
        for (ordinal, write) in in_order {
            match write {
                Write::Insert(record) => self.put(ordinal, record, true)?,
                Write::Update { expected: _, record } => self.put(ordinal, record, false)?,
                Write::Delete { id, expected: _ } => self.delete(*id)?,
            }
        }
        Ok(())
    }

    fn put(&self, ordinal: usize, record: &Record, is_new: bool) -> Result<(), StoreError> {
        let place = Place { commit: self.commit, ordinal: int(ordinal) };
        self.keep_version(record, place)?;
        let (connection, team, id) = (self.connection, self.team.as_uuid(), record.id());
        match record {
            Record::Client(client) => {
                rows::put_client(connection, client, place)?;
                let (metadata, at) = (client.metadata(), client.created_at());
                rows::put_metadata(connection, team, id, metadata, at, is_new)
            }
            Record::Item(item) => rows::put_item(connection, item, place),
            Record::Supplier(supplier) => rows::put_supplier(connection, supplier, place),
            Record::Series(series) => rows::put_series(connection, series, place),
            Record::Payment(payment) => rows::put_payment(connection, payment, place),
            Record::Invoice(invoice) => {
                self.put_document(record, place)?;
                let (metadata, at) = (invoice.metadata(), invoice.created_at());
                rows::put_metadata(connection, team, id, metadata, at, is_new)
            }
            Record::CreditNote(_) | Record::Quote(_) => self.put_document(record, place),
        }
    }

    fn keep_version(&self, record: &Record, place: Place) -> Result<(), StoreError> {
        let data = match record {
            Record::Client(record) => serde_json::to_string(record),
            Record::Item(record) => serde_json::to_string(record),
            Record::Supplier(record) => serde_json::to_string(record),
            Record::Series(record) => serde_json::to_string(record),
            Record::Invoice(record) => serde_json::to_string(record),
            Record::CreditNote(record) => serde_json::to_string(record),
            Record::Quote(record) => serde_json::to_string(record),
            Record::Payment(record) => serde_json::to_string(record),
        };
        let data = data.map_err(|error| SqliteError::unreadable("record", error))?;
        let id = record.id();
        execute(
            self.connection,
            "INSERT INTO versions (team, commit_id, ordinal, kind, id, version, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                self.team.as_uuid(),
                place.commit,
                place.ordinal,
                id.kind().as_str(),
                id.as_uuid(),
                int(record.version().get()),
                data,
            ),
        )?;
        Ok(())
    }

    fn put_document(&self, record: &Record, place: Place) -> Result<(), StoreError> {
        let Some(row) = DocumentRow::of(record) else { return Ok(()) };
        let before = self.stored.before.get(&record.id());
        documents::put(self.connection, record, &row, place, before)?;
        match (before.is_some_and(|before| before.live), row.live) {
            (false, true) => sums::post(self.connection, record, Sign::Add)?,
            (true, false) => sums::post(self.connection, record, Sign::TakeBack)?,
            // The figures of an issued document never change.
            (true, true) | (false, false) => {}
        }
        let open = before.and_then(|before| before.open);
        sums::move_receivable(self.connection, self.team.as_uuid(), open, row.open())
    }

    fn delete(&self, id: AggregateId) -> Result<(), StoreError> {
        if let Some(before) = self.stored.before.get(&id) {
            if before.live {
                let Place { commit, ordinal } = before.place;
                let record = versions::record(self.connection, self.team, commit, ordinal)?;
                sums::post(self.connection, &record, Sign::TakeBack)?;
            }
            sums::move_receivable(self.connection, self.team.as_uuid(), before.open, None)?;
        }
        rows::delete(self.connection, self.team.as_uuid(), id)
    }

    fn move_counter(&self, step: &CounterMove) -> Result<(), StoreError> {
        let CounterMove { key, before: _, after } = step;
        let team = self.team.as_uuid();
        let series = key.series.as_uuid();
        // The counter of imports is named after the team, and nothing numbers it.
        let numbered_by = (series != team).then_some(series);
        execute(
            self.connection,
            "INSERT INTO counters (team, series, period, numbered_by, next, head, last_issue_date)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET next = ?5, head = ?6, last_issue_date = ?7",
            (
                team,
                series,
                key.period.to_string(),
                numbered_by,
                int(after.next),
                after.head.as_bytes(),
                after.last_issue_date.map(Day),
            ),
        )?;
        Ok(())
    }

    fn note(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let AuditEntry { id, commit, team, at, actor, subject, version, actions, number, reason } = entry;
        let actions: Vec<_> = actions.iter().copied().map(EventKind::as_str).collect();
        execute(
            self.connection,
            "INSERT INTO audit
                 (team, id, commit_id, at, actor, subject_kind, subject, version, actions, number, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            (
                team.as_uuid(),
                id.as_uuid(),
                commit.as_uuid(),
                at.as_millis(),
                actor.map(UserId::as_uuid),
                subject.kind().as_str(),
                subject.as_uuid(),
                int(version.get()),
                actions.join(","),
                number,
                reason,
            ),
        )?;
        Ok(())
    }

    fn tell(&self, event: &Event) -> Result<(), StoreError> {
        let text = serde_json::to_string(event).map_err(|error| SqliteError::unreadable("event", error))?;
        execute(
            self.connection,
            "INSERT INTO outbox (team, id, aggregate_kind, aggregate, aggregate_version, ordinal, event)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                event.team.as_uuid(),
                event.id.as_uuid(),
                event.aggregate.kind().as_str(),
                event.aggregate.as_uuid(),
                int(event.aggregate_version.get()),
                event.ordinal,
                text,
            ),
        )?;
        Ok(())
    }
}

/// The order of the writes, so that each finds what it refers to, and nothing that still refers to what it
/// removes. What holds a unique value goes before what may take it.
const fn rank(write: &Write) -> u8 {
    match write {
        Write::Delete { id, expected: _ } => match id {
            AggregateId::CreditNote(_) | AggregateId::Quote(_) | AggregateId::Payment(_) => 0,
            AggregateId::Invoice(_) => 1,
            AggregateId::Item(_) | AggregateId::Series(_) | AggregateId::Supplier(_) => 2,
            AggregateId::Client(_) => 7,
        },
        Write::Insert(record) | Write::Update { expected: _, record } => match record {
            Record::Client(_) | Record::Item(_) | Record::Series(_) | Record::Supplier(_) => 3,
            Record::Invoice(_) => 4,
            Record::CreditNote(_) | Record::Quote(_) => 5,
            Record::Payment(_) => 6,
        },
    }
}
