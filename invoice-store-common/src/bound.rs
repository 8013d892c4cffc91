//! Change sets that land together, with their numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use invoice_core::change::{ChangeSet, CounterMove, PendingIssue, Receipt, ResolvedChange, Write, resolve};
use invoice_core::{CommitId, Counter, CounterKey, TeamId, Violation};

use crate::predict::{Counters, Predictions};

/// The documents that change sets number, in the order in which they get their numbers.
pub fn issues(changes: &[Arc<ChangeSet>]) -> impl Iterator<Item = &PendingIssue> {
    changes.iter().flat_map(|change| &change.issues)
}

/// The receipt of a commit that landed, of all that it wrote and did not delete.
pub fn receipt(commit: CommitId, writes: Vec<Write>) -> Receipt {
    let records = writes.into_iter().filter_map(|write| match write {
        Write::Insert(record) | Write::Update { expected: _, record } => Some(record),
        Write::Delete { id: _, expected: _ } => None,
    });
    Receipt { commit, records: records.collect(), replayed: false }
}

/// Change sets whose numbers are bound, and what that does to the counters.
///
/// ```
/// use invoice_core::DocumentType;
/// use invoice_core::testing::{BillingFixtures, day};
/// use invoice_store_common::bound::Bound;
/// use invoice_store_common::predict::Counters;
///
/// let make = BillingFixtures::new();
/// let (client, series) = (make.client("Specimen AG"), make.series(DocumentType::Invoice));
/// let issue = || make.change().issue(make.draft(&client, "100"), &series, &client, day("2026-03-02")).build();
/// let bound = Bound::new([&issue(), &issue()], Counters::new())?;
/// let [step] = bound.moves() else { panic!("they share a counter") };
/// assert_eq!((step.before, step.after.next), (None, 3));
/// # Ok::<(), invoice_core::Violation>(())
/// ```
#[derive(Debug)]
pub struct Bound {
    changes: Vec<ResolvedChange>,
    moves: Vec<CounterMove>,
}

impl Bound {
    /// Binds the numbers of each change set where the one before it left the counters. Fails if one of them can't be
    /// numbered.
    pub fn new<'c>(
        changes: impl IntoIterator<Item = &'c ChangeSet>,
        mut counters: Counters,
    ) -> Result<Self, Violation> {
        let mut bound = Self { changes: Vec::new(), moves: Vec::new() };
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

    /// The change sets in their order.
    pub fn changes(&self) -> &[ResolvedChange] {
        &self.changes
    }

    /// One step a counter, from before the first change set to after the last, in the order to lock them.
    pub fn moves(&self) -> &[CounterMove] {
        &self.moves
    }

    /// The counters as all of it leaves them.
    pub fn counters(&self) -> impl Iterator<Item = (CounterKey, Counter)> {
        self.moves.iter().map(|step| (step.key, step.after))
    }

    /// What its callers are answered once it landed.
    pub fn into_receipts(self) -> Vec<Receipt> {
        self.changes.into_iter().map(|change| receipt(change.id, change.writes)).collect()
    }
}

/// Change sets of any teams whose numbers are bound, by team.
#[derive(Debug)]
pub struct Bounds(BTreeMap<TeamId, (Vec<usize>, Bound)>);

impl Bounds {
    /// Binds the numbers of each team where `counters` says that they are. Fails if a change set can't be numbered.
    pub fn new(
        changes: &[Arc<ChangeSet>],
        mut counters: impl FnMut(TeamId, &BTreeSet<CounterKey>) -> Counters,
    ) -> Result<Self, Violation> {
        let mut places = BTreeMap::<TeamId, Vec<usize>>::new();
        for (place, change) in changes.iter().enumerate() {
            places.entry(change.team).or_default().push(place);
        }
        let bound = places.into_iter().map(|(team, places)| {
            let own = || places.iter().filter_map(|place| changes.get(*place)).map(|change| &**change);
            let keys = own().flat_map(|change| &change.issues).map(|issue| issue.counter).collect();
            let bound = Bound::new(own(), counters(team, &keys))?;
            Ok((team, (places, bound)))
        });
        bound.collect::<Result<_, _>>().map(Self)
    }

    /// The same where the counters are predicted to be.
    pub fn predicted(changes: &[Arc<ChangeSet>], predictions: &Predictions) -> Result<Self, Violation> {
        Self::new(changes, |team, keys| predictions.predict(team, keys.iter().copied()))
    }

