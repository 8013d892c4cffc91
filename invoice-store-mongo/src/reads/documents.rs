use async_trait::async_trait;
use invoice_core::adapter::{Key, Order};
use invoice_core::change::AggregateKind;
use invoice_core::ports::{CreditNoteQuery, Documents, Page, PageRequest, QuoteQuery, StoreError};
use invoice_core::{
    ClientId, CreditNote, CreditNoteId, InvoiceId, Quote, QuoteId, QuoteKind, QuoteStatus, TeamId,
};
use mongodb::bson::doc;

use super::invoices::by_number;
use super::list::{List, Sorted};
use crate::MongoStore;
use crate::layout::date;

const CREATED: (&str, Sorted) = ("created_at", Sorted::Instant);

/// Statuses of a quote that can expire.
const OPEN: [QuoteStatus; 2] = [QuoteStatus::Issued, QuoteStatus::Sent];

#[async_trait]
impl Documents for MongoStore {
    async fn credit_note(&self, team: TeamId, id: CreditNoteId) -> Result<Option<CreditNote>, StoreError> {
        self.record_by_id(team, AggregateKind::CreditNote, id.as_uuid()).await
    }

    async fn credit_note_by_number(
        &self,
        team: TeamId,
        number: &str,
    ) -> Result<Option<CreditNote>, StoreError> {
        self.record(AggregateKind::CreditNote, by_number(team, AggregateKind::CreditNote, number)).await
    }

    async fn credit_notes(
        &self,
        team: TeamId,
        query: &CreditNoteQuery,
        page: &PageRequest,
    ) -> Result<Page<CreditNote>, StoreError> {
        let CreditNoteQuery { invoice, client, issued } = *query;
        let index = match (invoice, client) {
            (Some(_), _) => "credit_note_invoice",
            (None, Some(_)) => "credit_note_client",
            (None, None) => "credit_note_created",
        };
        let mut list = List::new(team, AggregateKind::CreditNote, index, CREATED);
        list.of("invoice", invoice.map(InvoiceId::as_uuid));
        list.of("client", client.map(ClientId::as_uuid));
        if let Some(issued) = issued {
            list.that("number", doc! { "$exists": issued });
        }
        self.page(AggregateKind::CreditNote, list, Order::CREDIT_NOTES, page, |note: &CreditNote| {
            (Key::instant(note.created_at()), note.id().as_uuid())
        })
        .await
    }

    async fn quote(&self, team: TeamId, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        self.record_by_id(team, AggregateKind::Quote, id.as_uuid()).await
    }

    async fn quote_by_number(&self, team: TeamId, number: &str) -> Result<Option<Quote>, StoreError> {
        self.record(AggregateKind::Quote, by_number(team, AggregateKind::Quote, number)).await
    }

    async fn quotes(
        &self,
        team: TeamId,
        query: &QuoteQuery,
        page: &PageRequest,
    ) -> Result<Page<Quote>, StoreError> {
        let QuoteQuery { kind, status, client, expired_as_of } = *query;
        let index = match (client, status, expired_as_of) {
            (Some(_), ..) => "quote_client",
            (None, None, None) => "quote_created",
            (None, ..) => "quote_status",
        };
        let mut list = List::new(team, AggregateKind::Quote, index, CREATED);
        list.equal("subtype", kind.map(QuoteKind::as_str));
        list.of("client", client.map(ClientId::as_uuid));
        // What expires is open.
        let open = OPEN.map(QuoteStatus::as_str);
        match (status, expired_as_of) {
            (Some(status), Some(_)) if !OPEN.contains(&status) => list.nothing(),
            (Some(status), _) => list.equal("status", Some(status.as_str())),
            (None, Some(_)) if client.is_some() => list.that("status", doc! { "$in": open.to_vec() }),
            (None, Some(_)) => list.one_of("status", open),
            (None, None) => {}
        }
        if let Some(as_of) = expired_as_of {
            list.that("last_day", doc! { "$lt": date(as_of) });
        }
        self.page(AggregateKind::Quote, list, Order::QUOTES, page, |quote: &Quote| {
            (Key::instant(quote.created_at()), quote.id().as_uuid())
        })
        .await
    }
}
