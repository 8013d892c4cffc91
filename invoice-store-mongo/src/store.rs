//! The handle.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use invoice_core::ports::StoreError;
use invoice_core::{Code, Violation};
use invoice_store_common::predict::Predictions;
use mongodb::bson::{RawDocumentBuf, Timestamp, doc};
use mongodb::options::{
    Acknowledgment, ClientOptions, CollectionOptions, ReadConcern, SelectionCriteria, TransactionOptions,
    WriteConcern,
};
use mongodb::{Client, Collection, Database};

use crate::commit::Queues;
use crate::error::store_error;
use crate::reads::{Defaults, Gathered};

/// How a store works.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a commit goes on trying while the cluster has no primary or others are in the way, before its
    /// caller is told [`StoreError::Unavailable`] or [`StoreError::UnknownOutcome`]; 30 seconds. What is under way
    /// by then has a second each for its last commands. Commits that wait for others wait twice as
    /// long at most.
    pub patience: Duration,
    /// How long the answer to one command of a commit is waited for, before the server is taken to stand still and
    /// the command is given up and tried again; 10 seconds, but never longer than `patience`, nor less than a second.
    pub answer: Duration,
    /// How long [`MongoStore::migrate`] and [`MongoStore::rollback`] wait for another process that is at it;
    /// 10 minutes.
    pub turn: Duration,
    /// The most commits, of any teams, that land in one transaction, when they wait for each other; 64. With 1
    /// each goes by itself.
    pub together: usize,
    /// In how many lanes teams wait for each other; 2. Fewer lanes make larger groups, of which each member costs less;
    /// with more of them one group is written while another waits for a majority to have it. With none, a team waits
    /// only for itself.
    pub lanes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(30),
            answer: Duration::from_secs(10),
            turn: Duration::from_mins(10),
            together: 64,
            lanes: 2,
        }
    }
}

/// The billing and identity ports on MongoDB. Clones share their connections.
///
/// Its collections are `billing`, `identity` and `migrations` in the database named, with a prefix if
/// [`MongoStore::with_prefix`] gave them one. Call [`MongoStore::migrate`] before the first use.
#[derive(Clone)]
pub struct MongoStore {
    pub(crate) shared: Arc<Shared>,
}

/// What clones share.
pub(crate) struct Shared {
    client: Client,
    database: Database,
    prefix: String,
    billing: Collection<RawDocumentBuf>,
    identity: Collection<RawDocumentBuf>,
    /// The servers are shards behind routers.
    is_sharded: bool,
    /// The time of the newest commit that was acknowledged here.
    pub(crate) seen: Mutex<Option<Timestamp>>,
    pub(crate) settings: Settings,
    pub(crate) predictions: Predictions,
    pub(crate) defaults: Defaults,
    pub(crate) gathered: Gathered,
    pub(crate) queues: Queues,
}

/// Servers older than this lack what commits need.
const OLDEST: i32 = 13;

/// Why a deployment can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsuitable {
    #[error(
        "the MongoDB server is not a member of a replica set, and only those have transactions: \
         start it with --replSet and run rs.initiate() once, a single member is enough"
    )]
    Standalone,
    #[error("the MongoDB server is older than 5.0")]
    TooOld,
}

