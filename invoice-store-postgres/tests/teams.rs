//! Commits of several teams land together, and no team's trouble is another one's.

#![allow(clippy::expect_used, reason = "a test that can't begin fails")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use invoice_core::change::{Receipt, Record};
use invoice_core::ports::{Catalog as _, CommitsExt as _, Invoices as _, StoreError, TradingContext};
use invoice_core::testing::contract::race;
use invoice_core::testing::{BillingChange, BillingFixtures, day, run};
use invoice_core::{Client, DocumentType, Metadata, Series};
use invoice_store_postgres::{PostgresStore, Settings, sqlx};
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

/// A team with a client, a series, and a first invoice.
struct Desk {
    store: PostgresStore,
    make: BillingFixtures,
    client: Client,
    series: Series,
}

impl Desk {
    async fn open(store: &PostgresStore, make: BillingFixtures) -> Arc<Self> {
        let (client, series) = (make.client("Café Jelinek"), make.series(DocumentType::Invoice));
        let change = make.change().insert(client.clone()).insert(series.clone());
        store.commit(change.build()).await.expect("a client and a series");
        let desk = Self { store: store.clone(), make, client, series };
        desk.commit(desk.issue()).await.expect("a first invoice makes the counter");
        Arc::new(desk)
    }

    async fn several(store: &PostgresStore, count: usize) -> Vec<Arc<Self>> {
        let (mut desks, first) = (Vec::new(), BillingFixtures::new());
        for _ in 0..count {
            desks.push(Self::open(store, first.another_team()).await);
        }
        desks
    }

    fn issue(&self) -> BillingChange {
        let draft = self.make.draft(&self.client, "100");
        self.make.change().issue(draft, &self.series, &self.client, day("2026-03-02"))
    }

    async fn commit(&self, change: BillingChange) -> Result<Receipt, StoreError> {
        self.store.commit(change.build()).await
    }
}

/// A store that lets all teams wait in one lane.
async fn a_store_of_one_lane() -> PostgresStore {
    let shared = support::a_store().await;
    let mut settings = Settings::default();
    settings.lanes = 1;
    let options = support::url().parse().expect("a URL of the server");
    let store = PostgresStore::connect_with(options, &settings).await.expect("the test server answers");
    store.with_schema(shared.schema()).expect("a plain name")
}

async fn a_connection() -> PgConnection {
    PgConnection::connect(&support::url()).await.expect("the test server answers")
}

fn number(receipt: &Receipt) -> &str {
    receipt.records.iter().find_map(Record::number).expect("a numbered document")
}

#[test]
fn teams_that_wait_land_in_few_statements_each_with_its_own_numbers_and_sums() {
    run(async {
        let store = a_store_of_one_lane().await;
        let desks = Desk::several(&store, 16).await;
        let answers = race(64, |index| {
            let desk = Arc::clone(&desks[index % 16]);
            async move {
                // Drafts, and invoices with something in every table.
                let metadata = Metadata::from_iter([("order".to_owned(), index.to_string())]);
                let change = match index % 4 {
                    3 => desk.make.change().insert(desk.make.draft(&desk.client, "7")),
                    _ => desk.issue(),
                };
                let change = change.with(|change| {
                    for write in &mut change.writes {
                        if let invoice_core::change::Write::Insert(Record::Invoice(invoice)) = write {
                            **invoice = with_metadata(invoice, &metadata);
                        }
                    }
                });
                desk.commit(change).await
            }
        })
        .await;
        let mut seqs = vec![vec![1]; 16];
        for (index, answer) in answers.iter().enumerate() {
            let receipt = answer.as_ref().unwrap();
            let [Record::Invoice(invoice)] = &receipt.records[..] else { panic!("an invoice") };
            let stored = store.invoice(desks[index % 16].make.team(), invoice.id()).await.unwrap();
            assert_eq!(stored.as_ref(), Some(&**invoice), "it is there as answered");
            if index % 4 != 3 {
                seqs[index % 16].push(number(receipt).trim_start_matches("INV-").parse::<u32>().unwrap());
            }
        }
        let mut connection = a_connection().await;
        for (desk, mut seqs) in desks.iter().zip(seqs) {
            seqs.sort_unstable();
            assert!(seqs.iter().copied().eq(1..=u32::try_from(seqs.len()).unwrap()), "{seqs:?}");
            let text =
                format!("SELECT sum(amount)::bigint FROM {}.receivables WHERE team = $1", store.schema());
            let due =
                sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(text)).bind(desk.make.team().as_uuid());
            let due = due.fetch_one(&mut connection).await.unwrap();
            assert_eq!(due, 12_000 * i64::try_from(seqs.len()).unwrap(), "100 and a fifth of it, each");
        }
        let text = format!("SELECT count(DISTINCT xmin::text) FROM {}.commits", store.schema());
        let transactions = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(text));
        let transactions = transactions.fetch_one(&mut connection).await.unwrap();
        assert!(transactions <= 2 * 16 + 16, "64 commits took {} statements", transactions - 32);
    });
}

