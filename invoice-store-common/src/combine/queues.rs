//! Who waits, and where.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use invoice_core::TeamId;
use invoice_core::change::ChangeSet;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::Answer;

/// Where a change set waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// With those of other teams.
    Lane(usize),
    /// With those of its own.
    Team(TeamId),
}

/// Who waits for what. A place is there while somebody commits for it.
#[derive(Default)]
pub struct Queues(Mutex<HashMap<Place, Queue>>);

#[derive(Default)]
struct Queue {
    changes: VecDeque<Arc<ChangeSet>>,
    askers: VecDeque<oneshot::Sender<Answer>>,
}

impl Queue {
    fn push(&mut self, Waiting { change, asker }: Waiting) {
        self.changes.push_back(change);
        self.askers.push_back(asker);
    }
}

/// A change set, and who wants to know what became of it.
pub(super) struct Waiting {
    change: Arc<ChangeSet>,
    asker: oneshot::Sender<Answer>,
}

impl Waiting {
    pub(super) fn new(change: &Arc<ChangeSet>) -> (Self, oneshot::Receiver<Answer>) {
        let (asker, receiver) = oneshot::channel();
        (Self { change: Arc::clone(change), asker }, receiver)
    }
}

impl From<(Arc<ChangeSet>, oneshot::Sender<Answer>)> for Waiting {
    fn from((change, asker): (Arc<ChangeSet>, oneshot::Sender<Answer>)) -> Self {
        Self { change, asker }
    }
}

impl fmt::Debug for Queues {
    /// ```
    /// use invoice_store_common::combine::Queues;
    ///
    /// assert_eq!(format!("{:?}", Queues::default()), "Queues { busy: 0 }");
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queues").field("busy", &self.all().len()).finish()
    }
}

impl Queues {
    fn all(&self) -> MutexGuard<'_, HashMap<Place, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place in a queue, that of the team if there is one already; without a receiver nobody is there, and the
    /// caller has the lead from now on.
    pub(super) fn enter(
        &self,
        lane: Option<usize>,
        change: &Arc<ChangeSet>,
    ) -> (Place, Option<oneshot::Receiver<Answer>>) {
        let mut queues = self.all();
        let team = Place::Team(change.team);
        let place = match lane {
            Some(lane) if !queues.contains_key(&team) => Place::Lane(lane),
            _ => team,
        };
        let Some(queue) = queues.get_mut(&place) else {
            queues.insert(place, Queue::default());
            return (place, None);
        };
        let (waiting, receiver) = Waiting::new(change);
        queue.push(waiting);
        (place, Some(receiver))
    }

    /// Into the queue of the team; its place, if nobody lands that yet.
    pub(super) fn go_apart(&self, waiting: Waiting) -> Option<Place> {
        let mut queues = self.all();
        let place = Place::Team(waiting.change.team);
        let is_new = !queues.contains_key(&place);
        queues.entry(place).or_default().push(waiting);
        is_new.then_some(place)
    }

    /// The first of those who wait, as many as can land together; where nobody does, the next one to come
    /// commits at once again.
    pub(super) fn next(
        &self,
        place: Place,
        together: impl FnOnce(&[Arc<ChangeSet>]) -> usize,
    ) -> (Vec<Arc<ChangeSet>>, Vec<oneshot::Sender<Answer>>) {
        let mut queues = self.all();
        let Some(queue) = queues.get_mut(&place) else { return Default::default() };
        if queue.changes.is_empty() {
            queues.remove(&place);
            return Default::default();
        }
        let count = together(queue.changes.make_contiguous()).clamp(1, queue.changes.len());
        (queue.changes.drain(..count).collect(), queue.askers.drain(..count).collect())
    }

    /// Whoever had the lead goes; whether somebody has to take it up. Otherwise the place is gone, and with it the
    /// askers there: they learn that nobody knows what became of theirs.
    pub(super) fn leave(&self, place: Place, can_be_taken_up: bool) -> bool {
        let mut queues = self.all();
        let is_waited_for = queues.get(&place).is_some_and(|queue| !queue.changes.is_empty());
        if is_waited_for && can_be_taken_up && Handle::try_current().is_ok() {
            return true;
        }
        let left = queues.remove(&place);
        drop(queues);
        drop(left);
        false
    }

    #[cfg(test)]
    pub(super) fn waiting(&self, place: Place) -> Option<usize> {
        self.all().get(&place).map(|queue| queue.changes.len())
    }

    #[cfg(test)]
    pub(super) fn busy(&self) -> usize {
        self.all().len()
    }
}
