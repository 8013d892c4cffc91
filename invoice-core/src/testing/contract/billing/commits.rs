//! A change set is written as a whole or not at all, on the versions it was decided on.

use super::world::{World, absent, only, stored};
use crate::change::{AggregateId, Record};
use crate::ports::{BillingPorts, CommitsExt as _, StoreError, Unique};
use crate::testing::contract::{must, must_conflict, must_duplicate, race};
use crate::testing::{BillingChange, day};
use crate::{Client, DocumentType, Invoice, Version};

/// Writes of every kind in one commit are all there after it, and the receipt lists them in order.
pub async fn all_writes_of_a_commit_land_together(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let kept = world.insert(world.client("Gasthaus Ubl")).await;
    let left = world.insert(world.item("Candle")).await;
    let (client, item) = (world.client("Café Jelinek"), world.item("Lamp"));
    let series = world.series_named(DocumentType::Invoice, "export", "EX-{seq}");
    let (quote, payment) = (world.quote(&client, "30"), world.payment(&client, "10"));
    let draft = world.draft(&client, "100");
    let change = world
        .change()
        .insert(client.clone())
        .insert(item.clone())
        .insert(series.clone())
        .issue(draft, &desk.invoices, &client, day("2026-03-02"))
        .insert(quote.clone())
        .insert(payment.clone())
        .update(kept.clone())
        .delete(left.clone());
    let receipt = world.commit(change).await;
    assert!(!receipt.replayed, "a first commit is no replay");
    assert_eq!(receipt.records.len(), 7, "a receipt holds each written record");
    for record in &receipt.records {
        assert_eq!(world.read(record.id()).await.as_ref(), Some(record), "what a receipt holds is stored");
    }
    let expected: [Record; 3] = [client.into(), item.into(), series.into()];
    assert_eq!(receipt.records.get(..3), Some(&expected[..]), "records come in the order of the writes");
    let [.., Record::Client(updated)] = receipt.records.as_slice() else { panic!("the update comes last") };
    assert_eq!((updated.id(), updated.version()), (kept.id(), Version::new(2)), "an update is one version");
    absent(ports.catalog.item(world.team(), left.id()).await, "a deleted item is gone");
}

/// The last write meets a conflict: no document, audit entry, event, idempotency record or number of the
/// writes before it stays.
pub async fn a_conflict_writes_nothing(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let stale = world.insert(world.client("Gasthaus Ubl")).await;
    world.update(stale.clone()).await;
    desk.issue("10", day("2026-03-02")).await;
    let left = world.insert(world.item("Candle")).await;
    world.drain().await;
    let before = world.snapshot().await;

    let change = desk
        .issuing("100", day("2026-03-03"))
        .insert(world.item("Lamp"))
        .insert(world.payment(&desk.client, "5"))
        .delete(left)
        .idempotent("once", 1)
        .update(stale);
    let key = change.clone().build().idempotency.map(|request| request.key);
    must_conflict(world.try_commit(change).await, Version::FIRST, Some(Version::new(2)), "the last is stale");

    assert_eq!(world.snapshot().await, before, "a conflict writes nothing");
    assert_eq!(world.drain().await, [], "a conflict tells nothing");
    let key = key.unwrap_or_else(|| panic!("the change is idempotent"));
    absent(ports.commits.idempotency(world.team(), &key).await, "a failed request is not remembered");
    let next = desk.issue("10", day("2026-03-03")).await;
    assert_eq!(next.number(), Some("INV-2"), "a conflict burns no number");
}

/// The same for something that must be unique, found at the last write.
pub async fn a_duplicate_writes_nothing(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let before = world.snapshot().await;
    world.drain().await;
    let change = desk.issuing("100", day("2026-03-02")).insert(world.item("Lamp"));
    let change = change.insert(world.series(DocumentType::Invoice));
    must_duplicate(world.try_commit(change).await, Unique::SeriesName, "the name is taken");
    assert_eq!(world.snapshot().await, before, "a duplicate writes nothing");
    assert_eq!(world.drain().await, [], "a duplicate tells nothing");
    let next = desk.issue("10", day("2026-03-02")).await;
    assert_eq!(next.number(), Some("INV-1"), "a duplicate burns no number");
}