fn with_metadata(invoice: &invoice_core::Invoice, metadata: &Metadata) -> invoice_core::Invoice {
    let mut json = serde_json::to_value(invoice).expect("an invoice is stored");
    json["metadata"] = serde_json::to_value(metadata).expect("metadata is stored");
    serde_json::from_value(json).expect("an invoice reads back")
}

#[test]
fn a_team_whose_counter_is_held_holds_up_nobody_else() {
    run(async {
        let store = a_store_of_one_lane().await;
        let desks = Desk::several(&store, 3).await;
        let [held, first, second] = &desks[..] else { panic!("three desks") };
        let mut connection = a_connection().await;
        let mut holder = connection.begin().await.unwrap();
        let text = format!("SELECT FROM {}.counters WHERE team = $1 FOR UPDATE", store.schema());
        let lock = sqlx::query(sqlx::AssertSqlSafe(text)).bind(held.make.team().as_uuid());
        lock.execute(&mut *holder).await.unwrap();
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let desk = Arc::clone(held);
                tokio::spawn(async move { desk.commit(desk.issue()).await })
            })
            .collect();
        let patience = Duration::from_mins(1);
        for desk in [first, second, first, second] {
            let answer = timeout(patience, desk.commit(desk.issue())).await;
            answer.expect("others do not wait for the one that is held").unwrap();
        }
        assert!(waiting.iter().all(|task| !task.is_finished()), "that one waits");
        holder.rollback().await.unwrap();
        let mut numbers = Vec::new();
        for task in waiting {
            numbers.push(number(&task.await.unwrap().unwrap()).to_owned());
        }
        numbers.sort_unstable();
        assert_eq!(numbers, ["INV-2", "INV-3", "INV-4"]);
    });
}

#[test]
fn what_fails_fails_nobody_else() {
    run(async {
        let store = a_store_of_one_lane().await;
        let desks = Desk::several(&store, 8).await;
        let answers = race(48, |index| {
            let desk = Arc::clone(&desks[index % 8]);
            async move {
                let change = if index % 6 == 5 {
                    // Of a client that nobody has.
                    let stranger = desk.make.client("Nobody");
                    desk.make.change().insert(desk.make.draft(&stranger, "1"))
                } else {
                    desk.issue()
                };
                desk.commit(change).await
            }
        })
        .await;
        for (index, answer) in answers.iter().enumerate() {
            match answer {
                Err(StoreError::NotFound) if index % 6 == 5 => {}
                Ok(_) if index % 6 != 5 => {}
                other => panic!("member {index} is answered {other:?}"),
            }
        }
        for (place, desk) in desks.iter().enumerate() {
            let issued = (0..48).filter(|index| index % 8 == place && index % 6 != 5).count();
            let next = desk.commit(desk.issue()).await.unwrap();
            assert_eq!(number(&next), format!("INV-{}", 1 + issued + 1), "numbers have no gaps");
        }
    });
}

#[test]
fn what_teams_ask_for_at_the_same_moment_is_answered_to_each_of_its_own() {
    run(async {
        let store = a_store_of_one_lane().await;
        let desks = Desk::several(&store, 8).await;
        let mut invoices = Vec::new();
        for desk in &desks {
            let receipt = desk.commit(desk.issue()).await.unwrap();
            let [Record::Invoice(invoice)] = &receipt.records[..] else { panic!("an invoice") };
            invoices.push(invoice.clone());
        }
        let invoices = Arc::new(invoices);
        let answers = race(400, |index| {
            let (desk, owner) = (Arc::clone(&desks[index % 8]), index / 8 % 8);
            let (other, invoices) = (Arc::clone(&desks[owner]), Arc::clone(&invoices));
            async move {
                let (store, team) = (&desk.store, desk.make.team());
                let is_own = owner == index % 8;
                match index % 3 {
                    0 => {
                        let found = store.invoice(team, invoices[owner].id()).await.unwrap();
                        found == is_own.then(|| (*invoices[owner]).clone())
                    }
                    1 => {
                        let found = store.client(team, other.client.id()).await.unwrap();
                        found == is_own.then(|| other.client.clone())
                    }
                    _ => {
                        let (client, kind) = (other.client.id(), DocumentType::Invoice);
                        let found = store.trading_context(team, client, kind, None).await.unwrap();
                        let client = is_own.then(|| other.client.clone());
                        found == TradingContext { client, supplier: None, series: Some(desk.series.clone()) }
                    }
                }
            }
        })
        .await;
        let wrong: Vec<_> = answers.iter().enumerate().filter(|(_, right)| !**right).map(|it| it.0).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    });
}
