//! What the store says of a session, remembered for a few seconds and forgotten at once when it changes.

mod memory;
mod notice;
mod session_checks;

pub(crate) use memory::Changes;
pub use notice::{Broadcast, InProcess, Listener, Notice};
pub(crate) use session_checks::{Checked, SessionChecks};

#[cfg(test)]
mod tests;
