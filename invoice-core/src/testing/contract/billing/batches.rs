//! Several change sets handed over together: each by itself, in order.

use std::sync::Arc;

use super::world::{World, numbers, only, rows, stored};
use crate::change::{ChangeSet, Receipt};
use crate::ports::{BillingPorts, InvoiceQuery, StoreError, Unique};
use crate::testing::contract::{must, must_conflict, must_duplicate, must_refuse, race};
use crate::testing::{BillingChange, day};
use crate::{Client, Code, Invoice, Version};

/// One member of a batch fails: its neighbours land, each is answered at its place, and numbers stay
/// gapless.
pub async fn a_member_that_fails_does_not_fail_its_neighbours(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let stale = world.insert(world.client("Gasthaus Ubl")).await;
    world.update(stale.clone()).await;
    let date = day("2026-03-02");
    let answers = commit_all(
        ports,
        vec![
            desk.issuing("10", date),
            desk.issuing("20", date).update(stale),
            desk.issuing("30", date),
            desk.issuing("40", date).insert(desk.client.clone()),
            desk.issuing("50", date),
        ],
    )
    .await;
    let [first, second, third, fourth, fifth] = five(answers);
    must_conflict(second, Version::FIRST, Some(Version::new(2)), "the second is stale");
    must_duplicate(fourth, Unique::Id, "the fourth inserts what exists");
    for (answer, number, net) in
        [(first, "INV-1", "12.00"), (third, "INV-2", "36.00"), (fifth, "INV-3", "60.00")]
    {
        let invoice: Invoice = only(must(answer, "a neighbour of what fails is written"));
        assert_eq!(invoice.number(), Some(number), "numbers go to what landed, in order");
        assert_eq!(
            invoice.totals().payable().to_string(),
            format!("{net} EUR"),
            "answers are at their places"
        );
        let found = stored(ports.invoices.invoice(world.team(), invoice.id()).await, "the invoice");
        assert_eq!(found, invoice, "what was answered is stored");
    }
    let list = rows(ports.invoices.invoices(world.team(), &InvoiceQuery::new(), &super::world::all()).await);
    assert_eq!(list.len(), 3, "what failed is not stored");
}

/// Members of one series are numbered in their order, so that dates may go forward within a batch; a date
/// that goes back fails alone.
pub async fn members_of_one_series_are_numbered_in_order(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let dates = ["2026-03-01", "2026-03-02", "2026-03-01", "2026-03-02", "2026-03-03"];
    let batch = dates.iter().map(|date| desk.issuing("10", day(date))).collect();
    let [first, second, third, fourth, fifth] = five(commit_all(ports, batch).await);
    must_refuse(third, Code::DateBeforeLastIssue, "the third goes back behind the second");
    for (answer, number) in [(first, "INV-1"), (second, "INV-2"), (fourth, "INV-3"), (fifth, "INV-4")] {
        assert_eq!(numbers(&must(answer, "dates go forward")), [number], "in the order of the batch");
    }
}

/// Two members that update one record from the same version: the first wins.
pub async fn of_two_members_that_write_one_record_the_first_wins(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.insert(world.client("Café Jelinek")).await;
    let noted = |note: &str| {
        let mut client = client.clone();
        client.internal_notes = Some(note.to_owned());
        world.change().update(client)
    };
    let mut answers = commit_all(ports, vec![noted("first"), noted("second")]).await.into_iter();
    let (first, second) = (answers.next(), answers.next());
    let first: Client = only(must(first.unwrap_or(Err(StoreError::NotFound)), "the first is written"));
    let second = second.unwrap_or(Err(StoreError::NotFound));
    must_conflict(second, Version::FIRST, Some(Version::new(2)), "the second comes too late");
    let found = stored(ports.catalog.client(world.team(), client.id()).await, "the client");
    assert_eq!(found, first, "the first one's words are stored");
}

/// The same change set twice in one batch is one write, answered twice.
pub async fn a_member_named_twice_is_one_write(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let change = desk.issuing("10", day("2026-03-02"));
    let answers = commit_all(ports, vec![change.clone(), change]).await;
    let answers = answers.into_iter().map(|answer| must(answer, "both are answered"));
    let both: Vec<_> = answers.flat_map(|receipt| receipt.records).collect();
    let [first, second] = both.as_slice() else { panic!("two answers of one record each") };
    assert_eq!(first, second, "both get one answer");
    assert_eq!(first.number(), Some("INV-1"), "one number is taken");
    assert_eq!(desk.issue("10", day("2026-03-02")).await.number(), Some("INV-2"), "and no more");
}

/// Batches that race on one series, some members of which fail: numbers stay 1 to n.
pub async fn racing_batches_stay_gapless(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let date = day("2026-03-02");
    let batches: Vec<Vec<Arc<ChangeSet>>> = (0..8)
        .map(|_| {
            let member = |place: usize| match place {
                2 => desk.issuing("10", date).insert(desk.client.clone()),
                _ => desk.issuing("10", date),
            };
            (0..5).map(|place| Arc::new(member(place).build())).collect()
        })
        .collect();
    let answers = race(batches.len(), |index| {
        let (commits, batch) = (ports.commits.clone(), batches.get(index).cloned().unwrap_or_default());
        async move { commits.commit_all(batch).await }
    })
    .await;
    let mut seqs = Vec::new();
    for batch in answers {
        assert_eq!(batch.len(), 5, "each member is answered");
        for (place, answer) in batch.into_iter().enumerate() {
            if place == 2 {
                must_duplicate(answer, Unique::Id, "one member of each batch fails");
                continue;
            }
            let receipt = must(answer, "the others are written");
            seqs.extend(
                numbers(&receipt)
                    .iter()
                    .filter_map(|number| number.strip_prefix("INV-")?.parse::<u32>().ok()),
            );
        }
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=32).collect::<Vec<_>>(), "32 documents have the numbers 1 to 32");
}

/// No change sets, no answers.
pub async fn an_empty_batch_is_answered_with_nothing(ports: &BillingPorts) {
    let answers = ports.commits.commit_all(Vec::new()).await;
    assert!(answers.is_empty(), "nothing was asked, but the store answered {answers:?}");
    let world = World::new(ports);
    let receipt = world.commit(world.change()).await;
    assert_eq!(receipt.records, [], "a change that writes nothing is committed all the same");
}

async fn commit_all(ports: &BillingPorts, batch: Vec<BillingChange>) -> Vec<Result<Receipt, StoreError>> {
    let (asked, batch) = (batch.len(), batch.into_iter().map(|change| Arc::new(change.build())).collect());
    let answers = ports.commits.commit_all(batch).await;
    assert_eq!(answers.len(), asked, "each member is answered");
    answers
}

fn five<T: std::fmt::Debug>(answers: Vec<T>) -> [T; 5] {
    answers.try_into().unwrap_or_else(|answers| panic!("five answers, not {answers:?}"))
}
