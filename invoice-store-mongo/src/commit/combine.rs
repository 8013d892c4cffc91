//! Commits of one team land together.

use std::sync::Arc;

use invoice_core::TeamId;
use invoice_core::change::{ChangeSet, Receipt};
use invoice_core::ports::StoreError;
use invoice_store_common::combine::{self, Lands, share_nothing};
use tokio::time::timeout;

use super::{Together, needs_care};
use crate::MongoStore;

pub(crate) type Queues = combine::Queues<TeamId>;

/// The store as the combiner sees it, which nobody else should.
#[derive(Clone)]
struct Combined(MongoStore);

impl Lands for Combined {
    type Key = TeamId;

    fn queues(&self) -> &Queues {
        &self.0.shared.queues
    }

    fn together(&self, waiting: &[Arc<ChangeSet>]) -> usize {
        self.0.together(waiting)
    }

    async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        self.0.land(changes).await
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
        let answer = combine::queued(&combined, change.team, change);
        let most = self.shared.settings.patience.saturating_mul(2).saturating_add(crate::limit::LEAST);
        timeout(most, answer).await.unwrap_or(Err(StoreError::UnknownOutcome))
    }

    /// Change sets that share nothing but counters: in one transaction, or else each by itself.
    pub(super) async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        let limit = self.limit();
        if let [_, _, ..] = changes {
            match self.land_together(changes, limit).await {
                Together::Landed(receipts) => return receipts.into_iter().map(Ok).collect(),
                Together::Apart => {}
                Together::Failed(error) => return vec![Err(error); changes.len()],
            }
        }
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(self.land_one(change, limit).await);
        }
        answers
    }
}
