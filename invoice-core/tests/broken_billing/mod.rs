//! A store that is sound but for one deliberate defect, wrapped around the in-memory one.

mod commits;
mod failures;
mod fault;
mod outbox;
mod paging;
mod reads;
mod records;
mod reports;
mod trail;

use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use invoice_core::change::{AggregateId, Receipt, Record};
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{
    BillingPorts, Catalog as _, ClaimedEvent, Documents as _, Invoices as _, Page, Payments as _, Statement,
    StoreError, TradingContext, Unique,
};
use invoice_core::{CommitId, CounterKey, Event, EventId, TeamId};
use uuid::Uuid;

pub(crate) use fault::{Fault, Filter, Mangled, Part, Read};

/// A store with a fault.
pub(crate) struct Broken {
    inner: MemoryBilling,
    fault: Fault,
    seen: Mutex<Seen>,
}

/// What the store remembers beside what it stores, to be wrong with.
#[derive(Default)]
struct Seen {
    teams: BTreeSet<TeamId>,
    receipts: HashMap<CommitId, Receipt>,
    failures: HashMap<CommitId, StoreError>,
    values: HashMap<(Unique, String), TeamId>,
    locks: HashMap<CounterKey, Arc<tokio::sync::Mutex<()>>>,
    issued: Vec<(TeamId, CounterKey, Record)>,
    /// Events under the names they were given: as told, and as stored.
    renamed: HashMap<EventId, (Event, Event)>,
    claims: HashMap<EventId, ClaimedEvent>,
    ids: u128,
}

/// The answer of a store, to come.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

impl Broken {
    /// An empty store with a fault.
    pub(crate) fn ports(fault: Fault) -> BillingPorts {
        let (inner, seen) = (MemoryBilling::new(), Mutex::default());
        BillingPorts::from_store(&Arc::new(Self { inner, fault, seen }))
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The teams that wrote something, but one.
    fn others(&self, team: TeamId) -> Vec<TeamId> {
        self.seen().teams.iter().copied().filter(|other| *other != team).collect()
    }

    fn new_uuid(&self) -> Uuid {
        let mut seen = self.seen();
        seen.ids += 1;
        Uuid::from_u128((0xb0_u128 << 120) + seen.ids)
    }

    /// The team's answer; if it is nothing and this read leaks, another team's.
    async fn answer<'a, T: Nothing>(
        &self,
        read: Read,
        team: TeamId,
        ask: impl Fn(TeamId) -> Answer<'a, T> + Send + Sync,
    ) -> Result<T, StoreError> {
        let own = ask(team).await?;
        if !self.has(Fault::Leaks(read)) || !own.is_nothing() {
            return Ok(own);
        }
        for other in self.others(team) {
            let foreign = ask(other).await?;
            if !foreign.is_nothing() {
                return Ok(foreign);
            }
        }
        Ok(own)
    }

    /// A team's record of any kind.
    async fn current(&self, team: TeamId, id: AggregateId) -> Result<Option<Record>, StoreError> {
        let inner = &self.inner;
        Ok(match id {
            AggregateId::Client(id) => inner.client(team, id).await?.map(Record::from),
            AggregateId::Item(id) => inner.item(team, id).await?.map(Record::from),
            AggregateId::Supplier(_) => inner.supplier(team).await?.map(Record::from),
            AggregateId::Series(id) => inner.series(team, id).await?.map(Record::from),
            AggregateId::Invoice(id) => inner.invoice(team, id).await?.map(Record::from),
            AggregateId::CreditNote(id) => inner.credit_note(team, id).await?.map(Record::from),
            AggregateId::Quote(id) => inner.quote(team, id).await?.map(Record::from),
            AggregateId::Payment(id) => inner.payment(team, id).await?.map(Record::from),
        })
    }

    /// Another team's record of this identifier.
    async fn foreign(&self, team: TeamId, id: AggregateId) -> Result<Option<Record>, StoreError> {
        for other in self.others(team) {
            if let Some(record) = self.current(other, id).await? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

/// An answer that tells of nothing.
trait Nothing {
    fn is_nothing(&self) -> bool;
}

impl<T> Nothing for Option<T> {
    fn is_nothing(&self) -> bool {
        self.is_none()
    }
}

impl<T> Nothing for Vec<T> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Nothing for Page<T> {
    fn is_nothing(&self) -> bool {
        self.items.is_empty()
    }
}

impl Nothing for u64 {
    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

impl Nothing for Statement {
    fn is_nothing(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Nothing for TradingContext {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}
