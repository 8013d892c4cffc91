//! A database that is set to a stricter isolation level than the store needs.

#![allow(clippy::expect_used, reason = "a test that can't begin fails")]

mod support;

use std::sync::Arc;

use invoice_core::ports::BillingPorts;
use invoice_core::testing::contract::billing::outbox::several_workers_keep_each_aggregates_order;
use invoice_core::testing::contract::race;
use invoice_core::testing::run;
use invoice_store_postgres::sqlx::postgres::PgConnectOptions;
use invoice_store_postgres::{PostgresStore, Settings, Status};

/// A store in a schema, over connections of its own.
async fn a_strict_store(schema: &str) -> PostgresStore {
    let options: PgConnectOptions = support::url().parse().expect("the URL of the server");
    let options = options.options([("default_transaction_isolation", "serializable")]);
    let store = PostgresStore::connect_with(options, &Settings::default()).await;
    store.expect("the test server answers").with_schema(schema).expect("a plain name")
}

#[test]
fn ten_that_start_together_migrate_once() {
    run(async {
        let schema = support::a_schema();
        let answers = race(10, |_| {
            let schema = schema.clone();
            async move { a_strict_store(&schema).await.migrate().await.map(Status::is_current) }
        })
        .await;
        for answer in answers {
            assert!(answer.unwrap());
        }
    });
}

#[test]
fn workers_at_the_outbox_get_in_each_others_way_no_more_than_elsewhere() {
    run(async {
        let store = a_strict_store(&support::a_schema()).await;
        store.migrate().await.unwrap();
        several_workers_keep_each_aggregates_order(&BillingPorts::from_store(&Arc::new(store))).await;
    });
}
