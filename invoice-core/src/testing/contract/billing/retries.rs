//! Doing the same thing again: commits that lost their answer, requests that are repeated.

use super::commits::commit_at_once;
use super::world::{World, absent, numbers, only, rows, stored};
use crate::change::IdempotencyKey;
use crate::ports::{BillingPorts, InvoiceQuery, PageRequest, Unique};
use crate::testing::contract::{must, must_conflict, must_duplicate};
use crate::testing::day;
use crate::{Client, Invoice, Version};

/// The same change set again is answered with the same receipt and writes nothing, whatever came between.
pub async fn the_same_commit_again_is_one_write(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let left = world.insert(world.item("Candle")).await;
    let change = desk.issuing("100", day("2026-03-02")).delete(left);
    let first = world.commit(change.clone()).await;
    let invoice: Invoice = only(first.clone());
    world.update(invoice).await;
    desk.issue("10", day("2026-03-05")).await;
    world.drain().await;
    let before = world.snapshot().await;
    let again = world.commit(change).await;
    assert_eq!(again.commit, first.commit, "a retry names its commit");
    assert_eq!(again.records, first.records, "a retry is answered with what was written then");
    assert_eq!(world.snapshot().await, before, "a retry writes nothing");
    assert_eq!(world.drain().await, [], "a retry tells nothing");
    assert_eq!(desk.issue("10", day("2026-03-05")).await.number(), Some("INV-3"), "a retry takes no number");
}

/// A change set that deletes only, or updates only, is recognised as well.
pub async fn a_retry_is_recognised_before_its_versions_are_looked_at(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    let update = world.change().update(client.clone());
    let updated: Client = only(world.commit(update.clone()).await);
    let answer: Client = only(world.commit(update).await);
    assert_eq!(answer, updated, "an update retried is one version");
    let deletion = world.change().delete(updated.clone());
    world.commit(deletion.clone()).await;
    world.commit(deletion).await;
    let other = world.try_commit(world.change().delete(updated.clone())).await;
    must_conflict(other, updated.version(), None, "another commit of the same deletion is another matter");
}

/// 16 retries of one commit at once: all are answered alike, one writes.
pub async fn many_retries_of_one_commit_are_one_write(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let changes = vec![desk.issuing("100", day("2026-03-02")); 16];
    for answer in commit_at_once(ports, &changes).await {
        let receipt = must(answer, "a retry is answered like the first");
        assert_eq!(numbers(&receipt), ["INV-1"], "all retries tell the one number");
    }
    let list = rows(ports.invoices.invoices(world.team(), &InvoiceQuery::new(), &all()).await);
    assert_eq!(list.len(), 1, "one commit writes one invoice");
    let counters = must(ports.trail.counters(world.team()).await, "the counters are read");
    assert!(counters.iter().all(|(_, counter)| counter.next == 2), "one number is taken");
}

/// A commit's identifier means nothing in another team.
pub async fn a_commit_identifier_belongs_to_its_team(ports: &BillingPorts) {
    let world = World::new(ports);
    let other = world.beside();
    let (ours, theirs) = (world.client("Café Jelinek"), other.client("Gasthaus Ubl"));
    let first = world.change().insert(ours.clone());
    let id = first.clone().build().id;
    world.commit(first).await;
    let receipt = other.commit(other.change().insert(theirs.clone()).with(|change| change.id = id)).await;
    assert_eq!(receipt.records, [theirs.clone().into()], "another team's receipt is its own");
    let found = stored(ports.catalog.client(other.team(), theirs.id()).await, "the other team's client");
    assert_eq!(found, theirs, "another team's commit is written");
}

/// A repeated request is answered with the records of the first one, as they were then, even if versions
/// have moved on or it was built anew with other identifiers.
pub async fn a_repeated_request_is_answered_and_not_done_again(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let build = || desk.issuing("100", day("2026-03-02")).idempotent("publish-17", 1);
    let first = world.commit(build()).await;
    assert!(!first.replayed, "the first request is done");
    let invoice: Invoice = only(first.clone());
    world.update(invoice.clone()).await;
    world.drain().await;
    let before = world.snapshot().await;

    let stale = build().update(invoice).build();
    for change in
        [build(), build(), world.change().idempotent("publish-17", 1), build().with(|it| *it = stale)]
    {
        let again = world.commit(change).await;
        assert!(again.replayed, "a repeated request is known for one");
        assert_eq!(again.commit, first.commit, "a repeated request names the first commit");
        assert_eq!(again.records, first.records, "a repeated request gets the first answer");
    }
    assert_eq!(world.snapshot().await, before, "a repeated request writes nothing");
    assert_eq!(world.drain().await, [], "a repeated request tells nothing");
}

