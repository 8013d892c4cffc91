//! A client's statement: typed columns, and stored records only where they hold more than one entry.

use invoice_core::adapter::statement::start;
use invoice_core::ports::{PageRequest, Statement, StatementEntryKind, StatementQuery, StoreError};
use invoice_core::{CreditNoteId, InvoiceId, Money, PaymentId, TeamId};
use invoice_store_common::lists::{FIRST_DAY, LAST_DAY, Value, kept_day};
use invoice_store_common::pages;
use invoice_store_common::statement::{Line, statement};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::data;
use super::row::{column, money};
use crate::PostgresStore;
use crate::error::unreadable;

/// All entries of a client in a currency; what lies before a day or at most at a place is only summed. The
/// numbers of kinds are in the order of [`StatementEntryKind`].
const STATEMENT: &str = concat!(
    "WITH entries AS ( \
        SELECT issue_date AS date, CASE kind WHEN 'invoice' THEN 0 ELSE 1 END AS kind, id, 0 AS ordinal, \
            number AS reference, CASE kind WHEN 'invoice' THEN payable ELSE -payable END AS amount \
        FROM {s}.documents \
        WHERE team = $1 AND client = $2 AND currency = $3 AND kind IN ('invoice', 'credit_note') AND live \
        UNION ALL \
        SELECT (part.data ->> 'date')::date, 2, d.id, part.place - 1, d.number, \
            -((part.data #>> '{amount,amount}')::numeric * $4)::bigint \
        FROM {s}.documents d CROSS JOIN LATERAL json_array_elements(",
    data!("d"),
    " #> '{state,write_offs}') WITH ORDINALITY AS part (data, place) \
        WHERE d.team = $1 AND d.client = $2 AND d.currency = $3 AND d.kind = 'invoice' AND d.live \
            AND d.written_off \
        UNION ALL \
        SELECT date, 3, id, 0, external_reference, -amount FROM {s}.payments \
        WHERE team = $1 AND client = $2 AND currency = $3 \
        UNION ALL \
        SELECT (part.data ->> 'date')::date, 4, d.id, part.place - 1, d.external_reference, \
            ((part.data #>> '{amount,amount}')::numeric * $4)::bigint \
        FROM {s}.payments d CROSS JOIN LATERAL json_array_elements(",
    data!("d"),
    " -> 'refunds') WITH ORDINALITY AS part (data, place) \
        WHERE d.team = $1 AND d.client = $2 AND d.currency = $3 AND d.refunded \
        UNION ALL \
        SELECT reversed_on, 5, id, 0, external_reference, amount FROM {s}.payments \
        WHERE team = $1 AND client = $2 AND currency = $3 AND reversed_on IS NOT NULL \
    ), sorted AS ( \
        SELECT *, date < $5 OR (date, kind, id, ordinal) <= ($7, $8, $9, $10) AS past FROM entries \
    ) \
    SELECT opening.amount, page.date, page.kind, page.id, page.ordinal, page.reference, page.amount \
    FROM (SELECT coalesce(sum(amount), 0)::bigint AS amount FROM sorted WHERE past) opening \
    LEFT JOIN LATERAL ( \
        SELECT date, kind::bigint, id, ordinal::bigint, reference, amount FROM sorted \
        WHERE NOT past AND date <= $6 ORDER BY date, kind, id, ordinal LIMIT $11 \
    ) page ON true \
    ORDER BY page.date, page.kind, page.id, page.ordinal"
);

impl PostgresStore {
    pub(super) async fn read_statement(
        &self,
        team: TeamId,
        query: &StatementQuery,
        request: &PageRequest,
    ) -> Result<Statement, StoreError> {
        let rows = self.rows(STATEMENT, &values_of(team, query, request)?).await?;
        let opening = match rows.first() {
            Some(row) => money(row, 0, query.currency)?,
            None => Money::zero(query.currency),
        };
        let lines = rows.iter().filter_map(|row| line(row, query).transpose());
        let lines = lines.collect::<Result<_, _>>()?;
        statement(opening, lines, request)
    }
}

fn values_of(team: TeamId, query: &StatementQuery, request: &PageRequest) -> Result<[Value; 11], StoreError> {
    let (date, kind, id, ordinal) = match start(request)? {
        Some((date, kind, ordinal)) => {
            let (kind, id) = number_of(&kind);
            (date, kind, id, i64::try_from(ordinal).unwrap_or(i64::MAX))
        }
        None => (FIRST_DAY, -1, Uuid::nil(), 0),
    };
    let units = 10_i64.checked_pow(query.currency.minor_units()).unwrap_or(1);
    Ok([
        Value::Uuid(team.as_uuid()),
        Value::Uuid(query.client.as_uuid()),
        Value::Text(query.currency.code().to_owned()),
        Value::Int(units),
        Value::Date(query.range.from.map_or(FIRST_DAY, kept_day)),
        Value::Date(query.range.to.map_or(LAST_DAY, kept_day)),
        Value::Date(kept_day(date)),
        Value::Int(kind),
        Value::Uuid(id),
        Value::Int(ordinal),
        Value::Int(pages::limit(request)),
    ])
}

fn number_of(kind: &StatementEntryKind) -> (i64, Uuid) {
    match kind {
        StatementEntryKind::Invoice(id) => (0, id.as_uuid()),
        StatementEntryKind::CreditNote(id) => (1, id.as_uuid()),
        StatementEntryKind::WriteOff(id) => (2, id.as_uuid()),
        StatementEntryKind::Payment(id) => (3, id.as_uuid()),
        StatementEntryKind::Refund(id) => (4, id.as_uuid()),
        StatementEntryKind::Reversal(id) => (5, id.as_uuid()),
    }
}

/// The line of a row; none, if the page is empty.
fn line(row: &PgRow, query: &StatementQuery) -> Result<Option<Line>, StoreError> {
    let Some(date) = column(row, 1)? else { return Ok(None) };
    let id: Uuid = column(row, 3)?;
    let kind = match column::<i64>(row, 2)? {
        0 => StatementEntryKind::Invoice(InvoiceId::from_uuid(id)),
        1 => StatementEntryKind::CreditNote(CreditNoteId::from_uuid(id)),
        2 => StatementEntryKind::WriteOff(InvoiceId::from_uuid(id)),
        3 => StatementEntryKind::Payment(PaymentId::from_uuid(id)),
        4 => StatementEntryKind::Refund(PaymentId::from_uuid(id)),
        _ => StatementEntryKind::Reversal(PaymentId::from_uuid(id)),
    };
    let ordinal = usize::try_from(column::<i64>(row, 4)?).map_err(|error| unreadable("entry", error))?;
    let amount = money(row, 6, query.currency)?;
    Ok(Some(Line { place: (date, kind, ordinal), reference: column(row, 5)?, amount }))
}
