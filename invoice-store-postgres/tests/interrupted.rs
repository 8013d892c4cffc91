//! Commits that wait for another one, and callers that go away meanwhile.

#![allow(clippy::expect_used, reason = "a test that can't begin fails")]

mod support;

use std::time::Duration;

use invoice_core::change::ChangeSet;
use invoice_core::ports::{CommitsExt as _, StoreError};
use invoice_core::testing::{BillingChange, BillingFixtures, day, run};
use invoice_core::{Client, DocumentType, Invoice, Series};
use invoice_store_postgres::{PostgresStore, sqlx};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use support::a_store;

/// A team with a client, a series that has numbered an invoice, and a draft.
struct Desk {
    store: PostgresStore,
    make: BillingFixtures,
    client: Client,
    series: Series,
    draft: Invoice,
}

impl Desk {
    async fn open() -> Self {
        let (store, make) = (a_store().await, BillingFixtures::new());
        let (client, series) = (make.client("Café Jelinek"), make.series(DocumentType::Invoice));
        let draft = make.draft(&client, "100");
        let desk = Self { store, make, client, series, draft };
        let change = desk.make.change().insert(desk.client.clone()).insert(desk.series.clone());
        desk.land(change.insert(desk.draft.clone())).await;
        desk.land(desk.issue()).await;
        desk
    }

    async fn land(&self, change: BillingChange) {
        self.store.commit(change.build()).await.expect("nothing stands against it");
    }

    fn issue(&self) -> BillingChange {
        let draft = self.make.draft(&self.client, "100");
        self.make.change().issue(draft, &self.series, &self.client, day("2026-03-02"))
    }

    fn delete(&self) -> BillingChange {
        self.make.change().delete(self.draft.clone())
    }

    /// Holds rows of a table until the end of the transaction.
    async fn hold(&self, connection: &mut PgConnection, table: &str) -> Result<(), sqlx::Error> {
        let text = format!("SELECT FROM {}.{table} WHERE team = $1 FOR UPDATE", self.store.schema());
        let query = sqlx::query(AssertSqlSafe(text)).bind(self.make.team().as_uuid());
        query.fetch_all(connection).await.map(drop)
    }
}

async fn another_connection() -> PgConnection {
    PgConnection::connect(&support::url()).await.expect("the test server answers")
}

/// Comes back once somebody waits for what this connection holds.
async fn until_waited_for(connection: &mut PgConnection) {
    let text = "SELECT EXISTS (SELECT FROM pg_locks \
        WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))";
    while !sqlx::query_scalar::<_, bool>(text).fetch_one(&mut *connection).await.expect("the locks are read")
    {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What a store answers to a change that another transaction is about to have written.
async fn after(desk: &Desk, first: &ChangeSet, then: ChangeSet) -> (bool, bool) {
    let mut connection = another_connection().await;
    let mut transaction = connection.begin().await.expect("a transaction");
    desk.store.commit_in(&mut transaction, first).await.expect("the first one lands");
    let store = desk.store.clone();
    let second = tokio::spawn(async move { store.commit(then).await });
    until_waited_for(&mut transaction).await;
    transaction.commit().await.expect("the first one stays");
    let receipt = second.await.expect("no panic").expect("what was done is answered");
    (receipt.commit == first.id, receipt.replayed)
}

#[test]
fn a_request_that_waited_for_its_twin_is_answered_like_it() {
    run(async {
        let desk = Desk::open().await;
        let first = desk.delete().idempotent("delete-the-draft", 1).build();
        let again = desk.delete().idempotent("delete-the-draft", 1).build();
        assert_eq!(after(&desk, &first, again).await, (true, true));
    });
}

#[test]
fn a_commit_that_waited_for_itself_is_answered_like_the_first_time() {
    run(async {
        let desk = Desk::open().await;
        let change = desk.delete().build();
        assert_eq!(after(&desk, &change, change.clone()).await, (true, false));
    });
}

#[test]
fn a_request_that_waited_for_another_with_its_key_learns_of_that() {
    run(async {
        let desk = Desk::open().await;
        let mut connection = another_connection().await;
        let mut transaction = connection.begin().await.unwrap();
        let first = desk.delete().idempotent("a-key", 1).build();
        desk.store.commit_in(&mut transaction, &first).await.unwrap();
        let (store, other) = (desk.store.clone(), desk.delete().idempotent("a-key", 2).build());
        let second = tokio::spawn(async move { store.commit(other).await });
        until_waited_for(&mut transaction).await;
        transaction.commit().await.unwrap();
        match second.await.unwrap() {
            Err(StoreError::Duplicate { what: invoice_core::ports::Unique::IdempotencyKey }) => {}
            other => panic!("the key was taken, but the answer is {other:?}"),
        }
    });
}

#[test]
fn a_caller_that_goes_away_in_a_transaction_holds_nothing() {
    run(async {
        let desk = Desk::open().await;
        let mut connection = another_connection().await;
        let mut transaction = connection.begin().await.unwrap();
        desk.hold(&mut transaction, "documents").await.unwrap();

        // It holds the counter, and waits for the draft.
        let store = desk.store.clone();
        let change = desk.issue().delete(desk.draft.clone()).build();
        let caller = tokio::spawn(async move { store.commit(change).await });
        until_waited_for(&mut transaction).await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        transaction.rollback().await.unwrap();

        sqlx::raw_sql("SET lock_timeout = '10s'").execute(&mut connection).await.unwrap();
        desk.hold(&mut connection, "counters").await.expect("the counter is free again");
    });
}
