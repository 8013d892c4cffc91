//! Two engines at once: users and teams on PostgreSQL, invoices on MongoDB.
//!
//! `cargo run --example mixed -- postgres://user:password@localhost/database 'mongodb://localhost/?replicaSet=rs0'`
//!
//! It works in the schema `mixed_example` of the one and the database `mixed_example` of the other, and drops both
//! at the end.

mod app;

use std::env;
use std::error::Error;

use invoice_core::Role;
use invoice_core::service::PayData;
use invoice_store_mongo::MongoStore;
use invoice_store_postgres::PostgresStore;
use invoice_store_postgres::sqlx::{self, PgPool};

use app::App;

const NAME: &str = "mixed_example";

fn argument(place: usize, variable: &str) -> Result<String, String> {
    let text = env::args().nth(place).or_else(|| env::var(variable).ok());
    text.filter(|text| !text.is_empty())
        .ok_or_else(|| "say which servers: postgres://… and then mongodb://…/?replicaSet=…".to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pool = PgPool::connect(&argument(1, "INVOICE_TEST_POSTGRES_URL")?).await?;
    let invoices = MongoStore::connect(&argument(2, "INVOICE_TEST_MONGO_URI")?, NAME).await?;
    sqlx::raw_sql("DROP SCHEMA IF EXISTS mixed_example CASCADE").execute(&pool).await?;
    invoices.database().drop().await?;

    // Each brings its own database up to this release.
    let accounts = PostgresStore::from_pool(pool.clone()).with_schema(NAME)?;
    accounts.migrate().await?;
    invoices.migrate().await?;
    let database = invoices.database().clone();
    let app = App::new(accounts, invoices);

    println!("1. On PostgreSQL: an owner registers, and an accountant joins the team");
    let (owner, team) = app.register("greta@lichthaus.example", "Lichthaus Brandt").await?;
    let accountant = app.join("ivo@lichthaus.example", team, Role::Accountant).await?;

    println!("2. On MongoDB: the books of that team, and an invoice");
    let owners = app.call(owner, team).await?;
    let client = app.open_books(&owners, "Lichthaus Brandt KG").await?;
    let invoice = app.sell(&owners, client, "Desk lamp", "79.90").await?;
    println!("   {} over {}", invoice.number().unwrap_or_default(), invoice.due());

    println!("3. What the accountant may do, PostgreSQL says; MongoDB writes it down");
    let accountants = app.call(accountant, team).await?;
    let paid = app.billing.pay_invoice(&accountants, invoice.id(), PayData::default()).await?;
    println!("   paid: due {}", paid.invoice.due());

    println!("4. The accountant leaves the team, and with that its books");
    app.leave(team, accountant).await?;
    match app.call(accountant, team).await {
        Err(error) => println!("   {error}"),
        Ok(_) => return Err("somebody is in a team that they left".into()),
    }

    sqlx::raw_sql("DROP SCHEMA mixed_example CASCADE").execute(&pool).await?;
    Ok(database.drop().await?)
}
