//! Accounts, keys and the audit.

use async_trait::async_trait;
use invoice_core::identity::{ApiKey, EmailKey, Fingerprint, SecurityEvent, SigningKey, User};
use invoice_core::ports::identity::{ApiKeys, SecurityAudit, SigningKeys, Users};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{ApiKeyId, AuditId, TeamId, Timestamp, UserId};
use invoice_store_common::pages::{first_before, position};
use sqlx::postgres::PgRow;

use super::rows::{bytes, execute, instant_if_any, many, one, page_of, record, utc};
use crate::PostgresStore;

pub(super) const USER: &str = "SELECT data FROM {s}.users WHERE id = $1";
pub(super) const BY_EMAIL: &str = "SELECT data FROM {s}.users WHERE email_key = $1";
pub(super) const API_KEY: &str = "SELECT data, last_used_at FROM {s}.api_keys WHERE team_id = $1 AND id = $2";
pub(super) const BY_FINGERPRINT: &str = "SELECT data, last_used_at FROM {s}.api_keys WHERE fingerprint = $1";
pub(super) const API_KEYS: &str = "\
    SELECT data, last_used_at FROM {s}.api_keys WHERE team_id = $1 AND id <= $2 ORDER BY id DESC LIMIT $3";
pub(super) const TOUCH: &str = "\
    UPDATE {s}.api_keys SET last_used_at = $3 \
    WHERE team_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $3)";
/// Reads the whole ring, which is small.
const SIGNING_KEYS: &str = "SELECT data FROM {s}.signing_keys ORDER BY created_at, kid";
pub(super) const EVENTS_OF_TEAM: &str = "\
    SELECT data FROM {s}.security_events WHERE team_id = $1 AND id <= $2 ORDER BY id DESC LIMIT $3";
pub(super) const EVENTS_OF_USER: &str = "\
    SELECT data FROM {s}.security_events WHERE user_id = $1 AND id <= $2 ORDER BY id DESC LIMIT $3";

fn user(row: &PgRow) -> Result<User, StoreError> {
    record(row, 0, "user")
}

fn event(row: &PgRow) -> Result<SecurityEvent, StoreError> {
    record(row, 0, "security event")
}

fn api_key(row: &PgRow) -> Result<ApiKey, StoreError> {
    let key: ApiKey = record(row, 0, "API key")?;
    Ok(match instant_if_any(row, 1, "API key")? {
        Some(at) => key.used(at),
        None => key,
    })
}

#[async_trait]
impl Users for PostgresStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        one(self, sqlx::query(self.sql(USER)).bind(id.as_uuid()), user).await
    }

    async fn user_by_email(&self, key: &EmailKey) -> Result<Option<User>, StoreError> {
        one(self, sqlx::query(self.sql(BY_EMAIL)).bind(key.as_str()), user).await
    }
}

#[async_trait]
impl ApiKeys for PostgresStore {
    async fn api_key(&self, team: TeamId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let query = sqlx::query(self.sql(API_KEY)).bind(team.as_uuid()).bind(id.as_uuid());
        one(self, query, api_key).await
    }

    async fn api_key_by_fingerprint(&self, fingerprint: Fingerprint) -> Result<Option<ApiKey>, StoreError> {
        one(self, sqlx::query(self.sql(BY_FINGERPRINT)).bind(bytes(fingerprint)), api_key).await
    }

    async fn api_keys(&self, team: TeamId, request: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        let first = first_before(position(request, ApiKeyId::as_uuid)?);
        page_of(self, API_KEYS, (team.as_uuid(), first), request, api_key, ApiKey::id).await
    }

    async fn touch_api_key(&self, team: TeamId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(self.sql(TOUCH)).bind(team.as_uuid()).bind(id.as_uuid()).bind(utc(at));
        execute(self, query).await.map(drop)
    }
}

#[async_trait]
impl SigningKeys for PostgresStore {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        many(self, sqlx::query(self.sql(SIGNING_KEYS)), |row| record(row, 0, "signing key")).await
    }
}

#[async_trait]
impl SecurityAudit for PostgresStore {
    async fn events_of_team(
        &self,
        team: TeamId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        let first = first_before(position(request, AuditId::as_uuid)?);
        page_of(self, EVENTS_OF_TEAM, (team.as_uuid(), first), request, event, SecurityEvent::id).await
    }

    async fn events_of_user(
        &self,
        user: UserId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        let first = first_before(position(request, AuditId::as_uuid)?);
        page_of(self, EVENTS_OF_USER, (user.as_uuid(), first), request, event, SecurityEvent::id).await
    }
}
