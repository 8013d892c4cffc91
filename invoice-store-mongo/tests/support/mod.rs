//! A database of its own for each test, on the server that the environment names.

#![allow(
    dead_code,
    clippy::expect_used,
    reason = "each test file takes what it needs, and fails where it can't begin"
)]

use std::cell::RefCell;
use std::env;
use std::sync::Mutex;

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

/// The databases of tests that are over. Each has more files than a server may open for hundreds of them.
static LEFT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The databases of the test in this thread, left when the thread ends.
#[derive(Default)]
struct Used(RefCell<Vec<String>>);

impl Drop for Used {
    fn drop(&mut self) {
        LEFT.lock().expect("nobody panics over it").append(&mut self.0.borrow_mut());
    }
}

thread_local! {
    static USED: Used = Used::default();
}

/// A store in a database of its own, not migrated yet.
pub(crate) async fn a_bare_store() -> MongoStore {
    let name = a_database();
    let store = MongoStore::connect(&uri(), &name).await.expect("the test server answers");
    USED.with(|used| used.0.borrow_mut().push(name));
    let left = std::mem::take(&mut *LEFT.lock().expect("nobody panics over it"));
    for name in left {
        store.client().database(&name).drop().await.expect("a database is dropped");
    }
    store
}

/// A store in a database of its own, ready for use.
pub(crate) async fn a_store() -> MongoStore {
    let store = a_bare_store().await;
    store.migrate().await.expect("an empty database is migrated");
    store
}
