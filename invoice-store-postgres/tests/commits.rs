//! Commits land whole, in the application's transaction too, and together where they wait for one counter.

#![allow(clippy::expect_used, reason = "a test that can't begin fails")]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use invoice_core::change::{Receipt, Record};
use invoice_core::line::Line;
use invoice_core::ports::{Catalog as _, Commits as _, CommitsExt as _, StoreError, Unique};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::testing::contract::race;
use invoice_core::testing::{BillingChange, BillingFixtures, day, euros, run};
use invoice_core::{Client, Content, Currency, DocumentType, PaymentData, Series};
use invoice_store_postgres::{PostgresStore, Settings, sqlx};
use sqlx::PgPool;

use support::a_store;

/// A team with a client and a series of invoices.
struct Desk {
    store: PostgresStore,
    make: BillingFixtures,
    client: Client,
    series: Series,
}

impl Desk {
    async fn open(store: &PostgresStore) -> Self {
        let make = BillingFixtures::new();
        let (client, series) = (make.client("Café Jelinek"), make.series(DocumentType::Invoice));
        let change = make.change().insert(client.clone()).insert(series.clone());
        store.commit(change.build()).await.expect("a client and a series");
        Self { store: store.clone(), make, client, series }
    }

    fn issue(&self) -> BillingChange {
        let draft = self.make.draft(&self.client, "100");
        self.make.change().issue(draft, &self.series, &self.client, day("2026-03-02"))
    }

    async fn count(&self, pool: &PgPool, table: &str) -> i64 {
        let text = format!("SELECT count(*) FROM {}.{table} WHERE team = $1", self.store.schema());
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(text)).bind(self.make.team().as_uuid());
        query.fetch_one(pool).await.expect("the table is counted")
    }
}

async fn a_pool() -> PgPool {
    PgPool::connect(&support::url()).await.expect("the test server answers")
}

fn number(receipt: &Receipt) -> &str {
    receipt.records.iter().find_map(Record::number).expect("a numbered document")
}

#[test]
fn issues_are_numbered_one_after_the_other() {
    run(async {
        let desk = Desk::open(&a_store().await).await;
        for expected in ["INV-1", "INV-2", "INV-3"] {
            let receipt = desk.store.commit(desk.issue().build()).await.unwrap();
            assert_eq!(number(&receipt), expected);
        }
    });
}

#[test]
fn what_lands_in_the_applications_transaction_is_undone_with_it() {
    run(async {
        let desk = Desk::open(&a_store().await).await;
        let pool = a_pool().await;
        let change = desk.issue().build();

        let mut transaction = pool.begin().await.unwrap();
        let receipt = desk.store.commit_in(&mut transaction, &change).await.unwrap();
        assert_eq!(number(&receipt), "INV-1");
        transaction.rollback().await.unwrap();
        assert_eq!(desk.count(&pool, "documents").await, 0);

        let table = format!("{}.orders", desk.store.schema());
        let text = format!("CREATE TABLE {table} (billed boolean)");
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&pool).await.unwrap();
        let mut transaction = pool.begin().await.unwrap();
        let text = format!("INSERT INTO {table} VALUES (true)");
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut *transaction).await.unwrap();
        let receipt = desk.store.commit_in(&mut transaction, &change).await.unwrap();
        assert_eq!(number(&receipt), "INV-1", "what was undone took no number");
        transaction.commit().await.unwrap();
        let text = format!("SELECT count(*) FROM {table}");
        let orders: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(text)).fetch_one(&pool).await.unwrap();
        assert_eq!((orders, desk.count(&pool, "documents").await), (1, 1), "both landed");
        let next = desk.store.commit(desk.issue().build()).await.unwrap();
        assert_eq!(number(&next), "INV-2");
    });
}

