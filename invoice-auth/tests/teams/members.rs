use std::sync::Arc;

use invoice_auth::{ApiKeyData, AuthError, Caller, Rule};
use invoice_core::identity::SecurityAction;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::{Permission, Role, Version};
use uuid::Uuid;

use crate::common::watched::Overtaken;
use crate::desk::{Desk, all, assert_conflict, stores, team, told};

stores::on_every_store! {
    members_are_found_by_the_start_of_name_or_address
    a_search_needs_something_to_look_for
    a_role_is_changed_by_who_saw_the_last_version
    nobody_decides_about_a_role_above_their_own
    who_steps_down_can_not_step_up_again
    a_member_is_removed_by_who_saw_the_last_version
    a_removed_member_is_out_at_once
    who_leaves_is_out_whatever_their_role
    an_api_key_reads_and_changes_nothing
}

async fn found(desk: &Desk, caller: &Caller, prefix: &str) -> Vec<String> {
    let page = desk.auth.members(caller, Some(prefix), &all()).await.unwrap();
    page.items.into_iter().map(|member| member.name).collect()
}

async fn members_are_found_by_the_start_of_name_or_address(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Viewer).await;
    desk.member(&ada, "Bobbie", Role::Admin).await;
    desk.owner("bobby").await;
    assert_eq!(found(&desk, &bob, "BOB").await, ["bob", "Bobbie"]);
    assert_eq!(found(&desk, &bob, "bob@").await, ["bob"]);
    assert!(found(&desk, &bob, "bobby").await.is_empty());

    let everybody = desk.auth.members(&bob, None, &all()).await.unwrap().items;
    let seen: Vec<_> = everybody.iter().map(|m| (m.email.as_str(), m.membership.role())).collect();
    let expected = [
        ("ada@example.org", Role::Owner),
        ("bob@example.org", Role::Viewer),
        ("Bobbie@example.org", Role::Admin),
    ];
    assert_eq!(seen, expected);
}

async fn a_search_needs_something_to_look_for(desk: Desk) {
    let ada = desk.owner("ada").await;
    let Err(AuthError::Invalid(found)) = desk.auth.members(&ada, Some(" "), &all()).await else {
        panic!("searched")
    };
    assert_eq!(found.iter().map(invoice_core::Violation::pointer).collect::<Vec<_>>(), ["/prefix"]);
}

async fn a_role_is_changed_by_who_saw_the_last_version(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Viewer).await;
    let version = desk.version_of(&bob).await;
    let changed = desk.auth.change_role(&ada, bob.user_id(), Role::Accountant, version).await.unwrap();
    assert_eq!((changed.role(), changed.version()), (Role::Accountant, version.next()));
    assert_eq!(desk.ports.teams.membership(team(&ada), bob.user_id()).await.unwrap(), Some(changed.clone()));

    let same = desk.auth.change_role(&ada, bob.user_id(), Role::Accountant, changed.version()).await.unwrap();
    assert_eq!(same, changed, "a version for nothing");
    let stale = desk.auth.change_role(&ada, bob.user_id(), Role::Admin, version).await;
    assert_conflict(&stale, version, version.next());
    assert_eq!(desk.role_of(&bob).await, Some(Role::Accountant));

    let stranger = invoice_core::UserId::from_uuid(Uuid::from_u128(9));
    let nobody = desk.auth.change_role(&ada, stranger, Role::Viewer, Version::FIRST).await;
    assert_eq!(told(nobody), "NotFound");
    let refused = desk.auth.change_role(&bob, bob.user_id(), Role::Viewer, version.next()).await;
    assert!(matches!(refused, Err(AuthError::Forbidden(Permission::ManageMembers))), "{refused:?}");
}

async fn nobody_decides_about_a_role_above_their_own(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Admin).await;
    let kim = desk.member(&ada, "kim", Role::Member).await;
    for (user, role) in [(&kim, Role::Owner), (&bob, Role::Owner), (&ada, Role::Viewer), (&ada, Role::Owner)]
    {
        let version = desk.version_of(user).await;
        let refused = desk.auth.change_role(&bob, user.user_id(), role, version).await;
        assert!(matches!(refused, Err(AuthError::Rule(Rule::RoleAboveOwn))), "{refused:?}");
    }
    let removed = desk.auth.remove_member(&bob, ada.user_id(), desk.version_of(&ada).await).await;
    assert!(matches!(removed, Err(AuthError::Rule(Rule::RoleAboveOwn))), "{removed:?}");
    let kims = desk.version_of(&kim).await;
    desk.auth.change_role(&bob, kim.user_id(), Role::Admin, kims).await.unwrap();
    assert_eq!(desk.role_of(&kim).await, Some(Role::Admin));
    assert_eq!(desk.role_of(&ada).await, Some(Role::Owner));
}

