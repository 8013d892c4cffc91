use std::fmt;
use std::sync::Arc;

use invoice_core::identity::{IdentityChange, SecurityAction, SecurityEvent};
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::ports::{Clock, IdGenerator, StoreError};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::{AuditId, CommitId, Timestamp};
use uuid::Uuid;

use crate::api_keys::ApiKeyChecks;
use crate::checks::{Broadcast, InProcess, Notice, SessionChecks};
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::keys::{KeyRing, MacKey, MasterKey, Signer};
use crate::mailer::Mailer;
use crate::password::Passwords;
use crate::queue::Queue;
use crate::runtime::runtime;
use crate::sessions::LastSeen;
use crate::settings::Settings;
use crate::throttle::{InMemoryThrottle, Throttle};
use crate::token::{ClaimsSource, TokenDesk};

/// All use cases of accounts, sessions, teams and API keys; cheap to clone. Made by [`Auth::builder`].
///
/// Use cases about accounts and teams take the [`Caller`](crate::Caller) that [`Auth::authenticate`] found, and those of
/// a team work in its active one.
#[derive(Clone)]
pub struct Auth(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) ports: IdentityPorts,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) throttle: Arc<dyn Throttle>,
    pub(crate) passwords: Passwords,
    /// Mails that are sent in the background.
    pub(crate) mails: Queue,
    /// Of these, what warns of a change that was made: what strangers ask for must not crowd it out.
    pub(crate) warnings: Queue,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) checks: Arc<SessionChecks>,
    pub(crate) broadcast: Arc<dyn Broadcast>,
    pub(crate) tokens: TokenDesk,
    /// Makes children of refresh tokens.
    pub(crate) refresh_key: MacKey,
    /// Names what attempts are counted by.
    pub(crate) throttle_key: MacKey,
    /// When uses of sessions were written.
    pub(crate) last_seen: LastSeen,
    pub(crate) api_keys: Arc<ApiKeyChecks>,
}

impl Auth {
    /// Begins to put the parts together.
    pub fn builder(
        ports: IdentityPorts,
        master: MasterKey,
        settings: Settings,
        mailer: Arc<dyn Mailer>,
    ) -> AuthBuilder {
        AuthBuilder {
            ports,
            master,
            settings,
            mailer,
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds::new()),
            throttle: None,
            broadcast: None,
            claims: None,
            signers: Vec::new(),
            abandons_lost_keys: false,
        }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    /// The keys that sign.
    pub fn keys(&self) -> &KeyRing {
        &self.0.ring
    }

