use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use invoice_core::identity::{KeyId, SealedBytes, Session};
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::ports::{Clock, IdGenerator, StoreError};
use invoice_core::{SessionId, Timestamp};
use serde_json::{Value, json};

use super::derived::{SessionKeys, SessionSigner, new_secret, resealed_secret};
use super::plan::{Rules, next_step};
use super::ring_key::{Opened, RingKey};
use super::snapshot::Snapshot;
use super::{KeyView, MasterKey, Signer, VerifyingKey, jwk};
use crate::checks::{Broadcast, Notice};
use crate::error::AuthError;
use crate::settings::{Settings, TokenMode, millis};

/// The ring of keys that sign access tokens; [`Auth::keys`](crate::Auth::keys) gives it.
///
/// A key is published before it signs (pending), signs (active), is still taken when it signs no more
/// (retiring) until the last of its tokens is over, and is then destroyed. [`maintain`](Self::maintain) does
/// what is due; so does issuing a token, so that nobody has to.
///
/// Each process keeps what it read of the ring for ten seconds at most; it reads again when another process
/// tells of a change, for a key it does not know, once a second at most, and before it signs a token. While the store is away it goes
/// on with what it has, for ten minutes at most: for so long a key revoked elsewhere may still be taken.
///
/// A clock that jumped ahead and came back leaves keys dated to come. One that signs goes on and is followed by another
/// as soon as that has been published, a pending one is replaced; what lies ahead no further than a key is published
/// before it signs, a day by default, comes in its time.
///
/// Of two processes that decide on the same state of the ring one writes; the other reads again. So two that
/// start together on an empty store make one key.
pub struct KeyRing {
    pub(super) ports: IdentityPorts,
    pub(super) master: Arc<MasterKey>,
    pub(super) rules: Rules,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) broadcast: Arc<dyn Broadcast>,
    mode: TokenMode,
    ttl: i64,
    /// Keys that live elsewhere; the first signs.
    external: Vec<Opened>,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held while the ring is read, so that of many who want it one asks.
    loading: tokio::sync::Mutex<()>,
    /// Held while what is due is done.
    pub(super) maintaining: tokio::sync::Mutex<()>,
    told: AtomicU64,
    /// How many reads have begun.
    reads: AtomicU64,
    failed_at: AtomicI64,
    maintenance_failed_at: AtomicI64,
}

/// How long a ring that can't be read again is believed.
const OLDEST: i64 = 10 * 60 * 1_000;
/// How long after a read another may follow that is not due.
const AGAIN: i64 = 1_000;
/// How long after a failure the ring's maintenance is tried again on the way.
const LATER: i64 = 60 * 1_000;
const NEVER: i64 = i64::MIN;

impl KeyRing {
    /// A ring that was not read yet: [`begin`](Self::begin) comes next.
    pub(crate) fn new(
        ports: IdentityPorts,
        master: Arc<MasterKey>,
        settings: &Settings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
        broadcast: Arc<dyn Broadcast>,
    ) -> Self {
        // An application that chose a provider before keeps it.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let empty = Snapshot { keys: Vec::new(), read_at: clock.now(), told: 0, number: 0, generation: 0 };
        Self {
            ports,
            master,
            rules: Rules::new(settings),
            clock,
            ids,
            broadcast,
            mode: settings.mode,
            external: Vec::new(),
            ttl: millis(settings.ring_ttl),
            snapshot: RwLock::new(Arc::new(empty)),
            loading: tokio::sync::Mutex::new(()),
            maintaining: tokio::sync::Mutex::new(()),
            told: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            failed_at: AtomicI64::new(NEVER),
            maintenance_failed_at: AtomicI64::new(NEVER),
        }
    }

    /// Reads the ring, and makes its first key if there is none.
    pub(crate) async fn begin(&self) -> Result<(), AuthError> {
        self.read().await?;
        self.maintain().await
    }

    #[cfg(test)]
    pub(crate) async fn open(
        ports: IdentityPorts,
        master: Arc<MasterKey>,
        settings: Arc<Settings>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
        broadcast: Arc<dyn Broadcast>,
    ) -> Result<Self, AuthError> {
        let ring = Self::new(ports, master, &settings, clock, ids, broadcast);
        ring.begin().await?;
        Ok(ring)
    }

