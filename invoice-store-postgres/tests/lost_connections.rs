//! A connection that goes away while a commit is on it.

#![allow(clippy::expect_used, reason = "a test that can't begin fails")]

mod support;

use std::sync::Arc;

use invoice_core::change::{ChangeSet, Record};
use invoice_core::ports::{Commits as _, CommitsExt as _, Invoices as _, StoreError, Trail as _};
use invoice_core::testing::{BillingFixtures, day, run};
use invoice_core::{Client, DocumentType, Series};
use invoice_store_postgres::PostgresStore;

use support::wire::Wire;

struct Desk {
    wire: Wire,
    store: PostgresStore,
    /// Beside the wire.
    direct: PostgresStore,
    make: BillingFixtures,
    client: Client,
    series: Series,
}

impl Desk {
    async fn open() -> Self {
        let direct = support::a_store().await;
        let wire = Wire::default();
        let store = support::over(&wire, direct.schema()).await;
        let make = BillingFixtures::new();
        let (client, series) = (make.client("Café Jelinek"), make.series(DocumentType::Invoice));
        let change = make.change().insert(client.clone()).insert(series.clone());
        store.commit(change.build()).await.expect("a client and a series");
        let desk = Self { wire, store, direct, make, client, series };
        desk.store.commit(desk.issue()).await.expect("the counter is made");
        desk
    }

    fn issue(&self) -> ChangeSet {
        let draft = self.make.draft(&self.client, "100");
        self.make.change().issue(draft, &self.series, &self.client, day("2026-03-02")).build()
    }

    async fn next(&self) -> u64 {
        let counters = self.direct.counters(self.make.team()).await.expect("the counters are read");
        counters.first().expect("the one of the series").1.next
    }
}

#[test]
fn a_commit_whose_answer_is_lost_is_found_again() {
    run(async {
        let desk = Desk::open().await;
        let change = desk.issue();
        desk.wire.cut();
        let receipt = desk.store.commit(change.clone()).await.unwrap();
        assert_eq!(receipt.records.first().and_then(Record::number), Some("INV-2"));
        assert_eq!(desk.next().await, 3, "it took one number");
        assert_eq!(desk.store.commit(change).await.unwrap().records, receipt.records);
    });
}

#[test]
fn commits_that_land_together_are_found_again_as_well() {
    run(async {
        let desk = Desk::open().await;
        let changes: Vec<_> = (0..4).map(|_| Arc::new(desk.issue())).collect();
        // The connection learns the statement first.
        desk.store.commit_all((0..4).map(|_| Arc::new(desk.issue())).collect()).await;
        desk.wire.cut();
        let answers = desk.store.commit_all(changes).await;
        let numbers =
            answers.iter().map(|answer| answer.as_ref().unwrap().records.first().and_then(Record::number));
        let expected = [Some("INV-6"), Some("INV-7"), Some("INV-8"), Some("INV-9")];
        assert_eq!(numbers.collect::<Vec<_>>(), expected);
        assert_eq!(desk.next().await, 10);
    });
}

#[test]
fn an_outcome_that_nobody_can_be_asked_for_is_unknown_and_the_retry_is_safe() {
    run(async {
        let desk = Desk::open().await;
        let change = desk.issue();
        desk.wire.cut();
        desk.wire.close(true);
        match desk.store.commit(change.clone()).await {
            Err(StoreError::UnknownOutcome) => {}
            other => panic!("nobody knows what became of it, but the answer is {other:?}"),
        }
        match desk.store.commit(desk.issue()).await {
            Err(StoreError::Unavailable) => {}
            other => panic!("nothing was sent, but the answer is {other:?}"),
        }
        desk.wire.close(false);
        let receipt = desk.store.commit(change).await.unwrap();
        assert_eq!(receipt.records.first().and_then(Record::number), Some("INV-2"));
        assert_eq!(desk.next().await, 3, "it took one number");
    });
}

#[test]
fn a_read_that_meets_a_dead_connection_is_answered_over_another() {
    run(async {
        let desk = Desk::open().await;
        let receipt = desk.store.commit(desk.issue()).await.unwrap();
        let Some(Record::Invoice(invoice)) = receipt.records.first() else { panic!("an invoice") };
        desk.wire.cut();
        let found = desk.store.invoice(desk.make.team(), invoice.id()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&**invoice));
    });
}

#[test]
fn a_transaction_whose_answer_is_lost_is_found_again() {
    run(async {
        let desk = Desk::open().await;
        let draft = desk.make.draft(&desk.client, "100");
        desk.store.commit(desk.make.change().insert(draft.clone()).build()).await.unwrap();
        let gone = desk.make.change().delete(draft.clone()).build();
        desk.wire.cut_after("COMMIT\0");
        let receipt = desk.store.commit(gone.clone()).await.unwrap();
        assert_eq!(receipt.commit, gone.id);
        assert_eq!(desk.direct.invoice(desk.make.team(), draft.id()).await.unwrap(), None);
    });
}

#[test]
fn a_transaction_that_nobody_can_be_asked_for_has_an_unknown_outcome() {
    run(async {
        let desk = Desk::open().await;
        let draft = desk.make.draft(&desk.client, "100");
        desk.store.commit(desk.make.change().insert(draft.clone()).build()).await.unwrap();
        let gone = desk.make.change().delete(draft).build();
        desk.wire.cut_after("COMMIT\0");
        desk.wire.close(true);
        match desk.store.commit(gone.clone()).await {
            Err(StoreError::UnknownOutcome) => {}
            other => panic!("nobody knows what became of it, but the answer is {other:?}"),
        }
        desk.wire.close(false);
        assert_eq!(desk.store.commit(gone.clone()).await.unwrap().commit, gone.id);
    });
}
