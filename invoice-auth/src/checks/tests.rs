use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use futures::future::join_all;
use invoice_core::identity::{IdentityChange, Session, SessionCheck};
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::{IdentityCommits as _, IdentityPorts, MockSessions, Sessions};
use invoice_core::testing::{FixedClock, IdentityFixtures, SequentialIds};
use invoice_core::{Role, SessionId, TeamId, UserId};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Checked, InProcess, Notice, SessionChecks};
use crate::keys::{KeyRing, MasterKey};
use crate::settings::{Settings, TokenMode};

const SECOND: i64 = 1_000;

/// Reads of sessions that are counted and can be held up: after the store answered, before the answer is here.
struct Reads {
    inner: Arc<MemoryIdentity>,
    count: AtomicU64,
    held: AtomicBool,
    arrived: Semaphore,
    go: Semaphore,
}

/// The one read that checks use; the others are not called.
struct Counted(Arc<Reads>, MockSessions);

#[async_trait]
impl Sessions for Counted {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.1.session(id).await
    }

    async fn session_by_refresh(
        &self,
        fingerprint: invoice_core::identity::Fingerprint,
    ) -> Result<Option<Session>, StoreError> {
        self.1.session_by_refresh(fingerprint).await
    }

    async fn sessions_of(
        &self,
        user: UserId,
        page: &invoice_core::ports::PageRequest,
    ) -> Result<invoice_core::ports::Page<Session>, StoreError> {
        self.1.sessions_of(user, page).await
    }

    async fn check_session(
        &self,
        id: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<SessionCheck>, StoreError> {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        let answer = self.0.inner.check_session(id, team).await;
        if self.0.held.load(Ordering::SeqCst) {
            self.0.arrived.add_permits(1);
            self.0.go.acquire().await.unwrap().forget();
        }
        tokio::task::yield_now().await;
        answer
    }

    async fn touch_session(&self, id: SessionId, at: invoice_core::Timestamp) -> Result<(), StoreError> {
        self.1.touch_session(id, at).await
    }
}

struct World {
    fixtures: IdentityFixtures,
    reads: Arc<Reads>,
    clock: Arc<FixedClock>,
    ring: Arc<KeyRing>,
    checks: Arc<SessionChecks>,
    session: Session,
    team: TeamId,
}

impl World {
    async fn new() -> Self {
        Self::with(Settings::new("issuer", "audience")).await
    }

    async fn with(settings: Settings) -> Self {
        let fixtures = IdentityFixtures::new();
        let inner = Arc::new(MemoryIdentity::new());
        let ports = IdentityPorts::from_store(&inner);
        let clock = Arc::new(FixedClock::default());
        let ring = KeyRing::open(
            ports,
            Arc::new(MasterKey::from_bytes([1; 32])),
            Arc::new(settings.clone()),
            clock.clone(),
            Arc::new(SequentialIds::new()),
            Arc::new(InProcess::new()),
        );
        let ring = Arc::new(ring.await.unwrap());
        let (ada, team) = (fixtures.user("Ada"), fixtures.team("Engines"));
        let member = fixtures.membership(team.id(), ada.id(), Role::Admin);
        let session = fixtures.session(ada.id());
        let session = session.clone().with_secret(ring.session_secret(session.id()).unwrap());
        let team_id = team.id();
        let change = fixtures.change().insert(ada).insert(team).insert(member).insert(session.clone());
        inner.commit_identity(change).await.unwrap();
        let reads = Arc::new(Reads {
            inner,
            count: AtomicU64::new(0),
            held: AtomicBool::new(false),
            arrived: Semaphore::new(0),
            go: Semaphore::new(0),
        });
        let sessions = Arc::new(Counted(reads.clone(), MockSessions::new()));
        let checks = Arc::new(SessionChecks::new(sessions, ring.clone(), clock.clone(), &settings));
        Self { fixtures, reads, clock, ring, checks, session, team: team_id }
    }

    async fn check(&self) -> Option<Arc<Checked>> {
        self.checks.check(self.session.id(), Some(self.team)).await.unwrap()
    }

    fn count(&self) -> u64 {
        self.reads.count.load(Ordering::SeqCst)
    }

    async fn write(&self, fill: impl FnOnce(IdentityChange) -> IdentityChange) {
        self.reads.inner.commit_identity(fill(self.fixtures.change())).await.unwrap();
    }

    async fn revoke(&self) {
        self.write(|change| change.update(self.session.clone().revoked(self.fixtures.now()))).await;
    }
}

#[tokio::test]
async fn a_check_tells_what_the_store_says() {
    let world = World::new().await;
    let found = world.check().await.unwrap();
    assert_eq!((found.user, found.sv, found.uv), (world.session.user(), 1, 1));
    assert_eq!((found.role, found.revoked, found.disabled), (Some(Role::Admin), false, false));
    assert_eq!(found.idle_expires_at, world.session.idle_expires_at());
    let without = world.checks.check(world.session.id(), None).await.unwrap().unwrap();
    assert_eq!(without.role, None);
}

#[tokio::test]
async fn an_ended_session_is_known_for_ten_seconds_at_most() {
    let world = World::new().await;
    assert!(!world.check().await.unwrap().revoked);
    world.revoke().await;
    world.clock.advance_millis(10 * SECOND - 1);
    assert!(!world.check().await.unwrap().revoked);
    assert_eq!(world.count(), 1);
    world.clock.advance_millis(1);
    assert!(world.check().await.unwrap().revoked);
}