/// An update or deletion decided on an old version names the version it expected and the one found.
pub async fn a_stale_version_is_a_conflict(ports: &BillingPorts) {
    let world = World::new(ports);
    let loaded = world.insert(world.client("Café Jelinek")).await;
    let second = world.update(loaded.clone()).await;
    let third = world.update(second.clone()).await;
    let found = Some(Version::new(3));
    let update = world.try_commit(world.change().update(second.clone())).await;
    must_conflict(update, Version::new(2), found, "a stale update is refused");
    let deletion = world.try_commit(world.change().delete(loaded.clone())).await;
    must_conflict(deletion, Version::FIRST, found, "a stale deletion is refused");
    let mut ahead = third.clone();
    ahead.version = Version::new(9);
    let update = world.try_commit(world.change().update(ahead)).await;
    must_conflict(update, Version::new(9), found, "an update from a version yet to come is refused");
    let stored: Client = stored(ports.catalog.client(world.team(), loaded.id()).await, "the client");
    assert_eq!(stored, third, "what was refused changed nothing");
}

/// Updating or deleting what is not there is a conflict that found no version.
pub async fn a_record_that_is_gone_is_found_at_no_version(ports: &BillingPorts) {
    let world = World::new(ports);
    let gone = world.insert(world.item("Candle")).await;
    world.delete(gone.clone()).await;
    let never = world.item("Lamp");
    for item in [gone, never] {
        let update = world.try_commit(world.change().update(item.clone())).await;
        must_conflict(update, Version::FIRST, None, "an update of what is not there is refused");
        let deletion = world.try_commit(world.change().delete(item.clone())).await;
        must_conflict(deletion, Version::FIRST, None, "a deletion of what is not there is refused");
        absent(ports.catalog.item(world.team(), item.id()).await, "a refused update inserts nothing");
    }
}

/// A guard at another version, or on what is not there, fails the commit; one that holds writes nothing.
pub async fn a_guard_must_hold(ports: &BillingPorts) {
    let world = World::new(ports);
    let loaded = world.insert(world.client("Café Jelinek")).await;
    let current = world.update(loaded.clone()).await;
    let before = world.snapshot().await;
    let item = world.item("Lamp");
    let stale = world.change().insert(item.clone()).guard(loaded);
    must_conflict(world.try_commit(stale).await, Version::FIRST, Some(current.version()), "a guard is stale");
    let nobody = world.change().insert(item.clone()).guard(world.client("Nobody"));
    must_conflict(world.try_commit(nobody).await, Version::FIRST, None, "a guard is on nobody");
    assert_eq!(world.snapshot().await, before, "nothing is written behind a guard that fails");
    world.commit(world.change().insert(item.clone()).guard(current.clone())).await;
    let found = stored(ports.catalog.client(world.team(), current.id()).await, "the guarded client");
    assert_eq!(found, current, "a guard writes nothing to what it guards");
    stored(ports.catalog.item(world.team(), item.id()).await, "what a guard let through");
}

/// An identifier in use is not given to a second record.
pub async fn an_identifier_is_given_once(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let invoice = desk.issue("10", day("2026-03-02")).await;
    let (item, payment) = (world.item("Lamp"), world.payment(&desk.client, "5"));
    let (quote, note) = (world.quote(&desk.client, "5"), world.full_credit(&invoice).0);
    let records: [Record; 6] = [
        desk.client.clone().into(),
        item.clone().into(),
        payment.clone().into(),
        quote.clone().into(),
        note.clone().into(),
        world.draft(&desk.client, "7").into(),
    ];
    let fresh = records.iter().skip(1).fold(world.change(), |change, record| change.insert(record.clone()));
    world.commit(fresh).await;
    for record in records {
        let id = record.id();
        let again = world.try_commit(world.change().insert(record)).await;
        must_duplicate(again, Unique::Id, &format!("{id} is inserted once"));
    }
}

