//! What a document holds besides its `_id` and kind.

use invoice_core::identity::{
    ApiKey, IdentityRecord, Invitation, Membership, OneTimeToken, SealedBytes, SecurityEvent, Session,
    SigningKey, Team, User,
};
use invoice_core::ports::StoreError;
use invoice_core::{CommitId, Timestamp, Version};
use mongodb::bson::raw::{BindRawBsonRef, CStr, RawDocumentBuf, cstr};
use mongodb::bson::{DateTime, rawdoc};
use serde::Serialize;

use super::keys;
use crate::bridge::to_bson;
use crate::layout::{bytes, instant, uuid};

/// A user's search keys: of the name and of the address.
pub(super) type SearchKeys = [String; 2];

/// The fields of one record.
#[derive(Debug, Default)]
pub(super) struct Values {
    set: RawDocumentBuf,
    /// Those that a record may have and this one has not.
    absent: RawDocumentBuf,
    /// What never goes back.
    latest: Option<(&'static CStr, DateTime)>,
}

impl Values {
    fn new<T: Serialize>(kind: &str, version: Version, record: &T) -> Result<Self, StoreError> {
        let mut values = Self::default();
        values.set.append(cstr!("version"), number(version));
        values.set.append(cstr!("record"), to_bson(kind, record)?);
        Ok(values)
    }

    fn with(mut self, name: &'static CStr, value: impl BindRawBsonRef) -> Self {
        self.set.append(name, value);
        self
    }

    fn with_any(mut self, name: &'static CStr, value: Option<impl BindRawBsonRef>) -> Self {
        match value {
            Some(value) => self.set.append(name, value),
            None => self.absent.append(name, true),
        }
        self
    }

    fn with_latest(mut self, name: &'static CStr, value: Option<Timestamp>) -> Self {
        self.latest = value.map(|value| (name, instant(value)));
        self
    }

    fn with_search_keys(self, [name, email]: &SearchKeys) -> Self {
        self.with(cstr!("name_search"), name.as_str()).with(cstr!("email_search"), email.as_str())
    }

    /// A new document of them.
    pub(super) fn document(self, id: RawDocumentBuf, kind: &str) -> RawDocumentBuf {
        let mut document = rawdoc! { "_id": id, "kind": kind };
        for element in self.set.iter().flatten() {
            let (name, value) = element;
            document.append(name, value);
        }
        if let Some((name, value)) = self.latest {
            document.append(name, value);
        }
        document
    }

    /// The operators that bring them into the document of an earlier version.
    pub(super) fn operators(self) -> RawDocumentBuf {
        let Self { set, absent, latest } = self;
        let mut operators = rawdoc! { "$set": set };
        if !absent.is_empty() {
            operators.append(cstr!("$unset"), absent);
        }
        if let Some((name, value)) = latest {
            let mut latest = RawDocumentBuf::new();
            latest.append(name, value);
            operators.append(cstr!("$max"), latest);
        }
        operators
    }
}

/// A version as a document holds it. None is ever stored near the end of the range.
pub(super) fn number(version: Version) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
}

/// The fields of a record; `search_keys` are those of a new member's user.
pub(super) fn values(
    record: &IdentityRecord,
    search_keys: Option<&SearchKeys>,
) -> Result<Values, StoreError> {
    match record {
        IdentityRecord::User(user) => of_user(user),
        IdentityRecord::Team(team) => of_team(team),
        IdentityRecord::Membership(member) => {
            let values = of_membership(member)?;
            Ok(match search_keys {
                Some(keys) => values.with_search_keys(keys),
                None => values,
            })
        }
        IdentityRecord::Invitation(invitation) => of_invitation(invitation),
        IdentityRecord::Session(session) => of_session(session),
        IdentityRecord::OneTimeToken(token) => of_one_time_token(token),
        IdentityRecord::ApiKey(key) => of_api_key(key),
        IdentityRecord::SigningKey(key) => of_signing_key(key),
    }
}

fn of_user(user: &User) -> Result<Values, StoreError> {
    Ok(Values::new(keys::USER, user.version(), user)?
        .with(cstr!("id"), uuid(user.id().as_uuid()))
        .with(cstr!("email_key"), user.email().key().as_str())
        .with_search_keys(&user.search_keys())
        .with(cstr!("uv"), i64::from(user.uv()))
        .with_any(cstr!("disabled_at"), user.disabled_at().map(instant)))
}

