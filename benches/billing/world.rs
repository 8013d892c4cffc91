//! Teams that can issue, in one store.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use invoice_benches::documents::Document;
use invoice_core::change::{ChangeSet, IdempotencyRecord, Receipt};
use invoice_core::line::Line;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, Clock as _, Commits, IdGenerator as _, StoreError};
use invoice_core::service::{Billing, Call};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::{
    Actor, Address, ClientData, ClientId, Content, Country, Currency, DocumentType, Due, IdempotencyKey,
    Invoice, InvoiceData, Party, Pattern, PaymentTerms, Reset, Role, Series, SeriesData, SupplierProfile,
    TeamId, TimeZone, UserId,
};

pub(crate) type Wrong = Box<dyn std::error::Error>;

/// Passes commits on, and keeps the last one.
struct Kept {
    store: Arc<MemoryBilling>,
    last: Mutex<Option<Arc<ChangeSet>>>,
}

#[async_trait]
impl Commits for Kept {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = changes.last().cloned();
        self.store.commit_all(changes).await
    }

    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.store.idempotency(team, key).await
    }
}

/// A team, and what its invoices say.
struct Team {
    call: Call,
    client: ClientId,
}

/// One store with some teams.
pub(crate) struct World {
    billing: Billing,
    kept: Option<Arc<Kept>>,
    teams: Vec<Team>,
    lines: Vec<Line>,
}

impl World {
    /// So many teams, whose invoices have so many lines.
    pub(crate) async fn new(teams: usize, lines: usize) -> Result<Self, Wrong> {
        Self::over(BillingPorts::from_store(&Arc::new(MemoryBilling::new())), None, teams, lines).await
    }

    /// One team, whose last change set can be looked at.
    pub(crate) async fn watched(lines: usize) -> Result<Self, Wrong> {
        let store = Arc::new(MemoryBilling::new());
        let kept = Arc::new(Kept { store: store.clone(), last: Mutex::new(None) });
        let ports = BillingPorts { commits: kept.clone(), ..BillingPorts::from_store(&store) };
        Self::over(ports, Some(kept), 1, lines).await
    }

    async fn over(
        ports: BillingPorts,
        kept: Option<Arc<Kept>>,
        teams: usize,
        lines: usize,
    ) -> Result<Self, Wrong> {
        let ids = Arc::new(RandomIds::new());
        let billing = Billing::new(ports, Arc::new(SystemClock), ids.clone());
        let mut world =
            Self { billing, kept, teams: Vec::new(), lines: Document::plain(lines)?.lines().to_vec() };
        for _ in 0..teams {
            let now = SystemClock.now();
            let team = TeamId::from_uuid(ids.uuid(now));
            let call = Call::new(Actor::user(team, UserId::from_uuid(ids.uuid(now)), Role::Owner));
            let client = world.found(&call).await?;
            world.teams.push(Team { call, client });
        }
        Ok(world)
    }

    /// The profile, the series and the client of a team.
    async fn found(&self, call: &Call) -> Result<ClientId, Wrong> {
        let address = |line: &str| {
            Ok::<_, Wrong>(Address::new(Country::new("DE")?).with_line(line).with_city("Hamburg"))
        };
        let supplier = Party::new("Kontor Nord GmbH")
            .with_address(address("Speicherstraße 4")?)
            .with_vat_id("DE136695976");
        let profile = SupplierProfile::new(call.actor().team(), supplier, TimeZone::new("Europe/Berlin")?)
            .with_default_terms(PaymentTerms::new(Due::Days(14)));
        self.billing.set_supplier(call, profile).await?;
        let from = self.billing.team_today(call.actor()).await?;
        let series = SeriesData {
            document_type: DocumentType::Invoice,
            name: Series::DEFAULT_NAME.to_owned(),
            pattern: Pattern::new("INV-{year}-{seq:05}")?,
            reset: Reset::Yearly,
            start: 1,
            from,
        };
        self.billing.create_series(call, series).await?;
        let customer = Party::new("Werft Süd AG").with_address(address("Hafenweg 12")?);
        Ok(self.billing.create_client(call, ClientData::new(customer)).await?.id())
    }

    /// Creates and issues an invoice of one of the teams, each in its turn.
    pub(crate) async fn issue(&self, turn: usize) -> Result<Invoice, Wrong> {
        let team = turn.checked_rem(self.teams.len()).and_then(|place| self.teams.get(place));
        let Team { call, client } = team.ok_or("a world without teams")?;
        let content = Content::new(*client, Currency::EUR).with_lines(self.lines.iter().cloned());
        Ok(self.billing.create_and_issue_invoice(call, InvoiceData::new(content)).await?)
    }

    /// The last change set of a watched world.
    pub(crate) fn last_change(&self) -> Option<Arc<ChangeSet>> {
        self.kept.as_ref()?.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
