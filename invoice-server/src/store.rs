//! Any store by its address.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use invoice_core::ports::BillingPorts;
use invoice_core::ports::identity::IdentityPorts;
use invoice_store_mongo::MongoStore;
use invoice_store_postgres::PostgresStore;
use invoice_store_sqlite::{SqliteStore, Status};

use crate::private;

/// The database of a MongoDB address that names none.
const DATABASE: &str = "invoicing";

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// A file.
    Sqlite(PathBuf),
    /// Nowhere: forgotten at the end.
    Memory,
    /// A server.
    Postgres(String),
    /// A replica set.
    Mongo { uri: String, database: String },
}

impl Default for StoreUrl {
    fn default() -> Self {
        Self::Sqlite(PathBuf::from("invoices.db"))
    }
}

/// Without the password that an address may have.
impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str("sqlite::memory:"),
            Self::Postgres(url) => write!(f, "postgres, {}", place(url)),
            Self::Mongo { uri, database } => write!(f, "mongodb, {}, database {database}", host(uri)),
        }
    }
}

impl StoreUrl {
    /// Reads an address; what it names is not looked for yet.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once(':').ok_or(NOT_ONE)?;
        // Most likely in the password: drivers log what they take for options.
        if scheme != "sqlite" && rest.split_once('?').is_some_and(|(_, options)| options.contains('@')) {
            return Err("an @ stands behind a ?: in a password, ? is written as %3F; in an option, @ as %40");
        }
        match scheme {
            "sqlite" if rest == ":memory:" => Ok(Self::Memory),
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let named = !path.is_empty() && !path.contains(['?', '\0']);
                if named { Ok(Self::Sqlite(path.into())) } else { Err("sqlite: names no file") }
            }
            "postgres" | "postgresql" if rest.starts_with("//") => Ok(Self::Postgres(text.to_owned())),
            "mongodb" | "mongodb+srv" if rest.starts_with("//") => {
                let path = rest.trim_start_matches('/').split_once('/').map_or("", |(_, path)| path);
                let database = path.split('?').next().filter(|name| !name.is_empty()).unwrap_or(DATABASE);
                // Most likely what stands before it is a part of the password, which is not to be shown.
                if database.contains(['@', ':']) {
                    return Err(
                        "the name of the database has @ or : in it; in a password, / is written as %2F",
                    );
                }
                Ok(Self::Mongo { uri: text.to_owned(), database: database.to_owned() })
            }
            _ => Err(NOT_ONE),
        }
    }

    /// The address, if it is a file's.
    pub(crate) fn file(&self) -> Option<String> {
        matches!(self, Self::Sqlite(_)).then(|| self.to_string())
    }

    /// Refuses a file that is not there, for whoever only looks: most likely its name is mistyped.
    fn must_exist(&self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(path) => ensure!(path.exists(), "there is no file {}", path.display()),
            Self::Memory => bail!("a store in memory has nothing to look at: name one with database_url"),
            Self::Postgres(_) | Self::Mongo { .. } => {}
        }
        Ok(())
    }

    /// Opens it. A SQLite file is made if it is not there, and brought up to this release.
    async fn open(&self) -> anyhow::Result<Store> {
        self.open_by(open_file).await
    }

    /// The same for whoever only looks: a SQLite file with nothing of ours in it is refused and stays as it is.
    async fn open_existing(&self) -> anyhow::Result<Store> {
        self.open_by(|path| Ok(Store::Sqlite(SqliteStore::open_existing(path)?))).await
    }

    async fn open_by(&self, open_file: impl Fn(&Path) -> anyhow::Result<Store>) -> anyhow::Result<Store> {
        let opened = match self {
            Self::Sqlite(path) => open_file(path),
            Self::Memory => SqliteStore::open_in_memory().map(Store::Sqlite).map_err(anyhow::Error::from),
            Self::Postgres(url) => {
                PostgresStore::connect(url).await.map(Store::Postgres).map_err(anyhow::Error::from)
            }
            Self::Mongo { uri, database } => {
                MongoStore::connect(uri, database).await.map(Store::Mongo).map_err(anyhow::Error::from)
            }
        };
        opened.with_context(|| format!("the store at {self} can't be opened"))
    }
}