async fn who_steps_down_can_not_step_up_again(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Admin).await;
    let version = desk.version_of(&bob).await;
    let changed = desk.auth.change_role(&bob, bob.user_id(), Role::Viewer, version).await.unwrap();
    // The caller still says admin: the store is asked.
    assert_eq!(bob.role(), Some(Role::Admin));
    let back = desk.auth.change_role(&bob, bob.user_id(), Role::Admin, changed.version()).await;
    assert!(matches!(back, Err(AuthError::Forbidden(Permission::ManageMembers))), "{back:?}");
}

async fn a_member_is_removed_by_who_saw_the_last_version(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Viewer).await;
    let seen = desk.version_of(&bob).await;
    // Between what she reads and what she commits.
    let (auth, owner, him) = (desk.auth.clone(), ada.clone(), bob.user_id());
    let promotion =
        async move { auth.change_role(&owner, him, Role::Admin, seen).await.map(|_| ()).unwrap() };
    let commits = Overtaken::new(&desk.ports.commits, 0, promotion);
    let late = desk.another(IdentityPorts { commits: Arc::new(commits), ..desk.ports.clone() }).await;
    assert_conflict(&late.auth.remove_member(&ada, him, seen).await, seen, seen.next());
    assert_conflict(&desk.auth.remove_member(&ada, him, seen).await, seen, seen.next());
    assert_eq!(desk.role_of(&bob).await, Some(Role::Admin));
    desk.auth.remove_member(&ada, him, seen.next()).await.unwrap();
    assert_eq!(desk.role_of(&bob).await, None);
}

async fn a_removed_member_is_out_at_once(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Admin).await;
    let kim = desk.member(&ada, "kim", Role::Accountant).await;
    let refused = desk.auth.remove_member(&kim, bob.user_id(), Version::FIRST).await;
    assert!(matches!(refused, Err(AuthError::Forbidden(Permission::ManageMembers))), "{refused:?}");

    let kims = desk.version_of(&kim).await;
    desk.auth.remove_member(&bob, kim.user_id(), kims).await.unwrap();
    assert_eq!(told(desk.auth.team(&kim).await), "NotFound");
    assert_eq!(told(desk.auth.remove_member(&bob, kim.user_id(), kims).await), "NotFound");
    // Who was out comes in again as somebody new.
    desk.auth.invite(&bob, "kim@example.org", Role::Viewer).await.unwrap();
    let token = desk.post.invitation("kim@example.org");
    assert_eq!(desk.auth.accept_invitation(&kim, &token).await.unwrap().role(), Role::Viewer);
}

async fn who_leaves_is_out_whatever_their_role(desk: Desk) {
    let ada = desk.owner("ada").await;
    for role in [Role::Viewer, Role::Admin, Role::Owner] {
        let name = format!("a{role}");
        let member = desk.member(&ada, &name, role).await;
        desk.auth.leave_team(&member).await.unwrap();
        assert_eq!(told(desk.auth.leave_team(&member).await), "NotFound");
        assert_eq!(desk.actions(team(&ada)).await.last(), Some(&SecurityAction::MemberRemoved));
    }
}