#[test]
fn a_commit_that_fails_leaves_the_applications_transaction_usable() {
    run(async {
        let desk = Desk::open(&a_store().await).await;
        let pool = a_pool().await;
        let mut transaction = pool.begin().await.unwrap();
        let twice = desk.issue().insert(desk.client.clone()).build();
        match desk.store.commit_in(&mut transaction, &twice).await {
            Err(StoreError::Duplicate { what: Unique::Id }) => {}
            other => panic!("the client is there already, but the answer is {other:?}"),
        }
        let receipt = desk.store.commit_in(&mut transaction, &desk.issue().build()).await.unwrap();
        assert_eq!(number(&receipt), "INV-1");
        transaction.commit().await.unwrap();
        assert_eq!(desk.count(&pool, "documents").await, 1);
    });
}

#[test]
fn many_who_wait_for_one_series_land_in_few_statements() {
    run(async {
        let desk = Arc::new(Desk::open(&a_store().await).await);
        // The counter is made by a first issue.
        desk.store.commit(desk.issue().build()).await.unwrap();
        let answers = race(64, |_| {
            let desk = Arc::clone(&desk);
            async move { desk.store.commit(desk.issue().build()).await }
        })
        .await;
        let mut numbers: Vec<_> =
            answers.iter().map(|answer| number(answer.as_ref().unwrap()).to_owned()).collect();
        numbers.sort_by_key(|number| number.trim_start_matches("INV-").parse::<u32>().unwrap());
        let expected: Vec<_> = (2..=65).map(|seq| format!("INV-{seq}")).collect();
        assert_eq!(numbers, expected);
        // What lands in one statement lands in one transaction of the server.
        let text = format!("SELECT count(DISTINCT xmin::text) FROM {}.commits", desk.store.schema());
        let pool = a_pool().await;
        let transactions: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(text)).fetch_one(&pool).await.unwrap();
        assert!(transactions <= 22, "66 commits took {transactions} statements");
    });
}

#[test]
fn one_that_fails_does_not_fail_those_it_waits_with() {
    run(async {
        let desk = Arc::new(Desk::open(&a_store().await).await);
        let first = desk.store.commit(desk.issue().build()).await.unwrap();
        let Some(Record::Invoice(stored)) = first.records.first() else { panic!("an invoice") };
        let answers = race(32, |index| {
            let (desk, taken) = (Arc::clone(&desk), stored.clone());
            async move {
                let change = match index % 8 {
                    // An identifier that is taken, and a record that has moved on.
                    3 => desk.issue().insert(*taken),
                    5 => desk.issue().guard(*taken).with(|change| {
                        change.guards.iter_mut().for_each(|guard| guard.expected = guard.expected.next());
                    }),
                    _ => desk.issue(),
                };
                desk.store.commit(change.build()).await
            }
        })
        .await;
        for (index, answer) in answers.iter().enumerate() {
            match (index % 8, answer) {
                (3, Err(StoreError::Duplicate { what: Unique::Id | Unique::Number }))
                | (5, Err(StoreError::Conflict { .. })) => {}
                (3 | 5, other) => panic!("member {index} can't land, but the answer is {other:?}"),
                (_, answer) => assert!(answer.is_ok(), "{answer:?}"),
            }
        }
        let pool = a_pool().await;
        assert_eq!(desk.count(&pool, "documents").await, 1 + 24);
    });
}

#[test]
fn a_caller_that_goes_away_does_not_stop_the_others() {
    run(async {
        let desk = Arc::new(Desk::open(&a_store().await).await);
        desk.store.commit(desk.issue().build()).await.unwrap();
        for _ in 0..8 {
            let callers: Vec<_> = (0..16)
                .map(|_| {
                    let desk = Arc::clone(&desk);
                    tokio::spawn(async move { desk.store.commit(desk.issue().build()).await })
                })
                .collect();
            tokio::task::yield_now().await;
            for (index, caller) in callers.into_iter().enumerate() {
                if index % 4 == 0 {
                    caller.abort();
                    continue;
                }
                caller.await.unwrap().unwrap();
            }
        }
        let last = desk.store.commit(desk.issue().build()).await.unwrap();
        let pool = a_pool().await;
        let landed = desk.count(&pool, "documents").await;
        assert_eq!(number(&last), format!("INV-{landed}"), "numbers have no gaps");
        assert!(landed > 1 + 8 * 12);
    });
}

