//! The combiner: commits that wait for the same counter land together.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use invoice_core::adapter::references;
use invoice_core::change::{AggregateId, ChangeSet, Receipt, Write};
use invoice_core::ports::StoreError;
use invoice_core::{CounterKey, TeamId};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::needs_care;
use super::table::Table;
use crate::PostgresStore;

type Key = (TeamId, CounterKey);

struct Waiting {
    change: Arc<ChangeSet>,
    answer: oneshot::Sender<Result<Receipt, StoreError>>,
}

/// Who waits for which counter. A counter is there while somebody commits to it.
#[derive(Default)]
pub(crate) struct Queues(Mutex<HashMap<Key, VecDeque<Waiting>>>);

impl Queues {
    fn all(&self) -> MutexGuard<'_, HashMap<Key, VecDeque<Waiting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one counter of a change set that only issues documents.
pub(super) fn queue_of(change: &ChangeSet) -> Option<CounterKey> {
    let (first, rest) = change.issues.split_first()?;
    let one = rest.iter().all(|issue| issue.counter == first.counter);
    (one && is_plain(change)).then_some(first.counter)
}

/// Only writes documents, so that it can't see what others that land with it do.
fn is_plain(change: &ChangeSet) -> bool {
    let of_documents = |write: &Write| Table::of(write.id()) == Table::Documents && !needs_care(write);
    !change.issues.is_empty() && change.writes.iter().all(of_documents)
}

/// How many of the first of them can land in one statement: issues of one team that share no record, each
/// as if those before it were written already.
pub(super) fn together(changes: &[Arc<ChangeSet>], most: usize) -> usize {
    let [first, _, ..] = changes else { return changes.len() };
    let mut written: HashSet<AggregateId> = HashSet::new();
    let mut read: HashSet<AggregateId> = HashSet::new();
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    let mut count = 0;
    for change in changes.iter().take(most) {
        let writes = || change.writes.iter().map(Write::id);
        let referred = change.writes.iter().filter_map(Write::record).flat_map(references);
        let reads: Vec<_> = change.guards.iter().map(|guard| guard.id).chain(referred).collect();
        let key = change.idempotency.as_ref().map(|request| &request.key);
        if change.team != first.team
            || !is_plain(change)
            || change.check().is_err()
            || writes().any(|id| written.contains(&id) || read.contains(&id))
            || reads.iter().any(|id| written.contains(id))
            || !ids.insert(change.id)
            || key.is_some_and(|key| !keys.insert(key))
        {
            break;
        }
        written.extend(writes());
        read.extend(reads);
        count += 1;
    }
    count.max(1)
}

impl PostgresStore {
    /// Commits at once if nobody commits to this counter, and together with the others who wait otherwise.
    pub(super) async fn queued(
        &self,
        counter: CounterKey,
        change: &Arc<ChangeSet>,
    ) -> Result<Receipt, StoreError> {
        let key = (change.team, counter);
        let receiver = match self.shared.queues.all().entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(VecDeque::new());
                None
            }
            Entry::Occupied(mut entry) => {
                let (answer, receiver) = oneshot::channel();
                entry.get_mut().push_back(Waiting { change: Arc::clone(change), answer });
                Some(receiver)
            }
        };
        if let Some(receiver) = receiver {
            return receiver.await.unwrap_or(Err(StoreError::UnknownOutcome));
        }
        let _lead = Lead { store: self.clone(), key, mine: true, is_over: false };
        self.land_one(change).await
    }

    /// Commits for all who wait, until nobody does.
    async fn drain(self, mut lead: Lead) {
        loop {
            // Those who were just answered may have more to commit: if they come first, all of them land together.
            tokio::task::yield_now().await;
            let group = self.next_group(lead.key);
            if group.is_empty() {
                lead.is_over = true;
                return;
            }
            let (changes, askers): (Vec<_>, Vec<_>) =
                group.into_iter().map(|waiting| (waiting.change, waiting.answer)).unzip();
            for (asker, answer) in askers.into_iter().zip(self.land(&changes).await) {
                // Whoever went away does not want to know.
                let _ = asker.send(answer);
            }
        }
    }

    /// Those who wait for a counter; where nobody does, the next one to come commits at once again.
    fn next_group(&self, key: Key) -> Vec<Waiting> {
        let mut queues = self.shared.queues.all();
        let Some(queue) = queues.get_mut(&key) else { return Vec::new() };
        if queue.is_empty() {
            queues.remove(&key);
            return Vec::new();
        }
        let most = self.shared.together;
        let first: Vec<_> = queue.iter().take(most).map(|waiting| Arc::clone(&waiting.change)).collect();
        queue.drain(..together(&first, most)).collect()
    }
}

/// Held by the one that commits to a counter. However it ends, nobody who waits is forgotten.
struct Lead {
    store: PostgresStore,
    key: Key,
    /// The caller's own commit, after which a task serves the others; else that task.
    mine: bool,
    /// The task has left already.
    is_over: bool,
}

impl Drop for Lead {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut queues = self.store.shared.queues.all();
        let is_waited_for = queues.get(&self.key).is_some_and(|queue| !queue.is_empty());
        if is_waited_for
            && self.mine
            && let Ok(runtime) = Handle::try_current()
        {
            drop(queues);
            let lead = Self { store: self.store.clone(), key: self.key, mine: false, is_over: false };
            runtime.spawn(self.store.clone().drain(lead));
            return;
        }
        // Nobody waits, or nobody can be served: those learn that they have to ask again.
        let left = queues.remove(&self.key);
        drop(queues);
        drop(left);
    }
}