/// Host and database of an address, without the user and the password before them and the options behind.
fn place(url: &str) -> &str {
    let before = url.split_once('?').map_or(url, |(before, _)| before);
    match before.rsplit_once('@') {
        Some((_, place)) => place,
        None => before.split_once("//").map_or("", |(_, place)| place),
    }
}

fn host(url: &str) -> &str {
    place(url).split('/').next().unwrap_or_default()
}

/// Opens a file; a new one, which will have hashes of passwords in it, is for its owner alone.
fn open_file(path: &Path) -> anyhow::Result<Store> {
    private::create_if_missing(path)?;
    Ok(Store::Sqlite(SqliteStore::open(path)?))
}

const NOT_ONE: &str = "not an address such as sqlite:invoices.db, postgres://… or mongodb://…/database";

/// A store that is open.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
    Mongo(MongoStore),
}

impl Store {
    pub(crate) fn billing(&self) -> BillingPorts {
        match self.clone() {
            Self::Sqlite(store) => BillingPorts::from_store(&Arc::new(store)),
            Self::Postgres(store) => BillingPorts::from_store(&Arc::new(store)),
            Self::Mongo(store) => BillingPorts::from_store(&Arc::new(store)),
        }
    }

    pub(crate) fn identity(&self) -> IdentityPorts {
        match self.clone() {
            Self::Sqlite(store) => IdentityPorts::from_store(&Arc::new(store)),
            Self::Postgres(store) => IdentityPorts::from_store(&Arc::new(store)),
            Self::Mongo(store) => IdentityPorts::from_store(&Arc::new(store)),
        }
    }

    /// Brings the schema up to this release.
    pub(crate) async fn migrate(&self) -> anyhow::Result<Status> {
        match self {
            Self::Sqlite(store) => {
                store.migrate().await?;
                Ok(store.status().await?)
            }
            Self::Postgres(store) => Ok(store.migrate().await?),
            Self::Mongo(store) => Ok(store.migrate().await?),
        }
    }

    /// Takes the last steps back.
    pub(crate) async fn rollback(&self, steps: usize, force: bool) -> anyhow::Result<Status> {
        match self {
            Self::Sqlite(store) => {
                store.rollback(steps, force).await?;
                Ok(store.status().await?)
            }
            Self::Postgres(store) => Ok(store.rollback(steps, force).await?),
            Self::Mongo(store) => Ok(store.rollback(steps, force).await?),
        }
    }

    /// How far the schema is.
    pub(crate) async fn status(&self) -> anyhow::Result<Status> {
        match self {
            Self::Sqlite(store) => Ok(store.status().await?),
            Self::Postgres(store) => Ok(store.status().await?),
            Self::Mongo(store) => Ok(store.status().await?),
        }
    }
}

/// The stores of billing and of identity, which may be one.
#[derive(Debug)]
pub(crate) struct Stores {
    pub(crate) billing: Store,
    /// Only if it is another one.
    pub(crate) other_identity: Option<Store>,
}

impl Stores {
    pub(crate) async fn open(billing: &StoreUrl, identity: Option<&StoreUrl>) -> anyhow::Result<Self> {
        let other_identity = match identity {
            Some(identity) => Some(identity.open().await?),
            None => None,
        };
        Ok(Self { billing: billing.open().await?, other_identity })
    }

    /// The same, and makes none: for errands that look at what is there.
    pub(crate) async fn open_existing(
        billing: &StoreUrl,
        identity: Option<&StoreUrl>,
    ) -> anyhow::Result<Self> {
        billing.must_exist()?;
        identity.map_or(Ok(()), StoreUrl::must_exist)?;
        let other_identity = match identity {
            Some(identity) => Some(identity.open_existing().await?),
            None => None,
        };
        Ok(Self { billing: billing.open_existing().await?, other_identity })
    }

