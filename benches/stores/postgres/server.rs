//! The server that `cargo xtask bench` started, and what it says about itself.

use std::env;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use invoice_store_postgres::sqlx::postgres::PgConnectOptions;
use invoice_store_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions as _, PgConnection, Row as _};
use invoice_store_postgres::{PostgresStore, Settings};

use crate::table::{Report, millis};
use crate::{Wrong, machine};

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    Durable,
    Off,
}

impl Sync {
    pub(crate) const ALL: [Self; 2] = [Self::Off, Self::Durable];

    /// The value of `synchronous_commit`.
    pub(super) const fn value(self) -> &'static str {
        match self {
            Self::Durable => "on",
            Self::Off => "off",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Off => "sync off",
        }
    }
}

/// A server on this very machine.
pub(crate) struct Server {
    pub(super) options: PgConnectOptions,
    pub(super) password: String,
    pub(super) schema: String,
    bin: PathBuf,
    /// The process whose children the others are.
    pub(super) process: u32,
    /// Where it writes what it has to say.
    pub(super) log: PathBuf,
    pub(super) version: String,
}

impl Server {
    pub(crate) async fn new() -> Result<Self, Wrong> {
        let url = env::var("INVOICE_TEST_POSTGRES_URL")
            .map_err(|_| "no PostgreSQL: run `cargo xtask bench stores`, which starts one")?;
        let options = PgConnectOptions::from_str(&url)?.disable_statement_logging();
        let password = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
        let password = password.and_then(|(user, _)| user.split_once(':')).map_or("", |(_, it)| it);
        let mut connection = options.connect().await?;
        let row = sqlx::query("SELECT pg_read_file('postmaster.pid'), current_setting('server_version')")
            .fetch_one(&mut connection)
            .await?;
        let file: String = row.try_get(0)?;
        let process = file.lines().next().ok_or("an empty postmaster.pid")?.parse()?;
        // Its standard error, wherever that goes.
        let log = std::fs::read_link(format!("/proc/{process}/fd/2"))?;
        Ok(Self {
            password: password.to_owned(),
            schema: format!("bench_{}", std::process::id()),
            bin: env::var_os("INVOICE_POSTGRES_BIN").map(PathBuf::from).unwrap_or_default(),
            process,
            log,
            version: row.try_get(1)?,
            options,
        })
    }

    /// One of PostgreSQL's programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        if self.bin == Path::new("") { PathBuf::from(name) } else { self.bin.join(name) }
    }

    /// A store on the schema of this run.
    pub(crate) async fn store(&self, sync: Sync) -> Result<PostgresStore, Wrong> {
        self.store_with(&[("synchronous_commit", sync.value())]).await
    }

    pub(super) async fn store_with(&self, settings: &[(&str, &str)]) -> Result<PostgresStore, Wrong> {
        let options = self.options.clone().options(settings.iter().copied());
        let mut own = Settings::default();
        own.connections = 32;
        Ok(PostgresStore::connect_with(options, &own).await?.with_schema(&self.schema)?)
    }

    /// A connection in whose search path the schema of this run is.
    pub(super) async fn connection(&self) -> Result<PgConnection, Wrong> {
        let path = [("search_path", self.schema.as_str()), ("synchronous_commit", "off")];
        Ok(self.options.clone().options(path).connect().await?)
    }

    /// Says what waiting for the disk costs just now.
    pub(super) fn probe(report: &mut Report) -> Result<(), Wrong> {
        let probe = machine::fsync()?;
        report.note(&format!("An fsync of 8 KiB took {} (median).", millis(probe)));
        Ok(())
    }

    /// Runs statements without values.
    pub(super) async fn run(&self, text: &str) -> Result<(), Wrong> {
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut self.connection().await?).await?;
        Ok(())
    }
}
