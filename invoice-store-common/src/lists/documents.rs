use invoice_core::adapter::Order;
use invoice_core::ports::{CreditNoteQuery, PageRequest, QuoteQuery, StoreError};
use invoice_core::{ClientId, TeamId};

use super::builder::{Builder, Sorted};
use super::{Dialect, Statement, Value};

const CREATED: (&str, Sorted) = ("d.created_at", Sorted::Instant);

/// A page of credit notes.
pub fn credit_notes(
    dialect: Dialect<'_>,
    team: TeamId,
    query: &CreditNoteQuery,
    request: &PageRequest,
) -> Result<Statement, StoreError> {
    let CreditNoteQuery { invoice, client, issued } = *query;
    let mut list = Builder::select(dialect, &Builder::data(dialect), "documents", team);
    // The second for SQLite, which does not conclude it from the first.
    list.and("d.kind = 'credit_note' AND d.kind <> 'invoice'");
    if let Some(invoice) = invoice {
        list.leading("d.invoice", Value::Uuid(invoice.as_uuid()));
    }
    list.of_client(client.map(ClientId::as_uuid));
    if let Some(issued) = issued {
        list.and(if issued { "d.number IS NOT NULL" } else { "d.number IS NULL" });
    }
    list.page(Order::CREDIT_NOTES, request, CREATED, Some("d.id"))
}

/// A page of quotes.
pub fn quotes(
    dialect: Dialect<'_>,
    team: TeamId,
    query: &QuoteQuery,
    request: &PageRequest,
) -> Result<Statement, StoreError> {
    let QuoteQuery { kind, status, client, expired_as_of } = *query;
    let mut list = Builder::select(dialect, &Builder::data(dialect), "documents", team);
    list.and("d.kind = 'quote' AND d.kind <> 'invoice'");
    list.equal("d.subtype", kind.map(|it| Value::Text(it.as_str().to_owned())));
    list.equal("d.status", status.map(|it| Value::Text(it.as_str().to_owned())));
    list.of_client(client.map(ClientId::as_uuid));
    if let Some(as_of) = expired_as_of {
        list.and("d.status IN ('issued', 'sent')");
        list.before("d.last_day", as_of);
        list.depends_on_values();
    }
    list.page(Order::QUOTES, request, CREATED, Some("d.id"))
}
