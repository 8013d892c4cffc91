//! A store, watched and overtaken.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use invoice_auth::{Auth, Caller, ClaimsSource, InMemoryThrottle, Throttle, ThrottleKey};
use invoice_core::identity::{
    EmailKey, Fingerprint, IdentityChange, IdentityReceipt, Session, SessionCheck, User,
};
use invoice_core::ports::identity::{IdentityCommits, IdentityPorts, Sessions, Users};
use invoice_core::ports::{Clock, Page, PageRequest, StoreError};
use invoice_core::{ApiKeyId, SessionId, TeamId, Timestamp, UserId};
use serde_json::{Map, Value};
use tokio::sync::{Mutex, watch};

/// Counts how often uses are written, and may let somebody log out before a check is answered.
pub(crate) struct WatchedSessions {
    sessions: Arc<dyn Sessions>,
    touches: watch::Sender<u32>,
    overtaken_by: Option<(Auth, Caller)>,
}

impl WatchedSessions {
    pub(crate) fn new(ports: &IdentityPorts) -> Self {
        Self { sessions: ports.sessions.clone(), touches: watch::Sender::new(0), overtaken_by: None }
    }

    pub(crate) fn overtaken_by(self, auth: &Auth, caller: &Caller) -> Self {
        Self { overtaken_by: Some((auth.clone(), caller.clone())), ..self }
    }

    /// Waits until uses were written so often, which was no more often then.
    pub(crate) async fn touched(&self, times: u32) {
        let mut touches = self.touches.subscribe();
        let enough = tokio::time::timeout(Duration::from_secs(10), touches.wait_for(|it| *it >= times));
        assert_eq!(*enough.await.expect("written in time").expect("this lives"), times);
    }
}

#[async_trait]
impl Sessions for WatchedSessions {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.sessions.session(id).await
    }

    async fn session_by_refresh(&self, fingerprint: Fingerprint) -> Result<Option<Session>, StoreError> {
        self.sessions.session_by_refresh(fingerprint).await
    }

    async fn sessions_of(&self, user: UserId, page: &PageRequest) -> Result<Page<Session>, StoreError> {
        self.sessions.sessions_of(user, page).await
    }

    async fn check_session(
        &self,
        id: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<SessionCheck>, StoreError> {
        let found = self.sessions.check_session(id, team).await;
        if let Some((auth, caller)) = &self.overtaken_by {
            auth.log_out(caller).await.expect("somebody logs out");
        }
        found
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let answer = self.sessions.touch_session(id, at).await;
        self.touches.send_modify(|touches| *touches += 1);
        answer
    }
}

/// A port of a store before whose next call something happens, once.
pub(crate) struct Overtaken<P: ?Sized> {
    port: Arc<P>,
    /// How many calls come before.
    after: AtomicU32,
    by: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl<P: ?Sized> Overtaken<P> {
    pub(crate) fn new(port: &Arc<P>, after: u32, by: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { port: port.clone(), after: AtomicU32::new(after), by: Mutex::new(Some(Box::pin(by))) }
    }

    async fn happens(&self) {
        let is_time = self.after.fetch_update(SeqCst, SeqCst, |after| after.checked_sub(1)).is_err();
        let by = if is_time { self.by.lock().await.take() } else { None };
        if let Some(by) = by {
            by.await;
        }
    }
}

#[async_trait]
impl IdentityCommits for Overtaken<dyn IdentityCommits> {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        self.happens().await;
        self.port.commit_identity(change).await
    }
}

#[async_trait]
impl Users for Overtaken<dyn Users> {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.happens().await;
        self.port.user(id).await
    }

    async fn user_by_email(&self, key: &EmailKey) -> Result<Option<User>, StoreError> {
        self.port.user_by_email(key).await
    }
}

/// Claims of the application's, from a source that may be away.
#[derive(Default)]
pub(crate) struct Claims(AtomicBool);

impl Claims {
    pub(crate) fn break_down(&self, broken: bool) {
        self.0.store(broken, SeqCst);
    }
}

#[async_trait]
impl ClaimsSource for Claims {
    async fn claims(&self, _user: UserId, _team: Option<TeamId>) -> Result<Map<String, Value>, StoreError> {
        if self.0.load(SeqCst) { Err(StoreError::Unavailable) } else { Ok(Map::new()) }
    }

    async fn api_key_claims(&self, _key: ApiKeyId, _team: TeamId) -> Result<Map<String, Value>, StoreError> {
        if self.0.load(SeqCst) { Err(StoreError::Unavailable) } else { Ok(Map::new()) }
    }
}

/// A port of a store that answers so many calls more and is away then.
pub(crate) struct Away<P: ?Sized> {
    port: Arc<P>,
    left: AtomicU32,
}

impl<P: ?Sized> Away<P> {
    pub(crate) fn after(port: &Arc<P>, calls: u32) -> Arc<Self> {
        Arc::new(Self { port: port.clone(), left: AtomicU32::new(calls) })
    }

    pub(crate) fn come_back(&self) {
        self.left.store(u32::MAX, SeqCst);
    }

    fn is_there(&self) -> Result<&P, StoreError> {
        let left = self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        left.map(|_| &*self.port).map_err(|_| StoreError::Unavailable)
    }
}

#[async_trait]
impl IdentityCommits for Away<dyn IdentityCommits> {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        self.is_there()?.commit_identity(change).await
    }
}

#[async_trait]
impl Users for Away<dyn Users> {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.is_there()?.user(id).await
    }

    async fn user_by_email(&self, key: &EmailKey) -> Result<Option<User>, StoreError> {
        self.is_there()?.user_by_email(key).await
    }
}

/// A store of users that never answers.
pub(crate) struct Silent;

#[async_trait]
impl Users for Silent {
    async fn user(&self, _id: UserId) -> Result<Option<User>, StoreError> {
        std::future::pending().await
    }

    async fn user_by_email(&self, _key: &EmailKey) -> Result<Option<User>, StoreError> {
        std::future::pending().await
    }
}

/// Counts how often an attempt is taken back.
pub(crate) struct WatchedThrottle {
    throttle: InMemoryThrottle,
    taken_back: watch::Sender<u32>,
}

impl WatchedThrottle {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { throttle: InMemoryThrottle::new(clock), taken_back: watch::Sender::new(0) })
    }

    /// Waits until so many attempts were taken back.
    pub(crate) async fn taken_back(&self, times: u32) {
        let mut taken_back = self.taken_back.subscribe();
        let enough = tokio::time::timeout(Duration::from_secs(10), taken_back.wait_for(|it| *it >= times));
        enough.await.expect("taken back in time").expect("this lives");
    }
}

#[async_trait]
impl Throttle for WatchedThrottle {
    async fn attempt(&self, keys: &[ThrottleKey]) -> Result<(), Duration> {
        self.throttle.attempt(keys).await
    }

    async fn succeeded(&self, keys: &[ThrottleKey]) {
        self.throttle.succeeded(keys).await;
    }

    async fn take_back(&self, keys: &[ThrottleKey]) {
        self.throttle.take_back(keys).await;
        self.taken_back.send_modify(|times| *times += 1);
    }
}
