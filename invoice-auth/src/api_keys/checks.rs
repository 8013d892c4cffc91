use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use invoice_core::identity::{ApiKey, Fingerprint};
use invoice_core::ports::StoreError;
use invoice_core::{Role, Timestamp};
use moka::sync::Cache;

use crate::auth::Parts;
use crate::checks::{Changes, Notice};
use crate::settings::{Settings, millis};
use crate::token::TokenError;

/// How often the last use of a key is recorded.
const TOUCHED_EVERY_MILLIS: i64 = 60_000;

/// What has become of who made a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Maker {
    /// A member of the key's team, with this role.
    Member(Role),
    /// A member whose account can't be used.
    Disabled,
    /// No member.
    Gone,
}

impl Parts {
    pub(crate) async fn maker_of(&self, key: &ApiKey) -> Result<Maker, StoreError> {
        let (team, user) = (key.team(), key.created_by());
        let Some(seat) = self.ports.teams.membership(team, user).await? else { return Ok(Maker::Gone) };
        Ok(match self.ports.users.user(user).await? {
            Some(user) if user.disabled_at().is_none() => Maker::Member(seat.role()),
            Some(_) => Maker::Disabled,
            None => Maker::Gone,
        })
    }
}

/// What the store said of an API key and its maker, and when it was asked.
#[derive(Clone)]
pub(crate) struct Known {
    key: Option<Arc<ApiKey>>,
    maker: Maker,
    /// The application's claims, as JSON.
    app: Option<Arc<str>>,
    read_at: Timestamp,
    /// How many notices about keys, and about people and teams, had come in before the store was asked.
    notices: u64,
    since: u64,
    /// When the last use was recorded last, in milliseconds; it outlives what is known otherwise.
    touched: Arc<AtomicI64>,
}

impl Known {
    pub(crate) fn key(&self) -> Option<&ApiKey> {
        self.key.as_deref()
    }

    pub(crate) fn app(&self) -> Option<Arc<str>> {
        self.app.clone()
    }

    pub(crate) const fn maker(&self) -> Maker {
        self.maker
    }

    /// Whether the use is to be recorded now; of several who ask at once, one is told to.
    pub(crate) fn is_to_be_touched(&self, now: Timestamp) -> bool {
        let due = |last: i64| now.as_millis().saturating_sub(last) >= TOUCHED_EVERY_MILLIS;
        let now = now.as_millis();
        self.touched
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| due(last).then_some(now))
            .is_ok()
    }
}

/// What the store says of API keys, believed for a few seconds. Unknown ones are remembered too, all of them
/// bounded together.
pub(crate) struct ApiKeyChecks {
    known: Cache<Fingerprint, Known>,
    ttl: i64,
    /// Counts the notices about keys. What was read before the latest is read again: keys are revoked so seldom
    /// that it is not worth to know which one.
    notices: AtomicU64,
    changes: Changes,
}

impl ApiKeyChecks {
    pub(crate) fn new(settings: &Settings) -> Self {
        let known = Cache::builder()
            .max_capacity(settings.cached_sessions)
            // The clock that counts is the application's; this one only frees memory.
            .time_to_live(settings.check_ttl.max(Duration::from_mins(2)))
            .build();
        let ttl = millis(settings.check_ttl);
        Self { known, ttl, notices: AtomicU64::new(0), changes: Changes::default() }
    }

    pub(crate) async fn check(
        &self,
        parts: &Parts,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<Known, TokenError> {
        let (notices, since) = (self.notices.load(Ordering::SeqCst), self.changes.count());
        if let Some(known) = self.known.get(&fingerprint).filter(|known| self.is_fresh(known, notices, now)) {
            return Ok(known);
        }
        let key = parts.ports.api_keys.api_key_by_fingerprint(fingerprint).await?.map(Arc::new);
        let maker = match &key {
            Some(key) => parts.maker_of(key).await?,
            None => Maker::Gone,
        };
        let app = match (&key, maker) {
            (Some(key), Maker::Member(_)) if key.is_open(now) => parts.tokens.claims_of(key).await?,
            _ => None,
        };
        let last_used =
            key.as_ref().and_then(|key| key.last_used_at()).map_or(i64::MIN, Timestamp::as_millis);
        let entry = self.known.entry(fingerprint).and_upsert_with(|before| {
            let touched = before.map_or_else(
                || Arc::new(AtomicI64::new(last_used)),
                |before| {
                    let touched = before.into_value().touched;
                    touched.fetch_max(last_used, Ordering::Relaxed);
                    touched
                },
            );
            Known { key, maker, app, read_at: now, notices, since, touched }
        });
        Ok(entry.into_value())
    }

    fn is_fresh(&self, known: &Known, notices: u64, now: Timestamp) -> bool {
        let age = now.as_millis().saturating_sub(known.read_at.as_millis());
        let (user, team) = known.key().map(|key| (key.created_by(), key.team())).unzip();
        known.notices == notices
            && (0..self.ttl).contains(&age)
            && self.changes.none_since(known.since, None, user, team)
    }

    pub(crate) fn forget(&self, notice: &Notice) {
        match notice {
            Notice::Session(_) | Notice::Keys => {}
            Notice::User(_) | Notice::Member(..) | Notice::Team(_) => self.changes.note(notice),
            Notice::ApiKey(..) | Notice::Everything => {
                self.notices.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}
