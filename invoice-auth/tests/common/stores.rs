//! Every story is told on every store.

use std::env;
use std::sync::Arc;

use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::testing::run;
use invoice_store_mongo::MongoStore;
use invoice_store_postgres::PostgresStore;
use invoice_store_sqlite::SqliteStore;
use uuid::Uuid;

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run these tests by `cargo xtask test`, which starts a server")
    })
}

/// A name that no other test has.
fn a_name() -> String {
    format!("t_{}", Uuid::now_v7().simple())
}

pub(crate) fn in_memory() -> IdentityPorts {
    IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()))
}

pub(crate) fn memory<F: Future<Output = ()>>(story: impl FnOnce(IdentityPorts) -> F) {
    run(story(in_memory()));
}

pub(crate) fn sqlite<F: Future<Output = ()>>(story: impl FnOnce(IdentityPorts) -> F) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let store = SqliteStore::open(folder.path().join("identities.db")).expect("a new database");
    run(story(IdentityPorts::from_store(&Arc::new(store))));
}

pub(crate) fn postgres<F: Future<Output = ()>>(story: impl FnOnce(IdentityPorts) -> F) {
    run(async {
        let store = PostgresStore::connect(&variable("INVOICE_TEST_POSTGRES_URL")).await;
        let store = store.expect("the test server answers").with_schema(&a_name()).expect("a plain name");
        store.migrate().await.expect("an empty schema is migrated");
        story(IdentityPorts::from_store(&Arc::new(store))).await;
    });
}

pub(crate) fn mongo<F: Future<Output = ()>>(story: impl FnOnce(IdentityPorts) -> F) {
    run(async {
        let name = a_name();
        let store = MongoStore::connect(&variable("INVOICE_TEST_MONGO_URI"), &name).await;
        let store = store.expect("the test server answers");
        store.migrate().await.expect("an empty database is migrated");
        story(IdentityPorts::from_store(&Arc::new(store.clone()))).await;
        store.client().database(&name).drop().await.expect("a database is dropped");
    });
}

/// One test for each story and store.
macro_rules! on_every_store {
    ($($story:ident)+) => {
        $crate::common::stores::on_every_store!(@ memory [$($story)+]);
        $crate::common::stores::on_every_store!(@ sqlite [$($story)+]);
        $crate::common::stores::on_every_store!(@ postgres [$($story)+]);
        $crate::common::stores::on_every_store!(@ mongo [$($story)+]);
    };
    (@ $store:ident [$($story:ident)+]) => {
        mod $store {
            $(
                #[test]
                fn $story() {
                    $crate::common::stores::$store(super::$story);
                }
            )+
        }
    };
}

pub(crate) use on_every_store;
