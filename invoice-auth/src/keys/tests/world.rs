use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::identity::IdentityReceipt;
use invoice_core::identity::{IdentityChange, KeyId, KeyState, SecurityAction, SecurityEvent, SigningKey};
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::{IdentityCommits, IdentityPorts, SigningKeys};
use invoice_core::testing::{FixedClock, SequentialIds};

use crate::checks::{Broadcast, InProcess};
use crate::error::AuthError;
use crate::keys::{KeyRing, MasterKey};
use crate::settings::{Settings, TokenMode};

pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const DAY: i64 = 24 * 60 * MINUTE;

/// A store of keys that counts its reads, can be away, and lets others go first between a read and its answer.
pub(super) struct Keys {
    inner: Arc<MemoryIdentity>,
    pub(super) reads: AtomicU64,
    pub(super) away: AtomicBool,
    /// Goes away once it has written something.
    pub(super) away_after_commit: AtomicBool,
    /// Keys that somebody deleted by hand.
    pub(super) deleted: Mutex<Vec<KeyId>>,
    pub(super) while_reading: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    pub(super) committed: Mutex<Vec<SecurityEvent>>,
    /// How many commits are written of which nobody hears.
    pub(super) unheard: AtomicU64,
}

#[async_trait]
impl SigningKeys for Keys {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable);
        }
        let mut keys = self.inner.signing_keys().await;
        if let Ok(keys) = &mut keys {
            keys.retain(|key| !self.deleted.lock().unwrap().contains(key.kid()));
        }
        if let Some(act) = self.while_reading.lock().unwrap().take() {
            act();
        }
        tokio::task::yield_now().await;
        keys
    }
}

#[async_trait]
impl IdentityCommits for Keys {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        let events = change.audit.clone();
        let receipt = self.inner.commit_identity(change).await?;
        if self.away_after_commit.load(Ordering::SeqCst) {
            self.away.store(true, Ordering::SeqCst);
        }
        if !receipt.replayed {
            self.committed.lock().unwrap().extend(events);
        }
        let heard = self.unheard.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if heard.is_ok() { Err(StoreError::UnknownOutcome) } else { Ok(receipt) }
    }
}

pub(super) struct World {
    pub(super) keys: Arc<Keys>,
    pub(super) ports: IdentityPorts,
    pub(super) clock: Arc<FixedClock>,
    pub(super) ids: Arc<SequentialIds>,
    pub(super) settings: Settings,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(Settings::new("issuer", "audience"))
    }

    pub(super) fn with(settings: Settings) -> Self {
        let inner = Arc::new(MemoryIdentity::new());
        let mut ports = IdentityPorts::from_store(&inner);
        let keys = Arc::new(Keys {
            inner,
            reads: AtomicU64::new(0),
            away: AtomicBool::new(false),
            away_after_commit: AtomicBool::new(false),
            deleted: Mutex::new(Vec::new()),
            while_reading: Mutex::new(None),
            committed: Mutex::new(Vec::new()),
            unheard: AtomicU64::new(0),
        });
        ports.signing_keys = keys.clone();
        ports.commits = keys.clone();
        let (clock, ids) = (Arc::new(FixedClock::default()), Arc::new(SequentialIds::new()));
        Self { keys, ports, clock, ids, settings }
    }

    pub(super) async fn try_ring(
        &self,
        master: MasterKey,
        mode: TokenMode,
        broadcast: Arc<dyn Broadcast>,
    ) -> Result<Arc<KeyRing>, AuthError> {
        let ring = KeyRing::open(
            self.ports.clone(),
            Arc::new(master),
            Arc::new(self.settings.clone().mode(mode)),
            self.clock.clone(),
            self.ids.clone(),
            broadcast.clone(),
        );
        let ring = Arc::new(ring.await?);
        let told = ring.clone();
        broadcast.subscribe(Box::new(move |notice| told.forget(notice)));
        Ok(ring)
    }

    /// The ring of a process that is told to give up the keys that don't open.
    pub(super) async fn ring_that_abandons(&self, master: MasterKey) -> Result<Arc<KeyRing>, AuthError> {
        let settings = self.settings.clone().mode(TokenMode::EdDsa);
        let (ports, clock, ids) = (self.ports.clone(), self.clock.clone(), self.ids.clone());
        let broadcast = Arc::new(InProcess::new());
        let ring = KeyRing::new(ports, Arc::new(master), &settings, clock, ids, broadcast);
        ring.abandon_lost().await?;
        ring.begin().await?;
        Ok(Arc::new(ring))
    }

    /// Deletes all keys behind everybody's back.
    pub(super) async fn delete_keys(&self) {
        let kids = self.keys.signing_keys().await.unwrap().into_iter().map(|key| key.kid().clone());
        self.keys.deleted.lock().unwrap().extend(kids);
    }

    /// The ring of another process that nobody tells anything.
    pub(super) async fn ring_in(&self, mode: TokenMode) -> Arc<KeyRing> {
        self.try_ring(master(1), mode, Arc::new(InProcess::new())).await.unwrap()
    }

    pub(super) async fn ring(&self) -> Arc<KeyRing> {
        self.ring_in(TokenMode::EdDsa).await
    }

    pub(super) fn pass(&self, millis: i64) {
        self.clock.advance_millis(millis);
    }

    /// The actions that the audit tells of.
    pub(super) fn actions(&self) -> Vec<SecurityAction> {
        self.keys.committed.lock().unwrap().iter().map(SecurityEvent::action).collect()
    }

    pub(super) fn reads(&self) -> u64 {
        self.keys.reads.load(Ordering::SeqCst)
    }
}

pub(super) fn master(byte: u8) -> MasterKey {
    MasterKey::from_bytes([byte; 32])
}

/// The states of all keys, the furthest in their lives first.
pub(super) async fn states(ring: &KeyRing) -> Vec<KeyState> {
    let mut states: Vec<_> = ring.list().await.unwrap().iter().map(|key| key.state).collect();
    states.sort_unstable_by(|one, other| other.cmp(one));
    states
}

/// The key that signs.
pub(super) async fn signs(ring: &KeyRing) -> KeyId {
    ring.signer().await.unwrap().kid().clone()
}

pub(super) async fn takes(ring: &KeyRing, kid: &KeyId) -> bool {
    ring.verifying(kid.as_str()).await.unwrap().is_some()
}

/// How long a key is kept that signs no more: a token, the leeway, and the time others need to hear of it.
pub(super) const KEPT: i64 = 15 * MINUTE + 30 * SECOND + 10 * SECOND;

/// How long others go without reading.
pub(super) const TTL: Duration = Duration::from_secs(10);
