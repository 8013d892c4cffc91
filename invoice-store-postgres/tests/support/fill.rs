//! A database with a large team and many small ones, written by the server itself.

#![allow(
    dead_code,
    clippy::expect_used,
    reason = "each test file takes what it needs, and fails without its server"
)]

use std::env;

use invoice_store_postgres::{PostgresStore, sqlx};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// How much there is: the large team's invoices, and how many small teams, of ten invoices each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) invoices: u32,
    pub(crate) teams: u32,
}

impl Size {
    /// As the environment says, or as much as is soon written.
    pub(crate) fn from_env() -> Self {
        let number = |name: &str, otherwise: u32| match env::var(name) {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number")),
            Err(_) => otherwise,
        };
        Self {
            invoices: number("INVOICE_TEST_INVOICES", 100_000),
            teams: number("INVOICE_TEST_TEAMS", 1_000),
        }
    }
}

/// A store with as much in it, and the statistics that a server has a moment later.
pub(crate) async fn a_filled_store(size: Size) -> PostgresStore {
    let store = crate::support::a_store().await;
    let mut connection = connection().await;
    let text = include_str!("fill.sql")
        .replace("{s}", store.schema())
        .replace("$invoices", &size.invoices.to_string())
        .replace("$teams", &size.teams.to_string());
    run(&mut connection, &text).await;
    for table in ["clients", "items", "documents", "payments", "allocations", "metadata"] {
        run(&mut connection, &format!("VACUUM ANALYZE {}.{table}", store.schema())).await;
    }
    connection.close().await.expect("the connection is closed");
    store
}

/// A connection of the test's own.
pub(crate) async fn connection() -> PgConnection {
    PgConnection::connect(&crate::support::url()).await.expect("the test server answers")
}

/// Runs a text of many statements.
pub(crate) async fn run(connection: &mut PgConnection, text: &str) {
    let result = sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(connection).await;
    result.unwrap_or_else(|error| panic!("{error}: {text}"));
}
