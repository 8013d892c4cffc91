//! Commits that wait for the same counter land together.

use std::sync::Arc;

use invoice_core::change::{ChangeSet, Receipt, Write};
use invoice_core::ports::StoreError;
use invoice_core::{CounterKey, TeamId};
use invoice_store_common::combine::{self, Lands, share_nothing};

use super::needs_care;
use super::table::Table;
use crate::PostgresStore;

type Key = (TeamId, CounterKey);

pub(crate) type Queues = combine::Queues<Key>;

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

/// The store as the combiner sees it, which nobody else should.
#[derive(Clone)]
struct Combined(PostgresStore);

impl Lands for Combined {
    type Key = Key;

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

impl PostgresStore {
    /// How many of the first of them can land in one statement.
    pub(super) fn together(&self, changes: &[Arc<ChangeSet>]) -> usize {
        share_nothing(changes, self.shared.together, is_plain)
    }

    /// Commits at once if nobody commits to this counter, and together with the others who wait otherwise.
    pub(super) async fn queued(
        &self,
        counter: CounterKey,
        change: &Arc<ChangeSet>,
    ) -> Result<Receipt, StoreError> {
        combine::queued(&Combined(self.clone()), (change.team, counter), change).await
    }
}
