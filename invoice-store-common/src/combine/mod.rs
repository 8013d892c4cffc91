//! The combiner: commits that wait for the same thing land together.
//!
//! What finds nobody ahead is committed at once. What comes meanwhile waits, and a task lands all that wait in groups,
//! until nobody does. It costs next to nothing where nobody meets.
//!
//! Those whose group was just answered often have more to commit. Before the next group a lane waits until as many have
//! come, about as long as the last one took at most, so that groups don't fall apart into ones and twos. Where they don't
//! come, it soon stops waiting for them. That takes a runtime with timers.
//!
//! Teams wait in a few lanes, and land together whichever they are. What can't land with others goes to the queue of its
//! team, where only the team itself waits for it, until that queue is empty.

mod patience;
mod queues;
mod share;
#[cfg(test)]
mod tests;

pub use queues::{Queues, lane_of};
pub use share::share_nothing;

use std::sync::Arc;
use std::time::Duration;

use invoice_core::change::{ChangeSet, Receipt};
use invoice_core::ports::StoreError;
use tokio::runtime::Handle;
use tokio::time::Instant;

use queues::{Asker, Entered, Group, Place, Waiting};

type Answer = Result<Receipt, StoreError>;

/// Those who were answered are waited for no longer than this, however long their group took.
const LINGER: Duration = Duration::from_millis(10);

/// What a store does with those who wait. Clones are handles of the same store.
pub trait Lands: Clone + Send + Sync + 'static {
    /// Who waits; the same for all clones.
    fn queues(&self) -> &Queues;

    /// The lane where it waits with other teams, the same for all of a team: usually [`lane_of`]; `None` if it can't land
    /// with theirs.
    fn lane(&self, change: &ChangeSet) -> Option<usize>;

    /// How many of the first of them can land together: usually [`share_nothing`]. There is at least one, and
    /// one at least lands. It is asked while the queues are locked, and may not ask for them.
    fn together(&self, waiting: &[Arc<ChangeSet>]) -> usize;

    /// Commits one change set, or a group that [`Lands::together`] has put together, of any teams, and answers each
    /// of them in their order. Other teams wait for it: it must not wait long for what one team does.
    fn land_as_one(
        &self,
        changes: &[Arc<ChangeSet>],
    ) -> impl Future<Output = Result<Vec<Answer>, Apart>> + Send;

    /// The same for change sets of one team, however long it takes. A group that can't land as one is to be landed one
    /// by one, so that none fails for another.
    fn land(&self, changes: &[Arc<ChangeSet>]) -> impl Future<Output = Vec<Answer>> + Send;

    /// The same where they may have landed already: first it is to be found out.
    fn look_for(&self, changes: &[Arc<ChangeSet>]) -> impl Future<Output = Vec<Answer>> + Send;
}

/// Why the members of a group are landed by team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// They could not land together. Nothing of them has landed, or will.
    Unwritten,
    /// Nobody told what became of them.
    Unknown,
}

/// Commits at once if nobody is ahead, and together with the others who wait otherwise.
///
/// Fails as [`Lands::land`] does, and with [`StoreError::UnknownOutcome`] if whoever landed it went under.
/// A caller that goes away does not take its change set with it, unless its team waits for nobody else.
pub async fn queued<S: Lands>(store: &S, change: &Arc<ChangeSet>) -> Answer {
    let (place, entered) = store.queues().enter(store.lane(change), change);
    let lead = |mine| Lead { store: store.clone(), place, mine, is_over: false };
    let receiver = match entered {
        Entered::Waits(receiver) => receiver,
        Entered::Leads => {
            let _lead = lead(true);
            let mut answers = store.land(std::slice::from_ref(change)).await;
            return answers.pop().unwrap_or(Err(StoreError::UnknownOutcome));
        }
        Entered::Opens(receiver) => {
            // In a task: other teams must not wait until this caller goes on, and it may go away.
            spawn(lead(false));
            receiver
        }
    };
    receiver.await.unwrap_or(Err(StoreError::UnknownOutcome))
}

/// Where there is no runtime, it is dropped, and all who wait are told.
fn spawn<S: Lands>(lead: Lead<S>) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(drain(lead));
    }
}

/// Commits for all who wait, until nobody does.
async fn drain<S: Lands>(mut lead: Lead<S>) {
    loop {
        let store = &lead.store;
        let Group { changes, askers, known } =
            store.queues().next(lead.place, |waiting| store.together(waiting));
        if changes.is_empty() {
            lead.is_over = true;
            return;
        }
        let began = Instant::now();
        let answers = match (lead.place, known) {
            (Place::Lane(_), _) => store.land_as_one(&changes).await,
            (Place::Team(_), Apart::Unwritten) => Ok(store.land(&changes).await),
            (Place::Team(_), Apart::Unknown) => Ok(store.look_for(&changes).await),
        };
        match answers {
            Ok(answers) => {
                let since = store.queues().came();
                // Whoever went away does not want to know.
                let told = |(asker, answer): (Asker, Answer)| asker.send(answer).is_ok();
                let answered = askers.into_iter().zip(answers).map(told).filter(|told| *told).count();
                // In the queue of a team nobody is waited for, so that the team comes back to its lane.
                if let (Place::Lane(_), 2..) = (lead.place, answered) {
                    let most = began.elapsed().min(LINGER);
                    store.queues().linger(lead.place, answered, since, most).await;
                }
            }
            Err(known) => {
                for (change, asker) in changes.into_iter().zip(askers) {
                    if let Some(place) = store.queues().go_apart(Waiting { change, asker, known }) {
                        spawn(Lead { store: store.clone(), place, mine: false, is_over: false });
                    }
                }
            }
        }
        // Those who were just answered may have more to commit: if they come first, all of them land together.
        tokio::task::yield_now().await;
    }
}

/// Held by the one that commits for a place. However it ends, nobody who waits is forgotten.
struct Lead<S: Lands> {
    store: S,
    place: Place,
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
        // Where nobody can be served, all who wait learn that they have to ask again.
        if self.store.queues().leave(self.place, self.mine) {
            spawn(Self { store: self.store.clone(), place: self.place, mine: false, is_over: false });
        }
    }
}
