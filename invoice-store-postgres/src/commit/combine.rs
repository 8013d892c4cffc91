//! Commits that wait for each other land together.

use std::sync::Arc;

use invoice_core::change::{ChangeSet, Receipt, Write};
use invoice_core::ports::StoreError;
use invoice_store_common::combine::{self, Apart, Lands, lane_of, share_nothing};

use super::needs_care;
use super::table::Table;
use crate::PostgresStore;

pub(crate) use combine::Queues;

/// Only writes documents, so that it can't see what others that land with it do.
pub(super) fn is_plain(change: &ChangeSet) -> bool {
    let of_documents = |write: &Write| Table::of(write.id()) == Table::Documents && !needs_care(write);
    change.writes.iter().all(of_documents)
}

/// The store as the combiner sees it, which nobody else should.
#[derive(Clone)]
struct Combined(PostgresStore);

impl Lands for Combined {
    fn queues(&self) -> &Queues {
        &self.0.shared.queues
    }

    fn lane(&self, change: &ChangeSet) -> Option<usize> {
        lane_of(change.team, self.0.lanes()?.count())
    }

    fn together(&self, waiting: &[Arc<ChangeSet>]) -> usize {
        self.0.together(waiting)
    }

    async fn land_as_one(
        &self,
        changes: &[Arc<ChangeSet>],
    ) -> Result<Vec<Result<Receipt, StoreError>>, Apart> {
        self.0.land_as_one(changes).await
    }

    async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        self.0.land(changes).await
    }

    async fn look_for(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        self.0.look_for(changes).await
    }
}

impl PostgresStore {
    /// How many of the first of them can land in one statement.
    pub(super) fn together(&self, changes: &[Arc<ChangeSet>]) -> usize {
        share_nothing(changes, self.shared.settings.together, is_plain)
    }

    /// Commits at once if nobody is ahead, and together with the others who wait otherwise.
    pub(super) async fn queued(&self, change: &Arc<ChangeSet>) -> Result<Receipt, StoreError> {
        combine::queued(&Combined(self.clone()), change).await
    }
}
