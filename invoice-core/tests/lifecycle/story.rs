//! A team that can issue, and the short words its stories are told in.
#![allow(clippy::unwrap_used, reason = "a story that can't be set up fails by panicking")]

use std::sync::Arc;

use chrono::NaiveDate;
use invoice_core::change::IdempotencyKey;
use invoice_core::line::Line;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, IdGenerator};
use invoice_core::service::{Billing, Call, Error, PayData};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::testing::{FixedClock, SequentialIds};
use invoice_core::{
    Actor, Address, Client, ClientData, Code, Content, Country, Currency, DocumentType, Due, Hash, Invoice,
    InvoiceData, Money, Party, Pattern, PaymentTerms, Reset, Role, Series, SeriesData, SupplierProfile,
    TeamId, TimeZone, Timestamp, UserId,
};
use uuid::Uuid;

/// 2026-03-15T12:00:00Z, a Sunday.
pub(crate) const NOON: i64 = 1_773_576_000_000;
pub(crate) const DAY: i64 = 86_400_000;

/// A team with a profile, one client and a series of each type, on a clock that only the test moves.
pub(crate) struct Story {
    pub(crate) billing: Billing,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) team: TeamId,
    pub(crate) owner: Call,
    pub(crate) client: Client,
}

impl Story {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::from_millis(NOON)));
        let ids = Arc::new(SequentialIds::new());
        let ports = BillingPorts::from_store(Arc::new(MemoryBilling::default()));
        let team = TeamId::from_uuid(ids.uuid(Timestamp::from_millis(NOON)));
        let owner = Call::new(Actor::user(team, user(1), Role::Owner));
        let billing = Billing::new(ports, clock.clone(), ids);
        billing.set_supplier(&owner, profile(team)).await.unwrap();
        for (document_type, prefix) in [
            (DocumentType::Invoice, "INV"),
            (DocumentType::CreditNote, "CN"),
            (DocumentType::Quote, "Q"),
            (DocumentType::ProForma, "PF"),
        ] {
            billing.create_series(&owner, series(document_type, prefix)).await.unwrap();
        }
        let client = billing.create_client(&owner, ClientData::new(customer())).await.unwrap();
        Self { billing, clock, team, owner, client }
    }

    /// A call by another user of the team.
    pub(crate) fn as_role(&self, role: Role) -> Call {
        Call::new(Actor::user(self.team, user(role as u128 + 100), role))
    }

    /// One line over 100.00 EUR with 20 % VAT: 120.00 EUR payable.
    pub(crate) fn content(&self) -> Content {
        Content::new(self.client.id(), Currency::EUR)
            .with_line(line("1", "1", "100.00", "20"))
            .with_terms(PaymentTerms::new(Due::Days(14)))
    }

    pub(crate) async fn draft(&self) -> Invoice {
        self.billing.create_invoice(&self.owner, InvoiceData::new(self.content())).await.unwrap()
    }

    pub(crate) async fn issued(&self) -> Invoice {
        let draft = self.draft().await;
        self.billing.issue_invoice(&self.owner, draft.id()).await.unwrap()
    }

    pub(crate) async fn sent(&self) -> Invoice {
        let invoice = self.issued().await;
        self.billing.send_invoice(&self.owner, invoice.id()).await.unwrap()
    }

    pub(crate) async fn pay(&self, invoice: &Invoice, amount: &str) -> Result<Invoice, Error> {
        let data = PayData { amount: Some(eur(amount)), ..PayData::default() };
        Ok(self.billing.pay_invoice(&self.owner, invoice.id(), data).await?.invoice)
    }

    pub(crate) async fn reload(&self, invoice: &Invoice) -> Invoice {
        self.billing.invoice(self.owner.actor(), invoice.id()).await.unwrap()
    }
}

pub(crate) fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn profile(team: TeamId) -> SupplierProfile {
    let party = Party::new("Rösterei Blau GmbH").with_address(address("AT")).with_vat_id("ATU98765433");
    SupplierProfile::new(team, party, TimeZone::new("Europe/Vienna").unwrap())
}

pub(crate) fn customer() -> Party {
    Party::new("Kaffeehaus Sperl KG").with_address(address("AT")).with_vat_id("ATU12345675")
}

pub(crate) fn address(country: &str) -> Address {
    Address::new(Country::new(country).unwrap()).with_line("Hauptplatz 1").with_city("Wien")
}

pub(crate) fn series(document_type: DocumentType, prefix: &str) -> SeriesData {
    SeriesData {
        document_type,
        name: Series::DEFAULT_NAME.to_owned(),
        pattern: Pattern::new(&format!("{prefix}-{{year}}-{{seq:04}}")).unwrap(),
        reset: Reset::Yearly,
        start: 1,
        from: date("2020-01-01"),
    }
}

pub(crate) fn line(id: &str, quantity: &str, price: &str, vat: &str) -> Line {
    Line::new(id, format!("Item {id}"), quantity.parse().unwrap(), price.parse().unwrap())
        .unwrap()
        .with_tax(Tax::vat(TaxCategory::Standard, vat.parse().unwrap()))
}

pub(crate) fn eur(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).unwrap()
}

pub(crate) fn fingerprint(byte: u8) -> Hash {
    Hash::from_bytes([byte; 32])
}

/// The fields an error names, with their codes.
pub(crate) fn named<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Vec<(String, Code)> {
    let error = outcome.expect_err("an error that names fields");
    let violations = error.violations().unwrap_or_else(|| panic!("not about the input: {error}"));
    violations.iter().map(|violation| (violation.pointer().to_owned(), violation.code())).collect()
}

/// The one field an error names, with its code.
pub(crate) fn the_field<T: std::fmt::Debug>(outcome: Result<T, Error>) -> (String, Code) {
    let mut fields = named(outcome);
    assert_eq!(fields.len(), 1, "{fields:?}");
    fields.remove(0)
}
