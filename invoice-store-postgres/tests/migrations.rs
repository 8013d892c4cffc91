//! The schema goes up, down and up again, once however many ask for it.

#![allow(clippy::expect_used, reason = "a test that can't begin fails")]

mod support;

use invoice_core::change::Record;
use invoice_core::ports::{BillingPorts, Catalog as _, ClientQuery, CommitsExt as _, PageRequest};
use invoice_core::testing::contract::race;
use invoice_core::testing::{BillingFixtures, run};
use invoice_store_postgres::{MigrateError, MigrationError, PostgresStore, Status, sqlx};
use std::sync::Arc;

use support::{a_bare_store, a_store};

async fn execute(store: &PostgresStore, text: &str) {
    let pool = sqlx::PgPool::connect(&support::url()).await.expect("the test server answers");
    let text = sqlx::AssertSqlSafe(text.replace("{s}", store.schema()));
    sqlx::raw_sql(text).execute(&pool).await.expect("the statement is sound");
    pool.close().await;
}

#[test]
fn a_new_schema_is_at_version_nought_and_then_current() {
    run(async {
        let store = a_bare_store().await;
        assert_eq!(store.status().await.unwrap().current(), 0);
        assert!(store.migrate().await.unwrap().is_current());
        assert!(store.migrate().await.unwrap().is_current());
        assert!(store.status().await.unwrap().is_current());
    });
}

#[test]
fn ten_that_start_together_migrate_once() {
    run(async {
        let store = a_bare_store().await;
        let answers = race(10, |_| {
            let schema = store.schema().to_owned();
            async move {
                // Each with connections of its own, like ten processes.
                let store = PostgresStore::connect(&support::url()).await.unwrap();
                store.with_schema(&schema).unwrap().migrate().await.map(Status::is_current)
            }
        })
        .await;
        for answer in answers {
            assert!(answer.unwrap());
        }
        let rows = store.status().await.unwrap();
        assert!(rows.is_current());
    });
}

#[test]
fn an_empty_schema_goes_down_and_up_again() {
    run(async {
        let store = a_store().await;
        let newest = store.status().await.unwrap().newest();
        for left in (0..newest).rev() {
            assert_eq!(store.rollback(1, false).await.unwrap().current(), left);
        }
        assert!(store.migrate().await.unwrap().is_current());
    });
}

#[test]
fn a_schema_may_have_a_name_that_sql_keeps_for_itself() {
    run(async {
        let store = a_bare_store().await.with_schema("user").unwrap();
        store.migrate().await.unwrap();
        let make = BillingFixtures::new();
        store.commit(make.change().insert(make.client("Specimen AG")).build()).await.unwrap();
        let page = PageRequest::first(10).unwrap();
        let clients = store.clients(make.team(), &ClientQuery::default(), &page).await.unwrap();
        assert_eq!(clients.items.len(), 1);
        store.rollback(usize::MAX, true).await.unwrap();
        assert_eq!(store.status().await.unwrap().current(), 0);
        execute(&store, "DROP SCHEMA \"{s}\" CASCADE").await;
    });
}

#[test]
fn rows_are_not_rolled_back_unless_forced() {
    run(async {
        let store = a_store().await;
        let ports = BillingPorts::from_store(&Arc::new(store.clone()));
        let make = BillingFixtures::new();
        let client = make.client("Café Jelinek");
        ports.commits.commit(make.change().insert(client.clone()).build()).await.unwrap();
        let all = usize::MAX;
        match store.rollback(all, false).await {
            Err(MigrateError::NotEmpty { version: 1, .. }) => {}
            other => panic!("the clients would be lost, but the answer is {other:?}"),
        }
        let found = store.client(make.team(), client.id()).await.unwrap();
        assert_eq!(found.map(Record::from), Some(client.into()), "what is refused changes nothing");
        assert_eq!(store.rollback(all, true).await.unwrap().current(), 0);
        assert!(store.migrate().await.unwrap().is_current());
        assert_eq!(store.client(make.team(), make.client("Nobody").id()).await.unwrap(), None);
    });
}

#[test]
fn a_database_of_a_newer_release_is_refused() {
    run(async {
        let store = a_store().await;
        execute(&store, "INSERT INTO {s}.migrations (version, name, checksum) VALUES (999, 'later', decode(repeat('00', 32), 'hex'))").await;
        for answer in [store.migrate().await, store.status().await, store.rollback(1, true).await] {
            match answer {
                Err(MigrateError::Plan(MigrationError::Newer { found: 999, .. })) => {}
                other => panic!("the database is newer, but the answer is {other:?}"),
            }
        }
    });
}

#[test]
fn a_migration_that_was_edited_is_refused() {
    run(async {
        let store = a_store().await;
        execute(
            &store,
            "UPDATE {s}.migrations SET checksum = decode(repeat('00', 32), 'hex') WHERE version = 1",
        )
        .await;
        match store.migrate().await {
            Err(MigrateError::Plan(MigrationError::Changed { version: 1, .. })) => {}
            other => panic!("the migration was edited, but the answer is {other:?}"),
        }
    });
}