/// 16 updates decided on one version: one is written.
pub async fn of_many_updates_of_one_version_one_wins(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    let noted = |index: usize| {
        let mut client = client.clone();
        client.internal_notes = Some(format!("note {index}"));
        client
    };
    let changes: Vec<_> = (0..16).map(|index| world.change().update(noted(index))).collect();
    let answers = commit_at_once(ports, &changes).await;
    let winners: Vec<_> = (0..).zip(&answers).filter(|(_, answer)| answer.is_ok()).collect();
    let [(winner, _)] = winners.as_slice() else { panic!("one of 16 wins, not {}", winners.len()) };
    for lost in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(lost.is_conflict(), "who loses is told of a conflict, not: {lost}");
    }
    let found = stored(ports.catalog.client(world.team(), client.id()).await, "the client");
    assert_eq!(found.version(), Version::new(2), "one update is one version");
    assert_eq!(found.internal_notes(), noted(*winner).internal_notes(), "what is stored is the winner's");
}

/// An issue and a deletion of the same draft at once: one of them, and no number without its document.
pub async fn a_draft_is_issued_or_deleted_but_not_both(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    for round in 1_u64..=8 {
        let draft = world.insert(world.draft(&desk.client, "10")).await;
        let issue =
            world.change().issue_stored(draft.clone(), &desk.invoices, &desk.client, day("2026-03-02"));
        let deletion = world.change().delete(draft.clone());
        let answers = commit_at_once(ports, &[issue, deletion]).await;
        let issued = answers.first().is_some_and(Result::is_ok);
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "one of the two wins");
        let found = must(ports.invoices.invoice(world.team(), draft.id()).await, "the invoice is read");
        let number = found.as_ref().and_then(Invoice::number);
        assert_eq!(number.is_some(), issued, "what won is what is stored");
        let counters = must(ports.trail.counters(world.team()).await, "the counters are read");
        let next = counters.first().map_or(1, |(_, counter)| counter.next);
        assert!(next <= round + 1, "a deleted draft took no number");
        if let Some(number) = number {
            assert_eq!(number, format!("INV-{}", next - 1), "numbers go to documents only");
        }
    }
}

/// A change whose record says another team than the change itself is refused: such a record is not this
/// team's to write.
pub async fn a_record_of_another_team_than_its_change_is_refused(ports: &BillingPorts) {
    let world = World::new(ports);
    let other = world.beside();
    let theirs = other.insert(other.client("Café Jelinek")).await;
    let before = (world.snapshot().await, other.snapshot().await);
    for change in [
        world.change().insert(other.client("Smuggled")),
        world.change().insert(world.item("Lamp")).insert(other.item("Smuggled")),
        world.change().update(theirs),
        world.change().insert(other.supplier()),
    ] {
        let answer = world.try_commit(change).await;
        assert!(answer.is_err(), "a record of another team is refused, but the store answered {answer:?}");
    }
    assert_eq!((world.snapshot().await, other.snapshot().await), before, "nothing is written to either team");
}

/// A commit that failed is not taken for done: its change set, once nothing stands in its way, is written.
pub async fn a_commit_that_failed_may_succeed_later(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.client("Café Jelinek");
    let change = world.change().insert(world.draft(&client, "10"));
    let first = world.try_commit(change.clone()).await;
    assert!(matches!(first, Err(StoreError::NotFound)), "the client is not there yet: {first:?}");
    world.insert(client).await;
    let receipt = world.commit(change).await;
    let draft: Invoice = only(receipt);
    let found = world.read(AggregateId::Invoice(draft.id())).await;
    assert_eq!(found, Some(draft.into()), "a second try writes");
}

/// Commits all changes at the same moment.
pub(super) async fn commit_at_once(
    ports: &BillingPorts,
    changes: &[BillingChange],
) -> Vec<Result<crate::change::Receipt, StoreError>> {
    race(changes.len(), |index| {
        let (commits, change) = (ports.commits.clone(), changes.get(index).cloned());
        async move {
            match change {
                Some(change) => commits.commit(change.build()).await,
                None => Err(StoreError::NotFound),
            }
        }
    })
    .await
}
