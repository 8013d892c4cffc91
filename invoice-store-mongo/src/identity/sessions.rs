//! Sessions, and what was mailed.

use async_trait::async_trait;
use invoice_core::identity::{
    Fingerprint, IdentityKey, Invitation, OneTimeToken, SealedBytes, Session, SessionCheck, TokenPurpose,
};
use invoice_core::ports::identity::{MailedTokens, Sessions};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{OneTimeTokenId, Role, SessionId, TeamId, Timestamp, UserId};
use invoice_store_common::pages::{first_before, position};
use mongodb::bson::doc;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};

use super::keys;
use super::queries::{Query, many, one, one_record, page_of, record};
use crate::MongoStore;
use crate::error::{store_error, unreadable};
use crate::layout::{Fields, instant, there};

fn session(document: &RawDocument) -> Result<Session, StoreError> {
    let seen = there("last_seen_at", Fields(document).instant("last_seen_at")?)?;
    Ok(record::<Session>(keys::SESSION, document)?.seen(seen))
}

fn one_time_token(document: &RawDocument) -> Result<OneTimeToken, StoreError> {
    record(keys::ONE_TIME_TOKEN, document)
}

/// What is read of a session to check it.
pub(super) fn of_session(id: SessionId) -> Result<Query, StoreError> {
    let fields = ["user_id", "sv", "revoked_at", "idle_expires_at", "secret"];
    Ok(Query::by_key(&IdentityKey::Session(id))?.only(&fields))
}

/// What is read of whom it belongs to: the user and, of a team, the membership.
pub(super) fn of_user(user: UserId, team: Option<TeamId>) -> Result<Query, StoreError> {
    let member = team.map(|team| IdentityKey::Membership(team, user));
    let both = std::iter::once(IdentityKey::User(user)).chain(member);
    Ok(Query::by_keys(both)?.only(&["kind", "uv", "disabled_at", "role"]))
}

fn check(session: Fields<'_>, owners: &[RawDocumentBuf]) -> Result<Option<SessionCheck>, StoreError> {
    let (mut user, mut role) = (None, None);
    for owner in owners {
        let fields = Fields(owner);
        if there("kind", fields.text("kind")?)? == keys::USER {
            user = Some(fields);
        } else {
            role = role_named(there("role", fields.text("role")?)?);
        }
    }
    let Some(user) = user else { return Ok(None) };
    let count = |fields: Fields<'_>, name| -> Result<u32, StoreError> {
        u32::try_from(there(name, fields.number(name)?)?).map_err(|error| unreadable(name, error))
    };
    let secret = session.bytes("secret")?.map(SealedBytes::new).transpose();
    Ok(Some(SessionCheck {
        user: UserId::from_uuid(there("user_id", session.uuid("user_id")?)?),
        sv: count(session, "sv")?,
        uv: count(user, "uv")?,
        role,
        revoked_at: session.instant("revoked_at")?,
        disabled_at: user.instant("disabled_at")?,
        idle_expires_at: there("idle_expires_at", session.instant("idle_expires_at")?)?,
        secret: secret.map_err(|error| unreadable("secret", error))?,
    }))
}

/// The role; the collection holds no other texts.
fn role_named(text: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.as_str() == text)
}

#[async_trait]
impl Sessions for MongoStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let found = one(self, Query::by_key(&IdentityKey::Session(id))?).await?;
        found.as_deref().map(session).transpose()
    }

    async fn session_by_refresh(&self, fingerprint: Fingerprint) -> Result<Option<Session>, StoreError> {
        let found = many(self, Query::by_refresh(fingerprint)).await?;
        let found = found.iter().map(|it| session(it)).collect::<Result<Vec<_>, _>>()?;
        // The one whose current token it is counts.
        Ok(found.into_iter().max_by_key(|session| session.refresh().current() == fingerprint))
    }

    async fn sessions_of(&self, user: UserId, request: &PageRequest) -> Result<Page<Session>, StoreError> {
        let first = first_before(position(request, SessionId::as_uuid)?);
        let of = ("user_id", user.as_uuid());
        let query = |first, limit| Query::newest(keys::SESSION, "session_user", of, first, limit);
        page_of(self, first, request, query, session, Session::id).await
    }

    async fn check_session(
        &self,
        id: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<SessionCheck>, StoreError> {
        // Two finds by identifier: one aggregate that looks the others up takes the server longer than a round trip.
        let Some(session) = one(self, of_session(id)?).await? else { return Ok(None) };
        let session = Fields(&session);
        let user = UserId::from_uuid(there("user_id", session.uuid("user_id")?)?);
        check(session, &many(self, of_user(user, team)?).await?)
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let Query { filter, .. } = Query::by_key(&IdentityKey::Session(id))?;
        let later = doc! { "$max": { "last_seen_at": instant(at) } };
        self.identity().update_one(filter, later).await.map(drop).map_err(store_error)
    }
}

#[async_trait]
impl MailedTokens for MongoStore {
    async fn invitation_by_fingerprint(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Invitation>, StoreError> {
        let query = Query::by_fingerprint(keys::INVITATION, "invitation_fingerprint", fingerprint);
        one_record(self, keys::INVITATION, query).await
    }

    async fn one_time_token(&self, fingerprint: Fingerprint) -> Result<Option<OneTimeToken>, StoreError> {
        let query = Query::by_fingerprint(keys::ONE_TIME_TOKEN, "one_time_token_fingerprint", fingerprint);
        one_record(self, keys::ONE_TIME_TOKEN, query).await
    }

    async fn unused_tokens(
        &self,
        user: UserId,
        purpose: TokenPurpose,
        request: &PageRequest,
    ) -> Result<Page<OneTimeToken>, StoreError> {
        let first = first_before(position(request, OneTimeTokenId::as_uuid)?);
        let query = |first, limit| Query::unused_tokens(user.as_uuid(), purpose, first, limit);
        page_of(self, first, request, query, one_time_token, OneTimeToken::id).await
    }
}