fn of_team(team: &Team) -> Result<Values, StoreError> {
    let values = Values::new(keys::TEAM, team.version(), team)?;
    Ok(values.with(cstr!("id"), uuid(team.id().as_uuid())))
}

fn of_membership(member: &Membership) -> Result<Values, StoreError> {
    Ok(Values::new(keys::MEMBERSHIP, member.version(), member)?
        .with(cstr!("team_id"), uuid(member.team().as_uuid()))
        .with(cstr!("user_id"), uuid(member.user().as_uuid()))
        .with(cstr!("role"), member.role().as_str()))
}

fn of_invitation(invitation: &Invitation) -> Result<Values, StoreError> {
    Ok(Values::new(keys::INVITATION, invitation.version(), invitation)?
        .with(cstr!("team_id"), uuid(invitation.team().as_uuid()))
        .with(cstr!("id"), uuid(invitation.id().as_uuid()))
        .with(cstr!("fingerprint"), bytes(*invitation.fingerprint().as_bytes())))
}

fn of_session(session: &Session) -> Result<Values, StoreError> {
    let refresh = session.refresh();
    let previous = refresh.previous().map(|it| bytes(*it.fingerprint.as_bytes()));
    Ok(Values::new(keys::SESSION, session.version(), session)?
        .with(cstr!("id"), uuid(session.id().as_uuid()))
        .with(cstr!("user_id"), uuid(session.user().as_uuid()))
        .with(cstr!("sv"), i64::from(session.sv()))
        .with_latest(cstr!("last_seen_at"), Some(session.last_seen_at()))
        .with(cstr!("idle_expires_at"), instant(session.idle_expires_at()))
        .with(cstr!("absolute_expires_at"), instant(session.absolute_expires_at()))
        .with_any(cstr!("revoked_at"), session.revoked_at().map(instant))
        .with(cstr!("refresh"), bytes(*refresh.current().as_bytes()))
        .with_any(cstr!("previous_refresh"), previous)
        .with_any(cstr!("secret"), session.secret().map(SealedBytes::expose).map(bytes)))
}

fn of_one_time_token(token: &OneTimeToken) -> Result<Values, StoreError> {
    Ok(Values::new(keys::ONE_TIME_TOKEN, token.version(), token)?
        .with(cstr!("id"), uuid(token.id().as_uuid()))
        .with(cstr!("user_id"), uuid(token.user().as_uuid()))
        .with(cstr!("purpose"), token.purpose().as_str())
        .with(cstr!("fingerprint"), bytes(*token.fingerprint().as_bytes()))
        .with(cstr!("expires_at"), instant(token.expires_at()))
        .with(cstr!("used"), token.used_at().is_some()))
}

fn of_api_key(key: &ApiKey) -> Result<Values, StoreError> {
    Ok(Values::new(keys::API_KEY, key.version(), key)?
        .with(cstr!("team_id"), uuid(key.team().as_uuid()))
        .with(cstr!("id"), uuid(key.id().as_uuid()))
        .with(cstr!("fingerprint"), bytes(*key.fingerprint().as_bytes()))
        .with_latest(cstr!("last_used_at"), key.last_used_at()))
}

fn of_signing_key(key: &SigningKey) -> Result<Values, StoreError> {
    Ok(Values::new(keys::SIGNING_KEY, key.version(), key)?
        .with(cstr!("kid"), key.kid().as_str())
        .with(cstr!("created_at"), instant(key.created_at())))
}

/// The document of an entry of the security audit.
pub(super) fn of_event(event: &SecurityEvent) -> Result<RawDocumentBuf, StoreError> {
    let mut document = rawdoc! {
        "_id": keys::event(event.id()),
        "kind": keys::SECURITY_EVENT,
        "id": uuid(event.id().as_uuid()),
    };
    if let Some(team) = event.team() {
        document.append(cstr!("team_id"), uuid(team.as_uuid()));
    }
    if let Some(user) = event.user() {
        document.append(cstr!("user_id"), uuid(user.as_uuid()));
    }
    document.append(cstr!("record"), to_bson(keys::SECURITY_EVENT, event)?);
    Ok(document)
}

/// The document by which a commit is known again.
pub(super) fn of_commit(id: CommitId) -> RawDocumentBuf {
    // The milliseconds of a UUID of version 7: by them commits are forgotten.
    let made = i64::try_from(id.as_uuid().as_u128() >> 80).unwrap_or(i64::MAX);
    rawdoc! { "_id": keys::commit(id), "kind": keys::COMMIT, "at": DateTime::from_millis(made) }
}
