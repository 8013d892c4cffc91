//! Reads of payments.

use async_trait::async_trait;
use invoice_core::adapter::{Key, Order};
use invoice_core::ports::{Page, PageRequest, PaymentQuery, Payments, StoreError};
use invoice_core::{Payment, PaymentId, TeamId};
use invoice_store_common::lists::{self, Dialect};

use super::lists::records;
use super::versions::one;
use crate::SqliteStore;

#[async_trait]
impl Payments for SqliteStore {
    async fn payment(&self, team: TeamId, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let text = "
            SELECT v.data FROM payments d
            JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
            WHERE d.team = ?1 AND d.id = ?2";
        self.look_up(move |it| one(it, text, (team.as_uuid(), id.as_uuid()))).await
    }

    async fn payment_by_reference(
        &self,
        team: TeamId,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError> {
        let text = "
            SELECT v.data FROM payments d
            JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
            WHERE d.team = ?1 AND d.external_reference = ?2";
        let reference = reference.to_owned();
        self.look_up(move |it| one(it, text, (team.as_uuid(), reference))).await
    }

    async fn payments(
        &self,
        team: TeamId,
        query: &PaymentQuery,
        page: &PageRequest,
    ) -> Result<Page<Payment>, StoreError> {
        let statement = lists::payments(Dialect::Sqlite, team, query, page)?;
        let page = page.clone();
        self.scan(move |it| {
            let position = |it: &Payment| (Key::instant(it.created_at()), it.id().as_uuid());
            records(it, &statement, Order::PAYMENTS, &page, position)
        })
        .await
    }
}