impl MongoStore {
    /// Connects to `mongodb://host,host/?replicaSet=name` and looks at the server, whose database gets the
    /// collections.
    ///
    /// Fails with [`StoreError::Unavailable`] when no server answers, and with [`StoreError::Backend`] when it
    /// is a standalone one, which has no transactions, or the URI is none.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
    /// use invoice_store_mongo::MongoStore;
    ///
    /// let store = MongoStore::connect("mongodb://localhost/?replicaSet=rs0", "app").await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(uri: &str, database: &str) -> Result<Self, StoreError> {
        let options = ClientOptions::parse(uri).await.map_err(StoreError::backend)?;
        let client = Client::with_options(options).map_err(StoreError::backend)?;
        Self::from_client(client, database).await
    }

    /// Uses the client of the application around it. What the client says about write and read concern does not
    /// count here: commits are acknowledged by a majority and journalled, reads show what a majority has.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
    /// use invoice_store_mongo::MongoStore;
    /// use invoice_store_mongo::mongodb::Client;
    ///
    /// let client = Client::with_uri_str("mongodb://localhost/?replicaSet=rs0").await?;
    /// let store = MongoStore::from_client(client, "app").await?.with_prefix("billing_")?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn from_client(client: Client, database: &str) -> Result<Self, StoreError> {
        if database.is_empty()
            || database.len() > 63
            || database.contains(['/', '\\', '.', ' ', '"', '$', '\0'])
        {
            let detail = "a database's name has 1 to 63 bytes, none of them / \\ . \" $, a blank or NUL";
            return Err(StoreError::Refused(Violation::new("", Code::Malformed, detail)));
        }
        let hello = client.database("admin").run_command(doc! { "hello": 1 }).await.map_err(store_error)?;
        let is_router = hello.get_str("msg").is_ok_and(|text| text == "isdbgrid");
        if !is_router && !hello.contains_key("setName") {
            return Err(StoreError::backend(Unsuitable::Standalone));
        }
        if hello.get_i32("maxWireVersion").unwrap_or_default() < OLDEST {
            return Err(StoreError::backend(Unsuitable::TooOld));
        }
        Ok(Self::over(client, database, String::new(), is_router, Settings::default()))
    }

    /// The same with settings of its own.
    #[must_use]
    pub fn with_settings(&self, settings: Settings) -> Self {
        let Shared { client, database, prefix, is_sharded, .. } = &*self.shared;
        Self::over(client.clone(), database.name(), prefix.clone(), *is_sharded, settings)
    }

    /// The same connections with other names of collections: the prefix is put before each of them. It has at
    /// most 63 lower-case letters, digits and `_`, and begins with a letter, if it has any.
    ///
    /// ```no_run
    /// # fn open(store: invoice_store_mongo::MongoStore) {
    /// assert!(store.with_prefix("system.").is_err());
    /// # }
    /// ```
    pub fn with_prefix(&self, prefix: &str) -> Result<Self, Violation> {
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let begins_well = prefix.bytes().next().is_none_or(|first| first.is_ascii_lowercase());
        if !begins_well || prefix.len() > 63 || !prefix.bytes().all(plain) {
            let detail =
                "a prefix has at most 63 lower-case letters, digits and `_`, and begins with a letter";
            return Err(Violation::new("", Code::Malformed, detail));
        }
        let Shared { client, database, settings, is_sharded, .. } = &*self.shared;
        Ok(Self::over(client.clone(), database.name(), prefix.to_owned(), *is_sharded, settings.clone()))
    }

    fn over(client: Client, database: &str, prefix: String, is_sharded: bool, settings: Settings) -> Self {
        let database = client.database(database);
        let options = CollectionOptions::builder()
            .read_concern(ReadConcern::majority())
            .write_concern(concern(&settings))
            .selection_criteria(SelectionCriteria::ReadPreference(mongodb::options::ReadPreference::Primary))
            .build();
        let collection =
            |name: &str| database.collection_with_options(&format!("{prefix}{name}"), options.clone());
        let (billing, identity) = (collection("billing"), collection("identity"));
        let shared = Shared {
            client,
            database,
            prefix,
            billing,
            identity,
            is_sharded,
            seen: Mutex::default(),
            settings,
            predictions: Predictions::default(),
            defaults: Defaults::default(),
            gathered: Gathered::new(1),
            queues: Queues::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The driver's client.
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// The database its collections are in.
    pub fn database(&self) -> &Database {
        &self.shared.database
    }

    /// What stands before the names of its collections.
    pub fn prefix(&self) -> &str {
        &self.shared.prefix
    }

    /// Whether routers stand before the servers, which find a shard by the team.
    pub(crate) fn is_sharded(&self) -> bool {
        self.shared.is_sharded
    }

    /// The collection of billing. Reads from it show what a majority has.
    pub(crate) fn billing(&self) -> &Collection<RawDocumentBuf> {
        &self.shared.billing
    }

    /// The collection of identities.
    pub(crate) fn identity(&self) -> &Collection<RawDocumentBuf> {
        &self.shared.identity
    }

    /// How transactions read and write.
    pub(crate) fn transactions(&self) -> TransactionOptions {
        TransactionOptions::builder()
            .read_concern(ReadConcern::snapshot())
            .write_concern(concern(&self.shared.settings))
            .selection_criteria(SelectionCriteria::ReadPreference(mongodb::options::ReadPreference::Primary))
            .build()
    }
}

/// By a majority, on disk.
fn concern(settings: &Settings) -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(settings.patience).build()
}

impl fmt::Debug for MongoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoStore")
            .field("database", &self.shared.database.name())
            .field("prefix", &self.shared.prefix)
            .finish_non_exhaustive()
    }
}
