//! The `_id` of each kind of document. The order of its fields is part of it.

use invoice_core::identity::IdentityKey;
use invoice_core::{AuditId, CommitId, TeamId};
use mongodb::bson::raw::RawDocumentBuf;
use mongodb::bson::rawdoc;
use uuid::Uuid;

use crate::layout::uuid;

pub(super) const USER: &str = "user";
pub(super) const TEAM: &str = "team";
pub(super) const MEMBERSHIP: &str = "membership";
pub(super) const INVITATION: &str = "invitation";
pub(super) const SESSION: &str = "session";
pub(super) const ONE_TIME_TOKEN: &str = "one_time_token";
pub(super) const API_KEY: &str = "api_key";
pub(super) const SIGNING_KEY: &str = "signing_key";
pub(super) const SECURITY_EVENT: &str = "security_event";
pub(super) const COMMIT: &str = "commit";

pub(super) const fn kind(key: &IdentityKey) -> &'static str {
    match key {
        IdentityKey::User(_) => USER,
        IdentityKey::Team(_) => TEAM,
        IdentityKey::Membership(..) => MEMBERSHIP,
        IdentityKey::Invitation(..) => INVITATION,
        IdentityKey::Session(_) => SESSION,
        IdentityKey::OneTimeToken(_) => ONE_TIME_TOKEN,
        IdentityKey::ApiKey(..) => API_KEY,
        IdentityKey::SigningKey(_) => SIGNING_KEY,
    }
}

pub(super) fn id(key: &IdentityKey) -> RawDocumentBuf {
    match key {
        IdentityKey::User(id) => plain(USER, id.as_uuid()),
        IdentityKey::Team(id) => plain(TEAM, id.as_uuid()),
        IdentityKey::Membership(team, user) => {
            rawdoc! { "kind": MEMBERSHIP, "team": uuid(team.as_uuid()), "user": uuid(user.as_uuid()) }
        }
        IdentityKey::Invitation(team, id) => of_team(INVITATION, *team, id.as_uuid()),
        IdentityKey::Session(id) => plain(SESSION, id.as_uuid()),
        IdentityKey::OneTimeToken(id) => plain(ONE_TIME_TOKEN, id.as_uuid()),
        IdentityKey::ApiKey(team, id) => of_team(API_KEY, *team, id.as_uuid()),
        IdentityKey::SigningKey(kid) => rawdoc! { "kind": SIGNING_KEY, "id": kid.as_str() },
    }
}

pub(super) fn event(id: AuditId) -> RawDocumentBuf {
    plain(SECURITY_EVENT, id.as_uuid())
}

pub(super) fn commit(id: CommitId) -> RawDocumentBuf {
    plain(COMMIT, id.as_uuid())
}

fn plain(kind: &str, id: Uuid) -> RawDocumentBuf {
    rawdoc! { "kind": kind, "id": uuid(id) }
}

/// What has its identifier within a team: a foreign one is not there.
fn of_team(kind: &str, team: TeamId, id: Uuid) -> RawDocumentBuf {
    rawdoc! { "kind": kind, "team": uuid(team.as_uuid()), "id": uuid(id) }
}
