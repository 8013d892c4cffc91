//! Which change sets can land together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use invoice_core::adapter::{UniqueValue, references};
use invoice_core::change::{AggregateId, ChangeSet, IdempotencyKey, PendingNumber, Write};
use invoice_core::{CommitId, CounterKey, TeamId};

/// How many of the first `most` of them can land in one go, written in this order and without a look at what is
/// stored; one at least, if there is one.
///
/// They are sound ([`ChangeSet::check`]), each of them `may_join`, and share nothing but counters and
/// what none of them writes: no two of a team have an identifier, an idempotency key or a unique value in common, and
/// none writes what another one writes, guards or refers to. So each of them finds what it would find by itself.
///
/// ```
/// use std::sync::Arc;
///
/// use invoice_core::testing::BillingFixtures;
/// use invoice_store_common::combine::share_nothing;
///
/// let make = BillingFixtures::new();
/// let (first, second) = (make.client("Specimen AG"), make.client("Muster GmbH"));
/// let changes = [
///     make.change().insert(first.clone()),
///     make.change().insert(second),
///     make.change().insert(make.draft(&first, "100")),
/// ];
/// let changes = changes.map(|change| Arc::new(change.build()));
/// // The draft refers to a client that is written before it.
/// assert_eq!(share_nothing(&changes, 64, |_| true), 2);
/// assert_eq!(share_nothing(&changes, 64, |change| change.idempotency.is_some()), 1);
/// ```
pub fn share_nothing(
    changes: &[Arc<ChangeSet>],
    most: usize,
    may_join: impl Fn(&ChangeSet) -> bool,
) -> usize {
    let [_, _, ..] = changes else { return changes.len() };
    let (mut before, mut count) = (HashMap::<TeamId, Touched<'_>>::new(), 0);
    for change in changes.iter().take(most) {
        let before = before.entry(change.team).or_default();
        if change.check().is_err() || !may_join(change) || !before.add(change) {
            break;
        }
        count += 1;
    }
    count.max(1)
}

/// What change sets of one team touch.
#[derive(Default)]
struct Touched<'c> {
    commits: HashSet<CommitId>,
    keys: HashSet<&'c IdempotencyKey>,
    written: HashSet<AggregateId>,
    /// What they need as it is.
    read: HashSet<AggregateId>,
    unique: HashSet<UniqueValue>,
}

impl<'c> Touched<'c> {
    /// Adds what another one touches, unless they can't go together.
    fn add(&mut self, change: &'c ChangeSet) -> bool {
        let writes = || change.writes.iter().map(Write::id);
        let reads: Vec<_> = reads(change).collect();
        let unique: Vec<_> = unique(change).collect();
        let key = change.idempotency.as_ref().map(|request| &request.key);
        if self.commits.contains(&change.id)
            || key.is_some_and(|key| self.keys.contains(key))
            || writes().any(|id| self.written.contains(&id) || self.read.contains(&id))
            || reads.iter().any(|id| self.written.contains(id))
            || unique.iter().any(|value| self.unique.contains(value))
        {
            return false;
        }
        self.commits.insert(change.id);
        self.keys.extend(key);
        self.written.extend(writes());
        self.read.extend(reads);
        self.unique.extend(unique);
        true
    }
}

fn reads(change: &ChangeSet) -> impl Iterator<Item = AggregateId> {
    let imports = CounterKey::imports(change.team);
    let counters = change.issues.iter().map(|issue| issue.counter).filter(move |key| *key != imports);
    let referred = change.writes.iter().filter_map(Write::record).flat_map(references);
    let guarded = change.guards.iter().map(|guard| guard.id);
    guarded.chain(referred).chain(counters.map(|key| AggregateId::Series(key.series)))
}

/// Numbers from a counter are not known yet; two patterns that write the same ones are for the store to find.
fn unique(change: &ChangeSet) -> impl Iterator<Item = UniqueValue> {
    let brought = change.issues.iter().filter_map(|issue| match &issue.number {
        PendingNumber::Given(number) => Some(UniqueValue::Number(number.clone())),
        PendingNumber::Next { .. } => None,
    });
    change.writes.iter().filter_map(Write::record).filter_map(UniqueValue::of).chain(brought)
}

#[cfg(test)]
mod tests {
    use super::*;
    use invoice_core::testing::{BillingChange, BillingFixtures, day};
    use invoice_core::{Client, DocumentType, ItemData, PaymentData, Series};

    struct Desk {
        make: BillingFixtures,
        client: Client,
        series: Series,
    }

    impl Desk {
        fn open() -> Self {
            let make = BillingFixtures::new();
            let (client, series) = (make.client("Specimen AG"), make.series(DocumentType::Invoice));
            Self { make, client, series }
        }

        fn issue(&self) -> BillingChange {
            let draft = self.make.draft(&self.client, "100");
            self.make.change().issue(draft, &self.series, &self.client, day("2026-03-02"))
        }

        fn import(&self, number: &str) -> BillingChange {
            let draft = self.make.draft(&self.client, "100");
            self.make.change().import(draft, number, &self.client, day("2026-03-02"))
        }

        fn any(&self) -> BillingChange {
            self.make.change().insert(self.make.client("Muster GmbH"))
        }
    }

    fn together(changes: impl IntoIterator<Item = BillingChange>) -> usize {
        let changes: Vec<_> = changes.into_iter().map(|change| Arc::new(change.build())).collect();
        share_nothing(&changes, 64, |_| true)
    }

