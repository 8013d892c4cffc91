//! Sessions, and what was mailed.

use async_trait::async_trait;
use invoice_core::identity::{
    Fingerprint, Invitation, OneTimeToken, SealedBytes, Session, SessionCheck, TokenPurpose,
};
use invoice_core::ports::identity::{MailedTokens, Sessions};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{OneTimeTokenId, Role, SessionId, TeamId, Timestamp, UserId};
use invoice_store_common::pages::{first_before, position};
use rusqlite::{Row, params};
use uuid::Uuid;

use super::rows::{execute, instant, instant_if_any, many, one, page_of, record};
use crate::SqliteStore;
use crate::error::{SqliteError, Stored as _};

pub(super) const SESSION: &str = "SELECT data, last_seen_at FROM sessions WHERE id = ?1";
/// A fingerprint may be the current one of a session and the previous one of another: the current counts.
pub(super) const BY_REFRESH: &str = "
    SELECT data, last_seen_at FROM sessions WHERE refresh = ?1
    UNION ALL
    SELECT data, last_seen_at FROM sessions WHERE previous_refresh = ?1
    AND NOT EXISTS (SELECT 1 FROM sessions WHERE refresh = ?1)";
pub(super) const OF_USER: &str = "
    SELECT data, last_seen_at FROM sessions WHERE user_id = ?1 AND id <= ?2 ORDER BY id DESC LIMIT ?3";
pub(super) const CHECK: &str = "
    SELECT s.user_id, s.sv, u.uv, m.role, s.revoked_at, u.disabled_at, s.idle_expires_at, s.secret
    FROM sessions s JOIN users u ON u.id = s.user_id
    LEFT JOIN memberships m ON m.team_id = ?2 AND m.user_id = s.user_id
    WHERE s.id = ?1";
pub(super) const TOUCH: &str = "UPDATE sessions SET last_seen_at = ?2 WHERE id = ?1 AND last_seen_at < ?2";
pub(super) const INVITATION: &str = "SELECT data FROM invitations WHERE fingerprint = ?1";
pub(super) const TOKEN: &str = "SELECT data FROM one_time_tokens WHERE fingerprint = ?1";
pub(super) const UNUSED: &str = "
    SELECT data FROM one_time_tokens WHERE user_id = ?1 AND purpose = ?2 AND used = 0 AND id <= ?3
    ORDER BY id DESC LIMIT ?4";

fn session(row: &Row<'_>) -> Result<Session, StoreError> {
    Ok(record::<Session>(row, 0, "session")?.seen(instant(row, 1)?))
}

fn check(row: &Row<'_>) -> Result<SessionCheck, StoreError> {
    let role: Option<String> = row.get(3).stored()?;
    let secret: Option<Vec<u8>> = row.get(7).stored()?;
    let secret = secret.map(SealedBytes::new).transpose();
    Ok(SessionCheck {
        user: UserId::from_uuid(row.get::<_, Uuid>(0).stored()?),
        sv: row.get(1).stored()?,
        uv: row.get(2).stored()?,
        role: role.as_deref().and_then(role_named),
        revoked_at: instant_if_any(row, 4)?,
        disabled_at: instant_if_any(row, 5)?,
        idle_expires_at: instant(row, 6)?,
        secret: secret.map_err(|error| SqliteError::unreadable("session", error))?,
    })
}

/// The role; the table holds no other texts.
fn role_named(text: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.as_str() == text)
}

#[async_trait]
impl Sessions for SqliteStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.look_up(move |connection| one(connection, SESSION, [id.as_uuid()], session)).await
    }

    async fn session_by_refresh(&self, fingerprint: Fingerprint) -> Result<Option<Session>, StoreError> {
        let bytes = *fingerprint.as_bytes();
        self.look_up(move |connection| one(connection, BY_REFRESH, [bytes], session)).await
    }

    async fn sessions_of(&self, user: UserId, request: &PageRequest) -> Result<Page<Session>, StoreError> {
        let first = first_before(position(request, SessionId::as_uuid)?);
        let request = request.clone();
        self.scan(move |connection| {
            let rows =
                |first, limit| many(connection, OF_USER, params![user.as_uuid(), first, limit], session);
            page_of(first, &request, rows, Session::id)
        })
        .await
    }

    async fn check_session(
        &self,
        id: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<SessionCheck>, StoreError> {
        let params = (id.as_uuid(), team.map(TeamId::as_uuid));
        self.look_up(move |connection| one(connection, CHECK, params, check)).await
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let params = (id.as_uuid(), at.as_millis());
        self.write(move |connection| execute(connection, TOUCH, params).map(drop).stored()).await
    }
}

#[async_trait]
impl MailedTokens for SqliteStore {
    async fn invitation_by_fingerprint(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Invitation>, StoreError> {
        let bytes = *fingerprint.as_bytes();
        let read = |row: &Row<'_>| record(row, 0, "invitation");
        self.look_up(move |connection| one(connection, INVITATION, [bytes], read)).await
    }

    async fn one_time_token(&self, fingerprint: Fingerprint) -> Result<Option<OneTimeToken>, StoreError> {
        let bytes = *fingerprint.as_bytes();
        let read = |row: &Row<'_>| record(row, 0, "one-time token");
        self.look_up(move |connection| one(connection, TOKEN, [bytes], read)).await
    }

    async fn unused_tokens(
        &self,
        user: UserId,
        purpose: TokenPurpose,
        request: &PageRequest,
    ) -> Result<Page<OneTimeToken>, StoreError> {
        let first = first_before(position(request, OneTimeTokenId::as_uuid)?);
        let request = request.clone();
        self.scan(move |connection| {
            let rows = |first, limit| {
                let params = params![user.as_uuid(), purpose.as_str(), first, limit];
                many(connection, UNUSED, params, |row| record(row, 0, "one-time token"))
            };
            page_of(first, &request, rows, OneTimeToken::id)
        })
        .await
    }
}
