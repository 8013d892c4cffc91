//! What was written is read back.

use uuid::Uuid;

use super::world::{World, all, rows, stored};
use crate::identity::{Acceptance, KeyState, TokenPurpose};
use crate::ports::identity::IdentityPorts;
use crate::testing::contract::must;
use crate::{ApiKeyId, InvitationId, Role, SessionId, TeamId, UserId, Version};

/// An account reads back equal after insert and after update, by id and by address.
pub async fn users_read_back_as_written(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let other = world.new_user("Grace").await;
    assert_eq!(world.stored_user(ada.id()).await, ada, "an inserted account reads back equal");
    assert_eq!(world.stored_user(other.id()).await, other, "each account reads back as itself");
    assert_eq!(ada.version(), Version::FIRST);

    let changed = ada.with_next_uv().with_disabled_at(Some(world.now())).with_password(None);
    let changed = changed.with_name("Ada L.").unwrap_or_else(|error| panic!("a sound name: {error}"));
    let changed = changed.with_email(world.email("Countess"), None);
    world.update(changed.clone()).await;
    let found = stored(ports.users.user_by_email(changed.email().key()).await, "the account by its address");
    assert_eq!(found.version(), Version::new(2), "an update is the next version");
    assert_eq!(found.email(), changed.email(), "the new address is kept");
    assert_eq!(found.verified_at(), None, "the new address is unverified");
    assert_eq!((found.name(), found.uv()), ("Ada L.", 2), "name and epoch are kept");
    assert_eq!((found.disabled_at(), found.password()), (Some(world.now()), None), "state is kept");
    let left = ports.users.user_by_email(world.email("Ada").key()).await;
    assert_eq!(must(left, "an address is looked up"), None, "the former address finds nobody");
}

/// A team and its memberships read back equal after insert and after update.
pub async fn teams_and_memberships_read_back_as_written(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    assert_eq!(world.stored_team(team.id()).await, team, "an inserted team reads back equal");
    let place = world.stored_membership(team.id(), owner.id()).await;
    assert_eq!(place, world.membership(team.id(), owner.id(), Role::Owner), "and so does a membership");

    let renamed = team.with_name("Engines Ltd").unwrap_or_else(|error| panic!("a sound name: {error}"));
    world.commit(world.change().update(renamed).update(place.with_role(Role::Admin))).await;
    let (team, place) = (
        world.stored_team(place_team(&world, owner.id()).await).await,
        rows(ports.teams.teams_of(owner.id(), &all()).await).remove(0).membership,
    );
    assert_eq!((team.name(), team.version()), ("Engines Ltd", Version::new(2)), "a team's update is kept");
    assert_eq!((place.role(), place.version()), (Role::Admin, Version::new(2)), "so is a membership's");
}

async fn place_team(world: &World<'_>, user: UserId) -> TeamId {
    rows(world.ports.teams.teams_of(user, &all()).await).remove(0).team.id()
}

/// An invitation reads back equal after insert and after update, by id and by fingerprint.
pub async fn invitations_read_back_as_written(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let sent = world.insert(world.invitation(team.id(), owner.id(), "Grace")).await;
    assert_eq!(world.stored_invitation(&sent).await, sent, "an inserted invitation reads back equal");
    let acceptance = Acceptance { user: owner.id(), at: world.now() };
    world.update(sent.clone().with_acceptance(acceptance).with_revoked_at(world.now())).await;
    let found = ports.mailed_tokens.invitation_by_fingerprint(sent.fingerprint()).await;
    let found = stored(found, "the invitation by its fingerprint");
    assert_eq!((found.id(), found.version()), (sent.id(), Version::new(2)), "an update is the next version");
    assert_eq!(found.accepted(), Some(acceptance), "who accepted is kept");
    assert_eq!(found.revoked_at(), Some(world.now()), "that it was revoked is kept");
}

/// A session reads back equal after insert and after update.
pub async fn sessions_read_back_as_written(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let session = world.session(owner.id()).with_team(Some(team.id())).with_secret(Some(world.sealed()));
    let session = world.insert(session).await;
    assert_eq!(world.stored_session(&session).await, session, "an inserted session reads back equal");
    let child = world.fingerprint();
    let at = world.now().plus_millis(60_000);
    world.update(session.clone().rotated(child, at, session.idle_expires_at().plus_millis(60_000))).await;
    let found = world.stored_session(&session).await;
    assert_eq!(found.version(), Version::new(2), "an update is the next version");
    assert_eq!(found.refresh().current(), child, "the new refresh token is kept");
    let previous = found.refresh().previous().map(|it| (it.fingerprint, it.rotated_at));
    assert_eq!(previous, Some((session.refresh().current(), at)), "its parent is kept");
    assert_eq!((found.last_seen_at(), found.refresh().generation()), (at, 1), "its use is kept");
    world.update(found.revoked(at)).await;
    let found = world.stored_session(&session).await;
    assert_eq!((found.revoked_at(), found.sv(), found.secret()), (Some(at), 2, None), "its end is kept");
}