    /// Whether two go together, whichever of them comes first.
    fn join(one: BillingChange, other: BillingChange) -> bool {
        let count = together([one.clone(), other.clone()]);
        assert_eq!(count, together([other, one]), "the order is of no account");
        count == 2
    }

    #[test]
    fn issues_of_one_series_to_one_client_go_together() {
        let desk = Desk::open();
        assert_eq!(together((0..5).map(|_| desk.issue())), 5);
    }

    #[test]
    fn there_are_no_more_than_the_most_and_never_none() {
        let desk = Desk::open();
        let changes: Vec<_> = (0..5).map(|_| Arc::new(desk.issue().build())).collect();
        assert_eq!(share_nothing(&changes, 3, |_| true), 3);
        assert_eq!(share_nothing(&changes, 0, |_| true), 1);
        assert_eq!(share_nothing(&changes, 64, |_| false), 1);
        assert_eq!(share_nothing(&changes[..1], 64, |_| false), 1);
        assert_eq!(share_nothing(&[], 64, |_| true), 0);
    }

    #[test]
    fn the_first_that_may_not_join_ends_the_group() {
        let desk = Desk::open();
        let changes = [desk.issue(), desk.any(), desk.issue().idempotent("key", 1), desk.issue()];
        let changes = changes.map(|change| Arc::new(change.build()));
        assert_eq!(share_nothing(&changes, 64, |change| change.idempotency.is_none()), 2);
    }

    #[test]
    fn what_contradicts_itself_goes_apart() {
        let desk = Desk::open();
        assert!(!join(desk.any(), desk.any().insert(desk.client.clone()).insert(desk.client.clone())));
    }

    #[test]
    fn teams_have_nothing_in_common() {
        let desk = Desk::open();
        let other = desk.make.another_team();
        let theirs = |name: &str| other.change().insert(other.client(name)).idempotent("key", 1);
        assert!(join(desk.any().idempotent("key", 1), theirs("Muster GmbH")));
        assert!(!join(theirs("Muster GmbH"), theirs("Specimen AG")));
    }

    #[test]
    fn the_same_commit_or_request_is_not_done_twice_in_a_group() {
        let desk = Desk::open();
        let first = desk.any();
        let id = first.clone().build().id;
        assert!(!join(first, desk.any().with(|change| change.id = id)));
        assert!(!join(desk.any().idempotent("key", 1), desk.any().idempotent("key", 2)));
        assert!(join(desk.any().idempotent("key", 1), desk.any().idempotent("other", 1)));
    }

    #[test]
    fn what_writes_the_same_record_goes_apart() {
        let desk = Desk::open();
        let make = &desk.make;
        let insert = || make.change().insert(desk.client.clone());
        let update = || make.change().update(desk.client.clone());
        let delete = || make.change().delete(desk.client.clone());
        assert!(!join(insert(), insert()));
        assert!(!join(insert(), update()));
        assert!(!join(update(), update()));
        assert!(!join(update(), delete()));
        assert!(join(update(), desk.any()));
    }

    #[test]
    fn what_one_refers_to_another_one_does_not_write() {
        let desk = Desk::open();
        let make = &desk.make;
        let draft = || make.change().insert(make.draft(&desk.client, "100"));
        assert!(!join(draft(), make.change().insert(desk.client.clone())));
        assert!(!join(draft(), make.change().update(desk.client.clone())));
        assert!(!join(draft(), make.change().delete(desk.client.clone())));
        assert!(!join(desk.issue(), make.change().update(desk.series.clone())), "the series that numbers it");
        assert!(join(draft(), draft()), "both may refer to the same");
    }

    #[test]
    fn what_one_guards_another_one_does_not_write() {
        let desk = Desk::open();
        let guard = || desk.any().guard(desk.client.clone());
        assert!(!join(guard(), desk.make.change().update(desk.client.clone())));
        assert!(!join(guard(), desk.make.change().delete(desk.client.clone())));
        assert!(join(guard(), guard()), "both may need the same unchanged");
        assert!(join(guard(), desk.issue()), "and another one refer to it");
    }

    #[test]
    fn unique_values_keep_apart_who_both_want_them() {
        let desk = Desk::open();
        let make = &desk.make;
        let item = |code: &str| {
            let mut data = ItemData::new("Lamp", invoice_core::Currency::EUR, "19.95".parse().unwrap());
            data.code = Some(code.to_owned());
            make.change().insert(make.item_of(data))
        };
        assert!(!join(item("LAMP"), item("LAMP")));
        assert!(join(item("LAMP"), item("SHADE")));

        let payment = |reference: &str| {
            let mut data =
                PaymentData::new(desk.client.id(), invoice_core::testing::euros("5"), day("2026-03-02"));
            data.external_reference = Some(reference.to_owned());
            make.change().insert(make.payment_of(data))
        };
        assert!(!join(payment("bank-1"), payment("bank-1")));
        assert!(join(payment("bank-1"), payment("bank-2")));

        let series = |name: &str| make.series_named(DocumentType::Invoice, name, "INV-{seq}");
        let series = |name: &str| make.change().insert(series(name));
        assert!(!join(series("web"), series("web")));
        assert!(join(series("web"), series("shop")));

        assert!(!join(desk.import("OLD-1"), desk.import("OLD-1")), "though the number is not bound yet");
        assert!(join(desk.import("OLD-1"), desk.import("OLD-2")));
    }
}
