//! The pure domain of an embeddable invoicing engine.

mod violation;

pub use violation::{Code, Violation, Violations};
