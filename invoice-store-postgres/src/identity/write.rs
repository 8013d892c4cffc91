//! The statement that writes one record.

use invoice_core::identity::{
    ApiKey, IdentityRecord, Invitation, Membership, OneTimeToken, SealedBytes, SecurityEvent, Session,
    SigningKey, Team, User,
};
use invoice_core::{TeamId, UserId};
use sqlx::types::Json;

use super::rows::{Bound, bytes, utc, version_column};
use crate::PostgresStore;

/// Inserts a record. Writes no row if it is a membership whose user is not there.
pub(super) fn insert<'q>(store: &PostgresStore, record: &'q IdentityRecord) -> Bound<'q> {
    write(store, record, How::Insert)
}

/// Updates a record whose former version is there; writes no row if it is not.
pub(super) fn update<'q>(store: &PostgresStore, record: &'q IdentityRecord) -> Bound<'q> {
    write(store, record, How::Update)
}

#[derive(Debug, Clone, Copy)]
enum How {
    Insert,
    Update,
}

/// The texts that insert and update a kind of record, with the same parameters. An update finds the
/// former version by the new one, which follows it.
struct Texts {
    insert: &'static str,
    update: &'static str,
}

impl Texts {
    fn query<'q>(&self, store: &PostgresStore, how: How) -> Bound<'q> {
        sqlx::query(store.sql(match how {
            How::Insert => self.insert,
            How::Update => self.update,
        }))
    }
}

fn write<'q>(store: &PostgresStore, record: &'q IdentityRecord, how: How) -> Bound<'q> {
    match record {
        IdentityRecord::User(record) => user(store, record, how),
        IdentityRecord::Team(record) => team(store, record, how),
        IdentityRecord::Membership(record) => membership(store, record, how),
        IdentityRecord::Invitation(record) => invitation(store, record, how),
        IdentityRecord::Session(record) => session(store, record, how),
        IdentityRecord::OneTimeToken(record) => one_time_token(store, record, how),
        IdentityRecord::ApiKey(record) => api_key(store, record, how),
        IdentityRecord::SigningKey(record) => signing_key(store, record, how),
    }
}

fn user<'q>(store: &PostgresStore, user: &'q User, how: How) -> Bound<'q> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO {s}.users (id, version, email_key, name_search, email_search, uv, disabled_at, data) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        update: "UPDATE {s}.users SET version = $2, email_key = $3, name_search = $4, email_search = $5, \
                 uv = $6, disabled_at = $7, data = $8 WHERE id = $1 AND version = $2 - 1",
    };
    let [name, email] = user.search_keys();
    TEXTS
        .query(store, how)
        .bind(user.id().as_uuid())
        .bind(version_column(user.version()))
        .bind(user.email().key().as_str())
        .bind(name)
        .bind(email)
        .bind(i64::from(user.uv()))
        .bind(user.disabled_at().map(utc))
        .bind(Json(user))
}

/// Gives a user's search keys to the user's memberships.
pub(super) fn search_keys<'q>(store: &PostgresStore, user: &User) -> Bound<'q> {
    let text = "UPDATE {s}.memberships SET name_search = $2, email_search = $3 \
                WHERE user_id = $1 AND (name_search, email_search) <> ($2, $3)";
    let [name, email] = user.search_keys();
    sqlx::query(store.sql(text)).bind(user.id().as_uuid()).bind(name).bind(email)
}

fn team<'q>(store: &PostgresStore, team: &'q Team, how: How) -> Bound<'q> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO {s}.teams (id, version, data) VALUES ($1, $2, $3)",
        update: "UPDATE {s}.teams SET version = $2, data = $3 WHERE id = $1 AND version = $2 - 1",
    };
    let query = TEXTS.query(store, how);
    query.bind(team.id().as_uuid()).bind(version_column(team.version())).bind(Json(team))
}

fn membership<'q>(store: &PostgresStore, member: &'q Membership, how: How) -> Bound<'q> {
    const TEXTS: Texts = Texts {
        // The lock makes a change of the user's name wait, so that the keys can't be outdated already.
        insert: "INSERT INTO {s}.memberships (team_id, user_id, version, role, name_search, email_search, data) \
                 SELECT $1, id, $3, $4, name_search, email_search, $5 FROM {s}.users WHERE id = $2 FOR SHARE",
        update: "UPDATE {s}.memberships SET version = $3, role = $4, data = $5 \
                 WHERE team_id = $1 AND user_id = $2 AND version = $3 - 1",
    };
    TEXTS
        .query(store, how)
        .bind(member.team().as_uuid())
        .bind(member.user().as_uuid())
        .bind(version_column(member.version()))
        .bind(member.role().as_str())
        .bind(Json(member))
}

