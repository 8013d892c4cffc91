//! Sessions, and what was mailed.

use async_trait::async_trait;
use invoice_core::identity::{
    Fingerprint, IdentityKey, Invitation, OneTimeToken, SealedBytes, Session, SessionCheck, TokenPurpose,
};
use invoice_core::ports::identity::{MailedTokens, Sessions};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{OneTimeTokenId, Role, SessionId, TeamId, Timestamp, UserId};
use invoice_store_common::identity::first_before;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Document, doc};
use mongodb::options::Hint;

use super::keys;
use super::queries::{Query, many, one, one_record, page_of, position, record};
use crate::MongoStore;
use crate::error::{store_error, unreadable};
use crate::layout::{Fields, instant, there, uuid};

fn session(document: &RawDocument) -> Result<Session, StoreError> {
    let seen = there("last_seen_at", Fields(document).instant("last_seen_at")?)?;
    Ok(record::<Session>(keys::SESSION, document)?.seen(seen))
}

fn one_time_token(document: &RawDocument) -> Result<OneTimeToken, StoreError> {
    record(keys::ONE_TIME_TOKEN, document)
}

/// The session with its user and, of a team, the membership: one read of three documents. The identifiers of the
/// others are made of what the session says, so that each is found by its own.
pub(super) fn check_pipeline(
    collection: &str,
    id: SessionId,
    team: Option<TeamId>,
) -> Result<Vec<Document>, StoreError> {
    let Query { filter, .. } = Query::by_key(&IdentityKey::Session(id))?;
    let mut shown = doc! {
        "_id": 0, "user_id": 1, "sv": 1, "revoked_at": 1, "idle_expires_at": 1, "secret": 1,
        "user": { "kind": keys::USER, "id": "$user_id" },
    };
    if let Some(team) = team {
        shown.insert(
            "member",
            doc! { "kind": keys::MEMBERSHIP, "team": uuid(team.as_uuid()), "user": "$user_id" },
        );
    }
    let look_up = |name: &str| {
        doc! { "$lookup": {
            "from": collection, "localField": name, "foreignField": "_id", "as": name,
        } }
    };
    let mut pipeline = vec![doc! { "$match": filter }, doc! { "$project": shown }, look_up("user")];
    if team.is_some() {
        pipeline.push(look_up("member"));
    }
    pipeline.push(doc! { "$project": {
        "user_id": 1, "sv": 1, "revoked_at": 1, "idle_expires_at": 1, "secret": 1,
        "user.uv": 1, "user.disabled_at": 1, "member.role": 1,
    } });
    Ok(pipeline)
}

fn check(document: &RawDocument) -> Result<Option<SessionCheck>, StoreError> {
    let session = Fields(document);
    let Some(user) = first(document, "user")? else { return Ok(None) };
    let count = |fields: Fields<'_>, name| -> Result<u32, StoreError> {
        u32::try_from(there(name, fields.number(name)?)?).map_err(|error| unreadable(name, error))
    };
    let role = match first(document, "member")? {
        Some(member) => role_named(there("role", member.text("role")?)?),
        None => None,
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

/// What a look-up found, if it found something.
fn first<'a>(document: &'a RawDocument, name: &'static str) -> Result<Option<Fields<'a>>, StoreError> {
    let Some(found) = document.get(name).map_err(|error| unreadable(name, error))? else { return Ok(None) };
    let list = there(name, found.as_array())?;
    let Some(found) = list.into_iter().next() else { return Ok(None) };
    let found = found.map_err(|error| unreadable(name, error))?;
    Ok(Some(Fields(there(name, found.as_document())?)))
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
        let pipeline = check_pipeline(self.identity().name(), id, team)?;
        let aggregate = self.identity().aggregate(pipeline).hint(Hint::Name("_id_".to_owned()));
        let mut cursor = aggregate.with_type::<RawDocumentBuf>().await.map_err(store_error)?;
        if cursor.advance().await.map_err(store_error)? { check(cursor.current()) } else { Ok(None) }
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
