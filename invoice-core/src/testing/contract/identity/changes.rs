//! A change is written as a whole or not at all, and once.

use super::world::World;
use crate::identity::{IdentityWrite, SecurityAction, TokenPurpose};
use crate::ports::Unique;
use crate::ports::identity::IdentityPorts;
use crate::testing::contract::{must, must_conflict, must_duplicate, must_not_be_found, must_refuse};
use crate::{Code, Role, UserId, Version};

/// One stale version among several writes: conflict, and none of them is visible.
pub async fn a_stale_version_writes_nothing(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    world.update(ada.clone().with_next_uv()).await;
    let newcomer = world.user("Grace");
    let change = world.change().insert(newcomer.clone()).update(ada.clone().with_disabled_at(None));
    let answer = world.try_commit(change).await;
    must_conflict(answer, Version::FIRST, Some(Version::new(2)), "a stale version is a conflict");
    let found = must(ports.users.user(newcomer.id()).await, "an account is read");
    assert_eq!(found, None, "an insert beside a conflict is not written");
    let stored = world.stored_user(ada.id()).await;
    assert_eq!((stored.uv(), stored.version()), (2, Version::new(2)), "the stale update is not written");
}

/// A guard at a stale version: conflict, and nothing is written.
pub async fn a_stale_guard_writes_nothing(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    world.update(ada.clone().with_next_uv()).await;
    let newcomer = world.user("Grace");
    let answer = world.try_commit(world.change().insert(newcomer.clone()).guard(ada)).await;
    must_conflict(answer, Version::FIRST, Some(Version::new(2)), "a stale guard is a conflict");
    let absent = world.change().insert(newcomer.clone()).guard(world.user("Nobody"));
    let answer = world.try_commit(absent).await;
    must_conflict(answer, Version::FIRST, None, "a guard on what is absent is a conflict");
    let found = must(ports.users.user(newcomer.id()).await, "an account is read");
    assert_eq!(found, None, "nothing is written behind a stale guard");
}

/// A guard that holds lets the change through and leaves the guarded record as it is.
pub async fn a_guard_that_holds_writes_nothing_of_its_own(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let newcomer = world.user("Grace");
    world.commit(world.change().insert(newcomer.clone()).guard(ada.clone())).await;
    assert_eq!(world.stored_user(newcomer.id()).await, newcomer, "the change is written");
    assert_eq!(world.stored_user(ada.id()).await, ada, "the guarded record is untouched");
}

/// The last of several writes fails for uniqueness: the ones before it are not visible either.
pub async fn a_failing_part_undoes_all_others(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let place = world.stored_membership(team.id(), owner.id()).await;
    let key = world.insert(world.api_key(team.id(), owner.id())).await;
    let second = world.user("Grace");
    let change = world
        .change()
        .update(team.clone())
        .update(place.clone().with_role(Role::Viewer))
        .insert(second.clone())
        .delete(key.clone())
        .insert(world.user("Ada"));
    must_duplicate(world.try_commit(change).await, Unique::Email, "the last write takes a taken address");
    assert_eq!(world.stored_team(team.id()).await, team, "the team is as before");
    assert_eq!(world.stored_membership(team.id(), owner.id()).await, place, "the membership is as before");
    let found = must(ports.users.user(second.id()).await, "an account is read");
    assert_eq!(found, None, "the insert is undone");
    let found = must(ports.api_keys.api_key(team.id(), key.id()).await, "a key is read");
    assert_eq!(found, Some(key), "the deletion is undone");
    world.insert(second).await;
}

/// Updating or deleting what is gone is a conflict that found no version.
pub async fn a_record_that_is_gone_is_found_at_no_version(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    world.commit(world.change().delete(ada.clone())).await;
    let update = world.try_commit(world.change().update(ada.clone())).await;
    must_conflict(update, Version::FIRST, None, "an update of what is gone is a conflict");
    let delete = world.try_commit(world.change().delete(ada.clone())).await;
    must_conflict(delete, Version::FIRST, None, "a deletion of what is gone is a conflict");
    let found = must(ports.users.user(ada.id()).await, "an account is read");
    assert_eq!(found, None, "an update does not bring back what is gone");
}

