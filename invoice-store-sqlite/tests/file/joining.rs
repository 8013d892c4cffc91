//! Change sets inside the application's own transaction.

use invoice_core::ports::{CommitsExt as _, Invoices as _, StoreError};
use invoice_core::testing::run;
use invoice_store_sqlite::SqliteStore;
use invoice_store_sqlite::rusqlite::{Connection, TransactionBehavior};

use crate::desk::{Desk, a_place, invoice};

fn an_app(file: &std::path::Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection.execute_batch("CREATE TABLE orders (n INTEGER) STRICT").unwrap();
    connection
}

fn orders(app: &Connection) -> i64 {
    app.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap()
}

#[test]
fn both_land_or_neither() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    let desk = run(Desk::new(&store));
    let mut app = an_app(&place.file);
    let change = desk.issuing();
    for (commits, found) in [(false, 0), (true, 1)] {
        let transaction = app.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        transaction.execute("INSERT INTO orders VALUES (1)", []).unwrap();
        let issued = invoice(SqliteStore::commit_in(&transaction, &change).unwrap());
        assert_eq!(issued.number(), Some("INV-1"), "what was rolled back burns no number");
        if commits {
            transaction.commit().unwrap();
        } else {
            transaction.rollback().unwrap();
        }
        assert_eq!(orders(&app), found);
        let stored = run(store.invoice(desk.make.team(), issued.id())).unwrap();
        assert_eq!(stored.is_some(), commits);
    }
    let next = invoice(run(store.commit(desk.issuing())).unwrap());
    assert_eq!(next.number(), Some("INV-2"), "the store goes on where the application left");
}

#[test]
fn a_change_set_that_fails_leaves_the_applications_transaction_alone() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    let desk = run(Desk::new(&store));
    let mut app = an_app(&place.file);
    let transaction = app.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    transaction.execute("INSERT INTO orders VALUES (1)", []).unwrap();
    let again = desk.make.change().insert(desk.client.clone()).build();
    let refused = SqliteStore::commit_in(&transaction, &again);
    assert!(matches!(refused, Err(StoreError::Duplicate { .. })), "{refused:?}");
    SqliteStore::commit_in(&transaction, &desk.issuing()).unwrap();
    transaction.commit().unwrap();
    assert_eq!(orders(&app), 1);
}

#[test]
fn a_connection_that_enforces_no_references_is_refused() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    let desk = run(Desk::new(&store));
    let mut app = an_app(&place.file);
    app.pragma_update(None, "foreign_keys", false).unwrap();
    let transaction = app.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    let refused = SqliteStore::commit_in(&transaction, &desk.issuing()).unwrap_err();
    assert_eq!(refused.to_string(), "the store failed: the connection does not enforce foreign keys");
}
