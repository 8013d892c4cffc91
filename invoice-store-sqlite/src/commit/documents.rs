//! Rows of invoices, credit notes and quotes.

use chrono::NaiveDate;
use invoice_core::adapter::{DocumentRow, OpenItem};
use invoice_core::change::{AggregateId, Record};
use invoice_core::ports::{InvoiceQuery, StoreError, Unique};
use invoice_core::{InvoiceId, TeamId, Version};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::rows::{Place, execute, try_execute};
use crate::error::{Constrained as _, Stored as _};
use crate::values::{self, Day, int};

/// A stored document, before it is written to.
#[derive(Debug, Clone)]
pub(super) struct Before {
    pub(super) version: Version,
    pub(super) live: bool,
    pub(super) open: Option<OpenItem>,
    /// Where its version lies.
    pub(super) place: Place,
    frozen: Option<Frozen>,
}

/// What an issue froze.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Frozen {
    number: String,
    subtype: Option<String>,
    client: Uuid,
    invoice: Option<Uuid>,
    issue_date: String,
    due_date: Option<String>,
    last_day: Option<String>,
    currency: String,
    payable: i64,
    customer_name: Option<String>,
    created_at: i64,
}

impl Before {
    /// Whether a row differs in nothing but what goes on changing after the issue.
    fn is_frozen_as(&self, row: &DocumentRow<'_>) -> bool {
        let Some(frozen) = &self.frozen else { return false };
        let is_day = |frozen: Option<&str>, day: Option<NaiveDate>| match (frozen, day) {
            (Some(frozen), Some(day)) => frozen == Day(day).text(),
            (None, None) => true,
            _ => false,
        };
        Some(frozen.number.as_str()) == row.number
            && frozen.subtype.as_deref() == row.subtype
            && frozen.client == row.client.as_uuid()
            && frozen.invoice == row.invoice.map(InvoiceId::as_uuid)
            && is_day(Some(&frozen.issue_date), row.issue_date)
            && is_day(frozen.due_date.as_deref(), row.due_date)
            && is_day(frozen.last_day.as_deref(), row.last_day)
            && frozen.currency == row.payable.currency().code()
            && frozen.payable == row.payable.minor()
            && frozen.customer_name.as_deref() == row.customer_name
            && frozen.created_at == row.created_at.as_millis()
    }
}

pub(super) const fn is_one(id: AggregateId) -> bool {
    matches!(id, AggregateId::Invoice(_) | AggregateId::CreditNote(_) | AggregateId::Quote(_))
}

pub(super) fn before(
    connection: &Connection,
    team: TeamId,
    id: AggregateId,
) -> Result<Option<Before>, StoreError> {
    let mut statement = connection.prepare_cached(BEFORE).stored()?;
    let mut rows = statement.query((team.as_uuid(), id.kind().as_str(), id.as_uuid())).stored()?;
    rows.next().stored()?.map(|row| read_before(row).stored()).transpose()
}

const BEFORE: &str = "
    SELECT version, live, commit_id, ordinal, due, number, subtype, client, invoice, issue_date, due_date,
        last_day, currency, payable, customer_name, created_at
    FROM documents WHERE team = ?1 AND kind = ?2 AND id = ?3";

fn read_before(row: &Row<'_>) -> rusqlite::Result<Before> {
    let (version, live) = (values::version(row, 0)?, row.get(1)?);
    let place = Place { commit: row.get(2)?, ordinal: row.get(3)? };
    let Some(number) = row.get(5)? else {
        return Ok(Before { version, live, open: None, place, frozen: None });
    };
    let due: i64 = row.get(4)?;
    let open = if live && due > 0 {
        let amount = values::amount(due, row, 12)?;
        let due_date = row.get::<_, Option<Day>>(10)?.map(|day| day.0);
        Some(OpenItem { due_date, issue_date: row.get::<_, Day>(9)?.0, amount })
    } else {
        None
    };
    let frozen = Frozen {
        number,
        subtype: row.get(6)?,
        client: row.get(7)?,
        invoice: row.get(8)?,
        issue_date: row.get(9)?,
        due_date: row.get(10)?,
        last_day: row.get(11)?,
        currency: row.get(12)?,
        payable: row.get(13)?,
        customer_name: row.get(14)?,
        created_at: row.get(15)?,
    };
    Ok(Before { version, live, open, place, frozen: Some(frozen) })
}

