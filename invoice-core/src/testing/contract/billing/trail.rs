//! The audit trail and the hash chains.

use std::sync::Arc;

use super::numbers::verifies;
use super::world::{World, all, every_page, rows};
use crate::change::{AggregateId, AuditEntry};
use crate::document::Origin;
use crate::event::EventKind;
use crate::ports::{BillingPorts, ChainDocument};
use crate::testing::contract::must;
use crate::testing::day;
use crate::testing::fixtures::sound;
use crate::{ChainFault, ChainVerifier, Invoice, Version};

/// Who, when and what of every write, the newest first; of one aggregate or of all, page by page.
pub async fn the_trail_is_read_newest_first(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.client("Café Jelinek");
    let item = world.item("Lamp");
    let mut written: Vec<AuditEntry> = Vec::new();
    let mut changes = vec![world.change().insert(client.clone()).insert(item.clone())];
    let mut current = client.clone();
    for _ in 0..4 {
        changes.push(world.change().update(current.clone()));
        current.version = current.version.next();
    }
    let mut deletion = world.change().delete(item.clone());
    deletion = deletion.with(|change| {
        for entry in &mut change.audit {
            entry.reason = Some("Sold out: 💡".to_owned());
            entry.actor = None;
        }
    });
    changes.push(deletion);
    for change in changes {
        written.extend(change.clone().build().audit);
        world.commit(change).await;
    }
    written.reverse();
    let team = world.team();
    for subject in [None, Some(AggregateId::Client(client.id())), Some(AggregateId::Item(item.id()))] {
        let of_subject = written.iter().filter(|entry| subject.is_none_or(|it| it == entry.subject));
        let expected: Vec<_> = of_subject.cloned().collect();
        for size in [1, 2, 3, 200] {
            let found =
                every_page(size, |page| async move { ports.trail.audit(team, subject, &page).await }).await;
            assert_eq!(found, expected, "the trail of {subject:?} in pages of {size}");
        }
    }
    let nothing = rows(ports.trail.audit(team, Some(AggregateId::Supplier(team)), &all()).await);
    assert_eq!(nothing, [], "what nothing happened to has no trail");
}

/// The trail tells of what is gone, and of a commit with entries only.
pub async fn the_trail_outlives_what_it_tells_of(ports: &BillingPorts) {
    let world = World::new(ports);
    let item = world.insert(world.item("Lamp")).await;
    world.delete(item.clone()).await;
    let subject = Some(AggregateId::Item(item.id()));
    let found = rows(ports.trail.audit(world.team(), subject, &all()).await);
    let told: Vec<_> = found.iter().map(|entry| (entry.version, entry.actions.as_slice())).collect();
    let expected =
        [(Version::new(2), &[EventKind::ItemDeleted][..]), (Version::FIRST, &[EventKind::ItemCreated][..])];
    assert_eq!(told, expected, "a deleted record's trail stays");
    let lone = world.change().delete(item).with(|change| change.writes.clear());
    world.commit(lone).await;
    let found = rows(ports.trail.audit(world.team(), subject, &all()).await);
    assert_eq!(found.len(), 3, "a trail needs no other write");
}

/// A cursor of another list is refused; nothing panics.
pub async fn the_trail_refuses_a_foreign_cursor(ports: &BillingPorts) {
    use crate::ports::{Cursor, InvoiceQuery, StoreError};
    let world = World::new(ports);
    let desk = world.desk().await;
    desk.issue("1", day("2026-03-02")).await;
    desk.issue("1", day("2026-03-02")).await;
    let one = super::world::page_of(1);
    let list =
        must(ports.invoices.invoices(world.team(), &InvoiceQuery::new(), &one).await, "a page is read");
    let texts = ["x", "~", "0", "null", "inv_1", "===="].map(|text| sound(Cursor::new(text)));
    for cursor in texts.into_iter().chain(list.next) {
        let answer = ports.trail.audit(world.team(), None, &one.clone().after(cursor.clone())).await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{cursor} is none of its, but: {answer:?}");
    }
}

