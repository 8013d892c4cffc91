//! A store's sessions, watched.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use invoice_auth::{Auth, Caller};
use invoice_core::identity::{Fingerprint, Session, SessionCheck};
use invoice_core::ports::identity::{IdentityPorts, Sessions};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{SessionId, TeamId, Timestamp, UserId};
use tokio::sync::watch;

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
