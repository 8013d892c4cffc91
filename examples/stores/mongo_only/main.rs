//! An application that has MongoDB and nothing else: invoices as nested documents beside its own, and a worker that
//! hears of each event as it is committed.
//!
//! `cargo run --example mongo_only -- 'mongodb://localhost/?replicaSet=rs0'`
//!
//! It works in the database `shop_example`, under the prefix `billing_`, and drops the database at the end.

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::line::Line;
use invoice_core::ports::BillingPorts;
use invoice_core::service::{Billing, Call, NotReceived, Patience, PayData, Receiver, Relay};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::{
    Actor, Address, ClientData, ClientId, Content, Country, Currency, DocumentType, Event, EventKind,
    InvoiceData, Money, Party, Pattern, Reset, Role, Series, SeriesData, SupplierProfile, TeamId, TimeZone,
    UserId,
};
use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::bson::{Document, doc};
use invoice_store_mongo::mongodb::{Client, Database};
use tokio::sync::mpsc::{Sender, channel};
use uuid::Uuid;

const DATABASE: &str = "shop_example";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let uri = env::args().nth(1).or_else(|| env::var("INVOICE_TEST_MONGO_URI").ok());
    let uri = uri.filter(|uri| !uri.is_empty()).ok_or("say which server: mongodb://host/?replicaSet=name")?;

    // The client that the application has anyway.
    let client = Client::with_uri_str(&uri).await?;
    let database = client.database(DATABASE);
    database.drop().await?;
    let store = MongoStore::from_client(client, DATABASE).await?.with_prefix("billing_")?;
    store.migrate().await?;
    let ports = BillingPorts::from_store(&Arc::new(store.clone()));
    let billing = Billing::new(ports, Arc::new(SystemClock), Arc::new(RandomIds::new()));
    let team = TeamId::from_uuid(Uuid::from_u128(1));
    let call = Call::new(Actor::user(team, UserId::from_uuid(Uuid::from_u128(2)), Role::Owner));
    let customer = set_up(&billing, &call).await?;

    println!("1. A worker waits for events; an invoice is issued and partly paid");
    let (sender, mut paid) = channel(1);
    let worker = tokio::spawn(deliver(store, Printer(sender)));
    let lamp = Line::new("1", "Desk lamp", "2".parse()?, "79.90".parse()?)?
        .with_tax(Tax::vat(TaxCategory::Standard, "20".parse()?));
    let content = Content::new(customer, Currency::EUR).with_line(lamp);
    let invoice = billing.create_and_issue_invoice(&call, InvoiceData::new(content)).await?;
    let deposit = PayData { amount: Some(Money::parse("100.00", Currency::EUR)?), ..PayData::default() };
    billing.pay_invoice(&call, invoice.id(), deposit).await?;
    let told = tokio::time::timeout(Duration::from_secs(30), paid.recv()).await?;
    told.ok_or("the worker has gone")?;
    worker.abort();

    println!("2. What the database has of it is one document");
    show(&database).await?;

    println!("3. The chain of issued documents holds");
    for counter in billing.verify(call.actor()).await? {
        if let Some(fault) = counter.report.fault {
            return Err(format!("the chain is broken: {fault:?}").into());
        }
        println!("   verified: {} document(s), none missing, none changed", counter.report.documents);
    }
    Ok(database.drop().await?)
}

/// What a team does once: its profile, its numbers, a client.
async fn set_up(billing: &Billing, call: &Call) -> Result<ClientId, Box<dyn Error>> {
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

/// Hands events on for as long as it runs. There may be many such workers.
async fn deliver(store: MongoStore, receiver: Printer) -> Result<(), invoice_core::ports::StoreError> {
    let mut signals = store.watch(None).await;
    let relay = Relay::new(Arc::new(store), Arc::new(SystemClock), Patience::default());
    loop {
        if relay.pass(&receiver).await?.is_idle() {
            signals.next(Duration::from_secs(1)).await;
        }
    }
}

/// Prints events, and says when it was told of money.
struct Printer(Sender<()>);

#[async_trait]
impl Receiver for Printer {
    async fn receive(&self, event: &Event) -> Result<(), NotReceived> {
        println!("   told: {} {}", event.kind, event.number.as_deref().unwrap_or_default());
        if event.kind == EventKind::InvoicePartiallyPaid {
            let _ = self.0.send(()).await;
        }
        Ok(())
    }
}

/// Any tool reads it; amounts are decimals and dates are dates.
async fn show(database: &Database) -> Result<(), Box<dyn Error>> {
    let documents = database.collection::<Document>("billing_billing");
    let found = documents.find_one(doc! { "kind": "invoice" }).await?.ok_or("there is no invoice")?;
    println!("   number {}, status {}", found.get_str("number")?, found.get_str("status")?);
    println!("   issued on {}, due {} cents", found.get_datetime("issue_date")?, found.get_i64("due")?);
    let fields: Vec<&str> = found.get_document("record")?.keys().map(String::as_str).collect();
    println!("   the record has {}", fields.join(", "));
    Ok(())
}
