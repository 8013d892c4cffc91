//! Commits that wait land together, of whichever teams they are.

use std::sync::Arc;

use invoice_core::change::{ChangeSet, Receipt};
use invoice_core::ports::StoreError;
use invoice_store_common::combine::{self, Apart, Lands, lane_of, share_nothing};
use tokio::time::timeout;

use super::statements::Known;
use super::{Outcome, needs_care};
use crate::limit::{LEAST, Limit};
use crate::transaction::{Trouble, pause};
use crate::{MongoStore, Settings};

/// How often a wrong prediction is corrected before a group is done one by one.
const MISSES: u32 = 10;

/// How a group fared.
enum Together {
    Answered(Vec<Result<Receipt, StoreError>>),
    /// Each has to be done by itself.
    Apart,
}

pub(crate) use combine::Queues;

/// How often a group of several teams is tried.
const TRIES: u32 = 2;

/// The store as the combiner sees it, which nobody else should.
#[derive(Clone)]
struct Combined(MongoStore);

impl Lands for Combined {
    fn queues(&self) -> &Queues {
        &self.0.shared.queues
    }

    /// A transaction over several shards costs more than one for each.
    fn lane(&self, change: &ChangeSet) -> Option<usize> {
        let Settings { together, lanes, .. } = self.0.shared.settings;
        let alone = together < 2 || self.0.is_sharded();
        let may_join = !alone && !needs_care(change) && change.check().is_ok();
        if may_join { lane_of(change.team, lanes) } else { None }
    }

    fn together(&self, waiting: &[Arc<ChangeSet>]) -> usize {
        self.0.together(waiting)
    }

    async fn land_as_one(
        &self,
        changes: &[Arc<ChangeSet>],
    ) -> Result<Vec<Result<Receipt, StoreError>>, Apart> {
        self.0.land_of_teams(changes, self.0.limit()).await
    }

    async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        self.0.land(changes).await
    }

    async fn look_for(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        self.0.look_for(changes, self.0.limit()).await
    }
}

impl MongoStore {
    /// How many of the first of them can land in one transaction.
    pub(super) fn together(&self, changes: &[Arc<ChangeSet>]) -> usize {
        share_nothing(changes, self.shared.settings.together.max(1), |change| !needs_care(change))
    }

    /// Commits at once if nobody commits for this team, and together with the others who wait otherwise. A long queue
    /// before a server that does not answer is not waited for to its end.
    pub(super) async fn queued(&self, change: &Arc<ChangeSet>) -> Result<Receipt, StoreError> {
        let combined = Combined(self.clone());
        let answer = combine::queued(&combined, change);
        let most = self.shared.settings.patience.saturating_mul(2).saturating_add(LEAST);
        timeout(most, answer).await.unwrap_or(Err(StoreError::UnknownOutcome))
    }

    /// Change sets that share nothing but counters: in one transaction, or else each by itself.
    pub(super) async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        let limit = self.limit();
        if let [_, _, ..] = changes
            && let Together::Answered(answers) = self.land_together(changes, limit).await
        {
            return answers;
        }
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(self.land_one(change, false, limit).await);
        }
        answers
    }

    /// Several in one transaction, which others wait for: what is not done soon goes apart.
    async fn land_of_teams(
        &self,
        changes: &[Arc<ChangeSet>],
        limit: Limit,
    ) -> Result<Vec<Result<Receipt, StoreError>>, Apart> {
        for _ in 0..TRIES {
            match self.attempt(changes, Known::default(), limit).await {
                Ok(receipts) => return Ok(receipts.into_iter().map(Ok).collect()),
                // Mostly a counter that was not known yet.
                Err(Outcome::Missed) if self.recall(changes, limit).await => {}
                Err(Outcome::Trouble(Trouble::Unknown)) => return Err(Apart::Unknown),
                Err(_) if limit.is_over() => return Ok(vec![Err(StoreError::Unavailable); changes.len()]),
                Err(_) => break,
            }
        }
        Err(Apart::Unwritten)
    }

    /// Several of one team in one transaction.
    async fn land_together(&self, changes: &[Arc<ChangeSet>], limit: Limit) -> Together {
        let (mut tries, mut misses) = (0, 0);
        loop {
            match self.attempt(changes, Known::default(), limit).await {
                Ok(receipts) => return Together::Answered(receipts.into_iter().map(Ok).collect()),
                Err(Outcome::Missed) if misses < MISSES && self.recall(changes, limit).await => misses += 1,
                Err(Outcome::Trouble(Trouble::Again | Trouble::Silent)) => tries += 1,
                Err(Outcome::Trouble(Trouble::Unknown)) => {
                    return Together::Answered(self.look_for(changes, limit).await);
                }
                Err(Outcome::Missed | Outcome::Trouble(Trouble::Store(_))) => return Together::Apart,
            }
            if limit.is_over() {
                return Together::Answered(vec![Err(StoreError::Unavailable); changes.len()]);
            }
            if tries + misses > 1 {
                pause(tries.max(misses)).await;
            }
        }
    }

    /// What became of those whose end nobody told: each is looked for, and done again if it is not there. Where nobody
    /// answers the first, the others are not asked for: each would wait as long again.
    async fn look_for(&self, changes: &[Arc<ChangeSet>], limit: Limit) -> Vec<Result<Receipt, StoreError>> {
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            let answer = self.land_one(change, true, limit).await;
            if let Err(StoreError::UnknownOutcome) = answer {
                answers.resize(changes.len(), Err(StoreError::UnknownOutcome));
                break;
            }
            answers.push(answer);
        }
        answers
    }
}
