use std::sync::Arc;

use async_trait::async_trait;
use invoice_core::identity::{IdentityChange, Session};
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::{IdentityCommits as _, IdentityPorts};
use invoice_core::testing::{FixedClock, IdentityFixtures, SequentialIds};
use invoice_core::{ApiKeyId, Role, TeamId, UserId};
use serde_json::{Map, Value};

use crate::checks::{InProcess, Notice, SessionChecks};
use crate::keys::{KeyRing, MasterKey};
use crate::settings::{Settings, TokenMode};
use crate::token::weak::Weakness;
use crate::token::{ClaimsSource, TokenDesk};

/// A ring and sessions on the in-memory store: Ada, who is in a team, has a session there, and so has Bob.
pub(super) struct World {
    pub(super) make: IdentityFixtures,
    pub(super) clock: Arc<FixedClock>,
    pub(super) settings: Arc<Settings>,
    pub(super) ring: Arc<KeyRing>,
    pub(super) checks: Arc<SessionChecks>,
    pub(super) claims: Option<Arc<dyn ClaimsSource>>,
    pub(super) team: TeamId,
    pub(super) ada: Session,
    pub(super) bob: Session,
    ids: Arc<SequentialIds>,
    store: Arc<MemoryIdentity>,
}

impl World {
    pub(super) async fn new(mode: TokenMode) -> Self {
        Self::with(Settings::new("https://bills.example", "bills").mode(mode)).await
    }

    pub(super) async fn with(settings: Settings) -> Self {
        let (make, settings) = (IdentityFixtures::new(), Arc::new(settings));
        let (clock, ids) = (Arc::new(FixedClock::default()), Arc::new(SequentialIds::new()));
        let store = Arc::new(MemoryIdentity::new());
        let ports = IdentityPorts::from_store(&store);
        let master = Arc::new(MasterKey::from_bytes([7; 32]));
        let ring = KeyRing::open(
            ports.clone(),
            master,
            settings.clone(),
            clock.clone(),
            ids.clone(),
            Arc::new(InProcess::new()),
        );
        let ring = Arc::new(ring.await.unwrap());
        let checks =
            Arc::new(SessionChecks::new(ports.sessions.clone(), ring.clone(), clock.clone(), &settings));
        let (ada, bob, team) = (make.user("ada"), make.user("bob"), make.team("Engines"));
        let session = |user: UserId| {
            let session = make.session(user).with_team(Some(team.id()));
            let secret = ring.session_secret(session.id()).unwrap();
            session.with_secret(secret)
        };
        let (ada_in, bob_in) = (session(ada.id()), session(bob.id()));
        let world = Self {
            team: team.id(),
            ada: ada_in,
            bob: bob_in,
            claims: None,
            make,
            clock,
            settings,
            ring,
            checks,
            ids,
            store,
        };
        let change = world.make.change();
        let change = change.insert(world.make.membership(world.team, ada.id(), Role::Accountant));
        let change = change.insert(world.make.membership(world.team, bob.id(), Role::Viewer));
        let change = change.insert(ada).insert(bob).insert(team);
        world.commit(change.insert(world.ada.clone()).insert(world.bob.clone())).await;
        world
    }

    /// Writes, and forgets what was known of the users.
    pub(super) async fn commit(&self, change: IdentityChange) {
        self.store.commit_identity(change).await.unwrap();
        for session in [&self.ada, &self.bob] {
            self.checks.forget(&Notice::User(session.user()));
            self.checks.forget(&Notice::Session(session.id()));
        }
    }

    pub(super) fn ports(&self) -> IdentityPorts {
        IdentityPorts::from_store(&self.store)
    }

    pub(super) fn desk(&self) -> TokenDesk {
        TokenDesk::new(
            self.settings.clone(),
            self.ring.clone(),
            self.checks.clone(),
            self.clock.clone(),
            self.ids.clone(),
            self.claims.clone(),
        )
    }

    pub(super) fn weak_desk(&self, weakness: Weakness) -> TokenDesk {
        self.desk().weakened(weakness)
    }

    /// A token of Ada's.
    pub(super) async fn token(&self) -> String {
        self.desk().issue(&self.ada, 1).await.unwrap().expose().to_owned()
    }
}

/// The same claims for everybody.
pub(super) struct Always(pub(super) Map<String, Value>);

#[async_trait]
impl ClaimsSource for Always {
    async fn claims(&self, _user: UserId, _team: Option<TeamId>) -> Result<Map<String, Value>, StoreError> {
        Ok(self.0.clone())
    }

    async fn api_key_claims(&self, _key: ApiKeyId, _team: TeamId) -> Result<Map<String, Value>, StoreError> {
        Ok(self.0.clone())
    }
}
