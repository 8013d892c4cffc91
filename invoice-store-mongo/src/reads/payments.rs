use async_trait::async_trait;
use invoice_core::adapter::{Key, Order};
use invoice_core::change::AggregateKind;
use invoice_core::ports::{Page, PageRequest, PaymentQuery, Payments, StoreError};
use invoice_core::{ClientId, InvoiceId, Payment, PaymentId, TeamId};
use mongodb::bson::doc;

use super::Question;
use super::list::{List, Sorted};
use crate::MongoStore;

const KIND: AggregateKind = AggregateKind::Payment;

#[async_trait]
impl Payments for MongoStore {
    async fn payment(&self, team: TeamId, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.record_by_id(team, KIND, id.as_uuid()).await
    }

    async fn payment_by_reference(
        &self,
        team: TeamId,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError> {
        let filter = doc! { "kind": KIND.as_str(), "external_reference": reference };
        self.record(KIND, Question::new(team, "payment_external_reference", filter)).await
    }

    async fn payments(
        &self,
        team: TeamId,
        query: &PaymentQuery,
        page: &PageRequest,
    ) -> Result<Page<Payment>, StoreError> {
        let PaymentQuery { client, invoice, unallocated } = *query;
        let index = match (invoice, client, unallocated) {
            (Some(_), ..) => "payment_invoice",
            (None, Some(_), _) => "payment_client",
            (None, None, Some(true)) => "payment_unallocated",
            (None, None, _) => "payment_created",
        };
        let mut list = List::new(team, KIND, index, ("created_at", Sorted::Instant));
        list.of("invoices", invoice.map(InvoiceId::as_uuid));
        list.of("client", client.map(ClientId::as_uuid));
        match unallocated {
            Some(true) => list.equal("has_unallocated", Some(true)),
            Some(false) => list.that("has_unallocated", doc! { "$exists": false }),
            None => {}
        }
        self.page(KIND, list, Order::PAYMENTS, page, |payment: &Payment| {
            (Key::instant(payment.created_at()), payment.id().as_uuid())
        })
        .await
    }
}
