//! The stored form of every identity record: databases hold these texts, so they change on purpose only.

#![expect(clippy::unwrap_used, reason = "a golden text that can't be read fails its test")]

use std::fmt::Debug;

use invoice_core::Role;
use invoice_core::identity::{Acceptance, IdentityRecord, SecurityAction, TokenPurpose};
use invoice_core::testing::IdentityFixtures;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The record with everything in it is stored as `golden`, reads back equal, and refuses unknown fields.
#[track_caller]
fn is_stored_as<T: Serialize + DeserializeOwned + PartialEq + Debug>(record: &T, golden: &str) {
    let text = serde_json::to_string_pretty(record).unwrap();
    assert_eq!(text, golden.trim());
    assert_eq!(&serde_json::from_str::<T>(golden).unwrap(), record);
    let unknown = golden.replacen('{', "{\"surprise\": 1,", 1);
    assert!(serde_json::from_str::<T>(&unknown).unwrap_err().to_string().contains("surprise"));
}

#[test]
fn a_user_is_stored_like_this() {
    let make = IdentityFixtures::new();
    let user = make.user("Ada").with_disabled_at(Some(make.now()));
    is_stored_as(
        &user,
        r#"
{
  "id": "usr_019cadc69a8070008000000000000001",
  "version": 1,
  "email": {
    "shown": "Ada@example.org",
    "key": "ada@example.org"
  },
  "verified_at": "2026-03-02T09:00:00.000Z",
  "name": "Ada",
  "locale": "de-AT",
  "password": "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
  "uv": 1,
  "disabled_at": "2026-03-02T09:00:00.000Z",
  "created_at": "2026-03-02T09:00:00.000Z"
}
"#,
    );
}

#[test]
fn a_team_and_a_membership_are_stored_like_this() {
    let make = IdentityFixtures::new();
    let (team, user) = (make.team("Engines"), make.user("Ada"));
    is_stored_as(
        &team,
        r#"
{
  "id": "team_019cadc69a8070008000000000000001",
  "version": 1,
  "name": "Engines",
  "created_at": "2026-03-02T09:00:00.000Z"
}
"#,
    );
    is_stored_as(
        &make.membership(team.id(), user.id(), Role::Accountant),
        r#"
{
  "team": "team_019cadc69a8070008000000000000001",
  "user": "usr_019cadc69a8070008000000000000002",
  "version": 1,
  "role": "accountant",
  "joined_at": "2026-03-02T09:00:00.000Z"
}
"#,
    );
}

#[test]
fn an_invitation_is_stored_like_this() {
    let make = IdentityFixtures::new();
    let (team, user) = (make.team("Engines"), make.user("Ada"));
    let acceptance = Acceptance { user: user.id(), at: make.now() };
    let invitation = make.invitation(team.id(), user.id(), "Grace");
    let invitation = invitation.with_acceptance(acceptance).with_revoked_at(make.now());
    is_stored_as(
        &invitation,
        r#"
{
  "id": "ivt_019cadc69a8070008000000000000003",
  "version": 1,
  "team": "team_019cadc69a8070008000000000000001",
  "email": {
    "shown": "Grace@example.org",
    "key": "grace@example.org"
  },
  "role": "member",
  "invited_by": "usr_019cadc69a8070008000000000000002",
  "fingerprint": "0000000000000001a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5",
  "expires_at": "2026-03-09T09:00:00.000Z",
  "accepted": {
    "user": "usr_019cadc69a8070008000000000000002",
    "at": "2026-03-02T09:00:00.000Z"
  },
  "revoked_at": "2026-03-02T09:00:00.000Z"
}
"#,
    );
}

#[test]
fn a_session_is_stored_like_this() {
    let make = IdentityFixtures::new();
    let (team, user) = (make.team("Engines"), make.user("Ada"));
    let session = make.session(user.id()).with_team(Some(team.id()));
    let idle = session.idle_expires_at();
    let session = session.rotated(make.fingerprint(), make.now(), idle).revoked(make.now());
    is_stored_as(
        &session.with_secret(Some(make.sealed())),
        r#"
{
  "id": "ses_019cadc69a8070008000000000000003",
  "version": 1,
  "user": "usr_019cadc69a8070008000000000000002",
  "team": "team_019cadc69a8070008000000000000001",
  "sv": 2,
  "device": "Firefox on Debian",
  "created_at": "2026-03-02T09:00:00.000Z",
  "last_seen_at": "2026-03-02T09:00:00.000Z",
  "idle_expires_at": "2026-03-09T09:00:00.000Z",
  "absolute_expires_at": "2026-04-01T09:00:00.000Z",
  "revoked_at": "2026-03-02T09:00:00.000Z",
  "refresh": {
    "current": "0000000000000002a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5",
    "previous": {
      "fingerprint": "0000000000000001a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5",
      "rotated_at": "2026-03-02T09:00:00.000Z"
    },
    "generation": 1
  },
  "secret": "0000000000000003a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"
}
"#,
    );
}

