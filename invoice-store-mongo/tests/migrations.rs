//! The schema goes up, down and up again, once however many ask for it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that can't begin fails")]

mod support;

use std::time::Duration;

use invoice_core::testing::contract::race;
use invoice_core::testing::run;
use invoice_store_mongo::mongodb::Collection;
use invoice_store_mongo::mongodb::bson::{Binary, Document, doc, spec::BinarySubtype};
use invoice_store_mongo::{MigrateError, MigrationError, MongoStore, Settings, Status};

use support::{a_bare_store, a_store};

/// How long a lease is good for.
const TERM_MILLIS: i64 = 10_000;

fn journal(store: &MongoStore) -> Collection<Document> {
    store.database().collection(&format!("{}migrations", store.prefix()))
}

async fn change_journal(store: &MongoStore, change: Document) {
    let done = journal(store).update_one(doc! { "_id": "schema" }, change).await.unwrap();
    assert_eq!(done.matched_count, 1);
}

fn no_checksum() -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: vec![0; 32] }
}

async fn collections(store: &MongoStore) -> Vec<String> {
    let mut names = store.database().list_collection_names().await.unwrap();
    names.sort();
    names
}

/// The names of a collection's indexes, in their order.
async fn indexes(store: &MongoStore, collection: &str) -> Vec<String> {
    let collection = store.database().collection::<Document>(collection);
    let mut names = collection.list_index_names().await.unwrap();
    names.sort();
    names
}

async fn has_validator(store: &MongoStore, collection: &str) -> bool {
    let command = doc! { "listCollections": 1, "filter": { "name": collection } };
    let answer = store.database().run_command(command).await.unwrap();
    let cursor = answer.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
    let options = cursor[0].as_document().unwrap().get_document("options").unwrap();
    options.contains_key("validator")
        && options.get_str("validationLevel").ok() == Some("strict")
        && options.get_str("validationAction").ok() == Some("error")
}

/// A document that every validator of billing lets in.
fn a_supplier(team: u8) -> Document {
    let team = Binary { subtype: BinarySubtype::Uuid, bytes: vec![team; 16] };
    doc! {
        "_id": { "team": team.clone(), "kind": "supplier", "id": team.clone() },
        "team": team.clone(), "kind": "supplier", "id": team.clone(), "version": 1_i64, "commit": team, "record": {},
    }
}

async fn insert_a_supplier(store: &MongoStore) {
    let billing = store.database().collection::<Document>(&format!("{}billing", store.prefix()));
    billing.insert_one(a_supplier(1)).await.unwrap();
}

async fn suppliers(store: &MongoStore) -> u64 {
    let billing = store.database().collection::<Document>(&format!("{}billing", store.prefix()));
    billing.count_documents(doc! { "kind": "supplier" }).await.unwrap()
}

#[test]
fn a_new_database_is_at_version_nought_and_then_current() {
    run(async {
        let store = a_bare_store().await;
        assert_eq!(store.status().await.unwrap().current(), 0);
        assert_eq!(collections(&store).await, [""; 0], "to ask changes nothing");
        assert!(store.migrate().await.unwrap().is_current());
        assert!(store.migrate().await.unwrap().is_current());
        assert!(store.status().await.unwrap().is_current());
        assert_eq!(collections(&store).await, ["billing", "identity", "migrations"]);
        assert!(has_validator(&store, "billing").await);
        assert!(has_validator(&store, "identity").await);
    });
}

#[test]
fn ten_that_start_together_migrate_once() {
    run(async {
        let store = a_bare_store().await;
        let answers = race(10, |_| {
            let database = store.database().name().to_owned();
            async move {
                // Each with connections of its own, like ten processes.
                let store = MongoStore::connect(&support::uri(), &database).await.unwrap();
                store.migrate().await.map(Status::is_current)
            }
        })
        .await;
        for answer in answers {
            assert!(answer.unwrap());
        }
        let journal = journal(&store).find_one(doc! {}).await.unwrap().expect("it is written down");
        let versions = journal.get_array("applied").unwrap().iter();
        let versions = versions.map(|row| row.as_document().unwrap().get_i64("version").unwrap());
        assert_eq!(versions.collect::<Vec<_>>(), [1, 2]);
        assert!(!journal.contains_key("holder"), "the last one gave the lease back");
    });
}