#[test]
fn a_write_that_changes_nothing_due_changes_no_sum() {
    run(async {
        let desk = Desk::open(&a_store().await).await;
        let pool = a_pool().await;
        let receipt = desk.store.commit(desk.issue().build()).await.unwrap();
        let text = format!("SELECT sum(amount)::bigint FROM {}.receivables", desk.store.schema());
        let due = || sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(text.clone())).fetch_one(&pool);
        assert_eq!(due().await.unwrap(), 12_000, "100 and a fifth of it");
        let Some(Record::Invoice(invoice)) = receipt.records.first() else { panic!("an invoice") };
        let answer = desk.store.commit(desk.make.change().update((**invoice).clone()).build()).await;
        answer.unwrap();
        assert_eq!(due().await.unwrap(), 12_000, "what changes nothing about it changes no sum");
    });
}

#[test]
fn processes_that_issue_into_one_series_leave_no_gap() {
    run(async {
        let desk = Arc::new(Desk::open(&a_store().await).await);
        // Each with connections and a memory of its own, like a process.
        let mut processes = Vec::new();
        for _ in 0..4 {
            let mut settings = Settings::default();
            settings.connections = 4;
            let options = support::url().parse().unwrap();
            let store = PostgresStore::connect_with(options, &settings).await.unwrap();
            processes.push(store.with_schema(desk.store.schema()).unwrap());
        }
        let answers = race(32, |index| {
            let (desk, store) = (Arc::clone(&desk), processes[index % 4].clone());
            async move {
                let mut numbers = Vec::new();
                for _ in 0..5 {
                    numbers.push(number(&store.commit(desk.issue().build()).await.unwrap()).to_owned());
                }
                numbers
            }
        })
        .await;
        let mut seqs: Vec<u32> = answers
            .iter()
            .flatten()
            .map(|number| number.trim_start_matches("INV-").parse().unwrap())
            .collect();
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=160).collect::<Vec<_>>());
    });
}

#[test]
fn commits_to_one_counter_can_be_kept_apart() {
    run(async {
        let shared = a_store().await;
        let mut settings = Settings::default();
        settings.together = 1;
        let store = PostgresStore::connect_with(support::url().parse().unwrap(), &settings).await.unwrap();
        let desk = Arc::new(Desk::open(&store.with_schema(shared.schema()).unwrap()).await);
        let answers =
            race(16, |_| {
                let desk = Arc::clone(&desk);
                async move {
                    desk.store.commit(desk.issue().build()).await.map(|receipt| number(&receipt).to_owned())
                }
            })
            .await;
        let numbers: BTreeSet<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(numbers.len(), 16);
        let text = format!("SELECT count(DISTINCT xmin::text) FROM {}.commits", shared.schema());
        let transactions: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(text)).fetch_one(&a_pool().await).await.unwrap();
        assert_eq!(transactions, 17);
    });
}

