//! The handle.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr as _;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::available_parallelism;
use std::time::Duration;

use invoice_core::ports::StoreError;
use invoice_core::{Code, Violation};
use invoice_store_common::predict::Predictions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgPool};

use crate::commit::{Queues, Shape};
use crate::pool::{Connection, Lanes, Pool, lanes_of};
use crate::reads::Readers;

/// How a store holds its connections.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most connections open at once; 16.
    pub connections: usize,
    /// How long a caller waits for one, or for the server to answer a new one, before it is told
    /// [`StoreError::Unavailable`]; 30 seconds.
    pub patience: Duration,
    /// How many prepared statements each connection keeps; 512.
    pub statements: usize,
    /// The most commits that land in one statement, when they wait for each other; 64. With 1 each goes by itself.
    pub together: usize,
    /// In how many lanes teams wait for each other, each with a connection of its own among the others; one for every two
    /// processors of this machine. Fewer lanes make larger groups, of which each member costs less; with more of them
    /// one group is written while another waits for the disk, which is worth it where that takes milliseconds, and fewer
    /// teams wait where one meets a lock, which takes a second at most. No more than a quarter of the connections; with
    /// none, a team waits only for itself. Half as many questions for records of one kind are under way before those
    /// that come then wait and are asked as one; with no lanes, nobody waits.
    pub lanes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: 16,
            patience: Duration::from_secs(30),
            statements: 512,
            together: 64,
            lanes: available_parallelism().map_or(1, |processors| processors.get().div_ceil(2)),
        }
    }
}

/// The billing and identity ports on PostgreSQL. Clones share their connections.
///
/// Its tables live in a schema of their own, [`PostgresStore::DEFAULT_SCHEMA`] unless
/// [`PostgresStore::with_schema`] says otherwise, beside whatever else is in the database. Call
/// [`PostgresStore::migrate`] before the first use, and give
/// [`BillingPorts::from_store`](invoice_core::ports::BillingPorts::from_store) a clone for the use cases.
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) shared: Arc<Shared>,
}

/// What clones share.
pub(crate) struct Shared {
    pool: Pool,
    lanes: Option<Lanes>,
    schema: String,
    /// As statements have it: a schema may be called `user`.
    quoted: String,
    /// Statements with the schema filled in, by the place of their template in memory.
    statements: RwLock<HashMap<(usize, usize), Arc<str>>>,
    /// The statements of commits, by their shape.
    pub(crate) commits: RwLock<HashMap<Shape, Arc<str>>>,
    pub(crate) predictions: Predictions,
    pub(crate) queues: Queues,
    pub(crate) readers: Readers,
    pub(crate) settings: Settings,
}

impl Shared {
    /// The schema as statements have it.
    pub(crate) fn quoted_schema(&self) -> &str {
        &self.quoted
    }
}

impl PostgresStore {
    /// The schema of a store that was given no other.
    pub const DEFAULT_SCHEMA: &'static str = "invoicing";