/// A key that was used for another request is refused, and nothing is written.
pub async fn another_request_with_the_same_key_is_refused(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    world.commit(desk.issuing("100", day("2026-03-02")).idempotent("publish-17", 1)).await;
    world.drain().await;
    let before = world.snapshot().await;
    let other = desk.issuing("200", day("2026-03-02")).idempotent("publish-17", 2);
    must_duplicate(world.try_commit(other).await, Unique::IdempotencyKey, "a key stands for one request");
    assert_eq!(world.snapshot().await, before, "another request is not done");
    assert_eq!(world.drain().await, [], "another request tells nothing");
    assert_eq!(desk.issue("10", day("2026-03-02")).await.number(), Some("INV-2"), "it burns no number");
    must(
        world.try_commit(desk.issuing("1", day("2026-03-02")).idempotent("publish-18", 2)).await,
        "a new key",
    );
}

/// 16 identical requests at once, each with identifiers of its own: one effect, one answer.
pub async fn concurrent_identical_requests_have_one_effect(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let build = |_| desk.issuing("100", day("2026-03-02")).idempotent("publish-17", 1);
    let changes: Vec<_> = (0..16).map(build).collect();
    let answers = commit_at_once(ports, &changes).await;
    let answers = answers.into_iter().map(|answer| must(answer, "an identical request is answered"));
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers.iter().filter(|receipt| !receipt.replayed).count(), 1, "one of them is done");
    let mut ids: Vec<_> = answers.iter().map(|receipt| receipt.commit).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "all of them name one commit");
    assert!(answers.iter().all(|receipt| numbers(receipt) == ["INV-1"]), "all of them get one answer");
    let list = rows(ports.invoices.invoices(world.team(), &InvoiceQuery::new(), &all()).await);
    assert_eq!(list.len(), 1, "16 identical requests write one invoice");
}

/// A key of one team says nothing in another.
pub async fn idempotency_keys_belong_to_their_team(ports: &BillingPorts) {
    let world = World::new(ports);
    let other = world.beside();
    let (ours, theirs) = (world.client("Café Jelinek"), other.client("Gasthaus Ubl"));
    world.commit(world.change().insert(ours).idempotent("create-1", 1)).await;
    let key = key("create-1");
    absent(ports.commits.idempotency(other.team(), &key).await, "a foreign key reads like an absent one");
    let receipt = other.commit(other.change().insert(theirs.clone()).idempotent("create-1", 1)).await;
    assert!(!receipt.replayed, "another team's request is done");
    assert_eq!(receipt.records, [theirs.into()], "another team's answer is its own");
    let third = world.beside();
    let answer = third.try_commit(third.change().insert(third.client("C")).idempotent("create-1", 9)).await;
    must(answer, "a key of two other teams is free in a third, whatever the request");
}

/// What failed leaves its key free, so that the request can be made again.
pub async fn a_failed_request_leaves_its_key_free(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    let current = world.update(client.clone()).await;
    let failed = world.try_commit(world.change().update(client).idempotent("note-1", 1)).await;
    must_conflict(failed, Version::FIRST, Some(Version::new(2)), "the update is stale");
    absent(
        ports.commits.idempotency(world.team(), &key("note-1")).await,
        "a failed request is not remembered",
    );
    let receipt = world.commit(world.change().update(current).idempotent("note-1", 2)).await;
    assert!(!receipt.replayed, "the key is free for a request that succeeds");
}

/// A key tells its commit, its time, its fingerprint and its answer.
pub async fn an_idempotency_record_tells_what_was_answered(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    absent(ports.commits.idempotency(world.team(), &key("publish-17")).await, "a new key stands for nothing");
    let change = desk.issuing("100", day("2026-03-02")).idempotent("publish-17", 7);
    let set = change.clone().build();
    let receipt = world.commit(change).await;
    let found = ports.commits.idempotency(world.team(), &key("publish-17")).await;
    let record = stored(found, "the idempotency record");
    assert_eq!(record.key, key("publish-17"), "the key");
    assert_eq!(Some(record.fingerprint), set.idempotency.map(|it| it.fingerprint), "the fingerprint");
    assert_eq!((record.commit, record.at), (set.id, set.at), "the commit and its time");
    assert_eq!(record.answer, receipt.records, "the answer");
    let near = key("publish-1");
    absent(ports.commits.idempotency(world.team(), &near).await, "a key's beginning is another key");
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).unwrap_or_else(|error| panic!("a key: {error}"))
}

fn all() -> PageRequest {
    super::world::all()
}