#[test]
fn many_that_bring_one_reference_at_once_are_told_at_once() {
    run(async {
        let desk = Desk::open(&a_store().await).await;
        let begun = Instant::now();
        for round in 0..3 {
            let brings = |_| {
                let data = PaymentData {
                    external_reference: Some(format!("bank-{round}")),
                    ..PaymentData::new(desk.client.id(), euros("1"), day("2026-03-02"))
                };
                let change = desk.make.change().insert(desk.make.payment_of(data)).build();
                let store = desk.store.clone();
                async move { store.commit(change).await }
            };
            let answers = race(20, brings).await;
            let taken = answers.iter().filter(|answer| answer.is_ok()).count();
            let told = |answer: &&Result<Receipt, StoreError>| {
                matches!(answer, Err(StoreError::Duplicate { what: Unique::ExternalReference }))
            };
            assert_eq!((taken, answers.iter().filter(told).count()), (1, 19), "{answers:?}");
        }
        // Those that wait for each other in a circle are parted by the server after a second each.
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_store_lives_on_the_pool_of_the_application() {
    run(async {
        let schema = a_store().await.schema().to_owned();
        let pool = a_pool().await;
        let store = PostgresStore::from_pool(pool.clone()).with_schema(&schema).unwrap();
        let desk = Desk::open(&store).await;
        assert_eq!(number(&store.commit(desk.issue().build()).await.unwrap()), "INV-1");
        assert_eq!(desk.count(&pool, "documents").await, 1);
    });
}

#[test]
fn an_invoice_that_goes_leaves_the_sums() {
    run(async {
        let desk = Desk::open(&a_store().await).await;
        let pool = a_pool().await;
        let sums = async || {
            let text = "SELECT (SELECT coalesce(sum(amount), 0)::bigint FROM {s}.receivables), \
                (SELECT coalesce(sum(tax), 0)::bigint FROM {s}.monthly_taxes), \
                (SELECT coalesce(sum(invoices), 0)::bigint FROM {s}.monthly_revenue)";
            let text = text.replace("{s}", desk.store.schema());
            let sums: (i64, i64, i64) =
                sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_one(&pool).await.unwrap();
            sums
        };
        let first = desk.store.commit(desk.issue().build()).await.unwrap();
        desk.store.commit(desk.issue().build()).await.unwrap();
        assert_eq!(sums().await, (24_000, 4_000, 2));
        let Some(Record::Invoice(invoice)) = first.records.into_iter().next() else { panic!("an invoice") };
        let gone = desk.make.change().delete(*invoice).build();
        desk.store.commit(gone).await.unwrap();
        assert_eq!(sums().await, (12_000, 2_000, 1));
    });
}

#[test]
fn what_is_too_much_for_one_statement_lands_one_by_one() {
    run(async {
        let desk = Desk::open(&a_store().await).await;
        let pool = a_pool().await;
        // Each is within the bounds of an amount, ten of them are beyond 64 bits.
        let huge = Line::new("1", "Everything", "90000".parse().unwrap(), "99999999999".parse().unwrap());
        let content = Content::new(desk.client.id(), Currency::EUR)
            .with_line(huge.unwrap().with_tax(Tax::vat(TaxCategory::ZeroRated, "0".parse().unwrap())));
        let issue = || {
            let draft = desk.make.invoice(content.clone());
            desk.make.change().issue(draft, &desk.series, &desk.client, day("2026-03-02")).build()
        };
        desk.store.commit(desk.issue().build()).await.unwrap();
        let answers = desk.store.commit_all((0..12).map(|_| Arc::new(issue())).collect()).await;
        for answer in answers {
            answer.unwrap();
        }
        let text = format!("SELECT sum(amount)::text FROM {}.receivables", desk.store.schema());
        let due: String = sqlx::query_scalar(sqlx::AssertSqlSafe(text)).fetch_one(&pool).await.unwrap();
        let one = i128::from(90_000_u32) * 9_999_999_999_900;
        assert_eq!(due, (12 * one + 12_000).to_string());
    });
}

#[test]
fn a_change_set_of_hundreds_of_records_is_written_and_changed_as_one() {
    run(async {
        let store = a_store().await;
        let make = BillingFixtures::new();
        let clients: Vec<_> = (0..300).map(|index| make.client(&format!("Client {index}"))).collect();
        let insert = clients.iter().cloned().fold(make.change(), BillingChange::insert);
        store.commit(insert.build()).await.unwrap();
        let update = clients.iter().cloned().fold(make.change(), BillingChange::update);
        let receipt = store.commit(update.build()).await.unwrap();
        assert_eq!(receipt.records.len(), 300);
        for record in &receipt.records {
            let Record::Client(client) = record else { panic!("a client") };
            let stored = store.client(make.team(), client.id()).await.unwrap();
            assert_eq!(stored.as_ref(), Some(&**client));
        }
        let again = clients.into_iter().fold(make.change(), BillingChange::update);
        let refused = store.commit(again.build()).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    });
}
