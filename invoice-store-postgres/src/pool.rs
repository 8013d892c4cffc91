//! Connections, handed out without asking the server first whether they are alive.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::managed::{
    Manager, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts,
};
use deadpool::{Runtime, managed};
use invoice_core::ports::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool, Postgres};

use crate::Settings;
use crate::error::{is_lost, store_error};

/// How long a connection may rest before it is asked whether it still lives.
const RESTED: Duration = Duration::from_secs(30);

/// Every statement of the store goes by an index. A plan made while a table was small must not read all of it
/// once it is large, and compiling a plan takes longer than running it.
const PLANS: &str = "SET enable_seqscan = off; SET jit = off";

/// Whoever waited for a lock goes on with what the other one left behind, whatever level the database is set to:
/// a stricter one would show what was there before, or fail.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Whoever commits for several teams does not wait long for what somebody does to one of them: that one goes by itself
/// then, and the others go on. The statements of commits find everything by its key, whatever the values are, and
/// a plan for each would take longer than to run it.
const FOR_LANES: &str = "SET lock_timeout = '1s'; SET plan_cache_mode = force_generic_plan";

/// Makes connections, and keeps those that were left in order.
#[derive(Debug)]
pub(crate) struct Connector {
    options: PgConnectOptions,
    /// What each connection is told first.
    settings: String,
}

/// A connection, and whether it can be used again.
pub(crate) struct Held {
    connection: PgConnection,
    clean: bool,
}

impl Manager for Connector {
    type Type = Held;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Held, sqlx::Error> {
        // Boxed: it is done seldom, and takes room in the future of whoever waits for a connection, which is every
        // read and every commit.
        let connected = async {
            let mut connection = self.options.connect().await?;
            sqlx::raw_sql(AssertSqlSafe(self.settings.as_str())).execute(&mut connection).await?;
            Ok::<_, sqlx::Error>(connection)
        };
        let connection = Box::pin(connected).await?;
        Ok(Held { connection, clean: true })
    }

    async fn recycle(&self, held: &mut Held, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if !held.clean {
            return Err(RecycleError::message("left in the middle of something"));
        }
        if metrics.last_used() > RESTED {
            Box::pin(held.connection.ping()).await?;
        }
        Ok(())
    }
}

/// Where connections come from.
#[derive(Clone)]
pub(crate) enum Pool {
    /// Of the store alone.
    Own(managed::Pool<Connector>),
    /// Of the application around it, used as it is.
    Shared(PgPool),
}

impl Pool {
    pub(crate) fn new(options: PgConnectOptions, settings: &Settings) -> Result<Self, StoreError> {
        let connections = settings.connections - lanes(settings);
        Self::of(options, settings, connections, PLANS.to_owned())
    }

    fn of(
        options: PgConnectOptions,
        settings: &Settings,
        connections: usize,
        told: String,
    ) -> Result<Self, StoreError> {
        let options = options.disable_statement_logging().statement_cache_capacity(settings.statements);
        let wait = Some(settings.patience);
        managed::Pool::builder(Connector { options, settings: told })
            .max_size(connections)
            // Each connection is a process of the server's: the one that worked last has its caches warm.
            .queue_mode(QueueMode::Lifo)
            .timeouts(Timeouts { wait, create: wait, recycle: wait })
            .runtime(Runtime::Tokio1)
            .build()
            .map(Self::Own)
            .map_err(StoreError::backend)
    }

    pub(crate) async fn get(&self) -> Result<Connection, StoreError> {
        match self {
            Self::Own(pool) => {
                let mut held = pool.get().await.map_err(pool_error)?;
                // Whoever is dropped on the way leaves it like this.
                held.clean = false;
                Ok(Connection { source: Source::Own(held), sweep: Sweep(None) })
            }
            Self::Shared(pool) => {
                let held = Box::pin(pool.acquire()).await.map_err(store_error)?;
                Ok(Connection { source: Source::Shared(held), sweep: Sweep(None) })
            }
        }
    }

    /// After one connection was found dead the others most likely are as well.
    pub(crate) fn forget_idle(&self) {
        if let Self::Own(pool) = self {
            pool.retain(|_, _| false);
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Own(pool) => pool.close(),
            Self::Shared(pool) => pool.close().await,
        }
    }
}

/// How many lanes the connections allow.
pub(crate) fn lanes_of(settings: &Settings) -> usize {
    settings.lanes.min(settings.connections / 4)
}

/// How many of the connections are kept for lanes: the others are for all else, which may have to wait long.
fn lanes(settings: &Settings) -> usize {
    if settings.together > 1 { lanes_of(settings) } else { 0 }
}

/// Connections for those who commit for several teams, one for each lane.
#[derive(Clone)]
pub(crate) struct Lanes {
    pool: Pool,
    count: usize,
}

impl Lanes {
    pub(crate) fn new(options: &PgConnectOptions, settings: &Settings) -> Result<Option<Self>, StoreError> {
        let count = lanes(settings);
        if count == 0 {
            return Ok(None);
        }
        let pool = Pool::of(options.clone(), settings, count, format!("{PLANS}; {FOR_LANES}"))?;
        Ok(Some(Self { pool, count }))
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

fn pool_error(error: PoolError<sqlx::Error>) -> StoreError {
    match error {
        PoolError::Backend(error) => store_error(error),
        PoolError::Closed => StoreError::Unavailable,
        error => {
            tracing::warn!(cause = %error, "no connection to PostgreSQL could be had");
            StoreError::Unavailable
        }
    }
}

enum Source {
    Own(Object<Connector>),
    Shared(PoolConnection<Postgres>),
}

/// A connection in use. One that is dropped before [`Connection::done`] is closed and not used again: it may be
/// in a transaction, whose locks would be held until somebody takes it from the pool.
pub(crate) struct Connection {
    source: Source,
    /// Dropped after the connection went back.
    sweep: Sweep,
}

/// Closes what went back to a pool in disorder.
struct Sweep(Option<managed::Pool<Connector>>);

impl Drop for Sweep {
    fn drop(&mut self) {
        if let Some(pool) = &self.0 {
            pool.retain(|held, _| held.clean);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Source::Own(held) = &self.source
            && !held.clean
        {
            self.sweep = Sweep(Object::pool(held));
        }
    }
}

impl Connection {
    /// Gives the connection back and answers in the port's words.
    pub(crate) fn done<T>(self, result: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        self.give_back(result).map_err(store_error)
    }

    /// Gives the connection back, unless the result says that it is lost.
    pub(crate) fn give_back<T>(mut self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        let lost = result.as_ref().is_err_and(is_lost);
        if let Source::Own(held) = &mut self.source {
            held.clean = !lost;
            if lost && let Some(pool) = Object::pool(held) {
                Pool::Own(pool).forget_idle();
            }
        }
        result
    }
}

impl Deref for Connection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.source {
            Source::Own(held) => &held.connection,
            Source::Shared(held) => held,
        }
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.source {
            Source::Own(held) => &mut held.connection,
            Source::Shared(held) => held,
        }
    }
}
