//! A file with a large team and many small ones.

#![expect(clippy::expect_used, reason = "a test that can't begin fails")]

use std::env;
use std::path::PathBuf;

use invoice_store_common::lists::metadata_pair;
use invoice_store_sqlite::SqliteStore;
use invoice_store_sqlite::rusqlite::Connection;
use tempfile::TempDir;

pub(crate) struct Filled {
    pub(crate) path: PathBuf,
    pub(crate) invoices: u32,
    _folder: TempDir,
}

/// A file with as much in it.
pub(crate) fn a_filled_file() -> Filled {
    let number =
        |name: &str, otherwise: u32| env::var(name).map_or(otherwise, |text| text.parse().expect("a number"));
    let invoices = number("INVOICE_TEST_INVOICES", 50_000);
    let teams = number("INVOICE_TEST_TEAMS", 500);
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("invoices.db");
    drop(SqliteStore::open(&path).expect("a new file"));
    let digits = |pair: [u8; 16]| pair.map(|byte| format!("{byte:02x}")).concat();
    let text = include_str!("fill.sql")
        .replace("$invoices", &invoices.to_string())
        .replace("$teams", &teams.to_string())
        .replace("$web", &format!("x'{}'", digits(metadata_pair("source", "web"))))
        .replace("$order", &format!("x'{}'", digits(metadata_pair("order", "77"))));
    let connection = Connection::open(&path).expect("the file opens");
    connection.execute_batch(&format!("PRAGMA synchronous = OFF; BEGIN; {text} COMMIT")).expect("rows");
    Filled { path, invoices, _folder: folder }
}
