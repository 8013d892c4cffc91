//! Sessions, their refresh tokens, and what checking an access token sees.

use super::world::{World, all, rows, stored};
use crate::identity::{Session, SessionCheck};
use crate::ports::identity::IdentityPorts;
use crate::testing::contract::must;
use crate::{Role, TeamId};

async fn check(ports: &IdentityPorts, session: &Session, team: Option<TeamId>) -> SessionCheck {
    stored(ports.sessions.check_session(session.id(), team).await, "the session")
}

/// A check sees a new session version, epoch, role, end and disabling as soon as they are committed.
pub async fn a_check_sees_every_change_at_once(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, ada) = world.new_team("Engines", "Ada").await;
    let (sealed, at) = (world.sealed(), world.now());
    let session = world.insert(world.session(ada.id()).with_secret(Some(sealed.clone()))).await;
    let mut expected = SessionCheck {
        user: ada.id(),
        sv: 1,
        uv: 1,
        role: Some(Role::Owner),
        revoked_at: None,
        disabled_at: None,
        idle_expires_at: session.idle_expires_at(),
        secret: Some(sealed),
    };
    let asked = Some(team.id());
    assert_eq!(check(ports, &session, asked).await, expected, "a new session is checked");

    world.update(world.stored_user(ada.id()).await.with_next_uv()).await;
    expected.uv = 2;
    assert_eq!(check(ports, &session, asked).await, expected, "the next epoch is seen at once");
    let place = world.stored_membership(team.id(), ada.id()).await.with_role(Role::Viewer);
    world.commit(world.change().update(team.clone()).update(place)).await;
    expected.role = Some(Role::Viewer);
    assert_eq!(check(ports, &session, asked).await, expected, "another role is seen at once");
    world.update(world.stored_user(ada.id()).await.with_disabled_at(Some(at))).await;
    expected.disabled_at = Some(at);
    assert_eq!(check(ports, &session, asked).await, expected, "disabling is seen at once");
    let next = session.clone().with_next_sv();
    let idle = session.idle_expires_at().plus_millis(1_000);
    world.update(next.rotated(world.fingerprint(), at, idle)).await;
    (expected.sv, expected.idle_expires_at) = (2, idle);
    assert_eq!(check(ports, &session, asked).await, expected, "the next session version is seen at once");
    world.update(world.stored_session(&session).await.revoked(at)).await;
    (expected.sv, expected.revoked_at, expected.secret) = (3, Some(at), None);
    assert_eq!(check(ports, &session, asked).await, expected, "revoking is seen at once");
    let place = world.stored_membership(team.id(), ada.id()).await;
    world.commit(world.change().update(world.stored_team(team.id()).await).delete(place)).await;
    expected.role = None;
    assert_eq!(check(ports, &session, asked).await, expected, "leaving the team is seen at once");
    world.commit(world.change().delete(world.stored_session(&session).await)).await;
    let gone = must(ports.sessions.check_session(session.id(), asked).await, "a session is checked");
    assert_eq!(gone, None, "a deleted session is gone at once");
}

/// The role is the one in the team asked for, be it active or not.
pub async fn a_check_tells_the_role_in_the_team_asked_for(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (engines, ada) = world.new_team("Engines", "Ada").await;
    let (looms, _) = world.new_team("Looms", "Grace").await;
    let (foreign, _) = world.new_team("Mills", "Joan").await;
    world.join(looms.id(), ada.id(), Role::Viewer).await;
    let session = world.insert(world.session(ada.id()).with_team(Some(engines.id()))).await;
    let asked = [
        (Some(engines.id()), Some(Role::Owner)),
        (Some(looms.id()), Some(Role::Viewer)),
        (Some(foreign.id()), None),
        (Some(world.team("Nowhere").id()), None),
        (None, None),
    ];
    for (team, role) in asked {
        let found = check(ports, &session, team).await.role;
        assert_eq!(found, role, "the role is the one in the team asked for: {team:?}");
    }
}

/// A refresh token finds its session while it is current and while it is the parent, not longer.
pub async fn a_refresh_token_is_found_while_current_and_once_after(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let (session, other) = (world.new_session(ada.id()).await, world.new_session(ada.id()).await);
    let mut family = vec![session.refresh().current()];
    for _ in 0..2 {
        let child = world.fingerprint();
        let loaded = world.stored_session(&session).await;
        let idle = loaded.idle_expires_at();
        world.update(loaded.rotated(child, world.now(), idle)).await;
        family.push(child);
    }
    let expected = [None, Some(session.id()), Some(session.id())];
    for (fingerprint, expected) in family.into_iter().zip(expected) {
        let found = ports.sessions.session_by_refresh(fingerprint).await;
        let found = must(found, "a refresh token is looked up").map(|session| session.id());
        assert_eq!(found, expected, "current and parent are found, a grandparent is not");
    }
    let found = ports.sessions.session_by_refresh(other.refresh().current()).await;
    assert_eq!(stored(found, "the other session"), other, "each token finds its own session");
}

/// A user's sessions are listed, ended ones too, and nobody else's.
pub async fn a_users_sessions_are_theirs_only(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (ada, grace) = (world.new_user("Ada").await, world.new_user("Grace").await);
    let first = world.new_session(ada.id()).await;
    world.new_session(grace.id()).await;
    let second = world.new_session(ada.id()).await;
    world.update(first.clone().revoked(world.now())).await;
    let ended = world.stored_session(&first).await;
    assert!(ended.revoked_at().is_some(), "the first session is ended");
    let listed = rows(ports.sessions.sessions_of(ada.id(), &all()).await);
    assert_eq!(listed, [second, ended], "the user's sessions are listed, the newest first");
}

/// A touch moves the last use on, never back, and leaves the version as it is.
pub async fn a_touch_is_seen_and_is_no_version(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let session = world.new_session(ada.id()).await;
    let (later, latest) = (world.now().plus_millis(1_000), world.now().plus_millis(2_000));
    for at in [latest, later] {
        must(ports.sessions.touch_session(session.id(), at).await, "a session is touched");
        let found = world.stored_session(&session).await;
        assert_eq!(found, session.clone().seen(latest), "a touch changes the last use only, and moves it on");
    }
    world.update(session.clone().with_next_sv()).await;
    assert_eq!(world.stored_session(&session).await.sv(), 2, "an update decided before a touch is written");
}

/// An update decided before a touch, of a session or an API key, keeps the later last use.
pub async fn an_update_never_moves_the_last_use_back(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, ada) = world.new_team("Engines", "Ada").await;
    let session = world.new_session(ada.id()).await;
    let key = world.insert(world.api_key(team.id(), ada.id())).await;
    let later = world.now().plus_millis(1_000);
    must(ports.sessions.touch_session(session.id(), later).await, "a session is touched");
    must(ports.api_keys.touch_api_key(team.id(), key.id(), later).await, "a key is touched");
    world.commit(world.change().update(session.clone()).update(key.clone())).await;
    let found = world.stored_session(&session).await;
    assert_eq!((found.last_seen_at(), found.version().get()), (later, 2), "a session's last use stays");
    let found = stored(ports.api_keys.api_key(team.id(), key.id()).await, "the key");
    assert_eq!((found.last_used_at(), found.version().get()), (Some(later), 2), "a key's last use stays");
    let latest = world.now().plus_millis(9_000);
    let child = world.fingerprint();
    let session = world.stored_session(&session).await;
    let idle = session.idle_expires_at();
    world.update(session.clone().rotated(child, latest, idle)).await;
    let found = world.stored_session(&session).await.last_seen_at();
    assert_eq!(found, latest, "an update can move it on");
}
