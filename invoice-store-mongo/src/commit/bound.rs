//! Numbers for those that land together.

use std::collections::BTreeMap;
use std::sync::Arc;

use invoice_core::change::{ChangeSet, CounterMove, PendingIssue, Receipt, ResolvedChange, Write, resolve};
use invoice_core::{Counter, CounterKey, Violation};

pub(super) type Counters = BTreeMap<CounterKey, Counter>;

pub(super) fn issues(changes: &[Arc<ChangeSet>]) -> impl Iterator<Item = &PendingIssue> {
    changes.iter().flat_map(|change| &change.issues)
}

/// Change sets with their numbers bound one after the other, and what that does to the counters.
pub(super) struct Bound {
    pub(super) changes: Vec<ResolvedChange>,
    pub(super) moves: Vec<CounterMove>,
}

/// Binds the numbers of change sets that land together.
pub(super) fn bind<'c>(
    changes: impl Iterator<Item = &'c ChangeSet>,
    mut counters: Counters,
) -> Result<Bound, Violation> {
    let mut bound = Bound { changes: Vec::new(), moves: Vec::new() };
    for change in changes {
        let resolved = resolve(change, &counters)?;
        for step in &resolved.counters {
            counters.insert(step.key, step.after);
            match bound.moves.iter_mut().find(|known| known.key == step.key) {
                Some(known) => known.after = step.after,
                None => bound.moves.push(*step),
            }
        }
        bound.changes.push(resolved);
    }
    bound.moves.sort_by_key(|step| step.key);
    Ok(bound)
}

impl Bound {
    pub(super) fn receipts(self) -> Vec<Receipt> {
        self.changes.into_iter().map(receipt).collect()
    }
}

/// The receipt of what was written, without another copy of it.
fn receipt(change: ResolvedChange) -> Receipt {
    let records = change.writes.into_iter().filter_map(|write| match write {
        Write::Insert(record) | Write::Update { record, .. } => Some(record),
        Write::Delete { .. } => None,
    });
    Receipt { commit: change.id, records: records.collect(), replayed: false }
}