    /// Connects to `postgres://user:password@host:port/database`, once, to see that it can.
    ///
    /// Fails with [`StoreError::Unavailable`] when the server does not answer, and with
    /// [`StoreError::Backend`] when it refuses or the URL is none.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
    /// use invoice_store_postgres::PostgresStore;
    ///
    /// let store = PostgresStore::connect("postgres://app@localhost/app").await?;
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(StoreError::backend)?;
        Self::connect_with(options, &Settings::default()).await
    }

    /// Connects with options of the driver and settings of the store.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
    /// use invoice_store_postgres::sqlx::postgres::PgConnectOptions;
    /// use invoice_store_postgres::{PostgresStore, Settings};
    ///
    /// let mut settings = Settings::default();
    /// settings.connections = 4;
    /// let options = PgConnectOptions::new().host("localhost").database("app");
    /// let store = PostgresStore::connect_with(options, &settings).await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect_with(options: PgConnectOptions, settings: &Settings) -> Result<Self, StoreError> {
        let lanes = Lanes::new(&options, settings)?;
        let pool = Pool::new(options, settings)?;
        pool.get().await?.done(Ok(()))?;
        Ok(Self::over(pool, lanes, Self::DEFAULT_SCHEMA.to_owned(), settings.clone()))
    }

    /// Uses the pool of the application around it, which decides all about its connections.
    ///
    /// The driver's pool asks the server whether a connection lives each time it hands one out or takes
    /// one back; a store with connections of its own, from [`PostgresStore::connect`], does not. Let the
    /// pool's connections keep some 512 prepared statements
    /// ([`PgConnectOptions::statement_cache_capacity`]), or the less common ones are prepared again and again.
    /// [`PostgresStore::close`] closes the pool for the application too. Commits of several teams do not wait for each
    /// other here: that takes connections whose waits for locks are short. Readers do, as [`Settings::lanes`] has it by
    /// default.
    ///
    /// Leave the isolation level of its connections at READ COMMITTED, the server's own default: a commit waits
    /// for the counter and goes on with what it finds, which a stricter level answers with a failure.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
    /// use invoice_store_postgres::PostgresStore;
    /// use invoice_store_postgres::sqlx::PgPool;
    ///
    /// let pool = PgPool::connect("postgres://app@localhost/app").await?;
    /// let store = PostgresStore::from_pool(pool).with_schema("billing")?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_pool(pool: PgPool) -> Self {
        Self::over(Pool::Shared(pool), None, Self::DEFAULT_SCHEMA.to_owned(), Settings::default())
    }

    /// The same connections with tables in another schema: 1 to 63 lower-case letters, digits and `_`,
    /// not beginning with a digit, nor with `pg_`, which the server keeps for itself.
    ///
    /// ```no_run
    /// # fn open(store: invoice_store_postgres::PostgresStore) {
    /// assert!(store.with_schema("robert'); drop").is_err());
    /// # }
    /// ```
    pub fn with_schema(&self, name: &str) -> Result<Self, Violation> {
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let begins_well = name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
        if !begins_well || name.len() > 63 || name.starts_with("pg_") || !name.bytes().all(plain) {
            let detail = "a schema's name has 1 to 63 lower-case letters, digits and `_`";
            return Err(Violation::new("", Code::Malformed, detail));
        }
        let Shared { pool, lanes, settings, .. } = &*self.shared;
        Ok(Self::over(pool.clone(), lanes.clone(), name.to_owned(), settings.clone()))
    }

    /// The schema its tables are in.
    pub fn schema(&self) -> &str {
        &self.shared.schema
    }

    /// Closes the connections; whoever needs one later is told [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.shared.pool.close().await;
        if let Some(lanes) = &self.shared.lanes {
            lanes.close().await;
        }
    }

    fn over(pool: Pool, lanes: Option<Lanes>, schema: String, settings: Settings) -> Self {
        let shared = Shared {
            pool,
            lanes,
            quoted: format!("\"{schema}\""),
            schema,
            statements: RwLock::default(),
            commits: RwLock::default(),
            predictions: Predictions::default(),
            queues: Queues::default(),
            readers: Readers::new(lanes_of(&settings).div_ceil(2)),
            settings,
        };
        Self { shared: Arc::new(shared) }
    }

    /// A connection, to be given back by [`Connection::done`].
    pub(crate) async fn connection(&self) -> Result<Connection, StoreError> {
        self.shared.pool.get().await
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.shared.pool
    }

    /// The lanes where teams wait for each other, if they do.
    pub(crate) fn lanes(&self) -> Option<&Lanes> {
        self.shared.lanes.as_ref()
    }

    /// A statement with its `{s}` replaced by the schema.
    pub(crate) fn sql(&self, template: &'static str) -> AssertSqlSafe<Arc<str>> {
        let key = (template.as_ptr().addr(), template.len());
        let statements = &self.shared.statements;
        if let Some(text) = statements.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return AssertSqlSafe(Arc::clone(text));
        }
        let text: Arc<str> = self.fill(template).into();
        statements.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&text));
        AssertSqlSafe(text)
    }

    /// A text made at run time with its `{s}` replaced by the schema.
    pub(crate) fn fill(&self, template: &str) -> String {
        template.replace("{s}", self.shared.quoted_schema())
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("schema", &self.shared.schema).finish_non_exhaustive()
    }
}
