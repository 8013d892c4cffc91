//! Teams that can issue, and change sets decided beforehand, so that a run measures the store and nothing else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use invoice_benches::documents::Document;
use invoice_core::change::{ChangeSet, IdempotencyRecord, Receipt, resolve};
use invoice_core::line::Line;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, Clock as _, Commits, IdGenerator, StoreError};
use invoice_core::service::{Billing, Call};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::{
    Actor, Address, ClientData, ClientId, Content, Country, Currency, DocumentType, Due, IdempotencyKey,
    InvoiceData, Party, Pattern, PaymentTerms, Reset, Role, Series, SeriesData, SupplierProfile, TeamId,
    TimeZone, Timestamp, UserId,
};
use uuid::Uuid;

use crate::Wrong;

/// Lines of an invoice.
pub(crate) const LINES: usize = 5;

/// Keeps what is decided; lands it in memory only while a team is set up.
struct Recorder {
    memory: Arc<MemoryBilling>,
    lands: AtomicBool,
    kept: Mutex<Vec<Arc<ChangeSet>>>,
}

impl Recorder {
    fn take(&self) -> Vec<Arc<ChangeSet>> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Commits for Recorder {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).extend(changes.iter().cloned());
        if self.lands.load(Ordering::Relaxed) {
            return self.memory.commit_all(changes).await;
        }
        let receipt = |change: &Arc<ChangeSet>| {
            resolve(change, &std::collections::BTreeMap::new())
                .map(|resolved| resolved.receipt())
                .map_err(StoreError::Refused)
        };
        changes.iter().map(receipt).collect()
    }

    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.memory.idempotency(team, key).await
    }
}

/// Random ids, but for one that was chosen.
struct Ids {
    chosen: Mutex<Option<Uuid>>,
    random: RandomIds,
}

impl IdGenerator for Ids {
    fn uuid(&self, now: Timestamp) -> Uuid {
        let chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner).take();
        chosen.unwrap_or_else(|| self.random.uuid(now))
    }
}

/// What an id that SQL can make stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Team = 1,
    Client = 2,
    Series = 3,
    Invoice = 4,
}

/// One team.
pub(crate) struct Team {
    pub(crate) call: Call,
    pub(crate) client: ClientId,
}

impl Team {
    pub(crate) fn id(&self) -> TeamId {
        self.call.actor().team()
    }
}

/// Some teams, the same in memory and in every store that took their [`Teams::founding`].
pub(crate) struct Teams {
    recorder: Arc<Recorder>,
    ids: Arc<Ids>,
    billing: Billing,
    lines: Vec<Line>,
    world: u16,
    all: Vec<Team>,
    founding: Vec<Arc<ChangeSet>>,
}

impl Teams {
    /// So many teams; `world` tells those of one run from those of another.
    pub(crate) async fn new(world: u16, teams: usize) -> Result<Self, Wrong> {
        let memory = Arc::new(MemoryBilling::new());
        let recorder = Arc::new(Recorder {
            memory: memory.clone(),
            lands: AtomicBool::new(true),
            kept: Mutex::default(),
        });
        let ports = BillingPorts { commits: recorder.clone(), ..BillingPorts::from_store(&memory) };
        let ids = Arc::new(Ids { chosen: Mutex::default(), random: RandomIds::new() });
        let billing = Billing::new(ports, Arc::new(SystemClock), ids.clone());
        let lines = Document::plain(LINES).map_err(|error| error.to_string())?.lines().to_vec();
        let mut this = Self { recorder, ids, billing, lines, world, all: Vec::new(), founding: Vec::new() };
        for place in 0..teams {
            let team = this.found(place).await?;
            this.all.push(team);
        }
        this.founding = this.recorder.take();
        Ok(this)
    }

    /// An id that SQL can make of one number as well: its last 16 digits are the number's decimal ones.
    pub(crate) fn id(world: u16, kind: Kind, place: usize) -> Result<Uuid, Wrong> {
        Ok(Uuid::parse_str(&format!("{:032}", Self::number(world, kind, place)?))?)
    }

    /// The number behind an id, of 16 digits: world, kind, place.
    pub(crate) fn number(world: u16, kind: Kind, place: usize) -> Result<u64, Wrong> {
        let kind = 10_000_000_000 * kind as u64;
        Ok(1_000_000_000_000_000 + 100_000_000_000 * u64::from(world) + kind + u64::try_from(place)?)
    }

