//! Where a test's servers keep what they know: a folder and databases of the test's own.

use std::env;
use std::future::Future;

use invoice_store_mongo::MongoStore;
use invoice_store_postgres::sqlx::postgres::PgConnectOptions;
use invoice_store_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) settings: Vec<(&'static str, String)>,
    made: Vec<Database>,
}

/// A database on a server that is not ours: dropped with the place.
enum Database {
    Postgres(String),
    Mongo(String),
}

impl Place {
    /// A folder, with the SQLite file that the program makes by itself.
    pub(crate) fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), settings: Vec::new(), made: Vec::new() }
    }

    pub(crate) fn postgres() -> Self {
        Self::sqlite().on_server("INVOICE_DATABASE_URL", postgres())
    }

    pub(crate) fn mongo() -> Self {
        Self::sqlite().on_server("INVOICE_DATABASE_URL", mongo())
    }

    /// Invoices on PostgreSQL, accounts on MongoDB.
    pub(crate) fn mixed() -> Self {
        let place = Self::sqlite().on_server("INVOICE_DATABASE_URL", postgres());
        place.on_server("INVOICE_IDENTITY_URL", mongo())
    }

    fn on_server(mut self, setting: &'static str, (database, url): (Database, String)) -> Self {
        self.made.push(database);
        self.settings.push((setting, url));
        if self.made.len() == 1 {
            self.settings
                .push(("INVOICE_MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()));
        }
        self
    }

    /// With this in the environment of every program that runs here.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for database in self.made.drain(..) {
            match database {
                Database::Postgres(name) => on_postgres(&format!("DROP DATABASE {name} WITH (FORCE)")),
                Database::Mongo(name) => now(async {
                    let store = MongoStore::connect(&mongo_uri(), &name).await.unwrap();
                    store.client().database(&name).drop().await.unwrap();
                }),
            }
        }
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run these tests by `cargo xtask test -p invoice-server`, which starts a server")
    })
}

/// A name that nobody else has.
fn a_name() -> String {
    format!("t_{}", Uuid::now_v7().simple())
}

fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn server() -> PgConnectOptions {
    variable("INVOICE_TEST_POSTGRES_URL").parse().expect("INVOICE_TEST_POSTGRES_URL is a URL of the server")
}

fn on_postgres(statement: &str) {
    now(async {
        let mut connection = PgConnection::connect_with(&server()).await.expect("the test server answers");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect(statement);
    });
}

fn postgres() -> (Database, String) {
    let name = a_name();
    on_postgres(&format!("CREATE DATABASE {name}"));
    let url = server().database(&name).to_url_lossy().to_string();
    (Database::Postgres(name), url)
}

fn mongo_uri() -> String {
    variable("INVOICE_TEST_MONGO_URI")
}

/// The server's URI with a database in its path. A user is known to the database that was there before.
fn mongo() -> (Database, String) {
    let (uri, name) = (mongo_uri(), a_name());
    let (head, mut options) = uri
        .split_once('?')
        .map_or((uri.as_str(), String::new()), |(head, options)| (head, options.to_owned()));
    let (scheme, rest) = head.split_once("://").expect("INVOICE_TEST_MONGO_URI is a URI of the server");
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    if hosts.contains('@') && !options.contains("authSource=") {
        options.push_str("&authSource=");
        options.push_str(if path.is_empty() { "admin" } else { path });
    }
    (Database::Mongo(name.clone()), format!("{scheme}://{hosts}/{name}?{options}"))
}
