//! What a record refers to is there.

use super::commits::commit_at_once;
use super::world::{World, absent, stored};
use crate::change::Record;
use crate::ports::{BillingPorts, StoreError};
use crate::testing::contract::{must, must_not_be_found};
use crate::testing::fixtures::sound;
use crate::testing::{day, euros};
use crate::{Allocation, Client, DocumentType};

/// A document or payment of a client that is not there is refused.
pub async fn a_document_of_an_absent_client_is_refused(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let gone = world.insert(world.client("Gasthaus Ubl")).await;
    world.delete(gone.clone()).await;
    let invoice = desk.issue("10", day("2026-03-02")).await;
    let mut note = world.full_credit(&invoice).0;
    note.client = gone.id();
    let records: [Record; 4] = [
        world.draft(&gone, "10").into(),
        world.quote(&gone, "10").into(),
        world.payment(&gone, "10").into(),
        note.into(),
    ];
    let before = world.snapshot().await;
    for record in records {
        let id = record.id();
        let answer = world.try_commit(world.change().insert(record)).await;
        must_not_be_found(answer, &format!("{id} is of a client that is not there"));
    }
    let issue = world.change().issue(world.draft(&gone, "10"), &desk.invoices, &gone, day("2026-03-02"));
    must_not_be_found(world.try_commit(issue).await, "nor is it issued to");
    assert_eq!(world.snapshot().await, before, "what is refused writes nothing and burns no number");
}

/// A credit note of an invoice that is not there, or a payment that settles one, is refused.
pub async fn what_is_of_an_absent_invoice_is_refused(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let invoice = desk.issue("10", day("2026-03-02")).await;
    let gone = world.draft(&desk.client, "10");
    let before = world.snapshot().await;
    let mut note = world.full_credit(&invoice).0;
    note.invoice = gone.id();
    must_not_be_found(world.try_commit(world.change().insert(note)).await, "its invoice is not there");
    let mut payment = world.payment(&desk.client, "10");
    sound(payment.allocate(Allocation::new(gone.id(), euros("5"))));
    must_not_be_found(world.try_commit(world.change().insert(payment)).await, "what it settles is not there");
    assert_eq!(world.snapshot().await, before, "what is refused writes nothing");
    let mut payment = world.insert(world.payment(&desk.client, "10")).await;
    sound(payment.allocate(Allocation::new(gone.id(), euros("5"))));
    must_not_be_found(world.try_commit(world.change().update(payment)).await, "nor is it settled later");
}

/// What is referred to may come in the same commit.
pub async fn a_reference_may_land_in_the_same_commit(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.client("Café Jelinek");
    let series = world.series(DocumentType::Invoice);
    let draft = world.draft(&client, "10");
    let mut payment = world.payment(&client, "10");
    sound(payment.allocate(Allocation::new(draft.id(), euros("5"))));
    let change = world.change().insert(client.clone()).insert(series.clone());
    let change = change.issue(draft.clone(), &series, &client, day("2026-03-02")).insert(payment);
    must(world.try_commit(change).await, "a client, its invoice and its payment land together");
    stored(ports.invoices.invoice(world.team(), draft.id()).await, "the invoice");
}

/// A client is not deleted while a draft, a quote, a credit note or a payment is theirs, and is once the
/// last of them is gone.
pub async fn a_client_in_use_is_not_deleted(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    let records: [Record; 3] = [
        world.draft(&client, "10").into(),
        world.quote(&client, "10").into(),
        world.payment(&client, "10").into(),
    ];
    for record in records {
        world.insert(record.clone()).await;
        in_use(&world, &client).await;
        world.delete(record).await;
    }
    let desk = world.desk_for("Gasthaus Ubl").await;
    desk.issue("10", day("2026-03-02")).await;
    in_use(&world, &desk.client).await;
    let last = world.insert(world.draft(&client, "10")).await;
    world.commit(world.change().delete(last).delete(client.clone())).await;
    absent(ports.catalog.client(world.team(), client.id()).await, "a client without documents is deleted");
}

/// A draft for a client and the client's deletion at once: one of them, never a draft without its client.
pub async fn a_client_is_not_deleted_beneath_a_new_document(ports: &BillingPorts) {
    let world = World::new(ports);
    for _ in 0..8 {
        let client = world.insert(world.client("Café Jelinek")).await;
        let draft = world.draft(&client, "10");
        let changes = [world.change().insert(draft.clone()), world.change().delete(client.clone())];
        let answers = commit_at_once(ports, &changes).await;
        let [insertion, deletion] = answers.as_slice() else { panic!("both are answered") };
        match (insertion, deletion) {
            (Ok(_), Err(StoreError::InUse)) | (Err(StoreError::NotFound), Ok(_)) => {}
            other => panic!("one of the two wins, but the store answered {other:?}"),
        }
        let found = must(ports.invoices.invoice(world.team(), draft.id()).await, "the draft is read");
        let owner = must(ports.catalog.client(world.team(), client.id()).await, "the client is read");
        assert_eq!(found.is_some(), owner.is_some(), "a draft is there if its client is");
    }
}

async fn in_use(world: &World<'_>, client: &Client) {
    let before = world.snapshot().await;
    let answer = world.try_commit(world.change().insert(world.item("Lamp")).delete(client.clone())).await;
    assert!(matches!(answer, Err(StoreError::InUse)), "the client is in use, but the store said {answer:?}");
    assert_eq!(world.snapshot().await, before, "what is refused writes nothing");
}