    /// The id in SQL, of an expression that is its number's text.
    pub(crate) fn made_of(number: &str) -> String {
        format!("('0000000000000000' || {number})::uuid")
    }

    /// The profile, the series and the client of a team.
    async fn found(&self, place: usize) -> Result<Team, Wrong> {
        let id = |role| Self::id(self.world, role, place);
        let team = TeamId::from_uuid(id(Kind::Team)?);
        let user = UserId::from_uuid(self.ids.uuid(SystemClock.now()));
        let call = Call::new(Actor::user(team, user, Role::Owner));
        let address = |line: &str| {
            Ok::<_, Wrong>(Address::new(Country::new("DE")?).with_line(line).with_city("Hamburg"))
        };
        let supplier = Party::new("Kontor Nord GmbH")
            .with_address(address("Speicherstraße 4")?)
            .with_vat_id("DE136695976");
        let profile = SupplierProfile::new(team, supplier, TimeZone::new("Europe/Berlin")?)
            .with_default_terms(PaymentTerms::new(Due::Days(14)));
        self.billing.set_supplier(&call, profile).await?;
        let from = self.billing.team_today(call.actor()).await?;
        let series = SeriesData {
            document_type: DocumentType::Invoice,
            name: Series::DEFAULT_NAME.to_owned(),
            pattern: Pattern::new("INV-{year}-{seq:05}")?,
            reset: Reset::Yearly,
            start: 1,
            from,
        };
        self.choose(id(Kind::Series)?);
        self.billing.create_series(&call, series).await?;
        let customer = Party::new("Werft Süd AG").with_address(address("Hafenweg 12")?);
        self.choose(id(Kind::Client)?);
        let client = self.billing.create_client(&call, ClientData::new(customer)).await?.id();
        Ok(Team { call, client })
    }

    /// Makes the teams known to a store.
    pub(crate) async fn settle(&self, store: &dyn Commits) -> Result<(), Wrong> {
        for some in self.founding.chunks(100) {
            for answer in store.commit_all(some.to_vec()).await {
                answer?;
            }
        }
        Ok(())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// The team at a place, taken round.
    pub(crate) fn team(&self, turn: usize) -> Result<&Team, Wrong> {
        let place = turn.checked_rem(self.all.len());
        place.and_then(|place| self.all.get(place)).ok_or_else(|| "a world without teams".into())
    }

    /// What an invoice of a team says.
    pub(crate) fn invoice(&self, team: &Team) -> InvoiceData {
        InvoiceData::new(Content::new(team.client, Currency::EUR).with_lines(self.lines.iter().cloned()))
    }

    /// Invoices created and issued in one commit, one team after the other; decided, and committed nowhere.
    pub(crate) async fn issues(&self, count: usize) -> Result<Vec<Arc<ChangeSet>>, Wrong> {
        self.recorder.lands.store(false, Ordering::Relaxed);
        for turn in 0..count {
            let team = self.team(turn)?;
            self.billing.create_and_issue_invoice(&team.call, self.invoice(team)).await?;
        }
        Ok(self.recorder.take())
    }

    /// The same with ids that SQL can make.
    pub(crate) async fn known_issues(&self, count: usize) -> Result<Vec<Arc<ChangeSet>>, Wrong> {
        self.recorder.lands.store(false, Ordering::Relaxed);
        for turn in 0..count {
            let team = self.team(turn)?;
            self.choose(Self::id(self.world, Kind::Invoice, turn)?);
            self.billing.create_and_issue_invoice(&team.call, self.invoice(team)).await?;
        }
        Ok(self.recorder.take())
    }

    /// The next id that is asked for.
    fn choose(&self, id: Uuid) {
        *self.ids.chosen.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
    }

    /// Drafts, and the commits that publish them.
    pub(crate) async fn publications(
        &self,
        count: usize,
    ) -> Result<(Vec<Arc<ChangeSet>>, Vec<Arc<ChangeSet>>), Wrong> {
        self.recorder.lands.store(true, Ordering::Relaxed);
        let mut drafts = Vec::with_capacity(count);
        for turn in 0..count {
            let team = self.team(turn)?;
            drafts.push((team, self.billing.create_invoice(&team.call, self.invoice(team)).await?.id()));
        }
        let created = self.recorder.take();
        self.recorder.lands.store(false, Ordering::Relaxed);
        for (team, draft) in drafts {
            self.billing.issue_invoice(&team.call, draft).await?;
        }
        Ok((created, self.recorder.take()))
    }
}
