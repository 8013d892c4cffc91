//! The MongoDB store keeps the contract of the identity port.

mod support;

use std::sync::Arc;

use invoice_core::ports::identity::IdentityPorts;

async fn an_empty_store() -> IdentityPorts {
    IdentityPorts::from_store(&Arc::new(support::a_store().await))
}

invoice_core::identity_contract!(an_empty_store);
