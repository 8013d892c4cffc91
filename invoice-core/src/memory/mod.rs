//! The in-memory stores: the reference implementation of the ports, for tests and for trying things out.
//!
//! Everything is lost with the process, and one lock serialises every call.

mod billing;
mod identity;

pub use billing::MemoryBilling;
pub use identity::MemoryIdentity;
