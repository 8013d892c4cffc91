//! Accounts, keys and the audit.

use async_trait::async_trait;
use invoice_core::identity::{ApiKey, EmailKey, Fingerprint, SecurityEvent, SigningKey, User};
use invoice_core::ports::identity::{ApiKeys, SecurityAudit, SigningKeys, Users};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{ApiKeyId, AuditId, TeamId, Timestamp, UserId};
use invoice_store_common::pages::{first_before, position};
use rusqlite::{Row, params};
use uuid::Uuid;

use super::rows::{execute, instant_if_any, many, one, page_of, record};
use crate::SqliteStore;
use crate::error::Stored as _;

pub(super) const USER: &str = "SELECT data FROM users WHERE id = ?1";
pub(super) const BY_EMAIL: &str = "SELECT data FROM users WHERE email_key = ?1";
pub(super) const API_KEY: &str = "SELECT data, last_used_at FROM api_keys WHERE team_id = ?1 AND id = ?2";
pub(super) const BY_FINGERPRINT: &str = "SELECT data, last_used_at FROM api_keys WHERE fingerprint = ?1";
pub(super) const API_KEYS: &str = "
    SELECT data, last_used_at FROM api_keys WHERE team_id = ?1 AND id <= ?2 ORDER BY id DESC LIMIT ?3";
pub(super) const TOUCH: &str = "
    UPDATE api_keys SET last_used_at = ?3
    WHERE team_id = ?1 AND id = ?2 AND (last_used_at IS NULL OR last_used_at < ?3)";
/// Reads the whole ring, which is small.
const SIGNING_KEYS: &str = "SELECT data FROM signing_keys ORDER BY created_at, kid";
pub(super) const EVENTS_OF_TEAM: &str = "
    SELECT data FROM security_events WHERE team_id = ?1 AND id <= ?2 ORDER BY id DESC LIMIT ?3";
pub(super) const EVENTS_OF_USER: &str = "
    SELECT data FROM security_events WHERE user_id = ?1 AND id <= ?2 ORDER BY id DESC LIMIT ?3";

fn user(row: &Row<'_>) -> Result<User, StoreError> {
    record(row, 0, "user")
}

fn api_key(row: &Row<'_>) -> Result<ApiKey, StoreError> {
    let key: ApiKey = record(row, 0, "API key")?;
    Ok(match instant_if_any(row, 1)? {
        Some(at) => key.used(at),
        None => key,
    })
}

#[async_trait]
impl Users for SqliteStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.look_up(move |connection| one(connection, USER, [id.as_uuid()], user)).await
    }

    async fn user_by_email(&self, key: &EmailKey) -> Result<Option<User>, StoreError> {
        let key = key.clone();
        self.look_up(move |connection| one(connection, BY_EMAIL, [key.as_str()], user)).await
    }
}

#[async_trait]
impl ApiKeys for SqliteStore {
    async fn api_key(&self, team: TeamId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let params = [team.as_uuid(), id.as_uuid()];
        self.look_up(move |connection| one(connection, API_KEY, params, api_key)).await
    }

    async fn api_key_by_fingerprint(&self, fingerprint: Fingerprint) -> Result<Option<ApiKey>, StoreError> {
        let bytes = *fingerprint.as_bytes();
        self.look_up(move |connection| one(connection, BY_FINGERPRINT, [bytes], api_key)).await
    }

    async fn api_keys(&self, team: TeamId, request: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        let first = first_before(position(request, ApiKeyId::as_uuid)?);
        let request = request.clone();
        self.scan(move |connection| {
            let rows =
                |first, limit| many(connection, API_KEYS, params![team.as_uuid(), first, limit], api_key);
            page_of(first, &request, rows, ApiKey::id)
        })
        .await
    }

    async fn touch_api_key(&self, team: TeamId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let params = (team.as_uuid(), id.as_uuid(), at.as_millis());
        self.write(move |connection| execute(connection, TOUCH, params).map(drop).stored()).await
    }
}

#[async_trait]
impl SigningKeys for SqliteStore {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.look_up(|connection| many(connection, SIGNING_KEYS, [], |row| record(row, 0, "signing key")))
            .await
    }
}

impl SqliteStore {
    async fn events(
        &self,
        text: &'static str,
        of: Uuid,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        let first = first_before(position(request, AuditId::as_uuid)?);
        let request = request.clone();
        self.scan(move |connection| {
            let rows = |first, limit| {
                many(connection, text, params![of, first, limit], |row| record(row, 0, "security event"))
            };
            page_of(first, &request, rows, SecurityEvent::id)
        })
        .await
    }
}

#[async_trait]
impl SecurityAudit for SqliteStore {
    async fn events_of_team(
        &self,
        team: TeamId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        self.events(EVENTS_OF_TEAM, team.as_uuid(), request).await
    }

    async fn events_of_user(
        &self,
        user: UserId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        self.events(EVENTS_OF_USER, user.as_uuid(), request).await
    }
}
