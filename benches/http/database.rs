//! Databases of this run on the servers that `cargo xtask bench` started.

use std::env;
use std::path::PathBuf;
use std::str::FromStr as _;

use invoice_benches::Wrong;
use invoice_store_mongo::mongodb::Client;
use invoice_store_mongo::mongodb::bson::doc;
use invoice_store_postgres::sqlx::postgres::PgConnectOptions;
use invoice_store_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions as _, Row as _};
use invoice_store_postgres::{PostgresStore, Settings};

/// Connections of each side to its database, the store's default.
pub(crate) const CONNECTIONS: usize = 16;

fn variable(name: &str) -> Result<String, Wrong> {
    env::var(name).map_err(|_| format!("{name} is not set: run `cargo xtask bench http`").into())
}

/// A new database of PostgreSQL.
pub(crate) struct Postgres {
    server: PgConnectOptions,
    name: String,
    /// The process whose children the others are.
    pub(crate) process: u32,
    /// Where the server writes what it has to say.
    pub(crate) log: PathBuf,
    pub(crate) version: String,
}

impl Postgres {
    pub(crate) async fn new(name: &str) -> Result<Self, Wrong> {
        let server = PgConnectOptions::from_str(&variable("INVOICE_TEST_POSTGRES_URL")?)?;
        let server = server.disable_statement_logging();
        let mut connection = server.connect().await?;
        let row = sqlx::query("SELECT pg_read_file('postmaster.pid'), current_setting('server_version')")
            .fetch_one(&mut connection)
            .await?;
        let file: String = row.try_get(0)?;
        let process = file.lines().next().ok_or("an empty postmaster.pid")?.parse()?;
        // Its standard error, wherever that goes.
        let log = std::fs::read_link(format!("/proc/{process}/fd/2"))?;
        let name = format!("bench_{name}_{}", std::process::id());
        let create = format!("CREATE DATABASE {name}");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await?;
        Ok(Self { process, log, version: row.try_get(1)?, name, server })
    }

    /// How to connect, with settings of the server for each connection.
    pub(crate) fn options(&self, settings: &[(&str, &str)]) -> PgConnectOptions {
        self.server.clone().database(&self.name).options(settings.iter().copied())
    }

    /// A store whose schema is there.
    pub(crate) async fn store(&self, settings: &[(&str, &str)]) -> Result<PostgresStore, Wrong> {
        let mut own = Settings::default();
        own.connections = CONNECTIONS;
        let store = PostgresStore::connect_with(self.options(settings), &own).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// As a program is told.
    pub(crate) fn url(&self) -> String {
        self.options(&[]).to_url_lossy().to_string()
    }

    /// Runs statements without values.
    pub(crate) async fn run(&self, text: &str) -> Result<(), Wrong> {
        let mut connection = self.options(&[]).connect().await?;
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connection).await?;
        Ok(())
    }

    pub(crate) async fn drop(self) -> Result<(), Wrong> {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut self.server.connect().await?).await?;
        Ok(())
    }
}

/// A replica set of MongoDB.
pub(crate) struct Mongo {
    pub(crate) uri: String,
    client: Client,
    pub(crate) process: u32,
    pub(crate) version: String,
}

impl Mongo {
    pub(crate) async fn new() -> Result<Self, Wrong> {
        let uri = variable("INVOICE_TEST_MONGO_URI")?;
        let client = Client::with_uri_str(&uri).await?;
        let status = client.database("admin").run_command(doc! { "serverStatus": 1 }).await?;
        let process = match status.get_i64("pid") {
            Ok(process) => u32::try_from(process)?,
            Err(_) => u32::try_from(status.get_i32("pid")?)?,
        };
        let version = status.get_str("version")?.to_owned();
        Ok(Self { uri, client, process, version })
    }

    /// The replica set's URI with a database of this run in its path, and that database's name.
    pub(crate) fn database(&self, name: &str) -> (String, String) {
        let name = format!("bench_{name}_{}", std::process::id());
        let (head, options) = self.uri.split_once('?').unwrap_or((&self.uri, ""));
        let hosts = head.trim_end_matches('/');
        (format!("{hosts}/{name}?{options}"), name)
    }

    pub(crate) async fn has(&self, name: &str) -> Result<bool, Wrong> {
        Ok(self.client.list_database_names().await?.iter().any(|found| found == name))
    }

    pub(crate) async fn drop(&self, name: &str) -> Result<(), Wrong> {
        Ok(self.client.database(name).drop().await?)
    }
}
