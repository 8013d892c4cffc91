use async_trait::async_trait;
use invoice_core::adapter::{Key, Order};
use invoice_core::ports::{Page, PageRequest, PaymentQuery, Payments, StoreError};
use invoice_core::{Payment, PaymentId, TeamId};
use invoice_store_common::lists::{self, Value};

use super::data_of;
use crate::PostgresStore;

const BY_ID: &str = data_of!("payments", "d.id = $2");
const BY_REFERENCE: &str = data_of!("payments", "d.external_reference = $2");

#[async_trait]
impl Payments for PostgresStore {
    async fn payment(&self, team: TeamId, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.one(BY_ID, &[Value::Uuid(team.as_uuid()), Value::Uuid(id.as_uuid())]).await
    }

    async fn payment_by_reference(
        &self,
        team: TeamId,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError> {
        self.one(BY_REFERENCE, &[Value::Uuid(team.as_uuid()), Value::Text(reference.to_owned())]).await
    }

    async fn payments(
        &self,
        team: TeamId,
        query: &PaymentQuery,
        page: &PageRequest,
    ) -> Result<Page<Payment>, StoreError> {
        let statement = lists::payments(self.dialect(), team, query, page)?;
        self.page(statement, page, |payment: &Payment| {
            Order::PAYMENTS.cursor(&(Key::instant(payment.created_at()), payment.id().as_uuid()))
        })
        .await
    }
}
