//! A database of its own for each test, on the server that the environment names.

#![allow(
    dead_code,
    clippy::expect_used,
    reason = "each test file takes what it needs, and fails where it can't begin"
)]

use std::env;

use invoice_store_mongo::MongoStore;
use uuid::Uuid;

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run these tests by `cargo xtask test`, which starts a server")
    })
}

/// The server's URI.
pub(crate) fn uri() -> String {
    variable("INVOICE_TEST_MONGO_URI")
}

/// The server's program.
pub(crate) fn mongod() -> String {
    variable("INVOICE_TEST_MONGOD")
}

/// A name that no other test has.
pub(crate) fn a_database() -> String {
    format!("t_{}", Uuid::new_v4().simple())
}

/// A store in a database of its own, not migrated yet.
pub(crate) async fn a_bare_store() -> MongoStore {
    MongoStore::connect(&uri(), &a_database()).await.expect("the test server answers")
}

/// A store in a database of its own, ready for use.
pub(crate) async fn a_store() -> MongoStore {
    let store = a_bare_store().await;
    store.migrate().await.expect("an empty database is migrated");
    store
}
