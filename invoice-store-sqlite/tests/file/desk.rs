//! What most tests begin with: a folder, and a team that can issue.

use std::path::PathBuf;

use invoice_core::change::{ChangeSet, Receipt, Record};
use invoice_core::ports::CommitsExt as _;
use invoice_core::testing::{BillingFixtures, day};
use invoice_core::{Client, DocumentType, Invoice, Series};
use invoice_store_sqlite::SqliteStore;
use tempfile::TempDir;

/// A folder with a name for a database in it.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) file: PathBuf,
}

pub(crate) fn a_place() -> Place {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("invoices.db");
    Place { folder, file }
}

/// A team with a client and a series.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) make: BillingFixtures,
    pub(crate) client: Client,
    pub(crate) series: Series,
}

impl Desk {
    pub(crate) async fn new(store: &SqliteStore) -> Self {
        let make = BillingFixtures::new();
        let client = make.client("Specimen AG");
        let series = make.series(DocumentType::Invoice);
        let change = make.change().insert(client.clone()).insert(series.clone()).insert(make.supplier());
        store.commit(change.build()).await.expect("a desk is set up");
        Self { make, client, series }
    }

    /// An invoice, written and issued at once.
    pub(crate) fn issuing(&self) -> ChangeSet {
        let draft = self.make.draft(&self.client, "100");
        self.make.change().issue(draft, &self.series, &self.client, day("2026-03-02")).build()
    }

    /// A new client, which needs nothing.
    pub(crate) fn inserting(&self, name: &str) -> ChangeSet {
        self.make.change().insert(self.make.client(name)).build()
    }
}

/// The invoice of a receipt.
pub(crate) fn invoice(receipt: Receipt) -> Invoice {
    let found = receipt.records.into_iter().find_map(|record| match record {
        Record::Invoice(invoice) => Some(*invoice),
        _ => None,
    });
    found.expect("an invoice was written")
}