/// Writes a document's row; its client is there already.
pub(super) fn put(
    connection: &Connection,
    record: &Record,
    row: &DocumentRow<'_>,
    place: Place,
    before: Option<&Before>,
) -> Result<(), StoreError> {
    if before.is_some_and(|before| before.is_frozen_as(row)) {
        return put_issued(connection, record, row, place);
    }
    let is_new = before.is_none();
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
            .and_then(|mut it| it.query_row((team, client.as_uuid()), |row| row.get(0)).optional())
            .stored()?
            .ok_or(StoreError::NotFound)?,
    };
    let values = params![
        team,
        kind.as_str(),
        record.id().as_uuid(),
        int(record.version().get()),
        place.commit,
        place.ordinal,
        status,
        payment_state,
        due.minor(),
        live,
        written_off,
        overdue_noted,
        updated_at.as_millis(),
        subtype,
        client.as_uuid(),
        invoice.map(InvoiceId::as_uuid),
        number,
        counted.map(|(key, _)| key.series.as_uuid()),
        counted.map(|(key, _)| key.period.to_string()),
        counted.map(|(_, seq)| int(seq)),
        issue_date.map(Day),
        due_date.map(Day),
        last_day.map(Day),
        payable.currency().code(),
        payable.minor(),
        customer_name,
        customer_key,
        InvoiceQuery::sort_text(&customer_key),
        created_at.as_millis(),
    ];
    try_execute(connection, if is_new { INSERT } else { UPDATE }, values)
        .unique(Unique::Id, Unique::Number)?;
    Ok(())
}

/// Writes what changes after the issue; all else about the document is frozen, and so are the indexes on it.
fn put_issued(
    connection: &Connection,
    record: &Record,
    row: &DocumentRow<'_>,
    place: Place,
) -> Result<(), StoreError> {
    execute(
        connection,
        UPDATE_ISSUED,
        (
            record.team().as_uuid(),
            row.kind.as_str(),
            record.id().as_uuid(),
            int(record.version().get()),
            place.commit,
            place.ordinal,
            row.status,
            row.payment_state,
            row.due.minor(),
            row.live,
            row.written_off,
            row.overdue_noted,
            row.updated_at.as_millis(),
        ),
    )?;
    Ok(())
}

const INSERT: &str = "
    INSERT INTO documents (
        team, kind, id, version, commit_id, ordinal, status, payment_state, due, live, written_off,
        overdue_noted, updated_at, subtype, client, invoice, number, series, period, seq, issue_date,
        due_date, last_day, currency, payable, customer_name, customer_key, customer_sort, created_at
    ) VALUES (
        ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
        ?23, ?24, ?25, ?26, ?27, ?28, ?29
    )";

const UPDATE: &str = "
    UPDATE documents SET
        version = ?4, commit_id = ?5, ordinal = ?6, status = ?7, payment_state = ?8, due = ?9, live = ?10,
        written_off = ?11, overdue_noted = ?12, updated_at = ?13, subtype = ?14, client = ?15, invoice = ?16,
        number = ?17, series = ?18, period = ?19, seq = ?20, issue_date = ?21, due_date = ?22, last_day = ?23,
        currency = ?24, payable = ?25, customer_name = ?26, customer_key = ?27, customer_sort = ?28,
        created_at = ?29
    WHERE team = ?1 AND kind = ?2 AND id = ?3";

const UPDATE_ISSUED: &str = "
    UPDATE documents SET
        version = ?4, commit_id = ?5, ordinal = ?6, status = ?7, payment_state = ?8, due = ?9, live = ?10,
        written_off = ?11, overdue_noted = ?12, updated_at = ?13
    WHERE team = ?1 AND kind = ?2 AND id = ?3";
