//! Writing one record.

use invoice_core::Timestamp;
use invoice_core::identity::{
    ApiKey, Fingerprint, IdentityRecord, Invitation, Membership, OneTimeToken, SealedBytes, SecurityEvent,
    Session, SigningKey, Team, User,
};
use rusqlite::{Connection, Params, params};

use super::commit::Failure;
use super::rows::{execute, json, version_column};

/// Writes a record that is not there.
pub(super) fn insert(connection: &Connection, record: &IdentityRecord) -> Result<(), Failure> {
    write(connection, record, How::Insert)
}

/// Writes a record over its former version, which is there.
pub(super) fn update(connection: &Connection, record: &IdentityRecord) -> Result<(), Failure> {
    write(connection, record, How::Update)
}

#[derive(Debug, Clone, Copy)]
enum How {
    Insert,
    Update,
}

/// The texts that insert and update a kind of record, with the same parameters.
struct Texts {
    insert: &'static str,
    update: &'static str,
}

impl Texts {
    fn run(&self, connection: &Connection, how: How, params: impl Params) -> Result<(), Failure> {
        let text = match how {
            How::Insert => self.insert,
            How::Update => self.update,
        };
        let written = execute(connection, text, params)?;
        // The only insert that can write no row is a membership's, whose user is not there.
        if written == 0 { Err(Failure::Refers) } else { Ok(()) }
    }
}

fn write(connection: &Connection, record: &IdentityRecord, how: How) -> Result<(), Failure> {
    match record {
        IdentityRecord::User(record) => user(connection, record, how),
        IdentityRecord::Team(record) => team(connection, record, how),
        IdentityRecord::Membership(record) => membership(connection, record, how),
        IdentityRecord::Invitation(record) => invitation(connection, record, how),
        IdentityRecord::Session(record) => session(connection, record, how),
        IdentityRecord::OneTimeToken(record) => one_time_token(connection, record, how),
        IdentityRecord::ApiKey(record) => api_key(connection, record, how),
        IdentityRecord::SigningKey(record) => signing_key(connection, record, how),
    }
}

fn user(connection: &Connection, user: &User, how: How) -> Result<(), Failure> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO users (id, version, email_key, name_search, email_search, uv, disabled_at, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        update: "UPDATE users SET version = ?2, email_key = ?3, name_search = ?4, email_search = ?5, uv = ?6,
                 disabled_at = ?7, data = ?8 WHERE id = ?1",
    };
    let (id, [name, email]) = (user.id().as_uuid(), user.search_keys());
    let params = params![
        id,
        version_column(user.version()),
        user.email().key().as_str(),
        name,
        email,
        user.uv(),
        user.disabled_at().map(Timestamp::as_millis),
        json(user)?,
    ];
    TEXTS.run(connection, how, params)?;
    if let How::Update = how {
        let text = "UPDATE memberships SET name_search = ?2, email_search = ?3
                    WHERE user_id = ?1 AND (name_search, email_search) <> (?2, ?3)";
        execute(connection, text, params![id, name, email])?;
    }
    Ok(())
}

fn team(connection: &Connection, team: &Team, how: How) -> Result<(), Failure> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO teams (id, version, data) VALUES (?1, ?2, ?3)",
        update: "UPDATE teams SET version = ?2, data = ?3 WHERE id = ?1",
    };
    let params = params![team.id().as_uuid(), version_column(team.version()), json(team)?];
    TEXTS.run(connection, how, params)
}

fn membership(connection: &Connection, member: &Membership, how: How) -> Result<(), Failure> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO memberships (team_id, user_id, version, role, name_search, email_search, data)
                 SELECT ?1, ?2, ?3, ?4, name_search, email_search, ?5 FROM users WHERE id = ?2",
        update: "UPDATE memberships SET version = ?3, role = ?4, data = ?5 WHERE team_id = ?1 AND user_id = ?2",
    };
    let params = params![
        member.team().as_uuid(),
        member.user().as_uuid(),
        version_column(member.version()),
        member.role().as_str(),
        json(member)?,
    ];
    TEXTS.run(connection, how, params)
}