fn invitation<'q>(store: &PostgresStore, invitation: &'q Invitation, how: How) -> Bound<'q> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO {s}.invitations (team_id, id, version, fingerprint, data) \
                 VALUES ($1, $2, $3, $4, $5)",
        update: "UPDATE {s}.invitations SET version = $3, fingerprint = $4, data = $5 \
                 WHERE team_id = $1 AND id = $2 AND version = $3 - 1",
    };
    TEXTS
        .query(store, how)
        .bind(invitation.team().as_uuid())
        .bind(invitation.id().as_uuid())
        .bind(version_column(invitation.version()))
        .bind(bytes(invitation.fingerprint()))
        .bind(Json(invitation))
}

fn session<'q>(store: &PostgresStore, session: &'q Session, how: How) -> Bound<'q> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO {s}.sessions (id, version, user_id, sv, last_seen_at, idle_expires_at, \
                 absolute_expires_at, revoked_at, refresh, previous_refresh, secret, data) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        // A touch between loading and writing must not be undone.
        update: "UPDATE {s}.sessions SET version = $2, user_id = $3, sv = $4, \
                 last_seen_at = greatest(last_seen_at, $5), idle_expires_at = $6, absolute_expires_at = $7, \
                 revoked_at = $8, refresh = $9, previous_refresh = $10, secret = $11, data = $12 \
                 WHERE id = $1 AND version = $2 - 1",
    };
    let refresh = session.refresh();
    TEXTS
        .query(store, how)
        .bind(session.id().as_uuid())
        .bind(version_column(session.version()))
        .bind(session.user().as_uuid())
        .bind(i64::from(session.sv()))
        .bind(utc(session.last_seen_at()))
        .bind(utc(session.idle_expires_at()))
        .bind(utc(session.absolute_expires_at()))
        .bind(session.revoked_at().map(utc))
        .bind(bytes(refresh.current()))
        .bind(refresh.previous().map(|it| bytes(it.fingerprint)))
        .bind(session.secret().map(SealedBytes::expose))
        .bind(Json(session))
}

fn one_time_token<'q>(store: &PostgresStore, token: &'q OneTimeToken, how: How) -> Bound<'q> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO {s}.one_time_tokens \
                 (id, version, user_id, purpose, fingerprint, expires_at, used, data) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        update: "UPDATE {s}.one_time_tokens SET version = $2, user_id = $3, purpose = $4, fingerprint = $5, \
                 expires_at = $6, used = $7, data = $8 WHERE id = $1 AND version = $2 - 1",
    };
    TEXTS
        .query(store, how)
        .bind(token.id().as_uuid())
        .bind(version_column(token.version()))
        .bind(token.user().as_uuid())
        .bind(token.purpose().as_str())
        .bind(bytes(token.fingerprint()))
        .bind(utc(token.expires_at()))
        .bind(token.used_at().is_some())
        .bind(Json(token))
}

fn api_key<'q>(store: &PostgresStore, key: &'q ApiKey, how: How) -> Bound<'q> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO {s}.api_keys (team_id, id, version, fingerprint, last_used_at, data) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
        update: "UPDATE {s}.api_keys SET version = $3, fingerprint = $4, \
                 last_used_at = greatest(last_used_at, $5), data = $6 \
                 WHERE team_id = $1 AND id = $2 AND version = $3 - 1",
    };
    TEXTS
        .query(store, how)
        .bind(key.team().as_uuid())
        .bind(key.id().as_uuid())
        .bind(version_column(key.version()))
        .bind(bytes(key.fingerprint()))
        .bind(key.last_used_at().map(utc))
        .bind(Json(key))
}

fn signing_key<'q>(store: &PostgresStore, key: &'q SigningKey, how: How) -> Bound<'q> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO {s}.signing_keys (kid, version, created_at, data) VALUES ($1, $2, $3, $4)",
        update: "UPDATE {s}.signing_keys SET version = $2, created_at = $3, data = $4 \
                 WHERE kid = $1 AND version = $2 - 1",
    };
    TEXTS
        .query(store, how)
        .bind(key.kid().as_str())
        .bind(version_column(key.version()))
        .bind(utc(key.created_at()))
        .bind(Json(key))
}

/// Inserts an entry of the security audit.
pub(super) fn event<'q>(store: &PostgresStore, event: &'q SecurityEvent) -> Bound<'q> {
    let text = "INSERT INTO {s}.security_events (id, team_id, user_id, data) VALUES ($1, $2, $3, $4)";
    sqlx::query(store.sql(text))
        .bind(event.id().as_uuid())
        .bind(event.team().map(TeamId::as_uuid))
        .bind(event.user().map(UserId::as_uuid))
        .bind(Json(event))
}
