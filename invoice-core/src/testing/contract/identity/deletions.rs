//! What goes together.

use super::world::{World, all, rows, stored};
use crate::Role;
use crate::Version;
use crate::identity::TokenPurpose;
use crate::ports::StoreError;
use crate::ports::identity::IdentityPorts;
use crate::testing::contract::{must, must_conflict};

const YEAR: i64 = 365 * 86_400_000;

/// A deleted team takes memberships, invitations and API keys along, and nothing of another team.
pub async fn deleting_a_team_takes_all_that_is_its(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let (other, _) = world.new_team("Looms", "Grace").await;
    world.join(other.id(), owner.id(), Role::Viewer).await;
    let invitation = world.insert(world.invitation(team.id(), owner.id(), "Guest")).await;
    let key = world.insert(world.api_key(team.id(), owner.id())).await;
    let kept = world.insert(world.api_key(other.id(), owner.id())).await;
    let session = world.insert(world.session(owner.id()).with_team(Some(team.id()))).await;
    let found = ports.api_keys.api_key_by_fingerprint(key.fingerprint()).await;
    assert_eq!(must(found, "a key is looked up"), Some(key.clone()), "the key works before");

    world.commit(world.change().delete(team.clone())).await;
    assert!(must(ports.teams.team(team.id()).await, "a team is read").is_none(), "the team is gone");
    assert_eq!(world.role(team.id(), owner.id()).await, None, "its memberships are gone");
    let found = ports.mailed_tokens.invitation_by_fingerprint(invitation.fingerprint()).await;
    assert!(must(found, "an invitation is looked up").is_none(), "its invitations are gone");
    let found = ports.api_keys.api_key_by_fingerprint(key.fingerprint()).await;
    assert!(must(found, "a key is looked up").is_none(), "its API keys are gone");
    assert!(rows(ports.teams.invitations(team.id(), &all()).await).is_empty(), "no invitation is listed");
    assert!(rows(ports.api_keys.api_keys(team.id(), &all()).await).is_empty(), "no API key is listed");
    let teams = rows(ports.teams.teams_of(owner.id(), &all()).await);
    assert_eq!(teams.len(), 1, "the owner is in the other team only");
    let check = stored(ports.sessions.check_session(session.id(), Some(team.id())).await, "the session");
    assert_eq!(check.role, None, "a session has no role in a team that is gone");
    let found = ports.api_keys.api_key_by_fingerprint(kept.fingerprint()).await;
    assert!(must(found, "a key is looked up").is_some(), "another team's key stays");
    world.commit(world.change().insert(world.team("Engines"))).await;
}

/// A user who is in a team can't be deleted; once out of it, they can.
pub async fn a_member_of_a_team_is_not_deleted(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    match world.try_commit(world.change().delete(owner.clone())).await {
        Err(StoreError::InUse) => {}
        other => panic!("a member is in use, but the store answered {other:?}"),
    }
    assert_eq!(world.stored_user(owner.id()).await, owner, "the account stays");
    let place = world.stored_membership(team.id(), owner.id()).await;
    let leaving = world.change().update(team).delete(place).delete(owner.clone());
    must(world.try_commit(leaving).await, "leaving and going can be one change");
    let found = must(ports.users.user(owner.id()).await, "an account is read");
    assert_eq!(found, None, "the account is gone");
}

/// A deleted user takes sessions and one-time tokens along, and nobody else's.
pub async fn deleting_a_user_takes_all_that_is_theirs(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (ada, grace) = (world.new_user("Ada").await, world.new_user("Grace").await);
    let sessions = [world.new_session(ada.id()).await, world.new_session(grace.id()).await];
    let purpose = TokenPurpose::ResetPassword;
    let token = world.insert(world.one_time_token(ada.id(), purpose)).await;
    let kept = world.insert(world.one_time_token(grace.id(), purpose)).await;
    world.commit(world.change().delete(ada.clone())).await;
    let [gone, stays] = sessions.map(|session| (session.id(), session.refresh().current()));
    let check = must(ports.sessions.check_session(gone.0, None).await, "a session is checked");
    assert_eq!(check, None, "the user's sessions are gone");
    let found = must(ports.sessions.session_by_refresh(gone.1).await, "a refresh token is looked up");
    assert_eq!(found, None, "the user's refresh tokens are gone");
    let found = must(ports.mailed_tokens.one_time_token(token.fingerprint()).await, "a token is looked up");
    assert_eq!(found, None, "the user's one-time tokens are gone");
    stored(ports.sessions.session(stays.0).await, "somebody else's session");
    stored(ports.mailed_tokens.one_time_token(kept.fingerprint()).await, "somebody else's token");
}

/// A deletion decided on a stale version deletes nothing.
pub async fn a_stale_deletion_deletes_nothing(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let key = world.insert(world.api_key(team.id(), owner.id())).await;
    world.update(team.clone()).await;
    let answer = world.try_commit(world.change().delete(team.clone())).await;
    must_conflict(answer, Version::FIRST, Some(Version::new(2)), "a stale deletion is a conflict");
    world.stored_team(team.id()).await;
    assert_eq!(world.role(team.id(), owner.id()).await, Some(Role::Owner), "its owner stays");
    stored(ports.api_keys.api_key(team.id(), key.id()).await, "its API key");
}

/// Purging takes expired sessions and one-time tokens and forgets old commits; all else stays.
pub async fn purging_takes_only_what_is_over(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, ada) = world.new_team("Engines", "Ada").await;
    let purpose = TokenPurpose::VerifyEmail;
    let old =
        (world.new_session(ada.id()).await, world.insert(world.one_time_token(ada.id(), purpose)).await);
    let invitation = world.insert(world.invitation(team.id(), ada.id(), "Guest")).await;
    world.clock().advance_millis(YEAR);
    let new =
        (world.new_session(ada.id()).await, world.insert(world.one_time_token(ada.id(), purpose)).await);
    let recent = world.change().update(world.stored_user(ada.id()).await.with_next_uv());
    world.commit(recent.clone()).await;

    let count = must(ports.housekeeping.purge(world.now()).await, "a purge is done");
    assert_eq!(count, 2, "a session and a token were over");
    let found = must(ports.sessions.session(old.0.id()).await, "a session is read");
    assert_eq!(found, None, "the session that was over is gone");
    let found = ports.mailed_tokens.one_time_token(old.1.fingerprint()).await;
    assert_eq!(must(found, "a token is looked up"), None, "the token that was over is gone");
    assert_eq!(world.stored_session(&new.0).await, new.0, "an open session stays");
    let found = ports.mailed_tokens.one_time_token(new.1.fingerprint()).await;
    assert_eq!(stored(found, "an open token"), new.1, "an open token stays");
    assert_eq!(world.stored_invitation(&invitation).await, invitation, "invitations stay");
    let retried = must(world.try_commit(recent).await, "a recent commit is retried");
    assert!(retried.replayed, "a recent commit is remembered");
    assert_eq!(world.stored_user(ada.id()).await.uv(), 2, "and not written again");
}
