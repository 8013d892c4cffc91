//! The in-memory store keeps the contract of the identity port.

use std::sync::Arc;

use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::identity::IdentityPorts;

async fn an_empty_store() -> IdentityPorts {
    IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()))
}

invoice_core::identity_contract!(an_empty_store);