/// A one-time token reads back equal after insert and after update.
pub async fn one_time_tokens_read_back_as_written(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    for purpose in TokenPurpose::ALL {
        let token = world.one_time_token(ada.id(), purpose).with_payload("new@example.org");
        let token = world.insert(token.unwrap_or_else(|error| panic!("a sound payload: {error}"))).await;
        let found = ports.mailed_tokens.one_time_token(token.fingerprint()).await;
        assert_eq!(stored(found, "the token"), token, "an inserted token reads back equal");
        world.update(token.clone().with_used_at(world.now())).await;
        let found = ports.mailed_tokens.one_time_token(token.fingerprint()).await;
        let found = stored(found, "the token");
        assert_eq!(found.version(), Version::new(2), "an update is the next version");
        assert_eq!(found.used_at(), Some(world.now()), "that it was used is kept");
    }
}

/// An API key reads back equal after insert and after update, by id and by fingerprint.
pub async fn api_keys_read_back_as_written(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let end = world.now().plus_millis(1_000);
    let key = world.insert(world.api_key(team.id(), owner.id()).with_expires_at(Some(end))).await;
    let found = ports.api_keys.api_key(team.id(), key.id()).await;
    assert_eq!(stored(found, "the key"), key, "an inserted key reads back equal");
    world.update(key.clone().with_revoked_at(world.now())).await;
    let found = ports.api_keys.api_key_by_fingerprint(key.fingerprint()).await;
    let found = stored(found, "the key by its fingerprint");
    assert_eq!((found.id(), found.version()), (key.id(), Version::new(2)), "an update is the next version");
    assert_eq!(found.revoked_at(), Some(world.now()), "that it was revoked is kept");
}

/// Signing keys read back equal, by creation and then by identifier, through all their states.
pub async fn signing_keys_read_back_as_written_in_order(ports: &IdentityPorts) {
    let world = World::new(ports);
    let late = world.insert(world.signing_key("b")).await;
    let early = world.insert(world.signing_key("a")).await;
    world.clock().advance_millis(-1_000);
    let earliest = world.insert(world.signing_key("c")).await;
    let found = must(ports.signing_keys.signing_keys().await, "the ring is read");
    assert_eq!(found, [earliest, early, late.clone()], "keys read back equal and in order");

    let active = late.activated(world.now()).unwrap_or_else(|error| panic!("a pending key: {error}"));
    world.update(active).await;
    for state in [KeyState::Active, KeyState::Retiring, KeyState::Destroyed] {
        let ring = must(ports.signing_keys.signing_keys().await, "the ring is read");
        let key = ring.into_iter().find(|key| key.kid().as_str() == "b");
        let key = key.unwrap_or_else(|| panic!("a key in state {state:?} is still in the ring"));
        assert_eq!(key.state(), state, "a key's state is kept");
        match state {
            KeyState::Active => world.update(retired(&world, key)).await,
            KeyState::Retiring => world.update(key.destroyed(world.now())).await,
            KeyState::Pending | KeyState::Destroyed => {
                assert_eq!(key.private(), None, "a destroyed key has no private half");
            }
        }
    }
}

fn retired(world: &World<'_>, key: crate::identity::SigningKey) -> crate::identity::SigningKey {
    key.retired(world.now()).unwrap_or_else(|error| panic!("an active key: {error}"))
}

/// Reads of what is not there are answered with nothing, not with an error.
pub async fn what_is_absent_reads_as_none(ports: &IdentityPorts) {
    let world = World::new(ports);
    let id = Uuid::from_u128(0xdead);
    let (team, user) = (TeamId::from_uuid(id), UserId::from_uuid(id));
    let fingerprint = world.fingerprint();
    let nothing = "what is absent reads as none";
    assert!(must(ports.users.user(user).await, nothing).is_none(), "no user");
    let address = world.email("nobody");
    assert!(must(ports.users.user_by_email(address.key()).await, nothing).is_none(), "no address");
    assert!(must(ports.teams.team(team).await, nothing).is_none(), "no team");
    assert!(must(ports.teams.membership(team, user).await, nothing).is_none(), "no membership");
    let invitation = ports.teams.invitation(team, InvitationId::from_uuid(id)).await;
    assert!(must(invitation, nothing).is_none(), "no invitation");
    let session = SessionId::from_uuid(id);
    assert!(must(ports.sessions.session(session).await, nothing).is_none(), "no session");
    let check = ports.sessions.check_session(session, Some(team)).await;
    assert!(must(check, nothing).is_none(), "no session to check");
    assert!(must(ports.sessions.session_by_refresh(fingerprint).await, nothing).is_none(), "no refresh");
    let mailed = &ports.mailed_tokens;
    assert!(must(mailed.invitation_by_fingerprint(fingerprint).await, nothing).is_none(), "no invitation");
    assert!(must(mailed.one_time_token(fingerprint).await, nothing).is_none(), "no token");
    let key = ApiKeyId::from_uuid(id);
    assert!(must(ports.api_keys.api_key(team, key).await, nothing).is_none(), "no key");
    let key = ports.api_keys.api_key_by_fingerprint(fingerprint).await;
    assert!(must(key, nothing).is_none(), "no key by fingerprint");
    let touched = ports.sessions.touch_session(session, world.now()).await;
    must(touched, "touching what is absent is no error");
    assert!(rows(ports.teams.members(team, None, &all()).await).is_empty(), "no members");
    assert!(rows(ports.teams.teams_of(user, &all()).await).is_empty(), "no teams");
}
