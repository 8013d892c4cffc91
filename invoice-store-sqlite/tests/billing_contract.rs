//! The store keeps the contract of the billing port, on a file and in memory.

#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

use std::cell::RefCell;
use std::sync::Arc;

use invoice_core::ports::BillingPorts;
use invoice_store_sqlite::SqliteStore;
use tempfile::TempDir;

async fn in_memory() -> BillingPorts {
    BillingPorts::from_store(&Arc::new(SqliteStore::open_in_memory().expect("a store in memory")))
}

thread_local! {
    /// The folders of this thread's stores. Each case has a thread of its own, and they go with it.
    static FOLDERS: RefCell<Vec<TempDir>> = const { RefCell::new(Vec::new()) };
}

async fn on_a_file() -> BillingPorts {
    let folder = TempDir::new().expect("a folder");
    let store = SqliteStore::open(folder.path().join("invoices.db")).expect("a store on a file");
    FOLDERS.with_borrow_mut(|folders| folders.push(folder));
    BillingPorts::from_store(&Arc::new(store))
}

invoice_core::billing_contract!(on_a_file_of_its_own, on_a_file);
invoice_core::billing_contract!(all_in_memory, in_memory);
