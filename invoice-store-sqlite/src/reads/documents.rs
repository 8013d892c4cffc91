//! Reads of credit notes and quotes.

use async_trait::async_trait;
use invoice_core::adapter::{Key, Order};
use invoice_core::ports::{CreditNoteQuery, Documents, Page, PageRequest, QuoteQuery, StoreError};
use invoice_core::{CreditNote, CreditNoteId, Quote, QuoteId, TeamId};
use invoice_store_common::lists::{self, Dialect};

use super::lists::records;
use super::versions::one;
use crate::SqliteStore;

pub(super) const BY_ID: &str = "
    SELECT v.data FROM documents d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.kind = ?2 AND d.id = ?3";

pub(super) const BY_NUMBER: &str = "
    SELECT v.data FROM documents d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND +d.kind = ?2 AND d.number = ?3";

#[async_trait]
impl Documents for SqliteStore {
    async fn credit_note(&self, team: TeamId, id: CreditNoteId) -> Result<Option<CreditNote>, StoreError> {
        self.look_up(move |it| one(it, BY_ID, (team.as_uuid(), "credit_note", id.as_uuid()))).await
    }

    async fn credit_note_by_number(
        &self,
        team: TeamId,
        number: &str,
    ) -> Result<Option<CreditNote>, StoreError> {
        let number = number.to_owned();
        self.look_up(move |it| one(it, BY_NUMBER, (team.as_uuid(), "credit_note", number))).await
    }

    async fn credit_notes(
        &self,
        team: TeamId,
        query: &CreditNoteQuery,
        page: &PageRequest,
    ) -> Result<Page<CreditNote>, StoreError> {
        let statement = lists::credit_notes(Dialect::Sqlite, team, query, page)?;
        let page = page.clone();
        self.scan(move |it| {
            let position = |it: &CreditNote| (Key::instant(it.created_at()), it.id().as_uuid());
            records(it, &statement, Order::CREDIT_NOTES, &page, position)
        })
        .await
    }

    async fn quote(&self, team: TeamId, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        self.look_up(move |it| one(it, BY_ID, (team.as_uuid(), "quote", id.as_uuid()))).await
    }

    async fn quote_by_number(&self, team: TeamId, number: &str) -> Result<Option<Quote>, StoreError> {
        let number = number.to_owned();
        self.look_up(move |it| one(it, BY_NUMBER, (team.as_uuid(), "quote", number))).await
    }

    async fn quotes(
        &self,
        team: TeamId,
        query: &QuoteQuery,
        page: &PageRequest,
    ) -> Result<Page<Quote>, StoreError> {
        let statement = lists::quotes(Dialect::Sqlite, team, query, page)?;
        let page = page.clone();
        self.scan(move |it| {
            let position = |it: &Quote| (Key::instant(it.created_at()), it.id().as_uuid());
            records(it, &statement, Order::QUOTES, &page, position)
        })
        .await
    }
}
