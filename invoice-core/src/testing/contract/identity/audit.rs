//! The security audit.

use super::world::{World, all, rows};
use crate::Version;
use crate::identity::SecurityAction;
use crate::ports::Unique;
use crate::ports::identity::IdentityPorts;
use crate::testing::contract::{must_conflict, must_duplicate};

/// A change that fails leaves no trace in the audit; one that succeeds leaves its own, complete.
pub async fn the_audit_is_written_with_its_change_or_not_at_all(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    world.update(ada.clone().with_next_uv()).await;
    let event = world.event(SecurityAction::UserDisabled).by_user(ada.id()).on("usr");
    let stale = world.change().update(ada.clone()).audit(event.clone());
    let answer = world.try_commit(stale).await;
    must_conflict(answer, Version::FIRST, Some(Version::new(2)), "the change is stale");
    let listed = rows(ports.audit.events_of_user(ada.id(), &all()).await);
    assert!(listed.is_empty(), "what did not happen is not in the audit");

    let change = world.change().update(world.stored_user(ada.id()).await).audit(event.clone());
    world.commit(change.clone()).await;
    world.commit(change).await;
    let listed = rows(ports.audit.events_of_user(ada.id(), &all()).await);
    assert_eq!(listed.as_slice(), std::slice::from_ref(&event), "what happened is, once and in full");
    let lone = world.event(SecurityAction::LoginFailed).by_user(ada.id());
    world.commit(world.change().audit(lone.clone())).await;
    let listed = rows(ports.audit.events_of_user(ada.id(), &all()).await);
    assert_eq!(listed, [lone, event.clone()], "an audit needs no other write");
    let answer = world.try_commit(world.change().audit(event)).await;
    must_duplicate(answer, Unique::Id, "an entry is not written over");
}

/// Entries are read by team and by user, the newest first.
pub async fn the_audit_is_read_newest_first_by_team_and_by_user(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, ada) = world.new_team("Engines", "Ada").await;
    let (other, grace) = world.new_team("Looms", "Grace").await;
    let mut events = Vec::new();
    for (team, user) in [(&team, &ada), (&other, &ada), (&team, &grace), (&team, &ada)] {
        world.clock().advance_millis(10);
        let event = world.event(SecurityAction::RoleChanged).in_team(team.id()).by_user(user.id());
        world.commit(world.change().audit(event.clone())).await;
        events.push(event);
    }
    let [first, second, third, fourth] = events.as_slice() else { panic!("four entries were written") };
    let of_team = rows(ports.audit.events_of_team(team.id(), &all()).await);
    assert_eq!(of_team.iter().collect::<Vec<_>>(), [fourth, third, first], "the team's entries");
    let of_user = rows(ports.audit.events_of_user(ada.id(), &all()).await);
    assert_eq!(of_user.iter().collect::<Vec<_>>(), [fourth, second, first], "the user's entries");
}

/// Deleting a team or a user leaves what the audit says of them.
pub async fn the_audit_outlives_whom_it_tells_of(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, ada) = world.new_team("Engines", "Ada").await;
    let event = world.event(SecurityAction::TeamDeleted).in_team(team.id()).by_user(ada.id());
    world.commit(world.change().delete(team.clone()).audit(event.clone())).await;
    let gone = world.event(SecurityAction::UserDeleted).by_user(ada.id());
    world.commit(world.change().delete(ada.clone()).audit(gone.clone())).await;
    let of_team = rows(ports.audit.events_of_team(team.id(), &all()).await);
    assert_eq!(of_team.as_slice(), std::slice::from_ref(&event), "a deleted team's entries stay");
    let of_user = rows(ports.audit.events_of_user(ada.id(), &all()).await);
    assert_eq!(of_user, [gone, event], "a deleted user's entries stay");
}