/// A chain is read in order from any sequence, so many documents at a time, of its own counter only.
pub async fn a_chain_is_read_in_order_from_any_place(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let date = day("2026-03-02");
    for place in 0..12 {
        desk.issue("10", date).await;
        if place % 3 == 0 {
            let quote = world.quote(&desk.client, "1");
            world.commit(world.change().issue(quote, &desk.quotes, &desk.client, date)).await;
        }
    }
    world.commit(world.change().import(world.draft(&desk.client, "1"), "OLD-1", &desk.client, date)).await;
    world.insert(world.draft(&desk.client, "1")).await;
    let key = desk.invoices.counter(date);
    let read = async |from, limit| {
        let chain = must(ports.trail.chain(world.team(), key, from, limit).await, "a chain is read");
        chain.iter().filter_map(ChainDocument::seq).collect::<Vec<_>>()
    };
    assert_eq!(read(1, 200).await, (1..=12).collect::<Vec<_>>(), "the whole chain");
    assert_eq!(read(0, 3).await, [1, 2, 3], "its beginning");
    assert_eq!(read(9, 3).await, [9, 10, 11], "its middle");
    assert_eq!(read(11, 5).await, [11, 12], "its end");
    assert!(read(13, 5).await.is_empty(), "nothing after its end");
    let chain = verifies(&world, key, 1, 12).await;
    assert!(chain.iter().all(|it| matches!(it, ChainDocument::Invoice(_))), "a chain has its own kind");
    verifies(&world, desk.quotes.counter(date), 1, 4).await;
}

/// What may change after the issue breaks no chain.
pub async fn a_chain_holds_while_its_documents_live_on(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let date = day("2026-03-02");
    let mut first = desk.issue("10", date).await;
    let second = desk.issue("20", date).await;
    sound(first.send(world.now()));
    first.internal_notes = Some("Called".to_owned());
    world.update(first).await;
    desk.credit(&second, date).await;
    verifies(&world, desk.invoices.counter(date), 1, 2).await;
    verifies(&world, desk.credit_notes.counter(date), 1, 1).await;
}

/// What is done to a document, whether it goes then, which one it is, and what must be found.
type Trick = (fn(&mut Invoice), bool, usize, ChainFault);

/// A past that was changed is found: a document altered, taken out, or taken off the end.
pub async fn a_changed_past_is_found(ports: &BillingPorts) {
    let world = World::new(ports);
    let date = day("2026-03-02");
    let altered =
        |invoice: &mut Invoice| Arc::make_mut(&mut invoice.content).language = Some("xx".to_owned());
    let renumbered = |invoice: &mut Invoice| {
        if let crate::document::Issuance::Issued(issued) = &mut invoice.issuance
            && let Origin::Counter { seq, .. } = &mut issued.origin
        {
            *seq = 7;
        }
    };
    let changed = ChainFault::Changed { number: "INV-2".to_owned() };
    let untouched = |_: &mut Invoice| {};
    let tricks: [Trick; 4] = [
        (altered, false, 1, changed),
        (untouched, true, 1, ChainFault::Gap { expected: 2, found: 3 }),
        (untouched, true, 2, ChainFault::Truncated { last: Some(2), next: 4 }),
        (renumbered, false, 2, ChainFault::Gap { expected: 3, found: 7 }),
    ];
    for (trick, deleted, place, expected) in tricks {
        let desk = world.beside().desk().await;
        let mut issued = Vec::new();
        for _ in 0..3 {
            issued.push(desk.issue("10", date).await);
        }
        let mut victim = issued.into_iter().nth(place).unwrap_or_else(|| panic!("three were issued"));
        trick(&mut victim);
        if deleted {
            desk.delete(victim).await;
        } else {
            desk.update(victim).await;
        }
        let key = desk.invoices.counter(date);
        let chain = must(ports.trail.chain(desk.team(), key, 1, 200).await, "the chain is read");
        let counter = must(ports.trail.counter(desk.team(), key).await, "the counter is read");
        let counter = counter.unwrap_or_else(|| panic!("the counter has counted"));
        let mut verifier = ChainVerifier::new(1);
        for document in &chain {
            verifier.feed(document);
        }
        assert_eq!(verifier.finish(&counter).fault, Some(expected), "what was done is found");
    }
}
