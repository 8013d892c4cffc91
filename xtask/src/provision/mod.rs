//! Starts what tests, crash runs and benchmarks need: private, throw-away, gone afterwards.

mod binaries;
mod folder;
mod guardian;
mod postgres;

pub(crate) use folder::{Folder, Random, random};
pub(crate) use postgres::{Postgres, Settings};

use anyhow::Result;

/// Where the tests look for a server. Whoever sets it brings their own, and nothing is started.
pub(crate) const POSTGRES_URL: &str = "INVOICE_TEST_POSTGRES_URL";
/// Where benchmarks look for the programs beside the server's.
pub(crate) const POSTGRES_BIN: &str = "INVOICE_POSTGRES_BIN";

/// A server to be used, and to be stopped if it is ours.
pub(crate) enum Server {
    Theirs(String),
    Ours(Postgres),
}

impl Server {
    /// The one named by the environment, or else a new one.
    pub(crate) fn postgres(settings: &Settings) -> Result<Self> {
        match std::env::var(POSTGRES_URL) {
            Ok(url) if !url.is_empty() => Ok(Self::Theirs(url)),
            _ => Ok(Self::Ours(Postgres::start(settings)?)),
        }
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Theirs(url) => url,
            Self::Ours(server) => server.url(),
        }
    }
}
