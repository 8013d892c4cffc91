//! The in-memory stores: the reference implementation of the ports, for tests and for trying things out.
//!
//! Everything is lost with the process, and one lock serialises every call.

mod identity;

pub use identity::MemoryIdentity;