#[test]
fn an_empty_database_goes_down_and_up_again() {
    run(async {
        let store = a_store().await;
        let before = indexes(&store, "billing").await;
        let newest = store.status().await.unwrap().newest();
        for left in (0..newest).rev() {
            assert_eq!(store.rollback(1, false).await.unwrap().current(), left);
        }
        assert_eq!(collections(&store).await, ["migrations"]);
        assert!(store.migrate().await.unwrap().is_current());
        assert_eq!(indexes(&store, "billing").await, before);
    });
}

#[test]
fn each_earlier_version_is_brought_up_with_what_it_holds() {
    run(async {
        let store = a_store().await;
        let newest = store.status().await.unwrap().newest();
        insert_a_supplier(&store).await;
        for version in 1..newest {
            let back = usize::try_from(newest - version).unwrap();
            assert_eq!(store.rollback(back, false).await.unwrap().current(), version);
            assert!(store.migrate().await.unwrap().is_current());
            assert_eq!(suppliers(&store).await, 1);
        }
    });
}

#[test]
fn documents_are_not_rolled_back_unless_forced() {
    run(async {
        let store = a_store().await.with_prefix("inv_").unwrap();
        store.migrate().await.unwrap();
        insert_a_supplier(&store).await;
        match store.rollback(usize::MAX, false).await {
            Err(MigrateError::NotEmpty { version: 1, collection }) => assert_eq!(collection, "inv_billing"),
            other => panic!("the supplier would be lost, but the answer is {other:?}"),
        }
        assert!(store.status().await.unwrap().is_current(), "what is refused changes nothing");
        assert_eq!(suppliers(&store).await, 1);
        assert_eq!(store.rollback(usize::MAX, true).await.unwrap().current(), 0);
        assert!(store.migrate().await.unwrap().is_current());
        assert_eq!(suppliers(&store).await, 0);
        let other = store.with_prefix("").unwrap();
        assert!(other.status().await.unwrap().is_current(), "another prefix is another schema");
    });
}

#[test]
fn a_database_of_a_newer_release_is_refused() {
    run(async {
        let store = a_store().await;
        let later = doc! { "version": 999_i64, "name": "later", "checksum": no_checksum() };
        change_journal(&store, doc! { "$push": { "applied": later } }).await;
        for answer in [store.migrate().await, store.status().await, store.rollback(1, true).await] {
            match answer {
                Err(MigrateError::Plan(MigrationError::Newer { found: 999, .. })) => {}
                other => panic!("the database is newer, but the answer is {other:?}"),
            }
        }
        assert_eq!(collections(&store).await, ["billing", "identity", "migrations"]);
    });
}

#[test]
fn a_migration_that_was_edited_is_refused() {
    run(async {
        let store = a_store().await;
        change_journal(&store, doc! { "$set": { "applied.0.checksum": no_checksum() } }).await;
        for answer in [store.migrate().await, store.rollback(1, true).await] {
            match answer {
                Err(MigrateError::Plan(MigrationError::Changed { version: 1, .. })) => {}
                other => panic!("the migration was edited, but the answer is {other:?}"),
            }
        }
    });
}

#[test]
fn a_journal_that_can_not_be_read_is_an_error_and_nothing_is_done() {
    run(async {
        let store = a_store().await;
        change_journal(&store, doc! { "$set": { "applied.0.version": "one" } }).await;
        assert!(matches!(store.migrate().await, Err(MigrateError::Store(_))));
        assert!(matches!(store.rollback(1, true).await, Err(MigrateError::Store(_))));
        assert_eq!(collections(&store).await, ["billing", "identity", "migrations"]);
    });
}

