//! Who waits, and where.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use invoice_core::TeamId;
use invoice_core::change::ChangeSet;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::patience::Patience;
use super::{Answer, Apart};

/// Wants to know what became of a change set.
pub(super) type Asker = oneshot::Sender<Answer>;

/// Where a change set waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// With those of other teams.
    Lane(usize),
    /// With those of its own.
    Team(TeamId),
}

/// Who waits for what.
#[derive(Default)]
pub struct Queues {
    all: Mutex<All>,
    /// Rung when somebody comes.
    bell: Notify,
}

#[derive(Default)]
struct All {
    /// A place is there while somebody commits for it, or waits for those who may come.
    places: HashMap<Place, Queue>,
    /// How many have come to lanes, ever.
    came: u64,
    patience: Patience,
}

#[derive(Default)]
struct Queue {
    changes: VecDeque<Arc<ChangeSet>>,
    askers: VecDeque<(Asker, Apart)>,
}

impl Queue {
    fn push(&mut self, Waiting { change, asker, known }: Waiting) {
        self.changes.push_back(change);
        self.askers.push_back((asker, known));
    }

    fn wait(&mut self, change: &Arc<ChangeSet>) -> oneshot::Receiver<Answer> {
        let (asker, receiver) = oneshot::channel();
        self.push(Waiting { change: Arc::clone(change), asker, known: Apart::Unwritten });
        receiver
    }
}

/// A change set, who wants to know what became of it, and what is known of that.
pub(super) struct Waiting {
    pub(super) change: Arc<ChangeSet>,
    pub(super) asker: Asker,
    pub(super) known: Apart,
}

/// Those who land together, and what is known of all of them.
pub(super) struct Group {
    pub(super) changes: Vec<Arc<ChangeSet>>,
    pub(super) askers: Vec<Asker>,
    pub(super) known: Apart,
}

/// How one came to a place.
pub(super) enum Entered {
    /// Nobody is there, and the caller has the lead from now on.
    Leads,
    /// Nobody was there: somebody has to take the lead.
    Opens(oneshot::Receiver<Answer>),
    Waits(oneshot::Receiver<Answer>),
}

/// The lane of a team among so many; `None` where there are none.
///
/// ```
/// use invoice_core::testing::BillingFixtures;
/// use invoice_store_common::combine::lane_of;
///
/// let team = BillingFixtures::new().team();
/// assert_eq!((lane_of(team, 0), lane_of(team, 1)), (None, Some(0)));
/// assert_eq!(lane_of(team, 8), lane_of(team, 8));
/// ```
pub fn lane_of(team: TeamId, lanes: usize) -> Option<usize> {
    let mut hasher = DefaultHasher::new();
    team.hash(&mut hasher);
    let place = hasher.finish().checked_rem(u64::try_from(lanes).ok()?)?;
    usize::try_from(place).ok()
}

impl fmt::Debug for Queues {
    /// ```
    /// use invoice_store_common::combine::Queues;
    ///
    /// assert_eq!(format!("{:?}", Queues::default()), "Queues { busy: 0 }");
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queues").field("busy", &self.all().places.len()).finish()
    }
}

impl Queues {
    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place in a queue, that of the team if there is one already.
    pub(super) fn enter(&self, lane: Option<usize>, change: &Arc<ChangeSet>) -> (Place, Entered) {
        let mut all = self.all();
        let team = Place::Team(change.team);
        let place = match lane {
            Some(lane) if !all.places.contains_key(&team) => Place::Lane(lane),
            _ => team,
        };
        let is_new = !all.places.contains_key(&place);
        let queue = all.places.entry(place).or_default();
        let entered = match (is_new, place) {
            (true, Place::Team(_)) => Entered::Leads,
            (true, Place::Lane(_)) => Entered::Opens(queue.wait(change)),
            (false, _) => Entered::Waits(queue.wait(change)),
        };
        if matches!(place, Place::Lane(_)) {
            all.came += 1;
            drop(all);
            self.bell.notify_waiters();
        }
        (place, entered)
    }

    /// Into the queue of the team; its place, if nobody lands that yet.
    pub(super) fn go_apart(&self, waiting: Waiting) -> Option<Place> {
        let mut all = self.all();
        let place = Place::Team(waiting.change.team);
        let is_new = !all.places.contains_key(&place);
        all.places.entry(place).or_default().push(waiting);
        is_new.then_some(place)
    }

    /// The first of those who wait, as many as can land together; where nobody does, the place is gone.
    pub(super) fn next(&self, place: Place, together: impl FnOnce(&[Arc<ChangeSet>]) -> usize) -> Group {
        let mut all = self.all();
        let mut group = Group { changes: Vec::new(), askers: Vec::new(), known: Apart::Unwritten };
        let Some(queue) = all.places.get_mut(&place) else { return group };
        let Some((_, known)) = queue.askers.front() else {
            all.places.remove(&place);
            return group;
        };
        group.known = *known;
        let alike = queue.askers.iter().take_while(|(_, known)| *known == group.known).count();
        let count = together(queue.changes.make_contiguous()).clamp(1, alike);
        group.changes.extend(queue.changes.drain(..count));
        group.askers.extend(queue.askers.drain(..count).map(|(asker, _)| asker));
        group
    }

    /// How many have come to lanes so far.
    pub(super) fn came(&self) -> u64 {
        self.all().came
    }

    /// Comes back once as many as were answered in this lane have come to lanes since, or wait in this one; after `most`
    /// at the latest, and at once where that was in vain before.
    ///
    /// Those who come to another lane count as well: whoever asks for several teams comes back to any of them.
    pub(super) async fn linger(&self, lane: Place, answered: usize, since: u64, most: Duration) {
        let are_here = |all: &All| {
            let waiting = all.places.get(&lane).map_or(0, |queue| queue.changes.len());
            waiting >= answered || usize::try_from(all.came - since).is_ok_and(|came| came >= answered)
        };
        {
            let mut all = self.all();
            if are_here(&all) || !all.patience.is_worth_it() {
                return;
            }
        }
        let come = async {
            loop {
                let mut rung = pin!(self.bell.notified());
                // From here on the bell is heard, so that nobody comes unnoticed after the look.
                rung.as_mut().enable();
                if are_here(&self.all()) {
                    return;
                }
                rung.await;
            }
        };
        let came = timeout(most, come).await.is_ok();
        self.all().patience.learn(came);
    }

    /// Whoever had the lead goes; whether somebody has to take it up. Otherwise the place is gone, and with it the
    /// askers there: they learn that nobody knows what became of theirs.
    pub(super) fn leave(&self, place: Place, can_be_taken_up: bool) -> bool {
        let mut all = self.all();
        let is_waited_for = all.places.get(&place).is_some_and(|queue| !queue.changes.is_empty());
        if is_waited_for && can_be_taken_up {
            return true;
        }
        let left = all.places.remove(&place);
        drop(all);
        drop(left);
        false
    }

    #[cfg(test)]
    pub(super) fn waiting(&self, place: Place) -> Option<usize> {
        self.all().places.get(&place).map(|queue| queue.changes.len())
    }

    #[cfg(test)]
    pub(super) fn busy(&self) -> usize {
        self.all().places.len()
    }
}
