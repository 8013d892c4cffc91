//! An application with a PostgreSQL pool and tables of its own marks an order as billed and issues its invoice in
//! one transaction: both are there afterwards, or neither.
//!
//! `cargo run --example embedded -- postgres://user:password@localhost/database`
//!
//! It works in two schemas, `shop_example` and `shop_example_invoicing`, and drops them at the end.

mod joined;
mod shop;

use std::env;
use std::error::Error;
use std::sync::Arc;

use invoice_core::ports::BillingPorts;
use invoice_core::service::{Billing, Call};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::{
    Actor, Address, ClientData, ClientId, Country, DocumentType, Party, Pattern, Reset, Role, Series,
    SeriesData, SupplierProfile, TeamId, TimeZone, UserId,
};
use invoice_store_postgres::PostgresStore;
use invoice_store_postgres::sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use shop::Shop;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).or_else(|| env::var("INVOICE_TEST_POSTGRES_URL").ok());
    let url =
        url.filter(|url| !url.is_empty()).ok_or("say which database: postgres://user:password@host/name")?;

    // What the application has anyway. A transaction that bills holds one connection, and what billing reads
    // meanwhile takes another one.
    let pool = PgPoolOptions::new().max_connections(5).connect(&url).await?;
    shop::drop_all(&pool).await?;
    shop::create_orders(&pool).await?;

    // Billing joins the pool, with a schema of its own.
    let store = PostgresStore::from_pool(pool.clone()).with_schema(shop::INVOICING)?;
    store.migrate().await?;
    let team = TeamId::from_uuid(Uuid::from_u128(1));
    let call = Call::new(Actor::user(team, UserId::from_uuid(Uuid::from_u128(2)), Role::Owner));
    let shop = Shop { pool, store, call };
    let client = set_up(&shop).await?;

    println!("1. Two orders, not billed yet");
    shop.order(1, client, "Desk lamp", "79.90").await?;
    shop.order(2, client, "Standing desk", "649.00").await?;
    shop.show().await?;

    println!("2. Order 1 is billed, and then the application changes its mind");
    let (invoice, transaction) = shop.bill(1).await?;
    println!("   in the transaction: {}", invoice.number().unwrap_or_default());
    transaction.rollback().await?;
    shop.show().await?;
    shop.expect(0, 0).await?;

    println!("3. Order 2 is billed for good: the number was not burned");
    let (invoice, transaction) = shop.bill(2).await?;
    transaction.commit().await?;
    shop.show().await?;
    shop.expect(1, 1).await?;
    if invoice.number() != Some("SHOP-00001") {
        return Err(format!("the first invoice has the number {:?}", invoice.number()).into());
    }

    println!("4. Once more: the order is billed already");
    match shop.bill(2).await {
        Err(error) => println!("   {error}"),
        Ok(_) => return Err("an order was billed twice".into()),
    }
    shop.expect(1, 1).await?;

    shop::drop_all(&shop.pool).await
}

/// What a team does once: its profile, its numbers, a client.
async fn set_up(shop: &Shop) -> Result<ClientId, Box<dyn Error>> {
    // Nothing of the application is written here, so the store commits by itself.
    let ports = BillingPorts::from_store(&Arc::new(shop.store.clone()));
    let billing = Billing::new(ports, Arc::new(SystemClock), Arc::new(RandomIds::new()));
    let call = &shop.call;
    let party = Party::new("Lichthaus Brandt KG")
        .with_address(Address::new(Country::new("AT")?).with_line("Landstraße 20").with_city("Linz"))
        .with_vat_id("ATU98765433");
    let profile = SupplierProfile::new(call.actor().team(), party, TimeZone::new("Europe/Vienna")?);
    billing.set_supplier(call, profile).await?;
    let series = SeriesData {
        document_type: DocumentType::Invoice,
        name: Series::DEFAULT_NAME.to_owned(),
        pattern: Pattern::new("SHOP-{seq:05}")?,
        reset: Reset::Never,
        start: 1,
        from: billing.team_today(call.actor()).await?,
    };
    billing.create_series(call, series).await?;
    let customer = Party::new("Ordination Dr. Weiss")
        .with_address(Address::new(Country::new("AT")?).with_line("Hauptplatz 4").with_city("Linz"));
    Ok(billing.create_client(call, ClientData::new(customer)).await?.id())
}