    /// The stores, for what has no use case here, such as reading the security audit.
    pub fn ports(&self) -> &IdentityPorts {
        &self.0.ports
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Parts {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new identifier of any kind: `parts.id(SessionId::from_uuid, now)`.
    pub(crate) fn id<T>(&self, from_uuid: impl FnOnce(Uuid) -> T, now: Timestamp) -> T {
        from_uuid(self.ids.uuid(now))
    }

    /// A change that writes nothing yet.
    pub(crate) fn change(&self, now: Timestamp) -> IdentityChange {
        IdentityChange::new(self.id(CommitId::from_uuid, now))
    }

    /// What the security audit is to say of this client; the user, the team and the subject are added to it.
    pub(crate) fn event(&self, now: Timestamp, action: SecurityAction, client: &ClientInfo) -> SecurityEvent {
        let address = client.address().map(|address| address.to_string()).unwrap_or_default();
        SecurityEvent::new(self.id(AuditId::from_uuid, now), now, action)
            .from_client(&address, client.user_agent())
    }

    /// Commits, and again when nobody knows what became of it: the same commit is written once.
    pub(crate) async fn commit(&self, change: IdentityChange) -> Result<(), StoreError> {
        for _ in 0..2 {
            match self.ports.commits.commit_identity(change.clone()).await {
                Err(StoreError::UnknownOutcome) => {}
                answer => return answer.map(drop),
            }
        }
        self.ports.commits.commit_identity(change).await.map(drop)
    }

    /// Makes every process forget what the store said of this before. Call it after the commit.
    pub(crate) async fn tell(&self, notice: Notice) {
        self.checks.forget(&notice);
        self.api_keys.forget(&notice);
        self.broadcast.tell(&notice).await;
    }
}

/// Puts the parts of [`Auth`] together; what is not said is in this process and by the system's clock.
pub struct AuthBuilder {
    ports: IdentityPorts,
    master: MasterKey,
    settings: Settings,
    mailer: Arc<dyn Mailer>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    throttle: Option<Arc<dyn Throttle>>,
    broadcast: Option<Arc<dyn Broadcast>>,
    claims: Option<Arc<dyn ClaimsSource>>,
    signers: Vec<Arc<dyn Signer>>,
    abandons_lost_keys: bool,
}

impl AuthBuilder {
    /// With another clock and source of identifiers.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>) -> Self {
        Self { clock, ids, ..self }
    }

    /// With counters of failed attempts that several processes share.
    #[must_use]
    pub fn throttle(self, throttle: Arc<dyn Throttle>) -> Self {
        Self { throttle: Some(throttle), ..self }
    }

    /// With a way to tell other processes what to forget.
    #[must_use]
    pub fn broadcast(self, broadcast: Arc<dyn Broadcast>) -> Self {
        Self { broadcast: Some(broadcast), ..self }
    }

    /// With claims of the application's own in every access token.
    #[must_use]
    pub fn claims(self, claims: Arc<dyn ClaimsSource>) -> Self {
        Self { claims: Some(claims), ..self }
    }

    /// With keys that live elsewhere, such as in a hardware module. The first signs; all are published and taken, at
    /// once and without end: to rotate, every process is given the next one behind the first, then before it, and at
    /// last alone. They are of the mode's algorithm; the mode that derives keys takes none.
    ///
    /// The ring keeps a key of its own ready, which signs when no other is given.
    #[must_use]
    pub fn signers(self, signers: Vec<Arc<dyn Signer>>) -> Self {
        Self { signers, ..self }
    }

    /// Begins anew after the master key was lost: destroys every signing key that the present one does not open, and
    /// makes another. Nothing that was signed, refreshed or sealed with the lost one is good any more, and everybody
    /// logs in again; accounts, passwords, teams and API keys stay.
    ///
    /// For one start, and not left there: with a wrong master key by mistake it would do the same to keys that are not
    /// lost. Without it such a start fails with [`AuthError::Crypto`], and changes nothing.
    #[must_use]
    pub fn abandon_lost_keys(self) -> Self {
        Self { abandons_lost_keys: true, ..self }
    }

    /// Checks the settings, opens the ring of keys and makes its first key if there is none.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoRuntime`] outside a runtime of tokio; [`AuthError::Invalid`] names each setting that is unsafe or
    /// could never work; [`AuthError::Crypto`] when the ring's keys were sealed with another master key.
    pub async fn build(self) -> Result<Auth, AuthError> {
        // Sooner than at the first log-in.
        runtime()?;
        self.settings.check()?;
        let settings = Arc::new(self.settings);
        let master = Arc::new(self.master);
        let broadcast = self.broadcast.unwrap_or_else(|| Arc::new(InProcess::new()));
        let ring = KeyRing::new(
            self.ports.clone(),
            master.clone(),
            &settings,
            self.clock.clone(),
            self.ids.clone(),
            broadcast.clone(),
        );
        if self.abandons_lost_keys {
            ring.abandon_lost().await?;
        }
        ring.begin().await?;
        let ring = Arc::new(ring.with_external(self.signers)?);
        let checks =
            SessionChecks::new(self.ports.sessions.clone(), ring.clone(), self.clock.clone(), &settings);
        let checks = Arc::new(checks);
        let tokens = TokenDesk::new(
            settings.clone(),
            ring.clone(),
            checks.clone(),
            self.clock.clone(),
            self.ids.clone(),
            self.claims,
        );
        let api_keys = Arc::new(ApiKeyChecks::new(&settings));
        // Weakly, because the ring holds the broadcast, which holds this.
        let (to_checks, to_ring) = (Arc::downgrade(&checks), Arc::downgrade(&ring));
        let to_api_keys = Arc::downgrade(&api_keys);
        broadcast.subscribe(Box::new(move |notice| {
            if let (Some(checks), Some(ring)) = (to_checks.upgrade(), to_ring.upgrade()) {
                checks.forget(notice);
                ring.forget(notice);
            }
            if let Some(api_keys) = to_api_keys.upgrade() {
                api_keys.forget(notice);
            }
        }));
        let throttle = self.throttle.unwrap_or_else(|| Arc::new(InMemoryThrottle::new(self.clock.clone())));
        let passwords = Passwords::new(settings.scheme, settings.hashing_at_once)?
            .expecting(&settings.expected_schemes)?;
        let [mails, warnings] = [(); 2].map(|()| Queue::new(settings.mails_at_once, settings.mails_waiting));
        Ok(Auth(Arc::new(Parts {
            refresh_key: master.mac_key("refresh")?,
            throttle_key: master.mac_key("throttle")?,
            last_seen: LastSeen::new(settings.cached_sessions),
            ports: self.ports,
            settings,
            clock: self.clock,
            ids: self.ids,
            mailer: self.mailer,
            throttle,
            passwords,
            mails,
            warnings,
            ring,
            checks,
            broadcast,
            tokens,
            api_keys,
        })))
    }
}

impl fmt::Debug for AuthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
