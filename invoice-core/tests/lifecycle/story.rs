//! A team that can issue, and the short words its stories are told in.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::NaiveDate;
use invoice_core::change::{AggregateId, AuditEntry, ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt};
use invoice_core::line::Line;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, Clock as _, Commits, IdGenerator as _, PageRequest, StoreError};
use invoice_core::service::{Billing, Call, Error, PayData};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::testing::{FixedClock, SequentialIds};
use invoice_core::{
    Action, Actor, Address, Client, ClientData, Code, Content, Country, CreditNote, CreditNoteData,
    CreditScope, Currency, DocumentType, Due, Event, Hash, Invoice, InvoiceData, InvoiceKind, Money,
    Obstacle, Party, Pattern, PaymentTerms, Reset, Role, Series, SeriesData, SupplierProfile, TeamId,
    TimeZone, Timestamp, UserId,
};
use uuid::Uuid;

/// 2026-03-15T12:00:00Z, a Sunday.
pub(crate) const NOON: i64 = 1_773_576_000_000;
pub(crate) const DAY: i64 = 86_400_000;

/// Somebody is faster, once.
struct Meanwhile {
    commits: Arc<dyn Commits>,
    first: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

#[async_trait]
impl Commits for Meanwhile {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        let first = self.first.lock().unwrap().take();
        if let Some(first) = first {
            first.await;
        }
        self.commits.commit_all(changes).await
    }

    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.commits.idempotency(team, key).await
    }
}

/// A team with a profile, one client and a series of each type, on a clock that only the test moves.
pub(crate) struct Story {
    pub(crate) billing: Billing,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) ids: Arc<SequentialIds>,
    pub(crate) team: TeamId,
    pub(crate) owner: Call,
    pub(crate) client: Client,
}

impl Story {
    pub(crate) async fn new() -> Self {
        Self::with_profile(|profile| profile).await
    }

    /// A team whose profile differs.
    pub(crate) async fn with_profile(change: impl FnOnce(SupplierProfile) -> SupplierProfile) -> Self {
        let story = Self::bare(NOON).await;
        story.billing.set_supplier(&story.owner, change(profile(story.team))).await.unwrap();
        story.add_all_series().await;
        story
    }

    /// A team that lives elsewhere, at an instant.
    pub(crate) async fn in_zone(zone: &str, at: i64) -> Self {
        let story = Self::bare(at).await;
        let profile = SupplierProfile::new(story.team, supplier(), TimeZone::new(zone).unwrap());
        story.billing.set_supplier(&story.owner, profile).await.unwrap();
        story.add_all_series().await;
        story
    }

