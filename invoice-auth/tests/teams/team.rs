use invoice_auth::{AuthError, Caller};
use invoice_core::identity::SecurityAction;
use invoice_core::{ApiKeyId, InvitationId, Permission, Role, TeamId, UserId, Version};
use uuid::Uuid;

use crate::desk::{Desk, all, assert_conflict, stores, team, told};

stores::on_every_store! {
    who_makes_a_team_owns_it
    a_team_needs_a_name
    a_foreign_team_answers_like_one_that_is_not_there
    without_an_active_team_there_is_nothing_to_do
    a_team_is_renamed_by_who_saw_its_last_version
    a_deleted_team_is_gone_with_all_that_is_in_it
    a_name_that_shows_something_else_or_nothing_is_refused
    who_has_no_account_makes_no_team
    the_audit_says_who_did_what_from_where
}

async fn who_makes_a_team_owns_it(desk: Desk) {
    let ada = desk.person("ada").await;
    let made = desk.auth.create_team(&ada, "Engines").await.unwrap();
    let mine = desk.auth.my_teams(&ada, &all()).await.unwrap().items;
    assert_eq!(mine.len(), 1);
    assert_eq!((&mine[0].team, mine[0].membership.role()), (&made, Role::Owner));

    let inside = ada.in_team(made.id(), None);
    assert_eq!(desk.auth.team(&inside).await.unwrap(), made);
    assert_eq!(desk.actions(made.id()).await, [SecurityAction::TeamCreated]);
}

async fn a_team_needs_a_name(desk: Desk) {
    let ada = desk.person("ada").await;
    let Err(AuthError::Invalid(found)) = desk.auth.create_team(&ada, " ").await else { panic!("accepted") };
    assert_eq!(found.iter().map(invoice_core::Violation::pointer).collect::<Vec<_>>(), ["/name"]);
    assert!(desk.auth.my_teams(&ada, &all()).await.unwrap().items.is_empty());
}

async fn a_name_that_shows_something_else_or_nothing_is_refused(desk: Desk) {
    let ada = desk.owner("ada").await;
    for name in ["Engines\r\nBcc: eve@example.org", "\u{202e}senignE", "\u{200b}", "Eng\u{85}ines"] {
        let key = invoice_auth::ApiKeyData::new(name, Role::Viewer);
        for answer in
            [desk.auth.create_team(&ada, name).await.err(), desk.auth.create_api_key(&ada, key).await.err()]
        {
            let Some(AuthError::Invalid(found)) = answer else { panic!("{name:?}: {answer:?}") };
            assert_eq!(found.iter().map(invoice_core::Violation::pointer).collect::<Vec<_>>(), ["/name"]);
        }
    }
    let family = "👩\u{200d}👩\u{200d}👧 می\u{200c}خواهم";
    assert_eq!(desk.auth.create_team(&ada, family).await.unwrap().name(), family);
}

async fn who_has_no_account_makes_no_team(desk: Desk) {
    let nobody = Caller::user(UserId::from_uuid(Uuid::from_u128(9)));
    assert_eq!(told(desk.auth.create_team(&nobody, "Engines").await), "Unauthenticated(Disabled)");
}

/// What each use case answers to somebody in this place.
async fn answers(desk: &Desk, caller: &Caller) -> Vec<String> {
    let (auth, somebody, id) = (&desk.auth, caller.user_id(), Uuid::from_u128(9));
    vec![
        told(auth.team(caller).await),
        told(auth.rename_team(caller, "Mine", Version::FIRST).await),
        told(auth.delete_team(caller, Version::FIRST).await),
        told(auth.members(caller, None, &all()).await),
        told(auth.member(caller, somebody).await),
        told(auth.security_audit(caller, &all()).await),
        told(auth.change_role(caller, somebody, Role::Viewer, Version::FIRST).await),
        told(auth.remove_member(caller, somebody, Version::FIRST).await),
        told(auth.leave_team(caller).await),
        told(auth.transfer_ownership(caller, somebody).await),
        told(auth.invite(caller, "eve@example.org", Role::Viewer).await),
        told(auth.invitations(caller, &all()).await),
        told(auth.revoke_invitation(caller, InvitationId::from_uuid(id)).await),
        told(auth.create_api_key(caller, invoice_auth::ApiKeyData::new("Key", Role::Viewer)).await),
        told(auth.api_keys(caller, &all()).await),
        told(auth.revoke_api_key(caller, ApiKeyId::from_uuid(id)).await),
    ]
}