#[tokio::test]
async fn what_was_read_is_not_believed_once_the_clock_goes_back() {
    let world = World::new().await;
    world.check().await;
    world.clock.advance_millis(-1);
    world.check().await;
    assert_eq!(world.count(), 2);
}

#[tokio::test]
async fn every_notice_that_concerns_a_session_makes_it_forgotten_at_once() {
    let world = World::new().await;
    let (session, user, team) = (world.session.id(), world.session.user(), world.team);
    for (index, notice) in [
        Notice::Session(session),
        Notice::User(user),
        Notice::Team(team),
        Notice::Member(team, user),
        Notice::Everything,
    ]
    .iter()
    .enumerate()
    {
        world.check().await;
        world.checks.forget(notice);
        world.check().await;
        assert_eq!(world.count(), index as u64 + 2, "{notice:?}");
    }
}

#[tokio::test]
async fn a_session_is_forgotten_in_every_team_and_without() {
    let world = World::new().await;
    world.check().await;
    world.checks.check(world.session.id(), None).await.unwrap();
    world.revoke().await;
    world.checks.forget(&Notice::Session(world.session.id()));
    assert!(world.check().await.unwrap().revoked);
    assert!(world.checks.check(world.session.id(), None).await.unwrap().unwrap().revoked);
}

#[tokio::test]
async fn a_read_that_began_before_a_notice_is_not_kept_after_it() {
    let world = Arc::new(World::new().await);
    world.reads.held.store(true, Ordering::SeqCst);
    let reader = world.clone();
    let early = tokio::spawn(async move { reader.check().await.unwrap().revoked });
    world.reads.arrived.acquire().await.unwrap().forget();
    world.revoke().await;
    world.checks.forget(&Notice::Session(world.session.id()));
    world.reads.held.store(false, Ordering::SeqCst);
    world.reads.go.add_permits(1);
    assert!(!early.await.unwrap(), "it asked before");
    assert!(world.check().await.unwrap().revoked);
}

#[tokio::test]
async fn that_there_is_no_such_session_is_remembered_too() {
    let world = World::new().await;
    let unknown = SessionId::from_uuid(Uuid::from_u128(1));
    for _ in 0..3 {
        assert!(world.checks.check(unknown, None).await.unwrap().is_none());
    }
    assert_eq!(world.count(), 1);
    world.checks.forget(&Notice::Session(unknown));
    assert!(world.checks.check(unknown, None).await.unwrap().is_none());
    assert_eq!(world.count(), 2);
}

#[tokio::test]
async fn sessions_that_somebody_invents_are_not_remembered() {
    let world = World::new().await;
    for number in 1..=100 {
        let invented = SessionId::from_uuid(Uuid::from_u128(number));
        assert!(world.checks.check_unproven(invented, Some(world.team)).await.unwrap().is_none());
    }
    assert_eq!(world.checks.remembered_count(), 0);
    for _ in 0..3 {
        let found = world.checks.check_unproven(world.session.id(), Some(world.team)).await.unwrap();
        assert_eq!(found.unwrap().role, Some(Role::Admin));
    }
    assert_eq!((world.checks.remembered_count(), world.count()), (1, 101));
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_reads() {
    let world = World::new().await;
    let found = join_all((0..100).map(|_| world.check())).await;
    assert!(found.iter().all(Option::is_some));
    assert_eq!(world.count(), 1);
}

#[tokio::test]
async fn no_more_sessions_are_remembered_than_the_settings_say() {
    let world = World::with(Settings::new("issuer", "audience").cached(10, 10)).await;
    for number in 0..1_000 {
        world.checks.check(SessionId::from_uuid(Uuid::from_u128(number)), None).await.unwrap();
    }
    assert!(world.checks.remembered_count() <= 10);
}

#[tokio::test]
async fn with_no_time_to_believe_every_check_reads() {
    let settings = Settings::new("issuer", "audience").check_ttl(std::time::Duration::ZERO);
    let world = World::with(settings).await;
    world.check().await;
    world.check().await;
    assert_eq!(world.count(), 2);
}

#[tokio::test]
async fn a_session_s_key_is_gone_with_the_session() {
    let world = World::with(Settings::new("issuer", "audience").mode(TokenMode::Derived)).await;
    let signer = world.ring.signer_of(&world.session).await.unwrap();
    let ring = world.ring.verifying(signer.kid().as_str()).await.unwrap().unwrap();
    let key = world.check().await.unwrap().derived(&ring).unwrap().unwrap();
    assert!(key.is_tag(&[b"text"], &signer.sign(b"text").unwrap()));
    world.revoke().await;
    world.checks.forget(&Notice::Session(world.session.id()));
    assert!(world.check().await.unwrap().derived(&ring).unwrap().is_none());
}

#[tokio::test]
async fn a_session_key_is_derived_once() {
    let world = World::with(Settings::new("issuer", "audience").mode(TokenMode::Derived)).await;
    let kid = world.ring.signer_of(&world.session).await.unwrap().kid().clone();
    let ring = world.ring.verifying(kid.as_str()).await.unwrap().unwrap();
    let one = world.check().await.unwrap().derived(&ring).unwrap().unwrap();
    let other = world.check().await.unwrap().derived(&ring).unwrap().unwrap();
    assert!(Arc::ptr_eq(&one, &other));
}
