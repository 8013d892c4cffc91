//! The in-memory store keeps the contract of the billing port.

use std::sync::Arc;

use invoice_core::memory::MemoryBilling;
use invoice_core::ports::BillingPorts;

async fn an_empty_store() -> BillingPorts {
    BillingPorts::from_store(&Arc::new(MemoryBilling::new()))
}

invoice_core::billing_contract!(an_empty_store);