async fn a_foreign_team_answers_like_one_that_is_not_there(desk: Desk) {
    let (ada, eve) = (desk.owner("ada").await, desk.person("eve").await);
    // Whatever role somebody claims: only the store is believed.
    let foreign = answers(&desk, &eve.clone().in_team(team(&ada), Some(Role::Owner))).await;
    let absent = TeamId::from_uuid(Uuid::from_u128(7));
    assert_eq!(foreign, answers(&desk, &eve.in_team(absent, Some(Role::Owner))).await);
    assert!(foreign.iter().all(|answer| answer == "NotFound"), "{foreign:?}");
    assert_eq!(desk.post.count(), 0);
}

async fn without_an_active_team_there_is_nothing_to_do(desk: Desk) {
    let found = answers(&desk, &desk.person("ada").await).await;
    assert!(found.iter().all(|answer| answer == "Rule(NoTeam)"), "{found:?}");
}

async fn a_team_is_renamed_by_who_saw_its_last_version(desk: Desk) {
    let ada = desk.owner("ada").await;
    let before = desk.auth.team(&ada).await.unwrap();
    let renamed = desk.auth.rename_team(&ada, "Engines Ltd", before.version()).await.unwrap();
    assert_eq!(desk.auth.team(&ada).await.unwrap(), renamed);
    assert_eq!((renamed.name(), renamed.version()), ("Engines Ltd", before.version().next()));

    let same = desk.auth.rename_team(&ada, "Engines Ltd", renamed.version()).await.unwrap();
    assert_eq!(same, renamed, "a version for nothing");
    let stale = desk.auth.rename_team(&ada, "Looms", before.version()).await;
    assert_conflict(&stale, before.version(), renamed.version());

    let bob = desk.member(&ada, "bob", Role::Accountant).await;
    let version = desk.auth.team(&bob).await.unwrap().version();
    let refused = desk.auth.rename_team(&bob, "Looms", version).await;
    assert!(matches!(refused, Err(AuthError::Forbidden(Permission::ManageSupplier))), "{refused:?}");
}

async fn a_deleted_team_is_gone_with_all_that_is_in_it(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Admin).await;
    desk.auth.invite(&ada, "eve@example.org", Role::Viewer).await.unwrap();
    let version = desk.team_version(&ada).await;
    let refused = desk.auth.delete_team(&bob, version).await;
    assert!(matches!(refused, Err(AuthError::Forbidden(Permission::DeleteTeam))), "{refused:?}");

    // Somebody was invited since she looked.
    desk.auth.invite(&ada, "kim@example.org", Role::Viewer).await.unwrap();
    assert_conflict(&desk.auth.delete_team(&ada, version).await, version, version.next());
    desk.auth.delete_team(&ada, version.next()).await.unwrap();
    for caller in [&ada, &bob] {
        assert_eq!(told(desk.auth.team(caller).await), "NotFound");
        assert!(desk.auth.my_teams(caller, &all()).await.unwrap().items.is_empty());
    }
    let eve = desk.person("eve").await;
    let late = desk.auth.accept_invitation(&eve, &desk.post.invitation("eve@example.org")).await;
    assert_eq!(told(late), "InvalidMailedToken");
    assert_eq!(desk.actions(team(&ada)).await.last(), Some(&SecurityAction::TeamDeleted));
}

async fn the_audit_says_who_did_what_from_where(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Viewer).await;
    let place = desk.ports.teams.membership(team(&ada), bob.user_id()).await.unwrap().unwrap();
    let changed = desk.auth.change_role(&ada, bob.user_id(), Role::Member, place.version()).await.unwrap();
    desk.auth.remove_member(&ada, bob.user_id(), changed.version()).await.unwrap();

    let events = desk.events(team(&ada)).await;
    let told: Vec<_> = events.iter().map(|event| (event.action(), event.user())).collect();
    let (ada_did, bob_did) = (Some(ada.user_id()), Some(bob.user_id()));
    assert_eq!(
        told,
        [
            (SecurityAction::TeamCreated, ada_did),
            (SecurityAction::MemberInvited, ada_did),
            (SecurityAction::InvitationAccepted, bob_did),
            (SecurityAction::RoleChanged, ada_did),
            (SecurityAction::MemberRemoved, ada_did),
        ]
    );
    assert!(events.iter().all(|event| event.address() == "192.0.2.7" && event.user_agent() == "tests"));
    assert_eq!(events[3].subject(), bob.user_id().to_string());
    assert!(events.iter().all(|event| !format!("{event:?}").contains("example.org")));
}
