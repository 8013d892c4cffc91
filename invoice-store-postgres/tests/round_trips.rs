//! A commit is one round trip, counted on the wire.

#![allow(clippy::expect_used, reason = "a test that can't begin fails")]

mod support;

use invoice_core::change::Record;
use invoice_core::ports::{CommitsExt as _, Invoices as _, Outbox as _, Trail as _};
use invoice_core::testing::contract::race;
use invoice_core::testing::{BillingChange, BillingFixtures, day, run};
use invoice_core::{Allocation, Client, CounterKey, DocumentType, Invoice, Payment, Series, Timestamp};
use invoice_store_postgres::{PostgresStore, Settings};

use support::wire::Wire;

struct Desk {
    wire: Wire,
    store: PostgresStore,
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
        Self { wire, store, make, client, series }
    }

    fn draft(&self) -> Invoice {
        self.make.draft(&self.client, "100")
    }

    fn issue(&self) -> BillingChange {
        self.make.change().issue(self.draft(), &self.series, &self.client, day("2026-03-02"))
    }

    async fn commit(&self, change: BillingChange) -> (usize, Vec<Record>) {
        let (trips, answer) = self.wire.count(self.store.commit(change.build())).await;
        (trips, answer.expect("a sound change").records)
    }

    async fn invoice(&self, change: BillingChange) -> (usize, Invoice) {
        let (trips, records) = self.commit(change).await;
        match records.into_iter().next() {
            Some(Record::Invoice(invoice)) => (trips, *invoice),
            other => panic!("an invoice comes first, not {other:?}"),
        }
    }
}

/// The payment, all of it for an invoice; built by its stored form.
fn allocated(payment: &Payment, invoice: &Invoice) -> Payment {
    let mut json = serde_json::to_value(payment).expect("a payment is stored");
    let part = Allocation::new(invoice.id(), payment.amount());
    json["allocations"] = serde_json::to_value([part]).expect("an allocation is stored");
    serde_json::from_value(json).expect("a payment reads back")
}

#[test]
fn a_commit_is_one_round_trip_once_the_connection_knows_its_statement() {
    run(async {
        let desk = Desk::open().await;
        // The first of each prepares its statement; the first issue also makes the counter.
        let mut last = Vec::new();
        for _ in 0..3 {
            let mut trips = Vec::new();
            let (count, draft) = desk.invoice(desk.make.change().insert(desk.draft())).await;
            trips.push(("draft", count));
            let (count, draft) = desk.invoice(desk.make.change().update(draft)).await;
            trips.push(("update", count));
            let published =
                desk.make.change().issue_stored(draft, &desk.series, &desk.client, day("2026-03-02"));
            let (count, published) = desk.invoice(published).await;
            trips.push(("publish", count));
            let (count, issued) = desk.invoice(desk.issue().idempotent(&published.id().to_string(), 1)).await;
            trips.push(("issue", count));
            let (count, _) =
                desk.invoice(desk.make.change().update(published).guard(desk.client.clone())).await;
            trips.push(("update of an issued one", count));
            let payment = allocated(&desk.make.payment(&desk.client, "20"), &issued);
            let paid = desk.make.change().update(issued).insert(payment);
            let (count, _) = desk.invoice(paid).await;
            trips.push(("payment", count));
            last = trips;
        }
        for (what, trips) in last {
            assert_eq!(trips, 1, "{what}");
        }
    });
}

#[test]
fn a_wrong_prediction_costs_one_more() {
    run(async {
        let desk = Desk::open().await;
        desk.commit(desk.issue()).await;
        desk.commit(desk.issue()).await;
        assert_eq!(desk.commit(desk.issue()).await.0, 1);
        // Another process takes the next number.
        let other = PostgresStore::connect(&support::url()).await.expect("the test server answers");
        let other = other.with_schema(desk.store.schema()).expect("a plain name");
        other.commit(desk.issue().build()).await.expect("a sound change");
        let (trips, records) = desk.commit(desk.issue()).await;
        assert_eq!((trips, records.first().and_then(Record::number)), (2, Some("INV-5")));
        assert_eq!(desk.commit(desk.issue()).await.0, 1, "and the next one none");
    });
}

#[test]
fn a_read_is_one_round_trip() {
    run(async {
        let desk = Desk::open().await;
        let (_, invoice) = desk.invoice(desk.issue()).await;
        let team = desk.make.team();
        let key = CounterKey { series: desk.series.id(), period: desk.series.period(day("2026-03-02")) };
        for round in 0..2 {
            let trips = [
                desk.wire.count(desk.store.invoice(team, invoice.id())).await.0,
                desk.wire.count(desk.store.invoice_with_context(team, invoice.id())).await.0,
                desk.wire.count(desk.store.counter(team, key)).await.0,
                desk.wire.count(desk.store.claim(Timestamp::from_millis(1 << 40), 1_000, 10)).await.0,
            ];
            assert!(round == 0 || trips == [1; 4], "{trips:?}");
        }
    });
}

#[test]
fn what_many_ask_for_at_once_is_few_questions() {
    run(async {
        let desk = Desk::open().await;
        let (_, invoice) = desk.invoice(desk.issue()).await;
        let wire = Wire::default();
        let store = support::over_with(&wire, desk.store.schema(), &Settings::default()).await;
        let mut fewest = usize::MAX;
        // The first prepare the statements, and on a busy machine some wait for so long that they ask alone.
        for _ in 0..50 {
            let before = wire.said();
            let answers = race(64, |_| {
                let (store, team, id) = (store.clone(), desk.make.team(), invoice.id());
                async move { store.invoice(team, id).await }
            });
            for answer in answers.await {
                assert_eq!(answer.unwrap().as_ref(), Some(&invoice));
            }
            fewest = fewest.min(wire.said() - before);
            if fewest < 32 {
                break;
            }
        }
        assert!(fewest < 32, "64 readers asked {fewest} times");
    });
}