    /// With keys that live elsewhere: the first signs instead of the ring's own, and all are published and taken.
    pub(crate) fn with_external(self, signers: Vec<Arc<dyn Signer>>) -> Result<Self, AuthError> {
        let open = |signer| Opened::external(signer, self.rules.algorithm);
        let external = signers.into_iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { external, ..self })
    }

    /// The public keys, as a JWK set (RFC 7517, section 5): pending, active and retiring ones. Serve it at a public
    /// address, with `Cache-Control` well below the time a key is published ahead, a day by default. In the mode that
    /// derives keys it is empty.
    pub async fn jwks(&self) -> Result<Value, AuthError> {
        let snapshot = self.current().await?;
        let verifying = snapshot.keys.iter().filter(|key| key.verifies(self.rules.algorithm));
        let opened = self.external.iter().chain(verifying.filter_map(|key| key.opened.as_ref()));
        let signers = opened.filter_map(|key| key.signer.as_ref());
        let keys = signers.map(|signer| jwk::published(&**signer)).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ "keys": keys }))
    }

    /// All keys, destroyed ones too, oldest first, as the store has them now.
    pub async fn list(&self) -> Result<Vec<KeyView>, AuthError> {
        let keys = self.ports.signing_keys.signing_keys().await?;
        Ok(keys.iter().map(KeyView::from).collect())
    }

    /// The key that signs now; in the mode that derives keys none does by itself.
    pub(crate) async fn signer(&self) -> Result<Arc<dyn Signer>, AuthError> {
        let (snapshot, now) = self.maintained().await?;
        let key = self.external.first().or_else(|| snapshot.signing(self.rules.algorithm, now));
        key.and_then(|key| key.signer.clone()).ok_or(NONE_SIGNS)
    }

    /// What signs the tokens of a session, in any mode.
    pub(crate) async fn signer_of(&self, session: &Session) -> Result<Arc<dyn Signer>, AuthError> {
        if self.mode != TokenMode::Derived {
            return self.signer().await;
        }
        let sealed = session.secret().ok_or(AuthError::Crypto("the session has no secret"))?;
        let keys = self.session_keys(session.id(), sealed)?;
        let (snapshot, now) = self.maintained().await?;
        let ring = snapshot.signing(self.rules.algorithm, now).ok_or(NONE_SIGNS)?;
        Ok(Arc::new(SessionSigner::new(&keys, &ring.verifying)?))
    }

    /// The key with this identifier, not destroyed; asks the store when it is unknown, but not often.
    pub(crate) async fn verifying(&self, kid: &str) -> Result<Option<Arc<VerifyingKey>>, AuthError> {
        let mut external = self.external.iter().map(|key| &key.verifying);
        if let Some(key) = external.find(|key| key.kid().as_str() == kid) {
            return Ok(Some(key.clone()));
        }
        let snapshot = self.current().await?;
        let find = |snapshot: &Snapshot| snapshot.verifying(kid, self.rules.algorithm).cloned();
        if let Some(key) = find(&snapshot) {
            return Ok(Some(key));
        }
        let is_enough = |snapshot: &Snapshot, now: Timestamp| {
            find(snapshot).is_some() || snapshot.is_fresh(now, self.told(), AGAIN)
        };
        let snapshot = self.read_unless(is_enough).await?;
        Ok(find(&snapshot))
    }

    /// Counts up whenever a key was taken out of the ring: what was verified before is verified again. Ask
    /// before the key that verifies, not after.
    pub(crate) async fn generation(&self) -> Result<u64, AuthError> {
        Ok(self.current().await?.generation)
    }

    /// A secret to keep with a new session; `None` in the modes that need none.
    pub(crate) fn session_secret(&self, session: SessionId) -> Result<Option<SealedBytes>, AuthError> {
        (self.mode == TokenMode::Derived).then(|| new_secret(&self.master, session)).transpose()
    }

    /// The secret to keep with a session that goes on: sealed anew if a previous master key sealed it, and made now
    /// if the session is older than the mode.
    pub(crate) fn renewed_secret(&self, session: &Session) -> Result<Option<SealedBytes>, AuthError> {
        match session.secret().filter(|_| self.mode == TokenMode::Derived) {
            None => self.session_secret(session.id()),
            Some(sealed) if self.master.sealed(sealed) => Ok(Some(sealed.clone())),
            Some(sealed) => resealed_secret(&self.master, session.id(), sealed).map(Some),
        }
    }

    /// Opens what [`KeyRing::session_secret`] made.
    pub(crate) fn session_keys(
        &self,
        session: SessionId,
        sealed: &SealedBytes,
    ) -> Result<SessionKeys, AuthError> {
        SessionKeys::open(&self.master, session, sealed)
    }

    pub(crate) fn forget(&self, notice: &Notice) {
        if matches!(notice, Notice::Keys | Notice::Everything) {
            self.told.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn told(&self) -> u64 {
        self.told.load(Ordering::SeqCst)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The ring, read within its time and after the last notice.
    pub(super) async fn current(&self) -> Result<Arc<Snapshot>, AuthError> {
        let is_fresh = |snapshot: &Snapshot, now| snapshot.is_fresh(now, self.told(), self.ttl);
        let snapshot = self.snapshot();
        if is_fresh(&snapshot, self.clock.now()) {
            return Ok(snapshot);
        }
        self.read_unless(is_fresh).await
    }

    /// The ring as the store has it now. Of many who ask at once, one reads for all.
    async fn latest(&self) -> Result<Arc<Snapshot>, AuthError> {
        let asked = self.reads.load(Ordering::SeqCst);
        self.read_unless(|snapshot, _| snapshot.number > asked).await
    }

    /// The ring after what was due; that fails quietly, since the active key goes on. It is read for each token: a
    /// key that another process revoked a moment ago would sign tokens that all refuse.
    async fn maintained(&self) -> Result<(Arc<Snapshot>, Timestamp), AuthError> {
        let (snapshot, now) = (self.latest().await?, self.clock.now());
        if !self.is_due(&snapshot, now) {
            return Ok((snapshot, now));
        }
        let one = self.maintaining.lock().await;
        if self.is_due(&self.snapshot(), now)
            && let Err(error) = self.maintain_alone().await
        {
            self.maintenance_failed_at.store(now.as_millis(), Ordering::Relaxed);
            tracing::error!(%error, "the ring of signing keys could not be maintained");
        }
        drop(one);
        Ok((self.snapshot(), now))
    }

    fn is_due(&self, snapshot: &Snapshot, now: Timestamp) -> bool {
        !is_within(self.maintenance_failed_at.load(Ordering::Relaxed), LATER, now)
            && next_step(&snapshot.keys, &self.rules, now).is_some()
    }

    /// Reads the ring, unless somebody else just did so well enough.
    async fn read_unless(
        &self,
        is_enough: impl Fn(&Snapshot, Timestamp) -> bool,
    ) -> Result<Arc<Snapshot>, AuthError> {
        let _one = self.loading.lock().await;
        let (snapshot, now) = (self.snapshot(), self.clock.now());
        if is_enough(&snapshot, now) {
            return Ok(snapshot);
        }
        // Many who wait for a store that is away must not all ask it, one after the other.
        let too_early = is_within(self.failed_at.load(Ordering::Relaxed), AGAIN, now);
        let read = if too_early { Err(StoreError::Unavailable.into()) } else { self.read_alone().await };
        match read {
            Err(error) if is_usable(&snapshot, now) => {
                if !too_early {
                    tracing::warn!(%error, "the ring of signing keys could not be read: the old one goes on");
                }
                Ok(snapshot)
            }
            answer => answer,
        }
    }

    /// Reads the ring.
    pub(super) async fn read(&self) -> Result<Arc<Snapshot>, AuthError> {
        let _one = self.loading.lock().await;
        self.read_alone().await
    }

    /// Only for who holds `loading`: a slow reader must not put an older ring in the place of a newer.
    async fn read_alone(&self) -> Result<Arc<Snapshot>, AuthError> {
        let read = self.read_and_open().await;
        // When it failed, not when it began: a store that hangs fails late.
        let failed_at = if read.is_ok() { NEVER } else { self.clock.now().as_millis() };
        self.failed_at.store(failed_at, Ordering::Relaxed);
        read
    }

    async fn read_and_open(&self) -> Result<Arc<Snapshot>, AuthError> {
        let (told, read_at) = (self.told(), self.clock.now());
        let number = self.reads.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        let records = self.ports.signing_keys.signing_keys().await?;
        let older = self.snapshot();
        let keys = records.into_iter().map(|record| {
            let known = older.keys.iter().find(|key| key.record == record && key.opened.is_some());
            known.cloned().unwrap_or_else(|| RingKey::open(record, &self.master))
        });
        let mut newer =
            Snapshot { keys: keys.collect(), read_at, told, number, generation: older.generation };
        let lost = newer.keys.iter().any(|key| self.is_lost(key));
        if lost {
            return Err(AuthError::Crypto("the active one was sealed with another master key, or damaged"));
        }
        if !newer.keeps(&older, self.rules.algorithm) {
            newer.generation = older.generation.saturating_add(1);
        }
        let newer = Arc::new(newer);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = newer.clone();
        Ok(newer)
    }

    /// Takes a key out of what this process knows of the ring, as if it had read so.
    pub(super) async fn leave_out(&self, kid: &KeyId) {
        // After who reads now, and began before the key's end.
        let _one = self.loading.lock().await;
        let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        let Snapshot { read_at, told, number, generation, .. } = **snapshot;
        let keys = snapshot.keys.iter().filter(|key| key.record.kid() != kid).cloned().collect();
        *snapshot =
            Arc::new(Snapshot { keys, read_at, told, number, generation: generation.saturating_add(1) });
    }

    /// An active key that can't be used is not replaced by itself: most likely this process has the wrong
    /// master key.
    fn is_lost(&self, key: &RingKey) -> bool {
        use invoice_core::identity::KeyState::Active;
        let record = &key.record;
        key.opened.is_none() && record.state() == Active && record.algorithm() == self.rules.algorithm
    }
}

const NONE_SIGNS: AuthError = AuthError::Crypto("no key signs");

fn is_usable(snapshot: &Snapshot, now: Timestamp) -> bool {
    !snapshot.keys.is_empty() && is_within(snapshot.read_at.as_millis(), OLDEST, now)
}

/// Whether so long has not passed yet since then. What lies ahead was before the clock was set back, nobody knows how
/// long ago.
fn is_within(since: i64, millis: i64, now: Timestamp) -> bool {
    (since..since.saturating_add(millis)).contains(&now.as_millis())
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.snapshot().keys.iter().map(|key| key.record.kid().clone()).collect();
        f.debug_struct("KeyRing").field("keys", &kids).finish_non_exhaustive()
    }
}
