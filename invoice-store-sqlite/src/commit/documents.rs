//! Rows of invoices, credit notes and quotes.

use invoice_core::adapter::{DocumentRow, OpenItem};
use invoice_core::change::{AggregateId, Record};
use invoice_core::ports::{InvoiceQuery, StoreError};
use invoice_core::{InvoiceId, TeamId, Version};
use rusqlite::{Connection, OptionalExtension as _, named_params};

use super::rows::Place;
use crate::error::Stored as _;
use crate::values::{self, Day, int};

/// What a stored document counts for, before it is written to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    pub(super) version: Version,
    pub(super) live: bool,
    pub(super) open: Option<OpenItem>,
    /// Where its version lies.
    pub(super) place: Place,
}

pub(super) const fn is_one(id: AggregateId) -> bool {
    matches!(id, AggregateId::Invoice(_) | AggregateId::CreditNote(_) | AggregateId::Quote(_))
}

pub(super) fn before(
    connection: &Connection,
    team: TeamId,
    id: AggregateId,
) -> Result<Option<Before>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT version, live, due, currency, due_date, issue_date, commit_id, ordinal
             FROM documents WHERE team = ?1 AND kind = ?2 AND id = ?3",
        )
        .stored()?;
    let found = statement
        .query_row((team.as_uuid(), id.kind().as_str(), id.as_uuid()), |row| {
            let live: bool = row.get(1)?;
            let due: i64 = row.get(2)?;
            let open = if live && due > 0 {
                let day = |day: Option<Day>| day.map(|day| day.0);
                Some((due, values::parsed(row, 3)?, day(row.get(4)?), row.get::<_, Day>(5)?.0))
            } else {
                None
            };
            let place = Place { commit: row.get(6)?, ordinal: row.get(7)? };
            Ok((values::version(row, 0)?, live, open, place))
        })
        .optional()
        .stored()?;
    let Some((version, live, open, place)) = found else { return Ok(None) };
    let open = match open {
        Some((due, currency, due_date, issue_date)) => {
            Some(OpenItem { due_date, issue_date, amount: values::money(due, currency)? })
        }
        None => None,
    };
    Ok(Some(Before { version, live, open, place }))
}

/// Writes a document's row; its client is there already.
pub(super) fn put(
    connection: &Connection,
    record: &Record,
    row: &DocumentRow<'_>,
    place: Place,
    is_new: bool,
) -> Result<(), StoreError> {
    let DocumentRow {
        kind,
        subtype,
        status,
        payment_state,
        client,
        invoice,
        place: counted,
        number,
        issue_date,
        due_date,
        last_day,
        payable,
        due,
        live,
        written_off,
        customer_name,
        overdue_noted,
        created_at,
        updated_at,
    } = *row;
    let team = record.team().as_uuid();
    let customer_key = match customer_name {
        Some(name) => InvoiceQuery::customer_key(name),
        None => connection
            .prepare_cached("SELECT name_key FROM clients WHERE team = ?1 AND id = ?2")
            .and_then(|mut it| it.query_row((team, client.as_uuid()), |row| row.get(0)))
            .stored()?,
    };
    let text = if is_new { INSERT } else { UPDATE };
    let mut statement = connection.prepare_cached(text).stored()?;
    statement
        .execute(named_params! {
            ":team": team,
            ":kind": kind.as_str(),
            ":id": record.id().as_uuid(),
            ":version": int(record.version().get()),
            ":commit_id": place.commit,
            ":ordinal": place.ordinal,
            ":subtype": subtype,
            ":status": status,
            ":payment_state": payment_state,
            ":client": client.as_uuid(),
            ":invoice": invoice.map(InvoiceId::as_uuid),
            ":number": number,
            ":series": counted.map(|(key, _)| key.series.as_uuid()),
            ":period": counted.map(|(key, _)| key.period.to_string()),
            ":seq": counted.map(|(_, seq)| int(seq)),
            ":issue_date": issue_date.map(Day),
            ":due_date": due_date.map(Day),
            ":last_day": last_day.map(Day),
            ":currency": payable.currency().code(),
            ":payable": payable.minor(),
            ":due": due.minor(),
            ":live": live,
            ":written_off": written_off,
            ":customer_name": customer_name,
            ":customer_key": customer_key,
            ":customer_sort": InvoiceQuery::sort_text(&customer_key),
            ":overdue_noted": overdue_noted,
            ":created_at": created_at.as_millis(),
            ":updated_at": updated_at.as_millis(),
        })
        .stored()?;
    Ok(())
}

const INSERT: &str = "
    INSERT INTO documents (
        team, kind, id, version, commit_id, ordinal, subtype, status, payment_state, client, invoice,
        number, series, period, seq, issue_date, due_date, last_day, currency, payable, due, live,
        written_off, customer_name, customer_key, customer_sort, overdue_noted, created_at, updated_at
    ) VALUES (
        :team, :kind, :id, :version, :commit_id, :ordinal, :subtype, :status, :payment_state, :client, :invoice,
        :number, :series, :period, :seq, :issue_date, :due_date, :last_day, :currency, :payable, :due, :live,
        :written_off, :customer_name, :customer_key, :customer_sort, :overdue_noted, :created_at, :updated_at
    )";

const UPDATE: &str = "
    UPDATE documents SET
        version = :version, commit_id = :commit_id, ordinal = :ordinal, subtype = :subtype, status = :status,
        payment_state = :payment_state, client = :client, invoice = :invoice, number = :number,
        series = :series, period = :period, seq = :seq, issue_date = :issue_date, due_date = :due_date,
        last_day = :last_day, currency = :currency, payable = :payable, due = :due, live = :live,
        written_off = :written_off, customer_name = :customer_name, customer_key = :customer_key,
        customer_sort = :customer_sort, overdue_noted = :overdue_noted, created_at = :created_at,
        updated_at = :updated_at
    WHERE team = :team AND kind = :kind AND id = :id";
