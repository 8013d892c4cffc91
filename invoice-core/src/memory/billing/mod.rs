mod commit;
mod lists;
mod outbox;
mod page;
mod reads;
mod reports;
mod state;
mod statement;
mod trail;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::state::State;

/// The billing port in memory. Clones share what is stored.
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
    /// let ports = BillingPorts::from_store(Arc::new(MemoryBilling::new()));
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