#[test]
fn what_was_interrupted_half_way_is_completed() {
    run(async {
        let whole = a_store().await;
        let store = a_bare_store().await;
        // The collection is there and some of its indexes; its validator and the journal are not.
        store.database().create_collection("billing").await.unwrap();
        insert_a_supplier(&store).await;
        let some = doc! {
            "createIndexes": "billing",
            "indexes": [{
                "name": "item_code", "key": { "team": 1, "code": 1 }, "unique": true,
                "partialFilterExpression": { "kind": "item", "code": { "$exists": true } },
            }],
        };
        store.database().run_command(some).await.unwrap();
        assert_eq!(store.status().await.unwrap().current(), 0);
        assert!(store.migrate().await.unwrap().is_current());
        for collection in ["billing", "identity"] {
            assert_eq!(indexes(&store, collection).await, indexes(&whole, collection).await);
            assert!(has_validator(&store, collection).await);
        }
        assert_eq!(suppliers(&store).await, 1);
    });
}

#[test]
fn one_that_is_dropped_at_any_moment_leaves_what_another_completes() {
    run(async {
        let whole = a_store().await;
        let expected = indexes(&whole, "billing").await;
        for millis in [1, 10, 30, 60, 120, 250] {
            let store = a_bare_store().await;
            let cut = tokio::time::timeout(std::time::Duration::from_millis(millis), store.migrate()).await;
            drop(cut);
            // As after the term of the one that died.
            let past =
                doc! { "$set": { "until": invoice_store_mongo::mongodb::bson::DateTime::from_millis(0) } };
            journal(&store).update_one(doc! {}, past).await.unwrap();
            assert!(store.migrate().await.unwrap().is_current());
            assert_eq!(indexes(&store, "billing").await, expected, "after {millis} ms");
        }
    });
}

#[test]
fn a_lease_is_waited_for_and_ends_with_its_term() {
    run(async {
        let store = a_bare_store().await;
        let term = 1_500_i64;
        let held = vec![doc! { "$set": { "holder": "one that died", "until": { "$add": ["$$NOW", term] } } }];
        journal(&store).update_one(doc! { "_id": "schema" }, held).upsert(true).await.unwrap();
        let start = std::time::Instant::now();
        assert!(store.migrate().await.unwrap().is_current());
        let waited = i64::try_from(start.elapsed().as_millis()).unwrap();
        assert!(waited >= term - 100, "it was held for {term} ms, and taken after {waited}");
        assert!(waited < term + TERM_MILLIS, "it was free after {term} ms, and taken after {waited}");
    });
}

#[test]
fn one_that_works_on_and_on_is_not_waited_for_without_limit() {
    run(async {
        let store = a_bare_store().await;
        let mut settings = Settings::default();
        settings.turn = Duration::from_millis(700);
        let short = store.with_settings(settings);
        // As if it were renewed again and again.
        let held =
            vec![doc! { "$set": { "holder": "a slow one", "until": { "$add": ["$$NOW", 3_600_000_i64] } } }];
        journal(&store).update_one(doc! { "_id": "schema" }, held).upsert(true).await.unwrap();
        for answer in [short.migrate().await, short.rollback(1, false).await] {
            match answer {
                Err(error @ MigrateError::Busy { waited }) => {
                    assert!(
                        waited >= Duration::from_millis(700) && waited < Duration::from_secs(5),
                        "{waited:?}"
                    );
                    assert!(error.to_string().contains("another process"), "{error}");
                }
                other => panic!("another is at it, but the answer is {other:?}"),
            }
        }
        assert_eq!(collections(&store).await, ["migrations"]);
        change_journal(&store, doc! { "$unset": { "holder": "", "until": "" } }).await;
        assert!(short.migrate().await.unwrap().is_current());
    });
}

#[test]
fn whoever_lost_the_lease_writes_nothing_down() {
    run(async {
        let store = a_bare_store().await;
        let robbed = async {
            // As soon as the lease is held.
            loop {
                let rob = doc! { "$set": { "holder": "a thief" } };
                let held = doc! { "_id": "schema", "holder": { "$exists": true } };
                if journal(&store).update_one(held, rob).await.unwrap().matched_count == 1 {
                    return;
                }
            }
        };
        let (answer, ()) = tokio::join!(store.migrate(), robbed);
        assert!(matches!(answer, Err(MigrateError::Store(_))), "{answer:?}");
        let journal = journal(&store).find_one(doc! {}).await.unwrap().unwrap();
        assert!(!journal.contains_key("applied"));
        assert_eq!(journal.get_str("holder").ok(), Some("a thief"), "what is another's is not given back");
    });
}
