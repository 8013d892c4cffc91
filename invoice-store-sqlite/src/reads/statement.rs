//! A client's statement: typed columns for what most entries are, and the records themselves for the few
//! that have write-offs or refunds.

use chrono::NaiveDate;
use invoice_core::adapter::statement::{Place, entries, start};
use invoice_core::change::Record;
use invoice_core::ports::{PageRequest, Statement, StatementEntryKind, StatementQuery, StoreError};
use invoice_core::{CreditNoteId, Currency, InvoiceId, Money, PaymentId, TeamId};
use invoice_store_common::statement::{Line, statement as sheet};
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::versions::tagged;
use crate::error::{SqliteError, Stored as _};
use crate::readers::snapshot;
use crate::values::{Day, int, joined, money};

/// Documents, payments and reversals; the number of each kind is its place among the entries of a day. The
/// `+` keeps the planner from looking for the days of all clients.
macro_rules! with_entries {
    ($select:literal) => {
        concat!(
            "WITH entries (day, kind, id, amount, reference) AS (
                SELECT +issue_date, 0, id, payable, number FROM documents
                WHERE team = ?1 AND client = ?2 AND kind = 'invoice' AND live AND +currency = ?3
                UNION ALL
                SELECT +issue_date, 1, id, -payable, number FROM documents
                WHERE team = ?1 AND client = ?2 AND kind = 'credit_note' AND live AND +currency = ?3
                UNION ALL
                SELECT +date, 3, id, -amount, external_reference FROM payments
                WHERE team = ?1 AND client = ?2 AND currency = ?3
                UNION ALL
                SELECT +reversed_on, 5, id, amount, external_reference FROM payments
                WHERE team = ?1 AND client = ?2 AND currency = ?3 AND reversed_on IS NOT NULL
            ) ",
            $select
        )
    };
}

/// What comes before the page, from an earlier day or an earlier page.
pub(super) const OPENING: &str = with_entries!(
    "SELECT coalesce(sum(amount / 1000000000), 0), coalesce(sum(amount % 1000000000), 0)
     FROM entries WHERE day < ?4 OR (day, kind, id) <= (?5, ?6, ?7)"
);

pub(super) const PAGE: &str = with_entries!(
    "SELECT day, kind, id, amount, reference FROM entries
     WHERE day BETWEEN ?4 AND ?8 AND (day, kind, id) > (?5, ?6, ?7)
     ORDER BY day, kind, id LIMIT ?9"
);

pub(super) const FLAGGED: &str = "
    SELECT v.kind, v.data FROM documents d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.client = ?2 AND d.kind = 'invoice' AND d.live AND d.written_off
        AND +d.currency = ?3
    UNION ALL
    SELECT v.kind, v.data FROM payments d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.client = ?2 AND d.refunded AND d.currency = ?3";

pub(super) fn statement(
    connection: &Connection,
    team: TeamId,
    query: &StatementQuery,
    request: &PageRequest,
) -> Result<Statement, StoreError> {
    let after = start(request)?;
    snapshot(connection, |connection| {
        let mut opening = opening(connection, team, query, after.as_ref())?;
        let mut lines = page(connection, team, query, after.as_ref(), request.limit())?;
        for line in flagged(connection, team, query)? {
            let day = line.place.0;
            if query.range.from.is_some_and(|from| day < from)
                || after.as_ref().is_some_and(|after| line.place <= *after)
            {
                add(&mut opening, line.amount)?;
            } else if query.range.to.is_none_or(|to| day <= to) {
                lines.push(line);
            }
        }
        lines.sort_unstable_by(|one, other| one.place.cmp(&other.place));
        lines.truncate(request.limit() + 1);
        sheet(opening, lines, request)
    })
}

fn add(sum: &mut Money, amount: Money) -> Result<(), StoreError> {
    *sum = sum.checked_add(amount).map_err(StoreError::backend)?;
    Ok(())
}

/// The first day asked for; without one, a text before all days.
fn from(query: &StatementQuery) -> String {
    query.range.from.map(Day).map(Day::text).unwrap_or_default()
}

