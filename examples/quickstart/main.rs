//! A whole life, in memory: supplier, client, draft, issue, part payment, credit note, settlement, and the
//! proof that nothing was changed afterwards.
//!
//! `cargo run --example quickstart`

use std::error::Error;
use std::sync::Arc;

use invoice_core::line::Line;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, IdGenerator, PageRequest};
use invoice_core::service::{Billing, Call, PayData};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::{
    Actor, Address, ClientData, Content, Country, CreditLine, CreditNoteData, CreditScope, Currency,
    DocumentType, Due, EarlyPayment, Iban, Invoice, InvoiceData, Money, Party, Pattern, PaymentInstruction,
    PaymentTerms, Reset, Role, Series, SeriesData, SupplierProfile, TeamId, TimeZone, Timestamp, UserId,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Any store does; this one forgets everything at the end.
    let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::default()));
    let ids = Arc::new(RandomIds::new());
    let billing = Billing::new(ports, Arc::new(SystemClock), ids.clone());

    // Who asks: a user with a role in a team. The embedding application vouches for that.
    let (team, user) = (TeamId::from_uuid(new(&*ids)), UserId::from_uuid(new(&*ids)));
    let actor = Actor::user(team, user, Role::Owner);
    let call = Call::new(actor);
    set_up(&billing, &call).await?;

    println!("1. A client");
    let customer = Party::new("Kaffeehaus Sperl KG")
        .with_address(Address::new(Country::new("AT")?).with_line("Gumpendorfer Straße 11").with_city("Wien"))
        .with_vat_id("ATU12345675");
    let client = billing.create_client(&call, ClientData::new(customer)).await?;
    println!("   {} {}", client.party().name(), client.id());

    println!("2. A draft: totals, and no number yet");
    let vat = |percent: &str| Ok::<_, Box<dyn Error>>(Tax::vat(TaxCategory::Standard, percent.parse()?));
    let content = Content::new(client.id(), Currency::EUR)
        .with_line(Line::new("1", "Espresso machine", "1".parse()?, "1890.00".parse()?)?.with_tax(vat("20")?))
        .with_line(
            Line::new("2", "Coffee beans, kg", "12.5".parse()?, "23.90".parse()?)?.with_tax(vat("10")?),
        );
    let draft = billing.create_invoice(&call, InvoiceData::new(content)).await?;
    show(&billing, &actor, &draft).await?;

    println!("3. Issued: the number is taken, amounts and parties are frozen");
    let invoice = billing.issue_invoice(&call, draft.id()).await?;
    let invoice = billing.send_invoice(&call, invoice.id()).await?;
    show(&billing, &actor, &invoice).await?;
    for row in invoice.totals().breakdown() {
        println!("   {} {} %: {} on {}", row.scheme(), row.rate(), row.tax(), row.taxable());
    }

    println!("4. A part payment");
    let part = PayData {
        amount: Some(Money::parse("1000.00", Currency::EUR)?),
        external_reference: Some("bank-2026-0815".to_owned()),
        ..PayData::default()
    };
    let paid = billing.pay_invoice(&call, invoice.id(), part.clone()).await?;
    show(&billing, &actor, &paid.invoice).await?;
    if let Err(error) = billing.pay_invoice(&call, invoice.id(), part).await {
        println!("   the bank's file once more: {error}");
    }

    println!("5. A credit note: 2.5 kg of beans came back");
    let scope = CreditScope::Lines(vec![CreditLine::quantity("2", "2.5".parse()?)]);
    let note = billing.credit_invoice(&call, invoice.id(), CreditNoteData::new(scope, "Returned")).await?;
    println!("   {} over {}", note.number().unwrap_or_default(), note.totals().payable());

    println!("6. Settled");
    let settled = billing.pay_invoice(&call, invoice.id(), PayData::default()).await?;
    show(&billing, &actor, &settled.invoice).await?;

    println!("7. The trail");
    for entry in billing.audit(&actor, None, &PageRequest::first(50)?).await?.items.iter().rev() {
        let actions: Vec<_> = entry.actions.iter().map(ToString::to_string).collect();
        println!("   {}  {}", entry.at, actions.join(", "));
    }

    println!("8. Verified: no number missing, no document changed");
    for counter in billing.verify(&actor).await? {
        match counter.report.fault {
            None => {
                println!("   {}: {} document(s), whole", counter.counter.period, counter.report.documents);
            }
            Some(fault) => return Err(format!("the chain is broken: {fault:?}").into()),
        }
    }
    Ok(())
}

/// What a team does once: its profile and its series.
async fn set_up(billing: &Billing, call: &Call) -> Result<(), Box<dyn Error>> {
    let party = Party::new("Rösterei Blau GmbH")
        .with_address(Address::new(Country::new("AT")?).with_line("Neubaugasse 7").with_city("Wien"))
        .with_vat_id("ATU98765433");
    let terms = PaymentTerms::new(Due::Days(30)).with_early_payment(EarlyPayment::new(10, "2".parse()?));
    let iban = Iban::new("AT61 1904 3002 3457 3201")?;
    let profile = SupplierProfile::new(call.actor().team(), party, TimeZone::new("Europe/Vienna")?)
        .with_default_terms(terms)
        .with_default_instruction(PaymentInstruction::credit_transfer(iban));
    billing.set_supplier(call, profile).await?;

    let from = billing.team_today(call.actor()).await?;
    for (document_type, pattern) in
        [(DocumentType::Invoice, "INV-{year}-{seq:05}"), (DocumentType::CreditNote, "CN-{year}-{seq:05}")]
    {
        let data = SeriesData {
            document_type,
            name: Series::DEFAULT_NAME.to_owned(),
            pattern: Pattern::new(pattern)?,
            reset: Reset::Yearly,
            start: 1,
            from,
        };
        billing.create_series(call, data).await?;
    }
    Ok(())
}

async fn show(billing: &Billing, actor: &Actor, invoice: &Invoice) -> Result<(), Box<dyn Error>> {
    let today = billing.team_today(actor).await?;
    println!(
        "   {:<16} {:<15} payable {}, due {}",
        invoice.number().unwrap_or("(no number)"),
        invoice.status(today).to_string(),
        invoice.totals().payable(),
        invoice.due(),
    );
    Ok(())
}

fn new(ids: &dyn IdGenerator) -> uuid::Uuid {
    use invoice_core::ports::Clock as _;
    let now: Timestamp = SystemClock.now();
    ids.uuid(now)
}
