//! PostgreSQL keeps the contract of the billing port.

mod support;

use std::sync::Arc;

use invoice_core::ports::BillingPorts;

async fn an_empty_store() -> BillingPorts {
    BillingPorts::from_store(&Arc::new(support::a_store().await))
}

invoice_core::billing_contract!(an_empty_store);
