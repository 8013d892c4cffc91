//! What exists once.

use super::world::World;
use crate::identity::{ApiKey, IdentityRecord};
use crate::identity::{EmailAddress, EmailKey, Invitation, OneTimeToken, Session, TokenPurpose};
use crate::ports::Unique;
use crate::ports::identity::IdentityPorts;
use crate::testing::contract::{must, must_duplicate};
use crate::{ApiKeyId, InvitationId, OneTimeTokenId, Role, SessionId};

/// A second record with an identifier that is taken is a duplicate; the first stays.
pub async fn an_identifier_is_given_once(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let again = ada.clone().with_email(world.email("Grace"), None);
    let answer = world.try_commit(world.change().insert(again)).await;
    must_duplicate(answer, Unique::Id, "a user's identifier is given once");
    assert_eq!(world.stored_user(ada.id()).await, ada, "the first user stays");
    let team = world.insert(world.team("Engines")).await;
    let answer = world.try_commit(world.change().insert(team.clone())).await;
    must_duplicate(answer, Unique::Id, "a team's identifier is given once");
    let session = world.new_session(ada.id()).await;
    let end = session.absolute_expires_at();
    let again = Session::new(session.id(), ada.id(), world.fingerprint(), world.now(), end, end);
    let again = again.unwrap_or_else(|error| panic!("a sound session: {error}"));
    let answer = world.try_commit(world.change().insert(again)).await;
    must_duplicate(answer, Unique::Id, "a session's identifier is given once");
}

/// An address is taken by one user, by insert and by update.
pub async fn an_address_belongs_to_one_user(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let answer = world.try_commit(world.change().insert(world.user("Ada"))).await;
    must_duplicate(answer, Unique::Email, "an address is registered once");
    let grace = world.new_user("Grace").await;
    let change = world.change().update(grace.clone().with_email(ada.email().clone(), None));
    must_duplicate(world.try_commit(change).await, Unique::Email, "an address is not moved to");
    assert_eq!(world.stored_user(grace.id()).await, grace, "the other user is as before");
    let found = must(ports.users.user_by_email(ada.email().key()).await, "an address is looked up");
    assert_eq!(found, Some(ada), "the address finds its first holder");
}

/// Keys of addresses have no collation: they differ as soon as a byte does.
pub async fn an_address_is_compared_byte_by_byte(ports: &IdentityPorts) {
    let world = World::new(ports);
    let plain = world.new_user("rene").await;
    for text in ["RENE@example.org", "ren\u{e9}@example.org", "rene@example.org.", "re\u{301}ne@example.org"]
    {
        let key = EmailKey::new(text).unwrap_or_else(|error| panic!("a sound key: {error}"));
        let found = must(ports.users.user_by_email(&key).await, "an address is looked up");
        assert_eq!(found, None, "`{text}` is another key");
        let address = EmailAddress::new(text, key.clone());
        let address = address.unwrap_or_else(|error| panic!("a sound address: {error}"));
        let other = world.insert(world.user("someone").with_email(address, None)).await;
        let found = must(ports.users.user_by_email(&key).await, "an address is looked up");
        assert_eq!(found.map(|user| user.id()), Some(other.id()), "`{text}` finds its own holder");
    }
    let found = must(ports.users.user_by_email(plain.email().key()).await, "an address is looked up");
    assert_eq!(found, Some(plain), "the plain key finds its own holder");
}

/// An address that its holder moved from, or whose holder was deleted, can be taken.
pub async fn an_address_is_free_again_after_it_was_left(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    world.update(ada.clone().with_email(world.email("Countess"), None)).await;
    let next = world.user("Ada");
    must(world.try_commit(world.change().insert(next.clone())).await, "a left address is free");
    world.commit(world.change().delete(next)).await;
    must(world.try_commit(world.change().insert(world.user("Ada"))).await, "a deleted user's is free");
}

/// A user has one place in a team.
pub async fn a_user_is_in_a_team_once(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let second = world.membership(team.id(), owner.id(), Role::Viewer);
    let answer = world.try_commit(world.change().update(team.clone()).insert(second)).await;
    must_duplicate(answer, Unique::Membership, "a user joins a team once");
    assert_eq!(world.role(team.id(), owner.id()).await, Some(Role::Owner), "the first place stays");
    let (other, _) = world.new_team("Looms", "Grace").await;
    world.join(other.id(), owner.id(), Role::Viewer).await;
}

/// Each kind of secret has its fingerprints to itself, and each of them once.
pub async fn a_fingerprint_is_given_once(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let shared = world.fingerprint();
    for second in [false, true] {
        let (now, user) = (world.now(), owner.id());
        let (end, address) = (now.plus_millis(1_000), world.email("Grace"));
        let invitation = InvitationId::from_uuid(world.uuid());
        let invitation = Invitation::new(invitation, team.id(), address, Role::Viewer, user, shared, end);
        let token = OneTimeTokenId::from_uuid(world.uuid());
        let token = OneTimeToken::new(token, user, TokenPurpose::VerifyEmail, shared, end);
        let key = ApiKeyId::from_uuid(world.uuid());
        let key = ApiKey::new(key, team.id(), "Shop", "ik", shared, Role::Viewer, user);
        let key = key.unwrap_or_else(|error| panic!("a sound key: {error}"));
        let session = Session::new(SessionId::from_uuid(world.uuid()), user, shared, now, end, end);
        let session = session.unwrap_or_else(|error| panic!("a sound session: {error}"));
        let records: [IdentityRecord; 4] = [invitation.into(), token.into(), key.into(), session.into()];
        for record in records {
            let kind = record.key();
            let answer = world.try_commit(world.change().insert(record)).await;
            if second {
                let sentence = format!("the fingerprint is given once among its kind: {kind:?}");
                must_duplicate(answer, Unique::Fingerprint, &sentence);
            } else {
                must(answer, "each kind has its fingerprints to itself");
            }
        }
    }
    let (one, two) = (world.new_session(owner.id()).await, world.new_session(owner.id()).await);
    let (at, idle) = (world.now(), one.idle_expires_at());
    let child = world.fingerprint();
    world.update(one.rotated(child, at, idle)).await;
    let answer = world.try_commit(world.change().update(two.rotated(child, at, idle))).await;
    must_duplicate(answer, Unique::Fingerprint, "a refresh token belongs to one session");
}

/// A signing key's identifier is given once.
pub async fn a_key_identifier_is_given_once(ports: &IdentityPorts) {
    let world = World::new(ports);
    let first = world.insert(world.signing_key("k1")).await;
    let answer = world.try_commit(world.change().insert(world.signing_key("k1"))).await;
    must_duplicate(answer, Unique::KeyId, "a key's identifier is given once");
    let ring = must(ports.signing_keys.signing_keys().await, "the ring is read");
    assert_eq!(ring, [first], "the first key stays");
    world.insert(world.signing_key("K1")).await;
}