/// The same commit again is answered as written before, and changes nothing, even after later changes.
pub async fn a_retried_commit_is_one_write(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.user("Ada");
    let event = world.event(SecurityAction::Registered).by_user(ada.id());
    let change = world.change().insert(ada.clone()).audit(event);
    let first = world.commit(change.clone()).await;
    assert_eq!((first.id, first.replayed), (change.id, false), "the first commit is a fresh one");
    let again = must(world.try_commit(change.clone()).await, "a retry is answered like the first");
    assert_eq!((again.id, again.replayed), (change.id, true), "a retry says so");

    world.update(ada.clone().with_next_uv()).await;
    must(world.try_commit(change).await, "a late retry is answered too");
    assert_eq!(world.stored_user(ada.id()).await.uv(), 2, "a late retry changes nothing");
    let refused = world.change().update(ada.with_disabled_at(Some(world.now())));
    must_conflict(
        world.try_commit(refused.clone()).await,
        Version::FIRST,
        Some(Version::new(2)),
        "the version is stale",
    );
    let still = world.try_commit(refused).await;
    must_conflict(still, Version::FIRST, Some(Version::new(2)), "a failed commit is not taken for written");
}

/// What `IdentityChange::check` refuses is refused by the store, and nothing is written.
pub async fn a_change_that_contradicts_itself_is_refused(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let place = world.stored_membership(team.id(), owner.id()).await;
    let alone = world.try_commit(world.change().update(place.clone().with_role(Role::Viewer))).await;
    must_refuse(alone, Code::Inconsistent, "a membership is not written without its team");
    assert_eq!(world.role(team.id(), owner.id()).await, Some(Role::Owner), "the role is as before");
    let twice = world.try_commit(world.change().update(team.clone()).update(team.clone())).await;
    must_refuse(twice, Code::Repeated, "a record is not written twice in a change");
    let mut skipping = world.change();
    skipping.writes.push(IdentityWrite::Update { expected: Version::FIRST, record: team.clone().into() });
    must_refuse(world.try_commit(skipping).await, Code::Inconsistent, "a version moves on by one");
    let key = world.api_key(team.id(), owner.id());
    let doomed = world.try_commit(world.change().insert(key).delete(team.clone())).await;
    must_refuse(doomed, Code::Inconsistent, "nothing is written that goes with a deleted team");
    assert_eq!(world.stored_team(team.id()).await, team, "the team is as before");
}

/// Records of an absent team or user are not written.
pub async fn what_refers_to_nothing_is_not_written(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let (ghost, nowhere) = (UserId::from_uuid(world.uuid()), world.team("Nowhere").id());

    let place = world.membership(team.id(), ghost, Role::Viewer);
    let answer = world.try_commit(world.change().update(team.clone()).insert(place)).await;
    must_not_be_found(answer, "an absent user joins no team");
    assert_eq!(world.stored_team(team.id()).await, team, "the team is as before");
    let invitation = world.invitation(nowhere, owner.id(), "Grace");
    let answer = world.try_commit(world.change().insert(invitation)).await;
    must_not_be_found(answer, "nobody is invited to an absent team");
    let answer = world.try_commit(world.change().insert(world.api_key(nowhere, owner.id()))).await;
    must_not_be_found(answer, "an absent team has no keys");
    let answer = world.try_commit(world.change().insert(world.session(ghost))).await;
    must_not_be_found(answer, "an absent user has no session");
    let token = world.one_time_token(ghost, TokenPurpose::VerifyEmail);
    let answer = world.try_commit(world.change().insert(token)).await;
    must_not_be_found(answer, "an absent user is mailed no token");

    let stranger = world.invitation(team.id(), ghost, "Grace");
    must(world.try_commit(world.change().insert(stranger)).await, "who invited is not checked");
}
