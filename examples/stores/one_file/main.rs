//! Invoices in one file: no server, nothing to install. The first run sets the file up, later ones go on with it.
//!
//! `cargo run --example one_file -- invoices.db` keeps them there; without a path two runs are played in a
//! temporary folder.

use std::env;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use invoice_core::line::Line;
use invoice_core::ports::{BillingPorts, ClientQuery, Direction, InvoiceQuery, PageRequest};
use invoice_core::service::{Billing, Call, Error as BillingError, PayData};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::{
    Actor, Address, ClientData, ClientId, Content, Country, Currency, DocumentType, Due, InvoiceData, Money,
    Party, Pattern, PaymentState, PaymentTerms, Reset, Role, Series, SeriesData, SupplierProfile, TeamId,
    TimeZone, UserId,
};
use invoice_store_sqlite::SqliteStore;
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Some(path) = env::args_os().nth(1) {
        return run(Path::new(&path)).await;
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("invoices.db");
    println!("The first run");
    run(&file).await?;
    println!("The second run");
    run(&file).await
}

/// What the program does each time it is started.
async fn run(file: &Path) -> Result<(), Box<dyn Error>> {
    // Opening makes the file if there is none, and brings an older one up to date.
    let store = Arc::new(SqliteStore::open(file)?);
    let billing =
        Billing::new(BillingPorts::from_store(&store), Arc::new(SystemClock), Arc::new(RandomIds::new()));
    // A program of one person for one business knows who asks.
    let team = TeamId::from_uuid(Uuid::from_u128(1));
    let actor = Actor::user(team, UserId::from_uuid(Uuid::from_u128(2)), Role::Owner);
    let call = Call::new(actor);

    match billing.supplier(&actor).await {
        Ok(profile) => println!("   the books of {}", profile.party().name()),
        Err(BillingError::NotFound { .. }) => set_up(&billing, &call).await?,
        Err(error) => return Err(error.into()),
    }
    settle_what_is_open(&billing, &call).await?;
    issue_and_take_a_deposit(&billing, &call).await?;
    list(&billing, &actor).await?;
    for counter in billing.verify(&actor).await? {
        if let Some(fault) = counter.report.fault {
            return Err(format!("the chain is broken: {fault:?}").into());
        }
        println!("   verified: {} document(s), none missing, none changed", counter.report.documents);
    }
    Ok(())
}

/// The supplier, the numbers and the one client.
async fn set_up(billing: &Billing, call: &Call) -> Result<(), Box<dyn Error>> {
    let party = Party::new("Tischlerei Holm")
        .with_address(Address::new(Country::new("DE")?).with_line("Werftstraße 3").with_city("Kiel"))
        .with_vat_id("DE136695976");
    let profile = SupplierProfile::new(call.actor().team(), party, TimeZone::new("Europe/Berlin")?)
        .with_default_terms(PaymentTerms::new(Due::Days(14)));
    billing.set_supplier(call, profile).await?;
    let series = SeriesData {
        document_type: DocumentType::Invoice,
        name: Series::DEFAULT_NAME.to_owned(),
        pattern: Pattern::new("{year}-{seq:04}")?,
        reset: Reset::Yearly,
        start: 1,
        from: billing.team_today(call.actor()).await?,
    };
    billing.create_series(call, series).await?;
    let customer = Party::new("Hafencafé Lüders")
        .with_address(Address::new(Country::new("DE")?).with_line("Kai 12").with_city("Kiel"));
    billing.create_client(call, ClientData::new(customer)).await?;
    println!("   a new file: supplier, series and client are set up");
    Ok(())
}

/// Pays what earlier runs left open.
async fn settle_what_is_open(billing: &Billing, call: &Call) -> Result<(), Box<dyn Error>> {
    let mut open = InvoiceQuery::new();
    open.payment_state = Some(PaymentState::PartiallyPaid);
    for invoice in billing.invoices(call.actor(), &open, &PageRequest::first(100)?).await?.items {
        let paid = billing.pay_invoice(call, invoice.id, PayData::default()).await?;
        println!("   {} paid", paid.invoice.number().unwrap_or_default());
    }
    Ok(())
}

async fn issue_and_take_a_deposit(billing: &Billing, call: &Call) -> Result<(), Box<dyn Error>> {
    let shelf = Line::new("1", "Shelf, oak", "2".parse()?, "184.50".parse()?)?
        .with_tax(Tax::vat(TaxCategory::Standard, "19".parse()?));
    let client = the_client(billing, call.actor()).await?;
    let content = Content::new(client, Currency::EUR).with_line(shelf);
    let invoice = billing.create_and_issue_invoice(call, InvoiceData::new(content)).await?;
    let deposit = PayData { amount: Some(Money::parse("150.00", Currency::EUR)?), ..PayData::default() };
    let paid = billing.pay_invoice(call, invoice.id(), deposit).await?;
    println!("   {} issued, due {}", invoice.number().unwrap_or_default(), paid.invoice.due());
    Ok(())
}

async fn the_client(billing: &Billing, actor: &Actor) -> Result<ClientId, Box<dyn Error>> {
    let clients = billing.clients(actor, &ClientQuery::default(), &PageRequest::first(1)?).await?;
    let client = clients.items.first().ok_or("the file has no client")?;
    Ok(client.id())
}

/// All invoices, the oldest first, page by page.
async fn list(billing: &Billing, actor: &Actor) -> Result<(), Box<dyn Error>> {
    let today = billing.team_today(actor).await?;
    let mut query = InvoiceQuery::new();
    query.direction = Direction::Ascending;
    let mut page = PageRequest::first(50)?;
    loop {
        let found = billing.invoices(actor, &query, &page).await?;
        for invoice in found.items {
            println!(
                "   {:<10} {:<15} payable {}, due {}",
                invoice.number.as_deref().unwrap_or("(draft)"),
                invoice.status_on(today).to_string(),
                invoice.payable,
                invoice.due,
            );
        }
        let Some(next) = found.next else { return Ok(()) };
        page = page.after(next);
    }
}
