mod commit;
mod reads;
mod state;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

use self::state::State;

/// The identity port in memory.
#[derive(Debug, Default)]
pub struct MemoryIdentity {
    state: Mutex<State>,
}

impl MemoryIdentity {
    /// An empty store.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use invoice_core::memory::MemoryIdentity;
    /// use invoice_core::ports::identity::IdentityPorts;
    ///
    /// let ports = IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()));
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