async fn an_api_key_reads_and_changes_nothing(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Viewer).await;
    let made = desk.auth.create_api_key(&ada, ApiKeyData::new("Key", Role::Owner)).await.unwrap().key;
    let key = Caller::api_key(made.id(), made.created_by(), made.team(), made.role());
    let (auth, version) = (&desk.auth, Version::FIRST);
    auth.team(&key).await.unwrap();
    auth.members(&key, Some("bob"), &all()).await.unwrap();
    auth.invitations(&key, &all()).await.unwrap();
    auth.api_keys(&key, &all()).await.unwrap();

    let answers = [
        told(auth.create_team(&key, "Mine").await),
        told(auth.my_teams(&key, &all()).await),
        told(auth.rename_team(&key, "Mine", version).await),
        told(auth.delete_team(&key, version).await),
        told(auth.change_role(&key, bob.user_id(), Role::Owner, version).await),
        told(auth.remove_member(&key, bob.user_id(), version).await),
        told(auth.leave_team(&key).await),
        told(auth.transfer_ownership(&key, bob.user_id()).await),
        told(auth.invite(&key, "eve@example.org", Role::Viewer).await),
        told(auth.revoke_invitation(&key, invoice_core::InvitationId::from_uuid(Uuid::from_u128(9))).await),
        told(auth.accept_invitation(&key, &desk.post.invitation("bob@example.org")).await),
        told(auth.create_api_key(&key, ApiKeyData::new("More", Role::Viewer)).await),
        told(auth.revoke_api_key(&key, made.id()).await),
    ];
    assert!(answers.iter().all(|answer| answer == "Rule(PersonOnly)"), "{answers:?}");

    // In another team it finds nothing, and in its own it reads by its own role.
    let eve = desk.owner("eve").await;
    assert_eq!(told(auth.team(&key.in_team(team(&eve), Some(Role::Owner))).await), "NotFound");
    let made = auth.create_api_key(&ada, ApiKeyData::new("Weak", Role::Viewer)).await.unwrap().key;
    let weak = Caller::api_key(made.id(), made.created_by(), made.team(), Role::Owner);
    assert_eq!(told(auth.api_keys(&weak, &all()).await), "Forbidden(ManageApiKeys)");
}

#[tokio::test]
async fn what_was_decided_on_a_seat_that_went_meanwhile_is_not_done() {
    let desk = Desk::on(stores::in_memory()).await;
    let ada = desk.owner("ada").await;
    let open = desk.auth.invite(&ada, "liv@example.org", Role::Viewer).await.unwrap();
    let key = desk.auth.create_api_key(&ada, ApiKeyData::new("Key", Role::Viewer)).await.unwrap().key;
    let auth = &desk.auth;
    for attempt in 0..5 {
        let bob = desk.member(&ada, &format!("bob{attempt}"), Role::Admin).await;
        let version = auth.team(&ada).await.unwrap().version();
        let (remover, owner, out) = (desk.auth.clone(), ada.clone(), bob.user_id());
        let removal = async move { remover.remove_member(&owner, out, Version::FIRST).await.unwrap() };
        // Between what he reads and what he commits.
        let commits = Overtaken::new(&desk.ports.commits, 0, removal);
        let ports = IdentityPorts { commits: Arc::new(commits), ..desk.ports.clone() };
        let late = desk.another(ports).await.auth;
        let late = match attempt {
            0 => told(late.invite(&bob, "eve@example.org", Role::Viewer).await),
            1 => told(late.revoke_invitation(&bob, open.id()).await),
            2 => told(late.create_api_key(&bob, ApiKeyData::new("Key", Role::Admin)).await),
            3 => told(late.revoke_api_key(&bob, key.id()).await),
            _ => told(late.rename_team(&bob, "Mine", version).await),
        };
        assert_eq!(late, "NotFound", "{attempt}");
    }
}

#[tokio::test]
async fn a_version_that_is_not_the_last_is_answered_at_once() {
    let desk = Desk::on(stores::in_memory()).await;
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Viewer).await;
    let (stale, user) = (Version::new(7), bob.user_id());
    for attempt in 0..4 {
        let (reads_again, read_again) = tokio::sync::oneshot::channel();
        let again = async move { reads_again.send(()).unwrap() };
        let users = Arc::new(Overtaken::new(&desk.ports.users, 1, again));
        let late = desk.another(IdentityPorts { users, ..desk.ports.clone() }).await.auth;
        let answer = match attempt {
            0 => told(late.rename_team(&ada, "Looms", stale).await),
            1 => told(late.change_role(&ada, user, Role::Admin, stale).await),
            2 => told(late.remove_member(&ada, user, stale).await),
            _ => told(late.delete_team(&ada, stale).await),
        };
        assert!(answer.starts_with("Store(Conflict { expected: Version(7)"), "{attempt}: {answer}");
        drop(late);
        assert!(read_again.await.is_err(), "{attempt}: decided again");
    }
}