    /// The same at this release's schema: for errands that work with what is there.
    pub(crate) async fn open_current(
        billing: &StoreUrl,
        identity: Option<&StoreUrl>,
    ) -> anyhow::Result<Self> {
        let stores = Self::open_existing(billing, identity).await?;
        for (name, store) in stores.each() {
            let status = store.status().await?;
            let (current, newest) = (status.current(), status.newest());
            ensure!(
                status.is_current(),
                "the schema of {name} is at version {current} of {newest}: `invoice-server migrate up` brings it up"
            );
        }
        Ok(stores)
    }

    /// Brings all schemas up to this release.
    pub(crate) async fn bring_up(&self) -> anyhow::Result<()> {
        for (name, store) in self.each() {
            store.migrate().await.with_context(|| format!("the schema of {name} can't be brought up"))?;
        }
        Ok(())
    }

    pub(crate) fn identity(&self) -> &Store {
        self.other_identity.as_ref().unwrap_or(&self.billing)
    }

    /// Each with what it is for.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static str, &Store)> {
        let identity = self.other_identity.iter().map(|store| ("identity", store));
        std::iter::once(("invoices", &self.billing)).chain(identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_store_are_understood() {
        assert_eq!(StoreUrl::parse("sqlite:a/b.db"), Ok(StoreUrl::Sqlite("a/b.db".into())));
        assert_eq!(StoreUrl::parse("sqlite:///srv/b.db"), Ok(StoreUrl::Sqlite("/srv/b.db".into())));
        assert_eq!(StoreUrl::parse("sqlite::memory:"), Ok(StoreUrl::Memory));
        assert!(matches!(StoreUrl::parse("postgresql://localhost/bills"), Ok(StoreUrl::Postgres(_))));
        for (uri, expected) in [
            ("mongodb://one,two/bills?replicaSet=rs0", "bills"),
            ("mongodb://one/?replicaSet=rs0", DATABASE),
            ("mongodb+srv://one", DATABASE),
        ] {
            let found = StoreUrl::parse(uri);
            assert!(matches!(found, Ok(StoreUrl::Mongo { database, .. }) if database == expected), "{uri}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "invoices.db", "sqlite:", "sqlite:a.db?mode=ro", "mysql://localhost", "postgres:bills"]
        {
            assert!(StoreUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_that_would_be_taken_for_something_else_is_refused_without_showing_it() {
        for (url, remedy) in [
            ("mongodb://app:hun/ter2@127.0.0.1:1/db", "%2F"),
            ("mongodb://app:hun/ter2@one", "%2F"),
            ("mongodb://one/a:ter2", "%2F"),
            ("mongodb://app:hun@ter2/hunter2?x@one/db", "%3F"),
            ("postgres://app:hunter2?hunter2@db/bills", "%3F"),
            ("postgres://app:hun@ter2?x@127.0.0.1:1/db", "%3F"),
        ] {
            let refused = StoreUrl::parse(url).expect_err(url);
            assert!(refused.contains(remedy) && !refused.contains("ter2"), "{url}: {refused}");
        }
    }

    #[test]
    fn the_place_of_a_server_is_shown_and_a_password_is_not() {
        for (url, shown) in [
            ("postgres://app:hunter2@localhost:5433/bills?hunter2=1", "postgres, localhost:5433/bills"),
            ("postgres://localhost/bills", "postgres, localhost/bills"),
            ("postgres://app:hunter2/hunter2@db/bills", "postgres, db/bills"),
            ("mongodb://app:hunter2@one,two:2/bills?hunter2", "mongodb, one,two:2, database bills"),
        ] {
            let url = StoreUrl::parse(url).unwrap();
            assert_eq!((url.to_string().as_str(), format!("{url:?}").as_str()), (shown, shown));
        }
    }
}
