//! Several stores on one file, and several callers of one store.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use invoice_core::ports::{Commits as _, CommitsExt as _, InvoiceQuery, Invoices as _, StoreError};
use invoice_core::testing::contract::race;
use invoice_core::testing::run;
use invoice_store_sqlite::rusqlite::Connection;
use invoice_store_sqlite::{Settings, SqliteStore};

use crate::desk::{Desk, a_place, invoice};

/// How many commits the write-ahead log has: the frames that say how large the database is after them.
fn commits_in_log(file: &Path) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4_096;
    let log = fs::read(file.with_extension("db-wal")).unwrap_or_default();
    let salt = log.get(16..24).map(<[u8]>::to_vec);
    let frames = log.get(HEADER..).unwrap_or_default().chunks_exact(FRAME);
    // Frames of an earlier round of the log have another salt.
    frames.filter(|frame| Some(frame[8..16].to_vec()) == salt && frame[4..8] != [0; 4]).count()
}

fn numbers(count: usize) -> BTreeSet<String> {
    (1..=count).map(|number| format!("INV-{number}")).collect()
}

#[test]
fn two_stores_on_one_file_number_without_gaps() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    let other = SqliteStore::open(&place.file).unwrap();
    let desk = run(Desk::new(&store));
    let issued = run(race(8, move |index| {
        let store = if index % 2 == 0 { store.clone() } else { other.clone() };
        let desk = desk.clone();
        async move {
            let mut numbers = Vec::new();
            for _ in 0..10 {
                let issued = invoice(store.commit(desk.issuing()).await.unwrap());
                numbers.push(issued.number().unwrap().to_owned());
            }
            numbers
        }
    }));
    let issued: Vec<_> = issued.into_iter().flatten().collect();
    assert_eq!(issued.len(), 80);
    assert_eq!(issued.into_iter().collect::<BTreeSet<_>>(), numbers(80));
}

#[test]
fn commits_that_wait_together_are_synced_together() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    let desk = run(Desk::new(&store));
    let before = commits_in_log(&place.file);
    let changes: Vec<_> = (0..16).map(|_| Arc::new(desk.issuing())).collect();
    // Held up by another process, all of them are in the queue before the first can go on.
    let other = Connection::open(&place.file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answers = run(async {
        let committing = store.commit_all(changes);
        let release = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            other.execute_batch("ROLLBACK").unwrap();
        };
        tokio::join!(committing, release).0
    });
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let commits = commits_in_log(&place.file) - before;
    // The writer may have begun with the first one alone.
    assert!((1..=2).contains(&commits), "16 change sets took {commits} commits");
}

#[test]
fn one_that_fails_does_not_fail_those_it_lands_with() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    let desk = run(Desk::new(&store));
    let mut changes: Vec<_> = (0..9).map(|_| Arc::new(desk.issuing())).collect();
    let taken = desk.make.change().insert(desk.make.series(invoice_core::DocumentType::Invoice)).build();
    changes.insert(4, Arc::new(taken));
    let answers = run(store.commit_all(changes));
    let failed: Vec<_> = (0..10).filter(|index| answers[*index].is_err()).collect();
    assert_eq!(failed, [4]);
    assert!(matches!(answers[4], Err(StoreError::Duplicate { .. })), "{:?}", answers[4]);
    let issued = answers.into_iter().flatten().map(|receipt| invoice(receipt).number().unwrap().to_owned());
    assert_eq!(issued.collect::<BTreeSet<_>>(), numbers(9));
}

#[test]
fn a_caller_that_goes_away_does_not_stop_the_others() {
    let place = a_place();
    let store = SqliteStore::open(&place.file).unwrap();
    run(async {
        let desk = Desk::new(&store).await;
        let left = tokio::time::timeout(Duration::ZERO, store.commit(desk.issuing())).await;
        drop(left);
        let stayed = store.commit(desk.issuing()).await.unwrap();
        // What was left behind was committed all the same: whoever lost an answer asks again.
        assert_eq!(invoice(stayed).number(), Some("INV-2"));
        let count = store.count_invoices(desk.make.team(), &InvoiceQuery::new()).await.unwrap();
        assert_eq!(count, 2);
    });
}

#[test]
fn a_file_that_another_process_holds_is_waited_for_and_then_unavailable() {
    let place = a_place();
    let settings = Settings::new().busy_timeout(Duration::from_millis(50));
    let store = SqliteStore::open_with(&place.file, settings).unwrap();
    let desk = run(Desk::new(&store));
    let other = Connection::open(&place.file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let change = desk.issuing();
    let answer = run(store.commit(change.clone()));
    assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(invoice(run(store.commit(change)).unwrap()).number(), Some("INV-1"));
}

/// Opens the file that the variable names, when this test program runs itself.
#[test]
fn several_processes_open_a_new_file_at_once() {
    const FILE: &str = "INVOICE_TEST_SQLITE_FILE";
    if let Some(file) = std::env::var_os(FILE) {
        SqliteStore::open(file).unwrap();
        return;
    }
    let place = a_place();
    let program = std::env::current_exe().unwrap();
    let name = "sharing::several_processes_open_a_new_file_at_once";
    let others: Vec<_> = (0..6)
        .map(|_| Command::new(&program).args(["--exact", name]).env(FILE, &place.file).output_later())
        .collect();
    for other in others {
        let output = other.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let store = SqliteStore::open(&place.file).unwrap();
    assert!(run(store.status()).unwrap().is_current());
}

trait Later {
    fn output_later(&mut self) -> std::process::Child;
}

impl Later for Command {
    fn output_later(&mut self) -> std::process::Child {
        use std::process::Stdio;
        self.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}
