//! The stores under test.

use std::sync::Arc;

use anyhow::{Result, bail};
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::BillingPorts;
use invoice_store_mongo::MongoStore;
use invoice_store_postgres::PostgresStore;
use invoice_store_sqlite::SqliteStore;

use crate::patience::patiently;

/// The database on a MongoDB that the crash runs have to themselves.
const DATABASE: &str = "crash";

/// Opens a store: `memory`, `sqlite` with a file's path, `postgres` with a URL, or `mongo` with a replica set's URI. A server
/// may take its time.
pub async fn open(store: &str, place: &str) -> Result<BillingPorts> {
    Ok(match store {
        "memory" => BillingPorts::from_store(&Arc::new(MemoryBilling::default())),
        "sqlite" => BillingPorts::from_store(&Arc::new(SqliteStore::open(place)?)),
        "postgres" => {
            let store = patiently(async || Ok(PostgresStore::connect(place).await?)).await?;
            BillingPorts::from_store(&Arc::new(store))
        }
        "mongo" => {
            let store = patiently(async || Ok(MongoStore::connect(place, DATABASE).await?)).await?;
            BillingPorts::from_store(&Arc::new(store))
        }
        other => bail!("there is no store `{other}`"),
    })
}

/// Makes a server's schema; the other stores make theirs when they are opened.
pub async fn migrate(store: &str, place: &str) -> Result<()> {
    match store {
        "postgres" => drop(PostgresStore::connect(place).await?.migrate().await?),
        "mongo" => drop(MongoStore::connect(place, DATABASE).await?.migrate().await?),
        _ => {}
    }
    Ok(())
}