fn invitation(connection: &Connection, invitation: &Invitation, how: How) -> Result<(), Failure> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO invitations (team_id, id, version, fingerprint, data) VALUES (?1, ?2, ?3, ?4, ?5)",
        update: "UPDATE invitations SET version = ?3, fingerprint = ?4, data = ?5
                 WHERE team_id = ?1 AND id = ?2",
    };
    let params = params![
        invitation.team().as_uuid(),
        invitation.id().as_uuid(),
        version_column(invitation.version()),
        bytes(invitation.fingerprint()),
        json(invitation)?,
    ];
    TEXTS.run(connection, how, params)
}

fn session(connection: &Connection, session: &Session, how: How) -> Result<(), Failure> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO sessions (id, version, user_id, sv, last_seen_at, idle_expires_at,
                 absolute_expires_at, revoked_at, refresh, previous_refresh, secret, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        // A touch between loading and writing must not be undone.
        update:
            "UPDATE sessions SET version = ?2, user_id = ?3, sv = ?4, last_seen_at = max(last_seen_at, ?5),
                 idle_expires_at = ?6, absolute_expires_at = ?7, revoked_at = ?8, refresh = ?9,
                 previous_refresh = ?10, secret = ?11, data = ?12 WHERE id = ?1",
    };
    let refresh = session.refresh();
    let params = params![
        session.id().as_uuid(),
        version_column(session.version()),
        session.user().as_uuid(),
        session.sv(),
        session.last_seen_at().as_millis(),
        session.idle_expires_at().as_millis(),
        session.absolute_expires_at().as_millis(),
        session.revoked_at().map(Timestamp::as_millis),
        bytes(refresh.current()),
        refresh.previous().map(|it| bytes(it.fingerprint)),
        session.secret().map(SealedBytes::expose),
        json(session)?,
    ];
    TEXTS.run(connection, how, params)
}

fn one_time_token(connection: &Connection, token: &OneTimeToken, how: How) -> Result<(), Failure> {
    const TEXTS: Texts = Texts {
        insert:
            "INSERT INTO one_time_tokens (id, version, user_id, purpose, fingerprint, expires_at, used, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        update: "UPDATE one_time_tokens SET version = ?2, user_id = ?3, purpose = ?4, fingerprint = ?5,
                 expires_at = ?6, used = ?7, data = ?8 WHERE id = ?1",
    };
    let params = params![
        token.id().as_uuid(),
        version_column(token.version()),
        token.user().as_uuid(),
        token.purpose().as_str(),
        bytes(token.fingerprint()),
        token.expires_at().as_millis(),
        token.used_at().is_some(),
        json(token)?,
    ];
    TEXTS.run(connection, how, params)
}

fn api_key(connection: &Connection, key: &ApiKey, how: How) -> Result<(), Failure> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO api_keys (team_id, id, version, fingerprint, last_used_at, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        // As with sessions; never used is no instant, which `max` would keep.
        update: "UPDATE api_keys SET version = ?3, fingerprint = ?4,
                 last_used_at = coalesce(max(last_used_at, ?5), last_used_at, ?5), data = ?6
                 WHERE team_id = ?1 AND id = ?2",
    };
    let params = params![
        key.team().as_uuid(),
        key.id().as_uuid(),
        version_column(key.version()),
        bytes(key.fingerprint()),
        key.last_used_at().map(Timestamp::as_millis),
        json(key)?,
    ];
    TEXTS.run(connection, how, params)
}

fn signing_key(connection: &Connection, key: &SigningKey, how: How) -> Result<(), Failure> {
    const TEXTS: Texts = Texts {
        insert: "INSERT INTO signing_keys (kid, version, created_at, data) VALUES (?1, ?2, ?3, ?4)",
        update: "UPDATE signing_keys SET version = ?2, created_at = ?3, data = ?4 WHERE kid = ?1",
    };
    let params =
        params![key.kid().as_str(), version_column(key.version()), key.created_at().as_millis(), json(key)?,];
    TEXTS.run(connection, how, params)
}

const fn bytes(fingerprint: Fingerprint) -> [u8; 32] {
    *fingerprint.as_bytes()
}

/// Writes an entry of the security audit.
pub(super) fn event(connection: &Connection, event: &SecurityEvent) -> Result<(), Failure> {
    let text = "INSERT INTO security_events (id, team_id, user_id, data) VALUES (?1, ?2, ?3, ?4)";
    let params = params![
        event.id().as_uuid(),
        event.team().map(invoice_core::TeamId::as_uuid),
        event.user().map(invoice_core::UserId::as_uuid),
        json(event)?,
    ];
    execute(connection, text, params)?;
    Ok(())
}