#[test]
fn a_one_time_token_is_stored_like_this() {
    let make = IdentityFixtures::new();
    let token = make.one_time_token(make.user("Ada").id(), TokenPurpose::ChangeEmail);
    let token = token.with_payload("new@example.org").unwrap().with_used_at(make.now());
    is_stored_as(
        &token,
        r#"
{
  "id": "ott_019cadc69a8070008000000000000002",
  "version": 1,
  "user": "usr_019cadc69a8070008000000000000001",
  "purpose": "change_email",
  "fingerprint": "0000000000000001a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5",
  "payload": "new@example.org",
  "expires_at": "2026-03-02T10:00:00.000Z",
  "used_at": "2026-03-02T09:00:00.000Z"
}
"#,
    );
}

#[test]
fn an_api_key_is_stored_like_this() {
    let make = IdentityFixtures::new();
    let key = make.api_key(make.team("Engines").id(), make.user("Ada").id());
    let now = make.now();
    is_stored_as(
        &key.with_expires_at(Some(now)).used(now).with_revoked_at(now),
        r#"
{
  "id": "key_019cadc69a8070008000000000000003",
  "version": 1,
  "team": "team_019cadc69a8070008000000000000001",
  "name": "Web shop",
  "prefix": "ik_4fR2",
  "fingerprint": "0000000000000001a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5",
  "role": "accountant",
  "created_by": "usr_019cadc69a8070008000000000000002",
  "expires_at": "2026-03-02T09:00:00.000Z",
  "last_used_at": "2026-03-02T09:00:00.000Z",
  "revoked_at": "2026-03-02T09:00:00.000Z"
}
"#,
    );
}

#[test]
fn a_signing_key_is_stored_like_this() {
    let make = IdentityFixtures::new();
    let key = make.signing_key("k1").activated(make.now()).unwrap().retired(make.now()).unwrap();
    is_stored_as(
        &key,
        r#"
{
  "kid": "k1",
  "version": 1,
  "algorithm": "EdDSA",
  "public_jwk": "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}",
  "private": "0000000000000001a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5",
  "created_at": "2026-03-02T09:00:00.000Z",
  "activated_at": "2026-03-02T09:00:00.000Z",
  "retired_at": "2026-03-02T09:00:00.000Z"
}
"#,
    );
    is_stored_as(
        &key.destroyed(make.now()),
        r#"
{
  "kid": "k1",
  "version": 1,
  "algorithm": "EdDSA",
  "public_jwk": "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}",
  "created_at": "2026-03-02T09:00:00.000Z",
  "activated_at": "2026-03-02T09:00:00.000Z",
  "retired_at": "2026-03-02T09:00:00.000Z",
  "destroyed_at": "2026-03-02T09:00:00.000Z"
}
"#,
    );
}

#[test]
fn a_security_event_is_stored_like_this() {
    let make = IdentityFixtures::new();
    let (team, user) = (make.team("Engines"), make.user("Ada"));
    let event = make.event(SecurityAction::SessionRevoked).in_team(team.id()).by_user(user.id()).on("ses_1");
    is_stored_as(
        &event,
        r#"
{
  "id": "aud_019cadc69a8070008000000000000003",
  "at": "2026-03-02T09:00:00.000Z",
  "action": "session.revoked",
  "team": "team_019cadc69a8070008000000000000001",
  "user": "usr_019cadc69a8070008000000000000002",
  "subject": "ses_1",
  "address": "192.0.2.7",
  "user_agent": "curl/8.11"
}
"#,
    );
}

#[test]
fn no_secret_shows_in_debug() {
    let make = IdentityFixtures::new();
    let (team, user) = (make.team("Engines"), make.user("Ada"));
    let session = make.session(user.id()).with_secret(Some(make.sealed()));
    let records: [IdentityRecord; 6] = [
        user.clone().into(),
        make.invitation(team.id(), user.id(), "Grace").into(),
        session.into(),
        make.one_time_token(user.id(), TokenPurpose::ResetPassword).into(),
        make.api_key(team.id(), user.id()).into(),
        make.signing_key("k1").into(),
    ];
    for record in records {
        let (debug, stored) = (format!("{record:?}"), serde_json::to_string(&record).unwrap());
        assert!(stored.contains("argon2") || stored.contains("a5a5a5"), "the secret is stored: {stored}");
        // Fixtures' fingerprints and sealed bytes end in a5, far behind the shown eight digits.
        for secret in ["argon2", "a5a5a5", "165, 165"] {
            assert!(!debug.contains(secret), "{debug}");
        }
    }
}
