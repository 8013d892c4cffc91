use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::AuthError;
use crate::runtime::runtime;

/// Lets a few do something at once and some more wait for their turn; whoever comes after is told to come again instead
/// of being kept.
pub(crate) struct Queue {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// In the queue, waiting or working.
pub(crate) struct Place {
    place: OwnedSemaphorePermit,
    turns: Arc<Semaphore>,
}

/// Whose turn it is, until this is dropped.
pub(crate) struct Turn {
    _place: OwnedSemaphorePermit,
    _turn: OwnedSemaphorePermit,
}

impl Queue {
    pub(crate) fn new(at_once: usize, waiting: usize) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self { places: semaphore(at_once.saturating_add(waiting)), turns: semaphore(at_once) }
    }

    /// Queues up, unless too many wait already.
    pub(crate) fn place(&self) -> Result<Place, AuthError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| AuthError::Busy)?;
        Ok(Place { place, turns: self.turns.clone() })
    }

    /// Queues up and waits for its turn.
    pub(crate) async fn turn(&self) -> Result<Turn, AuthError> {
        self.place()?.turn().await
    }
}

impl Place {
    pub(crate) async fn turn(self) -> Result<Turn, AuthError> {
        let turn = self.turns.acquire_owned().await.map_err(|_| AuthError::Busy)?;
        Ok(Turn { _place: self.place, _turn: turn })
    }
}

impl Turn {
    /// Works on a thread where it blocks nobody. A caller that goes away does not end the work: the turn is over when
    /// the work is done.
    pub(crate) async fn work<T: Send + 'static>(
        self,
        job: impl FnOnce() -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let work = runtime()?.spawn_blocking(move || {
            let done = job();
            drop(self);
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

    const WAITING: usize = 64;

    async fn work<T: Send + 'static>(
        queue: &Queue,
        job: impl FnOnce() -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        queue.turn().await?.work(job).await
    }

    #[tokio::test]
    async fn no_more_work_at_once_than_allowed() {
        let (queue, working, most) =
            (Queue::new(2, WAITING), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..40).map(|_| {
            let (working, most) = (working.clone(), most.clone());
            work(&queue, move || {
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
        let queue = Queue::new(1, WAITING);
        let (end, job) = held();
        let mut working = Box::pin(work(&queue, job));
        assert!(working.as_mut().now_or_never().is_none());
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(work(&queue, nothing))).collect();
        for wait in &mut waiting {
            assert!(wait.as_mut().now_or_never().is_none());
        }
        assert!(matches!(work(&queue, nothing).await, Err(AuthError::Busy)));
        // Who goes away leaves the place to another.
        waiting.pop();
        waiting.push(Box::pin(work(&queue, nothing)));
        end.send(()).unwrap();
        assert!(working.await.is_ok());
        assert!(join_all(waiting).await.into_iter().all(|done| done.is_ok()));
    }

    #[tokio::test]
    async fn work_whose_caller_went_away_still_counts_until_it_is_done() {
        let queue = Queue::new(1, WAITING);
        let (end, job) = held();
        let mut working = Box::pin(work(&queue, job));
        assert!(working.as_mut().now_or_never().is_none());
        drop(working);
        let mut next = Box::pin(work(&queue, nothing));
        assert!(next.as_mut().now_or_never().is_none());
        end.send(()).unwrap();
        assert!(next.await.is_ok());
    }
}
