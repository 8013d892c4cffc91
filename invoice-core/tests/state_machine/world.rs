//! The engine itself over the in-memory store: one team, two clients, a series of each type.

use std::sync::Arc;

use chrono::NaiveDate;
use invoice_core::line::Line;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, IdGenerator};
use invoice_core::service::{Billing, Call, Error};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::testing::{FixedClock, SequentialIds};
use invoice_core::{
    Actor, Address, ClientData, ClientId, Content, Country, CreditLine, CreditNoteId, CreditScope, Currency,
    DocumentType, Due, InvoiceData, InvoiceId, InvoiceKind, Money, Party, Pattern, PaymentId, PaymentTerms,
    QuoteId, Reset, Role, Series, SeriesData, SupplierProfile, TeamId, TimeZone, Timestamp, UserId,
};
use uuid::Uuid;

use crate::model::{Book, Doc, LineShare, Refused, Scope};

/// 2026-10-01T12:00:00Z: a year ends within most lives.
const START: i64 = 1_790_856_000_000;
const DAY: i64 = 86_400_000;

pub(crate) const CURRENCIES: [Currency; 2] = [Currency::EUR, Currency::CHF];

pub(crate) struct World {
    pub(crate) billing: Billing,
    pub(crate) clock: Arc<FixedClock>,

    pub(crate) owner: Call,
    pub(crate) clients: [ClientId; 2],
    pub(crate) invoices: Vec<InvoiceId>,
    pub(crate) notes: Vec<CreditNoteId>,
    pub(crate) payments: Vec<PaymentId>,
    pub(crate) offers: Vec<QuoteId>,
}

impl World {
    pub(crate) async fn new() -> Result<Self, Error> {
        let clock = Arc::new(FixedClock::new(Timestamp::from_millis(START)));
        let ids = Arc::new(SequentialIds::new());
        let team = TeamId::from_uuid(ids.uuid(Timestamp::from_millis(START)));
        let owner = Call::new(Actor::user(team, UserId::from_uuid(Uuid::from_u128(1)), Role::Owner));
        let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::default()));
        let billing = Billing::new(ports, clock.clone(), ids);
        let vienna = TimeZone::new("Europe/Vienna")?;
        let supplier = SupplierProfile::new(team, party("Rösterei Blau GmbH")?, vienna);
        billing.set_supplier(&owner, supplier).await?;
        for (book, document_type) in [
            (Book::Invoices, DocumentType::Invoice),
            (Book::CreditNotes, DocumentType::CreditNote),
            (Book::Quotes, DocumentType::Quote),
            (Book::ProForma, DocumentType::ProForma),
        ] {
            let series = SeriesData {
                document_type,
                name: Series::DEFAULT_NAME.to_owned(),
                pattern: Pattern::new(&format!("{}-{{year}}-{{seq:04}}", book.prefix()))?,
                reset: Reset::Yearly,
                start: 1,
                from: NaiveDate::default(),
            };
            billing.create_series(&owner, series).await?;
        }
        let one = billing.create_client(&owner, ClientData::new(party("Kaffeehaus Sperl KG")?)).await?;
        let two = billing.create_client(&owner, ClientData::new(party("Café Westend")?)).await?;
        Ok(Self {
            billing,
            clock,

            owner,
            clients: [one.id(), two.id()],
            invoices: Vec::new(),
            notes: Vec::new(),
            payments: Vec::new(),
            offers: Vec::new(),
        })
    }

    pub(crate) async fn today(&self) -> Result<NaiveDate, Error> {
        self.billing.team_today(self.owner.actor()).await
    }

    pub(crate) fn pass(&self, days: i64) {
        self.clock.advance_millis(days * DAY);
    }

    pub(crate) fn content(&self, doc: &Doc) -> Content {
        let currency = CURRENCIES[doc.currency];
        let lines = doc.lines.iter().enumerate().map(|(place, line)| {
            let tax = if line.is_taxed {
                Tax::vat(TaxCategory::Standard, "20".parse().unwrap())
            } else {
                Tax::vat(TaxCategory::ZeroRated, "0".parse().unwrap())
            };
            let price = money(line.price, doc.currency).amount();
            let (quantity, price) = (line.quantity.to_string().parse(), price.try_into());
            Line::new(line_id(place), "Coffee", quantity.unwrap(), price.unwrap()).unwrap().with_tax(tax)
        });
        let mut content = Content::new(self.clients[doc.client], currency)
            .with_lines(lines)
            .with_terms(PaymentTerms::new(Due::Days(doc.due_days)));
        if doc.prepaid > 0 {
            content = content.with_prepaid(money(doc.prepaid, doc.currency));
        }
        if let Some(date) = doc.date {
            content = content.with_issue_date(date);
        }
        doc.advances.iter().fold(content, |content, advance| content.with_advance(self.invoices[*advance]))
    }

    pub(crate) fn data(&self, doc: &Doc) -> InvoiceData {
        let kind = if doc.is_advance { InvoiceKind::Advance } else { InvoiceKind::Standard };
        InvoiceData { kind, ..InvoiceData::new(self.content(doc)) }
    }
}

fn line_id(place: usize) -> String {
    format!("{}", place + 1)
}

pub(crate) fn money(units: i64, currency: usize) -> Money {
    Money::from_minor(units, CURRENCIES[currency]).unwrap()
}

pub(crate) fn scope(scope: &Scope, currency: usize) -> CreditScope {
    match scope {
        Scope::Full => CreditScope::Full,
        Scope::Amount(amount) => CreditScope::Amount(money(*amount, currency)),
        Scope::Lines(parts) => {
            let parts = parts.iter().map(|(place, share)| match share {
                LineShare::Left => CreditLine::left(line_id(*place)),
                LineShare::Net(net) => CreditLine::net(line_id(*place), money(*net, currency)),
                LineShare::Quantity(quantity) => {
                    CreditLine::quantity(line_id(*place), quantity.to_string().parse().unwrap())
                }
            });
            CreditScope::Lines(parts.collect())
        }
    }
}

fn party(name: &str) -> Result<Party, Error> {
    let address = Address::new(Country::new("AT")?).with_line("Hauptplatz 1").with_city("Wien");
    Ok(Party::new(name).with_address(address).with_vat_id("ATU98765433"))
}

/// An error in the model's words; one that it has none for is a failure.
pub(crate) fn reasons(error: &Error) -> Option<Vec<Refused>> {
    match error {
        Error::Illegal(illegal) => {
            Some(vec![Refused::illegal(illegal.state(), illegal.action(), illegal.obstacle())])
        }
        Error::Invalid(violations) => Some(violations.iter().map(|it| Refused::Invalid(it.code())).collect()),
        Error::NotFound { .. } => Some(vec![Refused::Missing]),
        Error::Duplicate { .. } => Some(vec![Refused::Duplicate]),
        Error::InUse => Some(vec![Refused::InUse]),
        _ => None,
    }
}
