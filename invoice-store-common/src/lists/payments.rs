use invoice_core::adapter::Order;
use invoice_core::ports::{PageRequest, PaymentQuery, StoreError};
use invoice_core::{ClientId, TeamId};

use super::builder::{Builder, Sorted};
use super::{Dialect, Statement, Value};

/// A page of payments.
pub fn payments(
    dialect: Dialect<'_>,
    team: TeamId,
    query: &PaymentQuery,
    request: &PageRequest,
) -> Result<Statement, StoreError> {
    let PaymentQuery { client, invoice, unallocated } = *query;
    let data = Builder::data(dialect);
    let (mut list, key, id) = match invoice {
        Some(invoice) => {
            let through = ("allocations", "payment", false);
            let mut list = Builder::select_through(dialect, &data, "payments", team, through);
            list.leading("x.invoice", Value::Uuid(invoice.as_uuid()));
            (list, "x.created_at", "x.payment")
        }
        None => (Builder::select(dialect, &data, "payments", team), "d.created_at", "d.id"),
    };
    list.of_client(client.map(ClientId::as_uuid));
    if let Some(unallocated) = unallocated {
        list.and(if unallocated { "d.unallocated > 0" } else { "d.unallocated = 0" });
    }
    list.page(Order::PAYMENTS, request, (key, Sorted::Instant), Some(id))
}
