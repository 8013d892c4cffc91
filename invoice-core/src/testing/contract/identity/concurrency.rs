//! Of many that want the same at the same moment, one gets it.

use super::world::{World, stored};
use crate::identity::{Acceptance, IdentityChange, IdentityReceipt, TokenPurpose, User};
use crate::ports::StoreError;
use crate::ports::identity::IdentityPorts;
use crate::testing::contract::{must, race};
use crate::{Role, Version};

/// Commits all changes at the same moment.
async fn commit_at_once(
    ports: &IdentityPorts,
    changes: Vec<IdentityChange>,
) -> Vec<Result<IdentityReceipt, StoreError>> {
    race(changes.len(), |index| {
        let (commits, change) = (ports.commits.clone(), changes.get(index).cloned());
        async move {
            match change {
                Some(change) => commits.commit_identity(change).await,
                None => Err(StoreError::NotFound),
            }
        }
    })
    .await
}

/// The place of the only winner; all others must have met the error that `lost` knows.
#[track_caller]
fn only_winner(answers: &[Result<IdentityReceipt, StoreError>], lost: impl Fn(&StoreError) -> bool) -> usize {
    let winners: Vec<_> = answers.iter().enumerate().filter(|(_, it)| it.is_ok()).map(|(at, _)| at).collect();
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(lost(error), "who lost is told so, not: {error}");
    }
    match winners.as_slice() {
        [winner] => *winner,
        _ => panic!("one of {} wins, not {}", answers.len(), winners.len()),
    }
}

/// 16 updates decided on one version: one is written.
pub async fn of_many_updates_of_one_version_one_wins(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let named = |index| ada.clone().with_name(format!("Ada {index}"));
    let named = |index| named(index).unwrap_or_else(|error| panic!("a sound name: {error}"));
    let changes = (0..16).map(|index| world.change().update(named(index))).collect();
    let winner = only_winner(&commit_at_once(ports, changes).await, StoreError::is_conflict);
    let found = world.stored_user(ada.id()).await;
    assert_eq!(found.version(), Version::new(2), "one update is one version");
    assert_eq!(found.name(), format!("Ada {winner}"), "what is stored is the winner's");
}

/// 16 registrations of one address: one account.
pub async fn of_many_registrations_of_an_address_one_wins(ports: &IdentityPorts) {
    let world = World::new(ports);
    let users: Vec<_> = (0..16).map(|_| world.user("Ada")).collect();
    let changes = users.iter().map(|user| world.change().insert(user.clone())).collect();
    let duplicate = |error: &StoreError| matches!(error, StoreError::Duplicate { .. });
    let winner = only_winner(&commit_at_once(ports, changes).await, duplicate);
    let found = stored(ports.users.user_by_email(world.email("Ada").key()).await, "the account");
    assert_eq!(Some(&found), users.get(winner), "the address finds the winner");
}

/// 16 retries of one commit at once: all are answered, one writes.
pub async fn many_retries_of_one_commit_are_one_write(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let change = world.change().update(ada.clone().with_next_uv());
    let answers = commit_at_once(ports, vec![change; 16]).await;
    let fresh = answers.into_iter().map(|answer| must(answer, "a retry is answered like the first"));
    assert_eq!(fresh.filter(|receipt| !receipt.replayed).count(), 1, "one of the retries wrote");
    let found = world.stored_user(ada.id()).await;
    assert_eq!((found.uv(), found.version()), (2, Version::new(2)), "one commit is one write");
}

/// Two owners who step down at once: one of them stays owner.
pub async fn of_two_last_owners_one_stays(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, ada) = world.new_team("Engines", "Ada").await;
    let grace = world.new_user("Grace").await;
    world.join(team.id(), grace.id(), Role::Owner).await;
    let loaded = world.stored_team(team.id()).await;
    let mut changes = Vec::new();
    for owner in [ada.id(), grace.id()] {
        let place = world.stored_membership(team.id(), owner).await;
        changes.push(world.change().update(loaded.clone()).update(place.with_role(Role::Member)));
    }
    only_winner(&commit_at_once(ports, changes).await, StoreError::is_conflict);
    let roles = [world.role(team.id(), ada.id()).await, world.role(team.id(), grace.id()).await];
    let owners = roles.iter().filter(|role| **role == Some(Role::Owner)).count();
    assert_eq!(owners, 1, "one owner is left");
}

/// 32 users accept one invitation at once: one joins.
pub async fn an_invitation_is_accepted_once(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let invitation = world.insert(world.invitation(team.id(), owner.id(), "Grace")).await;
    let mut guests = Vec::new();
    for index in 0..32 {
        guests.push(world.new_user(&format!("guest{index}")).await);
    }
    let accept = |guest: &User| {
        let acceptance = Acceptance { user: guest.id(), at: world.now() };
        let place = world.membership(team.id(), guest.id(), invitation.role());
        let accepted = invitation.clone().with_acceptance(acceptance);
        world.change().update(team.clone()).update(accepted).insert(place)
    };
    let changes = guests.iter().map(accept).collect();
    let winner = only_winner(&commit_at_once(ports, changes).await, StoreError::is_conflict);
    let mut joined = Vec::new();
    for (index, guest) in guests.iter().enumerate() {
        if world.role(team.id(), guest.id()).await.is_some() {
            joined.push(index);
        }
    }
    assert_eq!(joined, [winner], "who won is who joined");
    let used_by = world.stored_invitation(&invitation).await.accepted().map(|it| it.user);
    assert_eq!(used_by, guests.get(winner).map(User::id), "the invitation says who");
}

/// 20 exchanges of one refresh token at once: one child.
pub async fn a_refresh_token_is_exchanged_once(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let session = world.new_session(ada.id()).await;
    let children: Vec<_> = (0..20).map(|_| world.fingerprint()).collect();
    let rotate = |child: &_| session.clone().rotated(*child, world.now(), session.idle_expires_at());
    let changes = children.iter().map(|child| world.change().update(rotate(child))).collect();
    let winner = only_winner(&commit_at_once(ports, changes).await, StoreError::is_conflict);
    let refresh = *world.stored_session(&session).await.refresh();
    assert_eq!(Some(&refresh.current()), children.get(winner), "the child is the winner's");
    assert_eq!(refresh.generation(), 1, "one exchange is one generation");
    let parent = refresh.previous().map(|it| it.fingerprint);
    assert_eq!(parent, Some(session.refresh().current()), "the parent is the token exchanged");
}

/// 20 uses of one password reset at once: one new password.
pub async fn a_one_time_token_is_used_once(ports: &IdentityPorts) {
    let world = World::new(ports);
    let ada = world.new_user("Ada").await;
    let token = world.insert(world.one_time_token(ada.id(), TokenPurpose::ResetPassword)).await;
    let used = || world.change().update(token.clone().with_used_at(world.now()));
    let changes = (0..20).map(|_| used()).collect();
    only_winner(&commit_at_once(ports, changes).await, StoreError::is_conflict);
    let found = stored(ports.mailed_tokens.one_time_token(token.fingerprint()).await, "the token");
    assert_eq!(found.version(), Version::new(2), "one use is one version");
}
