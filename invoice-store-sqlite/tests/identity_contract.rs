//! The SQLite store keeps the contract of the identity port: in a file, and in memory.

#![expect(clippy::unwrap_used, reason = "a store that can't be opened fails its case")]

use std::sync::Arc;

use invoice_core::ports::identity::IdentityPorts;
use invoice_store_sqlite::SqliteStore;

mod in_a_file {
    use super::*;

    async fn an_empty_store() -> IdentityPorts {
        // The store opens readers as it needs them, so the folder outlives this function.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
        let store = SqliteStore::open(folder.join("identities.db")).unwrap();
        IdentityPorts::from_store(&Arc::new(store))
    }

    invoice_core::identity_contract!(an_empty_store);
}

mod in_memory {
    use super::*;

    async fn an_empty_store() -> IdentityPorts {
        IdentityPorts::from_store(&Arc::new(SqliteStore::open_in_memory().unwrap()))
    }

    invoice_core::identity_contract!(an_empty_store);
}
