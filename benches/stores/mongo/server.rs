//! The server that `cargo xtask bench` started, and what it says about itself.

use std::env;

use invoice_store_mongo::mongodb::bson::{Document, doc};
use invoice_store_mongo::mongodb::options::{
    Acknowledgment, ClientOptions, CollectionOptions, ReadConcern, TransactionOptions, WriteConcern,
};
use invoice_store_mongo::mongodb::{Client, Collection, Database};
use invoice_store_mongo::{MongoStore, Settings};

use crate::table::{Report, millis};
use crate::{Wrong, machine};

/// Documents copied at once.
const CHUNK: usize = 1_000;

/// A server on this very machine.
pub(super) struct Server {
    uri: String,
    /// Of the bare side; each store has its own.
    pub(super) client: Client,
    pub(super) process: u32,
    pub(super) version: String,
    prefix: String,
}

impl Server {
    pub(super) async fn new() -> Result<Self, Wrong> {
        let uri = env::var("INVOICE_TEST_MONGO_URI")
            .map_err(|_| "no MongoDB: run `cargo xtask bench mongo`, which starts one")?;
        let client = Client::with_uri_str(&uri).await?;
        let status = client.database("admin").run_command(doc! { "serverStatus": 1 }).await?;
        let process = match status.get_i64("pid") {
            Ok(process) => u32::try_from(process)?,
            Err(_) => u32::try_from(status.get_i32("pid")?)?,
        };
        let version = status.get_str("version")?.to_owned();
        Ok(Self { uri, client, process, version, prefix: format!("bench_{}_", std::process::id()) })
    }

    /// One of the databases of this run.
    pub(super) fn database(&self, name: &str) -> Database {
        self.client.database(&format!("{}{name}", self.prefix))
    }

    /// A collection with the concerns of the store.
    pub(super) fn collection<T: Send + Sync>(&self, database: &str, name: &str) -> Collection<T> {
        let options = CollectionOptions::builder()
            .read_concern(ReadConcern::majority())
            .write_concern(durable())
            .build();
        self.database(database).collection_with_options(name, options)
    }

    /// A store whose schema is there.
    pub(super) async fn store(&self, database: &str) -> Result<MongoStore, Wrong> {
        self.store_with(database, ClientOptions::parse(&self.uri).await?).await
    }

    /// The options of a client, to be altered.
    pub(super) async fn options(&self) -> Result<ClientOptions, Wrong> {
        Ok(ClientOptions::parse(&self.uri).await?)
    }

    pub(super) async fn store_with(
        &self,
        database: &str,
        options: ClientOptions,
    ) -> Result<MongoStore, Wrong> {
        let client = Client::with_options(options)?;
        let name = self.database(database).name().to_owned();
        let store = MongoStore::from_client(client, &name).await?.with_settings(Settings::default());
        store.migrate().await?;
        Ok(store)
    }

    /// Makes a database with all that another one has of billing.
    pub(super) async fn copy(&self, from: &str, to: &str) -> Result<(), Wrong> {
        self.store(to).await?;
        let (source, target) = (self.billing(from), self.billing(to));
        let mut cursor = source.find(doc! {}).await?;
        let mut some: Vec<Document> = Vec::with_capacity(CHUNK);
        while cursor.advance().await? {
            some.push(cursor.deserialize_current()?);
            if some.len() == CHUNK {
                target.insert_many(some.drain(..)).await?;
            }
        }
        if !some.is_empty() {
            target.insert_many(some).await?;
        }
        Ok(())
    }

    /// The collection of the store.
    pub(super) fn billing(&self, database: &str) -> Collection<Document> {
        self.collection(database, "billing")
    }

    /// Says what waiting for the disk costs just now.
    pub(super) fn probe(report: &mut Report) -> Result<(), Wrong> {
        let probe = machine::fsync()?;
        report.note(&format!("An fsync of 8 KiB took {} (median).", millis(probe)));
        Ok(())
    }

    /// Drops the databases of this run.
    pub(super) async fn clean(&self) -> Result<(), Wrong> {
        for name in self.client.list_database_names().await? {
            if name.starts_with(&self.prefix) {
                self.client.database(&name).drop().await?;
            }
        }
        Ok(())
    }
}

fn durable() -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build()
}

/// How the store's transactions read and write.
pub(super) fn transactions() -> TransactionOptions {
    TransactionOptions::builder().read_concern(ReadConcern::snapshot()).write_concern(durable()).build()
}