/// Where the page before ended; without one, before all entries.
fn bound(after: Option<&Place>) -> (String, i64, Uuid) {
    match after {
        Some((day, kind, _)) => {
            let (kind, id) = number(kind);
            (Day(*day).text(), kind, id)
        }
        None => (String::new(), -1, Uuid::nil()),
    }
}

fn opening(
    connection: &Connection,
    team: TeamId,
    query: &StatementQuery,
    after: Option<&Place>,
) -> Result<Money, StoreError> {
    let (day, kind, id) = bound(after);
    let (client, code) = (query.client.as_uuid(), query.currency.code());
    let parts: (i64, i64) = connection
        .prepare_cached(OPENING)
        .and_then(|mut it| {
            it.query_row((team.as_uuid(), client, code, from(query), day, kind, id), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        })
        .stored()?;
    joined(parts.0, parts.1, query.currency)
}

fn page(
    connection: &Connection,
    team: TeamId,
    query: &StatementQuery,
    after: Option<&Place>,
    limit: usize,
) -> Result<Vec<Line>, StoreError> {
    let (day, kind, id) = bound(after);
    let (client, code) = (query.client.as_uuid(), query.currency.code());
    let to = query.range.to.unwrap_or(NaiveDate::MAX);
    let limit = int(limit).saturating_add(1);
    let mut statement = connection.prepare_cached(PAGE).stored()?;
    let mut rows = statement
        .query((team.as_uuid(), client, code, from(query), day, kind, id, Day(to), limit))
        .stored()?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next().stored()? {
        lines.push(line(row, query.currency)?);
    }
    Ok(lines)
}

fn line(row: &Row<'_>, currency: Currency) -> Result<Line, StoreError> {
    let (number, id): (i64, Uuid) = (row.get(1).stored()?, row.get(2).stored()?);
    let kind = match number {
        0 => StatementEntryKind::Invoice(InvoiceId::from_uuid(id)),
        1 => StatementEntryKind::CreditNote(CreditNoteId::from_uuid(id)),
        3 => StatementEntryKind::Payment(PaymentId::from_uuid(id)),
        5 => StatementEntryKind::Reversal(PaymentId::from_uuid(id)),
        _ => return Err(SqliteError::Panicked.into()),
    };
    Ok(Line {
        place: (row.get::<_, Day>(0).stored()?.0, kind, 0),
        reference: row.get(4).stored()?,
        amount: money(row.get(3).stored()?, currency)?,
    })
}

/// The entries that no column has: write-offs and refunds.
fn flagged(connection: &Connection, team: TeamId, query: &StatementQuery) -> Result<Vec<Line>, StoreError> {
    let mut statement = connection.prepare_cached(FLAGGED).stored()?;
    let key = (team.as_uuid(), query.client.as_uuid(), query.currency.code());
    let mut rows = statement.query(key).stored()?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next().stored()? {
        let record: Record = tagged(row)?;
        let of_record = entries(&record).into_iter().filter(|entry| {
            matches!(entry.place.1, StatementEntryKind::WriteOff(_) | StatementEntryKind::Refund(_))
        });
        lines.extend(of_record.map(|entry| Line {
            place: entry.place,
            reference: entry.reference.map(str::to_owned),
            amount: entry.amount,
        }));
    }
    Ok(lines)
}

/// The kinds in their order, as numbers.
const fn number(kind: &StatementEntryKind) -> (i64, Uuid) {
    match kind {
        StatementEntryKind::Invoice(id) => (0, id.as_uuid()),
        StatementEntryKind::CreditNote(id) => (1, id.as_uuid()),
        StatementEntryKind::WriteOff(id) => (2, id.as_uuid()),
        StatementEntryKind::Payment(id) => (3, id.as_uuid()),
        StatementEntryKind::Refund(id) => (4, id.as_uuid()),
        StatementEntryKind::Reversal(id) => (5, id.as_uuid()),
    }
}
