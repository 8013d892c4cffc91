//! Starts what tests, crash runs and benchmarks need: private, throw-away, gone afterwards.

mod binaries;
mod folder;
mod guardian;
mod mongo;
mod node;
mod postgres;
mod redis;
mod server;

pub(crate) use binaries::wrk;
pub(crate) use folder::{Folder, Random, random};
pub(crate) use mongo::{Mongo, Settings as MongoSettings, mongod};
pub(crate) use node::{chromium, npm_install};
pub(crate) use postgres::{Postgres, Settings};
pub(crate) use redis::{Redis, redis_server};
pub(crate) use server::Engine;

use anyhow::Result;

/// Where the tests look for a server. Whoever sets it brings their own, and nothing is started.
pub(crate) const POSTGRES_URL: &str = "INVOICE_TEST_POSTGRES_URL";
/// Where benchmarks look for the programs beside the server's.
pub(crate) const POSTGRES_BIN: &str = "INVOICE_POSTGRES_BIN";

/// The same for a replica set of MongoDB, by its URI.
pub(crate) const MONGO_URI: &str = "INVOICE_TEST_MONGO_URI";
/// Where a test finds MongoDB's program, to start a server of another kind itself.
pub(crate) const MONGOD: &str = "INVOICE_TEST_MONGOD";

/// The same for a Redis, by its URL, whose databases 1 to 15 are emptied.
pub(crate) const REDIS_URL: &str = "INVOICE_TEST_REDIS_URL";
/// Where a test finds Redis' program, to start a server that it kills.
pub(crate) const REDIS_SERVER: &str = "INVOICE_TEST_REDIS_SERVER";

/// A server to be used, and to be stopped if it is ours.
pub(crate) struct Server<S> {
    url: String,
    ours: Option<S>,
}

impl Server<Postgres> {
    /// The one named by the environment, or else a new one.
    pub(crate) fn postgres(settings: &Settings) -> Result<Self> {
        Self::find(POSTGRES_URL, || Postgres::start(settings), Postgres::url)
    }
}

impl Server<Mongo> {
    /// The one named by the environment, or else a new one.
    pub(crate) fn mongo(settings: &MongoSettings) -> Result<Self> {
        Self::find(MONGO_URI, || Mongo::start(settings), Mongo::url)
    }
}

impl Server<Redis> {
    /// The one named by the environment, or else a new one.
    pub(crate) fn redis() -> Result<Self> {
        Self::find(REDIS_URL, Redis::start, Redis::url)
    }
}

impl<S> Server<S> {
    fn find(variable: &str, start: impl FnOnce() -> Result<S>, url: impl FnOnce(&S) -> &str) -> Result<Self> {
        match std::env::var(variable) {
            Ok(url) if !url.is_empty() => Ok(Self { url, ours: None }),
            _ => {
                let server = start()?;
                Ok(Self { url: url(&server).to_owned(), ours: Some(server) })
            }
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The one that was started, if one was.
    pub(crate) fn ours(&self) -> Option<&S> {
        self.ours.as_ref()
    }
}
