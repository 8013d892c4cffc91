use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::{Throttle, ThrottleKey};
use crate::error::AuthError;

/// An attempt that was counted, to be settled when it is known what it came to.
///
/// Dropped before that, because nobody waits for it any more, it is taken back, unless it [was made](Self::made) by
/// then. Without a runtime to do that in, it stays counted.
pub(crate) struct Attempt {
    throttle: Arc<dyn Throttle>,
    keys: Vec<ThrottleKey>,
    is_made: bool,
}

impl Attempt {
    /// Counts an attempt, or refuses it. Who goes away while this is under way stays counted: what was perhaps not
    /// counted must not be taken back.
    pub(crate) async fn count(
        throttle: &Arc<dyn Throttle>,
        keys: Vec<ThrottleKey>,
    ) -> Result<Self, AuthError> {
        let answer = throttle.attempt(&keys).await;
        answer.map_err(|retry_after| AuthError::TooManyAttempts { retry_after })?;
        Ok(Self { throttle: throttle.clone(), keys, is_made: false })
    }

    /// From here on, going away takes nothing back: a password is looked at, or a mail is on its way.
    pub(crate) fn made(&mut self) {
        self.is_made = true;
    }

    /// It did not fail.
    pub(crate) async fn succeeded(mut self) {
        self.is_made = true;
        self.throttle.succeeded(&self.keys).await;
    }

    /// It came to nothing.
    pub(crate) async fn take_back(mut self) {
        if let Some(work) = self.taken_back() {
            // Of a panic the runtime tells.
            let _ = work.await;
        }
    }

    /// Stays counted if something came of it, and is taken back if not.
    pub(crate) async fn settle<T>(mut self, answer: Result<T, AuthError>) -> Result<T, AuthError> {
        match answer {
            Ok(done) => {
                self.is_made = true;
                Ok(done)
            }
            Err(error) => {
                self.take_back().await;
                Err(error)
            }
        }
    }

    /// Takes it back, even if nobody waits for that any more.
    fn taken_back(&mut self) -> Option<JoinHandle<()>> {
        self.is_made = true;
        let (throttle, keys) = (self.throttle.clone(), std::mem::take(&mut self.keys));
        let runtime = Handle::try_current().ok()?;
        Some(runtime.spawn(async move { throttle.take_back(&keys).await }))
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.is_made {
            self.taken_back();
        }
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("is_made", &self.is_made).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use invoice_core::identity::Fingerprint;
    use invoice_core::testing::FixedClock;

    use super::*;
    use crate::throttle::InMemoryThrottle;

    fn keys() -> Vec<ThrottleKey> {
        ThrottleKey::of_attempt(Fingerprint::new([7; 32]), None)
    }

    fn throttle() -> Arc<dyn Throttle> {
        Arc::new(InMemoryThrottle::new(Arc::new(FixedClock::default())))
    }

    #[tokio::test]
    async fn an_attempt_that_is_dropped_before_it_was_made_is_taken_back() {
        let throttle = throttle();
        for _ in 0..20 {
            drop(Attempt::count(&throttle, keys()).await.unwrap());
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn an_attempt_that_is_dropped_after_it_was_made_counts() {
        let throttle = throttle();
        for _ in 0..5 {
            Attempt::count(&throttle, keys()).await.unwrap().made();
            tokio::task::yield_now().await;
        }
        let refused = Attempt::count(&throttle, keys()).await;
        assert!(matches!(refused, Err(AuthError::TooManyAttempts { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn what_came_to_something_counts_and_what_came_to_nothing_does_not() {
        let throttle = throttle();
        for _ in 0..20 {
            let attempt = Attempt::count(&throttle, keys()).await.unwrap();
            attempt.settle::<()>(Err(AuthError::Busy)).await.unwrap_err();
        }
        for _ in 0..5 {
            let attempt = Attempt::count(&throttle, keys()).await.unwrap();
            attempt.settle(Ok(())).await.unwrap();
        }
        assert!(Attempt::count(&throttle, keys()).await.is_err());
    }

    #[test]
    fn dropped_where_there_is_no_runtime_it_stays_counted_and_nothing_panics() {
        let throttle = throttle();
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        for _ in 0..5 {
            drop(runtime().block_on(Attempt::count(&throttle, keys())).unwrap());
        }
        assert!(runtime().block_on(Attempt::count(&throttle, keys())).is_err());
    }
}
