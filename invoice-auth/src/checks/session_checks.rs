use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use invoice_core::identity::SessionCheck;
use invoice_core::ports::identity::Sessions;
use invoice_core::ports::{Clock, StoreError};
use invoice_core::{Role, SessionId, TeamId, Timestamp, UserId};
use moka::sync::Cache;
use tokio::sync::Mutex;

use super::Notice;
use super::memory::Changes;
use crate::error::AuthError;
use crate::keys::{KeyRing, MacKey, SessionKeys, VerifyingKey};
use crate::settings::{Settings, millis};

/// What is known of a session.
pub(crate) struct Checked {
    pub(crate) user: UserId,
    pub(crate) sv: u32,
    pub(crate) uv: u32,
    /// The role in the team that was asked for.
    pub(crate) role: Option<Role>,
    pub(crate) revoked: bool,
    pub(crate) disabled: bool,
    pub(crate) idle_expires_at: Timestamp,
    pub(crate) keys: Option<SessionKeys>,
}

impl Checked {
    /// In the mode that derives it, the key that the session's tokens are signed with under a key of the
    /// ring; `None` if the session has no secret, such as one that ended.
    pub(crate) fn derived(&self, ring: &VerifyingKey) -> Result<Option<Arc<MacKey>>, AuthError> {
        self.keys.as_ref().map(|keys| keys.key(ring)).transpose()
    }
}

type Key = (SessionId, Option<TeamId>);

#[derive(Clone)]
struct Entry {
    /// When reading it began, and how many changes there were by then.
    read_at: Timestamp,
    since: u64,
    /// Also remembered: that there is no such session.
    found: Option<Arc<Checked>>,
}

/// Answers what a token must be checked against, from the store or from what it said shortly before.
pub(crate) struct SessionChecks {
    sessions: Arc<dyn Sessions>,
    ring: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    ttl: i64,
    cache: Cache<Key, Entry>,
    changes: Changes,
    /// Of many who miss one session, one reads. A fixed number of locks that sessions share: for a moment a
    /// reader may wait for another session's.
    reading: Vec<Mutex<()>>,
    hasher: RandomState,
}

const LOCKS: usize = 256;

impl SessionChecks {
    pub(crate) fn new(
        sessions: Arc<dyn Sessions>,
        ring: Arc<KeyRing>,
        clock: Arc<dyn Clock>,
        settings: &Settings,
    ) -> Self {
        let cache = Cache::builder().max_capacity(settings.cached_sessions).time_to_live(settings.check_ttl);
        Self {
            sessions,
            ring,
            clock,
            ttl: millis(settings.check_ttl),
            cache: cache.build(),
            changes: Changes::default(),
            reading: (0..LOCKS).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }

    /// What the store says, at most `check_ttl` old; `None` if there is no such session, which is remembered too.
    pub(crate) async fn check(
        &self,
        session: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<Arc<Checked>>, StoreError> {
        self.look_up(session, team, true).await
    }

    /// The same for a session that nobody vouches for yet. One that is not there is not remembered: whoever invents
    /// names would push out the sessions that are.
    pub(crate) async fn check_unproven(
        &self,
        session: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<Arc<Checked>>, StoreError> {
        self.look_up(session, team, false).await
    }

    async fn look_up(
        &self,
        session: SessionId,
        team: Option<TeamId>,
        keeps_unknown: bool,
    ) -> Result<Option<Arc<Checked>>, StoreError> {
        let key = (session, team);
        if let Some(entry) = self.remembered(&key) {
            return Ok(entry.found);
        }
        let lock = usize::try_from(self.hasher.hash_one(session)).unwrap_or(0) % LOCKS;
        let _one = match self.reading.get(lock) {
            Some(lock) => Some(lock.lock().await),
            None => None,
        };
        if let Some(entry) = self.remembered(&key) {
            return Ok(entry.found);
        }
        let (since, read_at) = (self.changes.count(), self.clock.now());
        let found = self.sessions.check_session(session, team).await?;
        let found = found.map(|check| self.checked(session, check)).transpose()?.map(Arc::new);
        let entry = Entry { read_at, since, found: found.clone() };
        if (keeps_unknown || found.is_some()) && self.is_good(&key, &entry) {
            self.cache.insert(key, entry);
        }
        Ok(found)
    }

    pub(crate) fn forget(&self, notice: &Notice) {
        self.changes.note(notice);
    }

    #[cfg(test)]
    pub(super) fn remembered_count(&self) -> u64 {
        self.cache.run_pending_tasks();
        self.cache.entry_count()
    }

    fn remembered(&self, key: &Key) -> Option<Entry> {
        self.cache.get(key).filter(|entry| self.is_good(key, entry))
    }

    fn is_good(&self, (session, team): &Key, entry: &Entry) -> bool {
        let now = self.clock.now();
        let user = entry.found.as_ref().map(|found| found.user);
        entry.read_at <= now
            && now < entry.read_at.plus_millis(self.ttl)
            && self.changes.none_since(entry.since, Some(*session), user, *team)
    }

    fn checked(&self, session: SessionId, check: SessionCheck) -> Result<Checked, StoreError> {
        let SessionCheck { user, sv, uv, role, revoked_at, disabled_at, idle_expires_at, secret } = check;
        let keys = secret.map(|sealed| self.ring.session_keys(session, &sealed)).transpose();
        Ok(Checked {
            user,
            sv,
            uv,
            role,
            revoked: revoked_at.is_some(),
            disabled: disabled_at.is_some(),
            idle_expires_at,
            keys: keys.map_err(StoreError::backend)?,
        })
    }
}