    /// A team with one client, and neither profile nor series.
    pub(crate) async fn bare(at: i64) -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::from_millis(at)));
        let ids = Arc::new(SequentialIds::new());
        let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::default()));
        let team = TeamId::from_uuid(ids.uuid(Timestamp::from_millis(at)));
        let owner = Call::new(Actor::user(team, user(1), Role::Owner));
        let billing = Billing::new(ports, clock.clone(), ids.clone());
        let client = billing.create_client(&owner, ClientData::new(customer())).await.unwrap();
        Self { billing, clock, ids, team, owner, client }
    }

    async fn add_all_series(&self) {
        for (document_type, prefix) in [
            (DocumentType::Invoice, "INV"),
            (DocumentType::CreditNote, "CN"),
            (DocumentType::Quote, "Q"),
            (DocumentType::ProForma, "PF"),
        ] {
            self.billing.create_series(&self.owner, series(document_type, prefix)).await.unwrap();
        }
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

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Creates and issues in one step.
    pub(crate) async fn issue(&self, data: impl Into<InvoiceData>) -> Result<Invoice, Error> {
        self.billing.create_and_issue_invoice(&self.owner, data.into()).await
    }

    /// An invoice of the advance kind with one line.
    pub(crate) async fn advance(&self, price: &str, vat: &str) -> Invoice {
        let content = self.content_of([line("1", "1", price, vat)]);
        let data = InvoiceData { kind: InvoiceKind::Advance, ..InvoiceData::new(content) };
        self.issue(data).await.unwrap()
    }

    /// The usual content with other lines.
    pub(crate) fn content_of(&self, lines: impl IntoIterator<Item = Line>) -> Content {
        Content::new(self.client.id(), Currency::EUR)
            .with_lines(lines)
            .with_terms(PaymentTerms::new(Due::Days(14)))
    }

    pub(crate) async fn credit(&self, invoice: &Invoice, scope: CreditScope) -> Result<CreditNote, Error> {
        let data = CreditNoteData::new(scope, "Returned");
        self.billing.credit_invoice(&self.owner, invoice.id(), data).await
    }

    /// The use cases, but something else happens just before their first commit.
    pub(crate) fn meanwhile(&self, other: impl Future<Output = ()> + Send + 'static) -> Billing {
        let ports = self.billing.ports().clone();
        let first = Mutex::new(Some(Box::pin(other) as Pin<Box<dyn Future<Output = ()> + Send>>));
        let commits = Arc::new(Meanwhile { commits: ports.commits.clone(), first });
        Billing::new(BillingPorts { commits, ..ports }, self.clock.clone(), self.ids.clone())
    }

    /// Another client like the first.
    pub(crate) async fn another_client(&self) -> Client {
        let data = ClientData::new(Party::new("Café Central").with_address(address("AT")));
        self.billing.create_client(&self.owner, data).await.unwrap()
    }

    /// Takes all waiting events out of the outbox.
    pub(crate) async fn told(&self) -> Vec<Event> {
        let outbox = &self.billing.ports().outbox;
        let mut told = Vec::new();
        loop {
            let claimed = outbox.claim(self.clock.now(), 1_000, 100).await.unwrap();
            if claimed.is_empty() {
                return told;
            }
            outbox.acknowledge(&claimed).await.unwrap();
            told.extend(claimed.into_iter().map(|claimed| claimed.event));
        }
    }

    /// What was told about one aggregate since the last time, in order.
    pub(crate) async fn told_about(&self, id: AggregateId) -> Vec<&'static str> {
        let told = self.told().await.into_iter().filter(|event| event.aggregate == id);
        told.map(|event| event.kind.as_str()).collect()
    }

    /// The trail of one aggregate, the oldest entry first.
    pub(crate) async fn trail(&self, id: AggregateId) -> Vec<AuditEntry> {
        let page = PageRequest::first(200).unwrap();
        let mut entries = self.billing.audit(self.owner.actor(), Some(id), &page).await.unwrap().items;
        entries.reverse();
        entries
    }

    /// The team's whole trail, the oldest entry first.
    pub(crate) async fn whole_trail(&self) -> Vec<AuditEntry> {
        let page = PageRequest::first(200).unwrap();
        let mut entries = self.billing.audit(self.owner.actor(), None, &page).await.unwrap().items;
        entries.reverse();
        entries
    }
}

pub(crate) fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn profile(team: TeamId) -> SupplierProfile {
    SupplierProfile::new(team, supplier(), TimeZone::new("Europe/Vienna").unwrap())
}

pub(crate) fn supplier() -> Party {
    Party::new("Rösterei Blau GmbH").with_address(address("AT")).with_vat_id("ATU98765433")
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
    untaxed(id, quantity, price).with_tax(Tax::vat(TaxCategory::Standard, vat.parse().unwrap()))
}

pub(crate) fn untaxed(id: &str, quantity: &str, price: &str) -> Line {
    Line::new(id, format!("Item {id}"), quantity.parse().unwrap(), price.parse().unwrap()).unwrap()
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

/// What a refused step says: the state, the action, and what stood in the way.
pub(crate) fn illegal<T: std::fmt::Debug>(
    outcome: Result<T, Error>,
) -> (&'static str, Action, Option<Obstacle>) {
    match outcome.expect_err("a refused step") {
        Error::Illegal(illegal) => (illegal.state(), illegal.action(), illegal.obstacle()),
        error => panic!("not about the state: {error}"),
    }
}
