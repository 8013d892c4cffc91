//! The combiner: commits that wait for the same thing land together.
//!
//! Whoever finds nobody ahead commits at once, in its own task. Whoever comes meanwhile waits, and a task lands
//! all that wait in groups, until nobody does. It costs nothing where nobody meets, and needs no timer.

mod share;
#[cfg(test)]
mod tests;

pub use share::share_nothing;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use invoice_core::change::{ChangeSet, Receipt};
use invoice_core::ports::StoreError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Answer = Result<Receipt, StoreError>;

/// What a store does with those who wait. Clones are handles of the same store.
pub trait Lands: Clone + Send + Sync + 'static {
    /// What commits wait for.
    type Key: Copy + Eq + Hash + Send;

    /// Who waits; the same for all clones.
    fn queues(&self) -> &Queues<Self::Key>;

    /// How many of the first of them can land together: usually [`share_nothing`]. There is at least one, and
    /// one at least lands. It is asked while the queues are locked, and may not ask for them.
    fn together(&self, waiting: &[Arc<ChangeSet>]) -> usize;

    /// Commits one change set, or a group that [`Lands::together`] has put together, and answers each of them in
    /// their order. A group that can't land as one is to be landed one by one, so that none fails for another.
    fn land(&self, changes: &[Arc<ChangeSet>]) -> impl Future<Output = Vec<Answer>> + Send;
}

/// Who waits for what. A key is there while somebody commits to it.
pub struct Queues<K>(Mutex<HashMap<K, Queue>>);

#[derive(Default)]
struct Queue {
    changes: VecDeque<Arc<ChangeSet>>,
    askers: VecDeque<oneshot::Sender<Answer>>,
}

impl<K> Default for Queues<K> {
    /// Nobody waits.
    ///
    /// ```
    /// use invoice_store_common::combine::Queues;
    ///
    /// let queues = Queues::<u64>::default();
    /// assert_eq!(format!("{queues:?}"), "Queues { busy: 0 }");
    /// ```
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K> fmt::Debug for Queues<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queues").field("busy", &self.all().len()).finish()
    }
}

impl<K> Queues<K> {
    fn all(&self) -> MutexGuard<'_, HashMap<K, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Queues<K> {
    /// A place in the queue; `None` if nobody is there, and the caller has the lead from now on.
    fn wait(&self, key: K, change: &Arc<ChangeSet>) -> Option<oneshot::Receiver<Answer>> {
        let mut queues = self.all();
        let Some(queue) = queues.get_mut(&key) else {
            queues.insert(key, Queue::default());
            return None;
        };
        let (asker, receiver) = oneshot::channel();
        queue.changes.push_back(Arc::clone(change));
        queue.askers.push_back(asker);
        Some(receiver)
    }

    /// The first of those who wait, as many as can land together; where nobody does, the next one to come
    /// commits at once again.
    fn next(&self, key: &K, together: impl FnOnce(&[Arc<ChangeSet>]) -> usize) -> Queue {
        let mut queues = self.all();
        let Some(queue) = queues.get_mut(key) else { return Queue::default() };
        if queue.changes.is_empty() {
            queues.remove(key);
            return Queue::default();
        }
        let count = together(queue.changes.make_contiguous()).clamp(1, queue.changes.len());
        Queue {
            changes: queue.changes.drain(..count).collect(),
            askers: queue.askers.drain(..count).collect(),
        }
    }
}

/// Commits at once if nobody commits to this key, and together with the others who wait otherwise.
///
/// Fails as [`Lands::land`] does, and with [`StoreError::UnknownOutcome`] if whoever landed it went under.
/// A caller that goes away while it waits does not take its change set with it.
pub async fn queued<S: Lands>(store: &S, key: S::Key, change: &Arc<ChangeSet>) -> Answer {
    if let Some(receiver) = store.queues().wait(key, change) {
        return receiver.await.unwrap_or(Err(StoreError::UnknownOutcome));
    }
    let _lead = Lead { store: store.clone(), key, mine: true, is_over: false };
    let mut answers = store.land(std::slice::from_ref(change)).await;
    answers.pop().unwrap_or(Err(StoreError::UnknownOutcome))
}

/// Commits for all who wait, until nobody does.
async fn drain<S: Lands>(mut lead: Lead<S>) {
    loop {
        // Those who were just answered may have more to commit: if they come first, all of them land together.
        tokio::task::yield_now().await;
        let store = &lead.store;
        let Queue { mut changes, askers } = store.queues().next(&lead.key, |waiting| store.together(waiting));
        if changes.is_empty() {
            lead.is_over = true;
            return;
        }
        let answers = store.land(changes.make_contiguous()).await;
        for (asker, answer) in askers.into_iter().zip(answers) {
            // Whoever went away does not want to know.
            let _ = asker.send(answer);
        }
    }
}

/// Held by the one that commits to a key. However it ends, nobody who waits is forgotten.
struct Lead<S: Lands> {
    store: S,
    key: S::Key,
    /// The caller's own commit, after which a task serves the others; else that task.
    mine: bool,
    /// The task has left already.
    is_over: bool,
}

impl<S: Lands> Drop for Lead<S> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut queues = self.store.queues().all();
        let is_waited_for = queues.get(&self.key).is_some_and(|queue| !queue.changes.is_empty());
        if is_waited_for
            && self.mine
            && let Ok(runtime) = Handle::try_current()
        {
            drop(queues);
            runtime.spawn(drain(Self {
                store: self.store.clone(),
                key: self.key,
                mine: false,
                is_over: false,
            }));
            return;
        }
        // Nobody waits, or nobody can be served: those learn that they have to ask again.
        let left = queues.remove(&self.key);
        drop(queues);
        drop(left);
    }
}
