mod commit;
mod lists;
mod outbox;
mod page;
mod reads;
mod reports;
mod state;
mod statement;
mod trail;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::state::State;

/// The billing port in memory. Clones share what is stored.
///
/// What the traits leave to a store, it does like this:
///
/// - A change set that contradicts itself is refused before anything is looked up: an aggregate written
///   twice, an insert that is not at the first version, a pending document without a counter. Records,
///   audit entries and events of another team answer like absent ones.
/// - A series that numbers a document must exist and can't be deleted; neither can an invoice that a
///   credit note or an allocation refers to.
/// - Texts are sorted by their first 100 characters, so that a cursor always fits; filters see all of them.
/// - Lists and reports look at all of the team's documents of a kind. Single records, numbers, references,
///   statements and commits are found by indexes.
/// - Rows of reports come by currency; those of taxes then in the order of the breakdown, those of
///   revenue by month first.
/// - Receipts, answered requests and the audit trail are kept for ever, acknowledged events are not.
#[derive(Debug, Clone, Default)]
pub struct MemoryBilling {
    state: Arc<Mutex<State>>,
}

impl MemoryBilling {
    /// An empty store.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use invoice_core::memory::MemoryBilling;
    /// use invoice_core::ports::BillingPorts;
    ///
    /// let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::new()));
    /// # let _ = ports;
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The state; a panic elsewhere can't have left it half written, because writing it does not panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
