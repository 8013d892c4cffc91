//! Files that can't be opened or written say so, and lose nothing.

use std::error::Error as _;
use std::fs;
use std::process::Command;

use invoice_core::ports::{
    Catalog as _, ClientQuery, CommitsExt as _, Invoices as _, PageRequest, StoreError,
};
use invoice_core::testing::run;
use invoice_store_sqlite::rusqlite::Connection;
use invoice_store_sqlite::{MigrationError, Settings, SqliteError, SqliteStore};

use crate::desk::{Desk, a_place, invoice};

#[test]
fn what_was_committed_is_there_when_the_file_is_opened_again() {
    let place = a_place();
    let (desk, issued) = run(async {
        let store = SqliteStore::open(&place.file).unwrap();
        let desk = Desk::new(&store).await;
        let issued = invoice(store.commit(desk.issuing()).await.unwrap());
        (desk, issued)
    });
    assert!(!place.file.with_extension("db-wal").exists(), "a closed store leaves one file");
    let store = SqliteStore::open(&place.file).unwrap();
    assert_eq!(run(store.invoice(desk.make.team(), issued.id())).unwrap(), Some(issued));
}

#[test]
fn a_file_that_is_no_database_is_refused_and_stays_as_it_is() {
    let place = a_place();
    let text = "Dear diary, today I wrote an invoice.\n".repeat(200);
    fs::write(&place.file, &text).unwrap();
    let error = SqliteStore::open(&place.file).unwrap_err();
    assert!(matches!(error, SqliteError::NotADatabase), "{error:?}");
    assert_eq!(fs::read_to_string(&place.file).unwrap(), text);
}

#[test]
fn another_applications_database_is_refused_and_stays_as_it_is() {
    let place = a_place();
    Connection::open(&place.file).unwrap().execute_batch("CREATE TABLE clients (name TEXT)").unwrap();
    let before = fs::read(&place.file).unwrap();
    let error = SqliteStore::open(&place.file).unwrap_err();
    assert!(matches!(error, SqliteError::NotOurs), "{error:?}");
    assert_eq!(fs::read(&place.file).unwrap(), before);
}

#[test]
fn another_applications_file_can_be_shared_by_saying_so() {
    let place = a_place();
    let app = Connection::open(&place.file).unwrap();
    app.execute_batch("CREATE TABLE orders (n INTEGER) STRICT; INSERT INTO orders VALUES (7)").unwrap();
    app.pragma_update(None, "application_id", SqliteStore::APPLICATION_ID).unwrap();
    let store = SqliteStore::open(&place.file).unwrap();
    run(async { store.commit(Desk::new(&store).await.issuing()).await }).unwrap();
    let kept: i64 = app.query_row("SELECT n FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 7);
}

#[test]
fn a_newer_schema_is_refused() {
    let place = a_place();
    drop(SqliteStore::open(&place.file).unwrap());
    let newest: u32 = {
        let connection = Connection::open(&place.file).unwrap();
        let newest = connection
            .query_row("SELECT max(version) FROM invoicing_migrations", [], |row| row.get(0))
            .unwrap();
        connection
            .execute("INSERT INTO invoicing_migrations VALUES (?1, 'later', zeroblob(32), 0)", [newest + 1])
            .unwrap();
        newest
    };
    let error = SqliteStore::open(&place.file).unwrap_err();
    let expected = MigrationError::Newer { found: newest + 1, newest };
    assert!(matches!(error, SqliteError::Migration(found) if found == expected), "{error:?}");
}

#[test]
fn a_file_in_no_folder_cannot_be_opened() {
    let place = a_place();
    let error = SqliteStore::open(place.folder.path().join("nowhere").join("invoices.db")).unwrap_err();
    assert!(matches!(error, SqliteError::CannotOpen(_)), "{error:?}");
    assert_eq!(error.to_string(), "the database file cannot be opened");
}

/// A folder that not even the superuser, who ignores permissions, can write to.
#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_told() {
    let error = SqliteStore::open("/proc/invoices.db").unwrap_err();
    assert!(matches!(error, SqliteError::CannotOpen(_) | SqliteError::ReadOnly(_)), "{error:?}");
}

