use async_trait::async_trait;
use invoice_core::adapter::{Key, Order};
use invoice_core::ports::{CreditNoteQuery, Documents, Page, PageRequest, QuoteQuery, StoreError};
use invoice_core::{CreditNote, CreditNoteId, Quote, QuoteId, TeamId};
use invoice_store_common::lists::{self, Value};

use super::document;
use crate::PostgresStore;

const CREDIT_NOTE: &str = document!("credit_note", "id");
const CREDIT_NOTE_BY_NUMBER: &str = document!("credit_note", "number");
const QUOTE: &str = document!("quote", "id");
const QUOTE_BY_NUMBER: &str = document!("quote", "number");

#[async_trait]
impl Documents for PostgresStore {
    async fn credit_note(&self, team: TeamId, id: CreditNoteId) -> Result<Option<CreditNote>, StoreError> {
        self.one(CREDIT_NOTE, &[Value::Uuid(team.as_uuid()), Value::Uuid(id.as_uuid())]).await
    }

    async fn credit_note_by_number(
        &self,
        team: TeamId,
        number: &str,
    ) -> Result<Option<CreditNote>, StoreError> {
        let values = [Value::Uuid(team.as_uuid()), Value::Text(number.to_owned())];
        self.one(CREDIT_NOTE_BY_NUMBER, &values).await
    }

    async fn credit_notes(
        &self,
        team: TeamId,
        query: &CreditNoteQuery,
        page: &PageRequest,
    ) -> Result<Page<CreditNote>, StoreError> {
        let statement = lists::credit_notes(self.dialect(), team, query, page)?;
        self.page(statement, page, |note: &CreditNote| {
            Order::CREDIT_NOTES.cursor(&(Key::instant(note.created_at()), note.id().as_uuid()))
        })
        .await
    }

    async fn quote(&self, team: TeamId, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        self.one(QUOTE, &[Value::Uuid(team.as_uuid()), Value::Uuid(id.as_uuid())]).await
    }

    async fn quote_by_number(&self, team: TeamId, number: &str) -> Result<Option<Quote>, StoreError> {
        self.one(QUOTE_BY_NUMBER, &[Value::Uuid(team.as_uuid()), Value::Text(number.to_owned())]).await
    }

    async fn quotes(
        &self,
        team: TeamId,
        query: &QuoteQuery,
        page: &PageRequest,
    ) -> Result<Page<Quote>, StoreError> {
        let statement = lists::quotes(self.dialect(), team, query, page)?;
        self.page(statement, page, |quote: &Quote| {
            Order::QUOTES.cursor(&(Key::instant(quote.created_at()), quote.id().as_uuid()))
        })
        .await
    }
}
