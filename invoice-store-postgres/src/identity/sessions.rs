//! Sessions, and what was mailed.

use async_trait::async_trait;
use invoice_core::identity::{
    Fingerprint, Invitation, OneTimeToken, SealedBytes, Session, SessionCheck, TokenPurpose,
};
use invoice_core::ports::identity::{MailedTokens, Sessions};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{OneTimeTokenId, Role, SessionId, TeamId, Timestamp, UserId};
use invoice_store_common::pages::{first_before, limit, page, position};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::rows::{bytes, column, execute, instant, instant_if_any, many, one, page_of, record, utc};
use crate::PostgresStore;
use crate::error::unreadable;

pub(super) const SESSION: &str = "SELECT data, last_seen_at FROM {s}.sessions WHERE id = $1";
/// A fingerprint may be the current one of a session and the previous one of another: the current counts.
pub(super) const BY_REFRESH: &str = "\
    SELECT data, last_seen_at FROM {s}.sessions WHERE refresh = $1 \
    UNION ALL \
    SELECT data, last_seen_at FROM {s}.sessions WHERE previous_refresh = $1 \
    AND NOT EXISTS (SELECT FROM {s}.sessions WHERE refresh = $1)";
pub(super) const OF_USER: &str = "\
    SELECT data, last_seen_at FROM {s}.sessions WHERE user_id = $1 AND id <= $2 ORDER BY id DESC LIMIT $3";
pub(super) const CHECK: &str = "\
    SELECT s.user_id, s.sv, u.uv, m.role, s.revoked_at, u.disabled_at, s.idle_expires_at, s.secret \
    FROM {s}.sessions s JOIN {s}.users u ON u.id = s.user_id \
    LEFT JOIN {s}.memberships m ON m.team_id = $2 AND m.user_id = s.user_id \
    WHERE s.id = $1";
pub(super) const TOUCH: &str =
    "UPDATE {s}.sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
pub(super) const INVITATION: &str = "SELECT data FROM {s}.invitations WHERE fingerprint = $1";
pub(super) const TOKEN: &str = "SELECT data FROM {s}.one_time_tokens WHERE fingerprint = $1";
pub(super) const UNUSED: &str = "\
    SELECT data FROM {s}.one_time_tokens WHERE user_id = $1 AND purpose = $2 AND NOT used AND id <= $3 \
    ORDER BY id DESC LIMIT $4";

fn session(row: &PgRow) -> Result<Session, StoreError> {
    Ok(record::<Session>(row, 0, "session")?.seen(instant(row, 1, "session")?))
}

fn check(row: &PgRow) -> Result<SessionCheck, StoreError> {
    let count = |index| -> Result<u32, StoreError> {
        let count = column::<i64>(row, index, "session")?;
        u32::try_from(count).map_err(|error| unreadable("session", error))
    };
    let secret = column::<Option<Vec<u8>>>(row, 7, "session")?.map(SealedBytes::new).transpose();
    Ok(SessionCheck {
        user: UserId::from_uuid(column::<Uuid>(row, 0, "session")?),
        sv: count(1)?,
        uv: count(2)?,
        role: column::<Option<&str>>(row, 3, "membership")?.and_then(role_named),
        revoked_at: instant_if_any(row, 4, "session")?,
        disabled_at: instant_if_any(row, 5, "user")?,
        idle_expires_at: instant(row, 6, "session")?,
        secret: secret.map_err(|error| unreadable("session", error))?,
    })
}

/// The role; the table holds no other texts.
fn role_named(text: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.as_str() == text)
}

#[async_trait]
impl Sessions for PostgresStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        one(self, sqlx::query(self.sql(SESSION)).bind(id.as_uuid()), session).await
    }

    async fn session_by_refresh(&self, fingerprint: Fingerprint) -> Result<Option<Session>, StoreError> {
        one(self, sqlx::query(self.sql(BY_REFRESH)).bind(bytes(fingerprint)), session).await
    }

    async fn sessions_of(&self, user: UserId, request: &PageRequest) -> Result<Page<Session>, StoreError> {
        let first = first_before(position(request, SessionId::as_uuid)?);
        page_of(self, OF_USER, (user.as_uuid(), first), request, session, Session::id).await
    }

    async fn check_session(
        &self,
        id: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<SessionCheck>, StoreError> {
        let query = sqlx::query(self.sql(CHECK)).bind(id.as_uuid()).bind(team.map(TeamId::as_uuid));
        one(self, query, check).await
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        execute(self, sqlx::query(self.sql(TOUCH)).bind(id.as_uuid()).bind(utc(at))).await.map(drop)
    }
}

#[async_trait]
impl MailedTokens for PostgresStore {
    async fn invitation_by_fingerprint(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Invitation>, StoreError> {
        let query = sqlx::query(self.sql(INVITATION)).bind(bytes(fingerprint));
        one(self, query, |row| record(row, 0, "invitation")).await
    }

    async fn one_time_token(&self, fingerprint: Fingerprint) -> Result<Option<OneTimeToken>, StoreError> {
        let query = sqlx::query(self.sql(TOKEN)).bind(bytes(fingerprint));
        one(self, query, |row| record(row, 0, "one-time token")).await
    }

    async fn unused_tokens(
        &self,
        user: UserId,
        purpose: TokenPurpose,
        request: &PageRequest,
    ) -> Result<Page<OneTimeToken>, StoreError> {
        let rows = match first_before(position(request, OneTimeTokenId::as_uuid)?) {
            Some(first) => {
                let query = sqlx::query(self.sql(UNUSED)).bind(user.as_uuid()).bind(purpose.as_str());
                let query = query.bind(first).bind(limit(request));
                many(self, query, |row| record(row, 0, "one-time token")).await?
            }
            None => Vec::new(),
        };
        page(rows, request, OneTimeToken::id)
    }
}
