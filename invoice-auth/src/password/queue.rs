use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::error::AuthError;

/// How many wait for their turn. At two at once and 25 ms each, the last waits 0.8 s: whoever comes after is told to
/// come again instead of being kept.
const WAITING: usize = 64;

/// Lets a few work at once, on threads where they block nobody.
pub(super) struct Queue {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Queue {
    pub(super) fn new(at_once: usize) -> Self {
        let places = Arc::new(Semaphore::new(at_once.saturating_add(WAITING).min(Semaphore::MAX_PERMITS)));
        Self { places, turns: Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS))) }
    }

    /// Works when it is our turn, or refuses when too many wait already.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| AuthError::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| AuthError::Busy)?;
        // A caller that goes away does not end the work: both are given back when it is over.
        let work = spawn_blocking(move || {
            let held = (place, turn);
            let done = job();
            drop(held);
            done
        });
        work.await.map_err(|_| AuthError::Crypto("a password could not be hashed"))?
    }
}
