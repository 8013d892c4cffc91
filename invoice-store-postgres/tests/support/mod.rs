//! A schema of its own for each test, on the server that the environment names.

#![allow(
    dead_code,
    clippy::expect_used,
    reason = "each test file takes what it needs, and fails where it can't begin"
)]

pub(crate) mod wire;

use std::env;

use invoice_store_postgres::sqlx::postgres::PgConnectOptions;
use invoice_store_postgres::{PostgresStore, Settings};
use uuid::Uuid;

use wire::Wire;

/// The server's URL.
pub(crate) fn url() -> String {
    env::var("INVOICE_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!("INVOICE_TEST_POSTGRES_URL is not set: run these tests by `cargo xtask test`, which starts a server")
    })
}

/// A name that no other test has.
pub(crate) fn a_schema() -> String {
    format!("t_{}", Uuid::new_v4().simple())
}

/// A store in a schema of its own, not migrated yet.
pub(crate) async fn a_bare_store() -> PostgresStore {
    let options: PgConnectOptions = url().parse().expect("INVOICE_TEST_POSTGRES_URL is a URL of the server");
    let mut settings = Settings::default();
    settings.connections = 8;
    let store = PostgresStore::connect_with(options, &settings).await.expect("the test server answers");
    store.with_schema(&a_schema()).expect("a plain name")
}

/// A store in a schema of its own, ready for use.
pub(crate) async fn a_store() -> PostgresStore {
    let store = a_bare_store().await;
    store.migrate().await.expect("an empty schema is migrated");
    store
}

/// A store that speaks to the server over a wire, by one connection.
pub(crate) async fn over(wire: &Wire, schema: &str) -> PostgresStore {
    let mut settings = Settings::default();
    settings.connections = 1;
    over_with(wire, schema, &settings).await
}

/// The same with settings of its own.
pub(crate) async fn over_with(wire: &Wire, schema: &str, settings: &Settings) -> PostgresStore {
    let options: PgConnectOptions = url().parse().expect("INVOICE_TEST_POSTGRES_URL is a URL of the server");
    let port = wire.listen(format!("{}:{}", options.get_host(), options.get_port())).await;
    let store = PostgresStore::connect_with(options.host("127.0.0.1").port(port), settings).await;
    store.expect("the wire leads to the server").with_schema(schema).expect("a plain name")
}
