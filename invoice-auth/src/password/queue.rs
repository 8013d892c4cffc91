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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use futures::FutureExt as _;
    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn no_more_work_at_once_than_allowed() {
        let (queue, working, most) =
            (Queue::new(2), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..40).map(|_| {
            let (working, most) = (working.clone(), most.clone());
            queue.work(move || {
                most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                working.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            })
        });
        assert!(join_all(jobs).await.into_iter().all(|done| done.is_ok()));
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
    }

    #[expect(clippy::unnecessary_wraps, reason = "a job may fail")]
    fn nothing() -> Result<(), AuthError> {
        Ok(())
    }

    /// A job that works until it is told to end.
    fn held() -> (mpsc::Sender<()>, impl FnOnce() -> Result<(), AuthError> + Send + 'static) {
        let (end, told) = mpsc::channel();
        (end, move || told.recv().map_err(|_| AuthError::Busy))
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_told_so() {
        let queue = Queue::new(1);
        let (end, job) = held();
        let mut working = Box::pin(queue.work(job));
        assert!(working.as_mut().now_or_never().is_none());
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(queue.work(nothing))).collect();
        for wait in &mut waiting {
            assert!(wait.as_mut().now_or_never().is_none());
        }
        assert!(matches!(queue.work(nothing).await, Err(AuthError::Busy)));
        // Who goes away leaves the place to another.
        waiting.pop();
        waiting.push(Box::pin(queue.work(nothing)));
        end.send(()).unwrap();
        assert!(working.await.is_ok());
        assert!(join_all(waiting).await.into_iter().all(|done| done.is_ok()));
    }

    #[tokio::test]
    async fn work_whose_caller_went_away_still_counts_until_it_is_done() {
        let queue = Queue::new(1);
        let (end, job) = held();
        let mut working = Box::pin(queue.work(job));
        assert!(working.as_mut().now_or_never().is_none());
        drop(working);
        let mut next = Box::pin(queue.work(nothing));
        assert!(next.as_mut().now_or_never().is_none());
        end.send(()).unwrap();
        assert!(next.await.is_ok());
    }
}
