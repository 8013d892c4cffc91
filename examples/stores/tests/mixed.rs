//! Accounts on PostgreSQL and invoices on MongoDB, in one application.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says it by panicking")]

#[path = "../mixed/app.rs"]
mod app;

use std::env;

use app::App;
use invoice_core::Role;
use invoice_core::change::AggregateId;
use invoice_core::ports::{InvoiceQuery, PageRequest};
use invoice_core::service::{Error, PayData};
use invoice_store_mongo::MongoStore;
use invoice_store_postgres::PostgresStore;
use uuid::Uuid;

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run this test by `cargo xtask test`"))
}

/// An application with a schema and a database of its own.
async fn an_app() -> (App, MongoStore) {
    let name = format!("t_{}", Uuid::now_v7().simple());
    let accounts = PostgresStore::connect(&variable("INVOICE_TEST_POSTGRES_URL")).await.unwrap();
    let accounts = accounts.with_schema(&name).unwrap();
    accounts.migrate().await.unwrap();
    let invoices = MongoStore::connect(&variable("INVOICE_TEST_MONGO_URI"), &name).await.unwrap();
    invoices.migrate().await.unwrap();
    (App::new(accounts, invoices.clone()), invoices)
}

#[tokio::test]
async fn a_team_of_one_store_has_its_books_in_the_other() {
    let (app, invoices) = an_app().await;
    let (owner, team) = app.register("Greta@lichthaus.example", "Lichthaus").await.unwrap();
    let call = app.call(owner, team).await.unwrap();
    let client = app.open_books(&call, "Lichthaus Brandt KG").await.unwrap();
    let invoice = app.sell(&call, client, "Desk lamp", "79.90").await.unwrap();
    assert_eq!(invoice.due().to_string(), "95.88 EUR");
    let paid = app.billing.pay_invoice(&call, invoice.id(), PayData::default()).await.unwrap();
    assert!(paid.invoice.due().is_zero());

    // Who did it is somebody whom only PostgreSQL knows.
    let ports = app.billing.ports();
    let subject = Some(AggregateId::Invoice(invoice.id()));
    let trail = ports.trail.audit(team, subject, &PageRequest::first(10).unwrap()).await.unwrap();
    assert!(!trail.items.is_empty() && trail.items.iter().all(|entry| entry.actor == Some(owner)));
    let known = app.identity.users.user(owner).await.unwrap().expect("the account");
    assert_eq!(known.email().key().as_str(), "greta@lichthaus.example");
    let found = invoice_core::ports::identity::Users::user(&invoices, owner).await.unwrap();
    assert_eq!(found, None, "MongoDB has no accounts");
}

#[tokio::test]
async fn a_role_of_the_one_store_decides_what_is_written_to_the_other() {
    let (app, _) = an_app().await;
    let (owner, team) = app.register("greta@lichthaus.example", "Lichthaus").await.unwrap();
    let viewer = app.join("ivo@lichthaus.example", team, Role::Viewer).await.unwrap();
    let owners = app.call(owner, team).await.unwrap();
    let client = app.open_books(&owners, "Lichthaus Brandt KG").await.unwrap();
    let invoice = app.sell(&owners, client, "Desk lamp", "79.90").await.unwrap();

    let viewers = app.call(viewer, team).await.unwrap();
    assert_eq!(app.billing.invoice(viewers.actor(), invoice.id()).await.unwrap().id(), invoice.id());
    let refused = app.billing.pay_invoice(&viewers, invoice.id(), PayData::default()).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");

    app.leave(team, viewer).await.unwrap();
    assert!(app.call(viewer, team).await.is_err(), "who left has no call to make");
}

#[tokio::test]
async fn teams_of_the_one_store_are_apart_in_the_other() {
    let (app, _) = an_app().await;
    let (first, lamps) = app.register("greta@lichthaus.example", "Lichthaus").await.unwrap();
    let (second, desks) = app.register("ada@tischlerei.example", "Tischlerei").await.unwrap();
    let lamps = app.call(first, lamps).await.unwrap();
    let client = app.open_books(&lamps, "Lichthaus Brandt KG").await.unwrap();
    let invoice = app.sell(&lamps, client, "Desk lamp", "79.90").await.unwrap();

    assert!(app.call(second, lamps.actor().team()).await.is_err());
    let desks = app.call(second, desks).await.unwrap();
    let page = PageRequest::first(10).unwrap();
    assert_eq!(app.billing.invoices(desks.actor(), &InvoiceQuery::new(), &page).await.unwrap().items, []);
    let foreign = app.billing.invoice(desks.actor(), invoice.id()).await;
    assert!(matches!(foreign, Err(Error::NotFound { .. })), "{foreign:?}");
}
