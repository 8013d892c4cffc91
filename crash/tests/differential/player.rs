//! One store with everything around it: a clock and identifiers that go alike for all.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use invoice_core::change::{ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt};
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, Clock as _, Commits, IdGenerator as _, StoreError};
use invoice_core::service::Billing;
use invoice_core::testing::{FixedClock, SequentialIds};
use invoice_core::{EventId, TeamId, Timestamp};
use invoice_store_mongo::MongoStore;
use invoice_store_postgres::PostgresStore;
use invoice_store_sqlite::{Durability, SqliteStore};

/// Change sets kept to be committed again.
const KEPT: usize = 40;

pub(crate) struct Player {
    pub(crate) name: &'static str,
    pub(crate) billing: Billing,
    pub(crate) clock: Arc<FixedClock>,
    recorder: Arc<Recorder>,
    ids: Arc<SequentialIds>,
}

impl Player {
    fn new(name: &'static str, ports: BillingPorts) -> Self {
        let recorder = Arc::new(Recorder { inner: Arc::clone(&ports.commits), sets: Mutex::default() });
        let ports = BillingPorts { commits: recorder.clone(), ..ports };
        let clock = Arc::new(FixedClock::default());
        let ids = Arc::new(SequentialIds::new());
        let billing = Billing::new(ports, clock.clone(), ids.clone());
        Self { name, billing, clock, recorder, ids }
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Of the sets kept, the last one but so many; `None` if there were not as many yet.
    pub(crate) fn recent(&self, back: usize) -> Option<Arc<ChangeSet>> {
        self.recorder.sets.lock().unwrap().get(back).cloned()
    }

    /// Commits without keeping. The events are named anew: one that waits is as old for a store that goes by
    /// arrival as for one that goes by identifiers.
    pub(crate) async fn commit(&self, mut sets: Vec<ChangeSet>) -> Vec<Result<Receipt, StoreError>> {
        for event in sets.iter_mut().flat_map(|set| &mut set.events) {
            event.id = EventId::from_uuid(self.ids.uuid(self.clock_now()));
        }
        self.recorder.inner.commit_all(sets.into_iter().map(Arc::new).collect()).await
    }

    pub(crate) fn ports(&self) -> &BillingPorts {
        self.billing.ports()
    }
}

/// Keeps what the use cases commit.
pub(crate) struct Recorder {
    inner: Arc<dyn Commits>,
    sets: Mutex<VecDeque<Arc<ChangeSet>>>,
}

#[async_trait]
impl Commits for Recorder {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        {
            let mut sets = self.sets.lock().unwrap();
            for change in &changes {
                sets.push_front(Arc::clone(change));
            }
            sets.truncate(KEPT);
        }
        self.inner.commit_all(changes).await
    }

    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.inner.idempotency(team, key).await
    }
}

fn server(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run this test by `cargo xtask test`"))
}

/// Every store, and what must live as long as they do.
pub(crate) async fn all() -> (Vec<Player>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let memory = Arc::new(MemoryBilling::default());
    // No power is cut here.
    let settings = invoice_store_sqlite::Settings::new().durability(Durability::Normal);
    let sqlite = Arc::new(SqliteStore::open_with(folder.path().join("invoices.db"), settings).unwrap());
    let name = format!("trace_{:016x}", RandomState::new().hash_one(0_u8));
    let postgres = PostgresStore::connect(&server("INVOICE_TEST_POSTGRES_URL")).await.unwrap();
    let postgres = Arc::new(postgres.with_schema(&name).unwrap());
    postgres.migrate().await.unwrap();
    let mongo = MongoStore::connect(&server("INVOICE_TEST_MONGO_URI"), &name).await.unwrap();
    mongo.migrate().await.unwrap();
    let players = vec![
        Player::new("memory", BillingPorts::from_store(&memory)),
        Player::new("sqlite", BillingPorts::from_store(&sqlite)),
        Player::new("postgres", BillingPorts::from_store(&postgres)),
        Player::new("mongo", BillingPorts::from_store(&Arc::new(mongo))),
    ];
    (players, folder)
}