#[test]
fn a_damaged_file_is_told_and_not_made_worse() {
    let place = a_place();
    let desk = run(async {
        let store = SqliteStore::open(&place.file).unwrap();
        let desk = Desk::new(&store).await;
        for number in 0..200 {
            store.commit(desk.inserting(&format!("Client {number}"))).await.unwrap();
        }
        desk
    });
    // All pages but the first, which says what tables there are.
    let mut bytes = fs::read(&place.file).unwrap();
    bytes.iter_mut().skip(40 * 4_096).for_each(|byte| *byte = 0xa5);
    fs::write(&place.file, &bytes).unwrap();
    let answers = run(async {
        let store = match SqliteStore::open(&place.file) {
            Ok(store) => store,
            Err(error) => return vec![StoreError::from(error)],
        };
        let page = PageRequest::first(200).unwrap();
        let list = store.clients(desk.make.team(), &ClientQuery::default(), &page).await;
        let commit = store.commit(desk.inserting("One more")).await;
        [list.err(), commit.err()].into_iter().flatten().collect()
    });
    assert!(!answers.is_empty(), "damage is noticed");
    for error in answers {
        let StoreError::Backend(source) = &error else { panic!("{error:?}") };
        let source = source.downcast_ref::<SqliteError>().expect("the store's own error");
        assert!(matches!(source, SqliteError::Corrupt(_)), "{source:?}");
        assert!(source.source().is_some(), "it keeps what the driver said");
    }
    assert_eq!(fs::read(&place.file).unwrap(), bytes, "nothing is written over a damaged page");
}

#[test]
fn a_full_disk_is_told_and_what_was_committed_stays() {
    let place = a_place();
    let settings = Settings::new().max_bytes(600_000);
    let store = SqliteStore::open_with(&place.file, settings).unwrap();
    run(async {
        let desk = Desk::new(&store).await;
        let mut issued = Vec::new();
        let (change, error) = loop {
            let change = desk.issuing();
            match store.commit(change.clone()).await {
                Ok(receipt) => issued.push(invoice(receipt)),
                Err(error) => break (change, error),
            }
            assert!(issued.len() < 10_000, "the limit is never reached");
        };
        assert_eq!(error.to_string(), "the store failed: the disk is full");
        for invoice in &issued {
            let found = store.invoice(desk.make.team(), invoice.id()).await.unwrap();
            assert_eq!(found.as_ref(), Some(invoice));
        }
        drop(store);
        // With room again, the very same change set goes on with the next number.
        let store = SqliteStore::open(&place.file).unwrap();
        let next = invoice(store.commit(change).await.unwrap());
        assert_eq!(next.number(), Some(format!("INV-{}", issued.len() + 1).as_str()));
    });
}

#[test]
fn of_a_batch_that_finds_the_disk_full_nothing_is_half_there() {
    let place = a_place();
    let store = SqliteStore::open_with(&place.file, Settings::new().max_bytes(700_000)).unwrap();
    run(async {
        let desk = Desk::new(&store).await;
        let mut counted = 0;
        loop {
            let changes: Vec<_> = (0..16).map(|_| std::sync::Arc::new(desk.issuing())).collect();
            let answers = invoice_core::ports::Commits::commit_all(&store, changes).await;
            let done = answers.iter().filter(|answer| answer.is_ok()).count();
            counted += done;
            if done < answers.len() {
                break;
            }
        }
        drop(store);
        let store = SqliteStore::open(&place.file).unwrap();
        let query = invoice_core::ports::InvoiceQuery::new();
        let stored = store.count_invoices(desk.make.team(), &query).await.unwrap();
        assert_eq!(stored, counted as u64, "what was acknowledged is there, and nothing else");
        let next = invoice(store.commit(desk.issuing()).await.unwrap());
        assert_eq!(next.number(), Some(format!("INV-{}", counted + 1).as_str()), "no number was burned");
    });
}

#[test]
fn a_name_that_stands_for_no_file_is_refused() {
    for name in [":memory:", "", "file:invoices?mode=memory"] {
        let error = SqliteStore::open(name).unwrap_err();
        assert!(matches!(error, SqliteError::NoWriteAheadLog), "{name:?}: {error:?}");
    }
}

/// Goes to another folder after opening a file, when this test program runs itself in the folder with it.
#[test]
fn a_file_named_from_a_folder_stays_that_file_when_the_program_leaves_it() {
    const LEAVE: &str = "INVOICE_TEST_SQLITE_LEAVE";
    if std::env::var_os(LEAVE).is_some() {
        let store = SqliteStore::open("invoices.db").unwrap();
        std::env::set_current_dir("/").unwrap();
        run(async {
            let desk = Desk::new(&store).await;
            let found = store.client(desk.make.team(), desk.client.id()).await.unwrap();
            assert_eq!(found, Some(desk.client));
        });
        return;
    }
    let place = a_place();
    let name = "opening::a_file_named_from_a_folder_stays_that_file_when_the_program_leaves_it";
    let mut itself = Command::new(std::env::current_exe().unwrap());
    let output =
        itself.args(["--exact", name]).env(LEAVE, "").current_dir(place.folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
