//! Migrations, forth and back on files with data.

use invoice_core::ports::{CommitsExt as _, InvoiceQuery, Invoices as _};
use invoice_core::testing::run;
use invoice_store_sqlite::rusqlite::Connection;
use invoice_store_sqlite::{MigrationError, SqliteError, SqliteStore};

use crate::desk::{Desk, a_place};

/// Every table and index, as the file itself says.
fn schema(file: &std::path::Path) -> Vec<String> {
    let connection = Connection::open(file).unwrap();
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn a_schema_goes_up_and_down_and_up_again_on_data() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    let whole = schema(&place.file);
    run(async {
        let desk = Desk::new(&store).await;
        store.commit(desk.issuing()).await.unwrap();
        let all = store.status().await.unwrap().newest() as usize;
        assert_eq!(store.rollback(all, true).await.unwrap(), all);
        assert_eq!(store.status().await.unwrap().current(), 0);
        assert_eq!(schema(&place.file).len(), 1, "only the list of migrations is left");
        assert_eq!(store.migrate().await.unwrap(), all);
        assert_eq!(store.migrate().await.unwrap(), 0, "once is enough");
        assert_eq!(schema(&place.file), whole);
        let desk = Desk::new(&store).await;
        store.commit(desk.issuing()).await.unwrap();
    });
}

#[test]
fn a_file_of_every_earlier_version_is_brought_up_when_it_is_opened() {
    let newest = run(SqliteStore::open_in_memory().unwrap().status()).unwrap().newest();
    for version in 0..newest {
        let place = a_place();
        let store = SqliteStore::open(&place.file).unwrap();
        let whole = schema(&place.file);
        run(async {
            // What the first version has already.
            let desk = Desk::new(&store).await;
            store.commit(desk.issuing()).await.unwrap();
            store.rollback((newest - version) as usize, true).await.unwrap();
            drop(store);
            let store = SqliteStore::open(&place.file).unwrap();
            assert!(store.status().await.unwrap().is_current());
            assert_eq!(schema(&place.file), whole, "from version {version}");
            if version > 0 {
                let count = store.count_invoices(desk.make.team(), &InvoiceQuery::new()).await.unwrap();
                assert_eq!(count, 1, "its data is still there");
            }
        });
    }
}

#[test]
fn a_rollback_that_would_lose_data_needs_force() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    run(async {
        let desk = Desk::new(&store).await;
        let all = store.status().await.unwrap().newest() as usize;
        let refused = store.rollback(all, false).await.unwrap_err();
        assert!(matches!(refused, SqliteError::NotEmpty { .. }), "{refused:?}");
        assert!(store.status().await.unwrap().is_current(), "nothing was taken back");
        store.commit(desk.issuing()).await.unwrap();
    });
}

#[test]
fn an_empty_schema_is_taken_back_without_force() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    let newest = run(store.status()).unwrap().newest() as usize;
    assert_eq!(run(store.rollback(newest, false)).unwrap(), newest);
}

#[test]
fn a_migration_that_was_changed_since_is_refused() {
    let place = a_place();
    drop(SqliteStore::open(&place.file).unwrap());
    Connection::open(&place.file)
        .unwrap()
        .execute("UPDATE invoicing_migrations SET checksum = zeroblob(32) WHERE version = 1", [])
        .unwrap();
    let error = SqliteStore::open(&place.file).unwrap_err();
    assert!(matches!(error, SqliteError::Migration(MigrationError::Changed { version: 1, .. })), "{error:?}");
}