    /// All of it landed: the next ones find the counters as it left them.
    pub fn teach(&self, predictions: &Predictions) {
        for (team, bound) in self.teams() {
            predictions.learn(team, bound.counters());
        }
    }

    /// Each team's, in the order to lock their counters.
    pub fn teams(&self) -> impl ExactSizeIterator<Item = (TeamId, &Bound)> {
        self.0.iter().map(|(team, (_, bound))| (*team, bound))
    }

    /// What the callers are answered once all of it landed, in the order of the change sets.
    pub fn into_receipts(self) -> Vec<Receipt> {
        let of_teams = self.0.into_values();
        let placed = of_teams.flat_map(|(places, bound)| places.into_iter().zip(bound.into_receipts()));
        placed.collect::<BTreeMap<_, _>>().into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use invoice_core::DocumentType;
    use invoice_core::change::{AggregateId, Record};
    use invoice_core::testing::{BillingFixtures, day};

    #[test]
    fn documents_that_land_together_are_numbered_one_after_the_other() {
        let make = BillingFixtures::new();
        let client = make.client("Specimen AG");
        let series = ["A-{seq}", "B-{seq}"].map(|it| make.series_named(DocumentType::Invoice, it, it));
        let issue = |at: usize| {
            make.change().issue(make.draft(&client, "100"), &series[at], &client, day("2026-03-02"))
        };
        let changes = [0, 1, 0, 1, 0].map(|at| Arc::new(issue(at).build()));

        let bound = Bound::new(changes.iter().map(|it| &**it), Counters::new()).unwrap();
        assert!(bound.moves().iter().all(|step| step.before.is_none()));
        assert!(bound.moves().is_sorted_by_key(|step| step.key));
        let left: Counters = bound.counters().collect();
        let mut next: Vec<_> = left.values().map(|counter| counter.next).collect();
        next.sort_unstable();
        assert_eq!(next, [3, 4]);

        let receipts = bound.into_receipts();
        let numbers = receipts.iter().flat_map(|receipt| &receipt.records).filter_map(Record::number);
        let numbers: Vec<_> = numbers.collect();
        assert_eq!(numbers, ["A-1", "B-1", "A-2", "B-2", "A-3"]);

        let again = Bound::new([&issue(0).build()], left.clone()).unwrap();
        assert_eq!(again.moves()[0].before, left.get(&issues(&changes).next().unwrap().counter).copied());
    }

    #[test]
    fn each_team_has_its_own_counters_and_everybody_the_own_receipt() {
        let ours = BillingFixtures::new();
        let teams = [ours.clone(), ours.another_team()];
        let issue = |make: &BillingFixtures| {
            // Of one identifier in both teams, as in a copy.
            let series = make.series_named(DocumentType::Invoice, "web", "A-{seq}");
            let client = make.client("Specimen AG");
            make.change().issue(make.draft(&client, "100"), &series, &client, day("2026-03-02")).build()
        };
        let mut changes = [0, 1, 0, 1].map(|at: usize| issue(&teams[at]));
        let counter = changes[0].issues[0].counter;
        for change in &mut changes {
            change.issues[0].counter = counter;
        }
        let changes = changes.map(Arc::new);
        let known = |team, keys: &BTreeSet<CounterKey>| {
            let next = if team == teams[0].team() { 8 } else { 3 };
            keys.iter().map(|key| (*key, Counter::starting_at(next))).collect()
        };
        let receipts = Bounds::new(&changes, known).unwrap().into_receipts();
        let numbers: Vec<_> = receipts.iter().flat_map(|it| &it.records).filter_map(Record::number).collect();
        assert_eq!(numbers, ["A-8", "A-3", "A-9", "A-4"]);
        assert!(receipts.iter().zip(&changes).all(|(receipt, change)| receipt.commit == change.id));
    }

    #[test]
    fn a_receipt_has_what_was_written_and_not_what_was_deleted() {
        let make = BillingFixtures::new();
        let clients = ["Ada", "Ben", "Cleo"].map(|name| make.client(name));
        let [ada, ben, cleo] = clients.clone();
        let change = make.change().insert(ada).delete(ben).update(cleo).build();
        let [receipt] = &Bound::new([&change], Counters::new()).unwrap().into_receipts()[..] else {
            panic!("there was one change set")
        };
        let ids: Vec<_> = receipt.records.iter().map(Record::id).collect();
        assert_eq!(ids, [0, 2].map(|at| AggregateId::Client(clients[at].id())));
        assert!(receipt.commit == change.id && !receipt.replayed);
    }
}
