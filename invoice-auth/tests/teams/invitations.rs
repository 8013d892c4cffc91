use futures::future::join_all;
use invoice_auth::{AuthError, Caller, OpaqueToken, Rule};
use invoice_core::identity::SecurityAction;
use invoice_core::{InvitationId, Role};
use uuid::Uuid;

use crate::desk::{Desk, address, all, stores, team, told};

stores::on_every_store! {
    who_is_invited_comes_in_with_the_role_that_was_offered
    an_invitation_is_good_once
    of_many_who_bring_one_invitation_at_once_one_comes_in
    an_invitation_ends_after_seven_days
    inviting_an_address_again_voids_the_earlier_invitation
    two_invitations_of_one_address_at_once_leave_one_open
    a_member_is_not_invited
    a_member_who_brings_an_invitation_leaves_it_for_others
    an_invitation_is_taken_back
    the_store_keeps_nothing_that_lets_in
    nobody_invites_above_their_own_role
    who_lost_the_right_to_invite_leaves_no_way_in
    a_mail_that_was_not_sent_can_be_sent_again
    only_an_address_is_invited
    an_earlier_invitation_is_found_among_hundreds
    nobodys_mailbox_is_flooded
}

async fn open(desk: &Desk, caller: &Caller) -> Vec<String> {
    let found = desk.auth.invitations(caller, &all()).await.unwrap().items;
    let now = invoice_core::ports::Clock::now(&*desk.clock);
    found.iter().filter(|one| one.is_open(now)).map(|one| one.email().shown().to_owned()).collect()
}

async fn who_is_invited_comes_in_with_the_role_that_was_offered(desk: Desk) {
    let (ada, bob) = (desk.owner("ada").await, desk.person("bob").await);
    let invitation = desk.auth.invite(&ada, " Bob@Example.org ", Role::Accountant).await.unwrap();
    assert_eq!((invitation.role(), invitation.invited_by()), (Role::Accountant, ada.user_id()));
    assert_eq!(desk.auth.invitations(&ada, &all()).await.unwrap().items, std::slice::from_ref(&invitation));

    let token = desk.post.invitation("Bob@Example.org");
    let joined = desk.auth.accept_invitation(&bob, &token).await.unwrap();
    assert_eq!((joined.team(), joined.user(), joined.role()), (team(&ada), bob.user_id(), Role::Accountant));
    let inside = bob.clone().in_team(joined.team(), None);
    assert_eq!(desk.auth.team(&inside).await.unwrap().id(), team(&ada));

    let kept = desk.auth.invitations(&ada, &all()).await.unwrap().items;
    assert_eq!(kept[0].accepted().map(|accepted| accepted.user), Some(bob.user_id()));
    let actions = desk.actions(team(&ada)).await;
    assert_eq!(actions[1..], [SecurityAction::MemberInvited, SecurityAction::InvitationAccepted]);
}

async fn an_invitation_is_good_once(desk: Desk) {
    let (ada, eve) = (desk.owner("ada").await, desk.person("eve").await);
    desk.member(&ada, "bob", Role::Viewer).await;
    let used = desk.post.invitation(&address("bob"));
    assert_eq!(told(desk.auth.accept_invitation(&eve, &used).await), "InvalidToken");
    for made_up in ["", "ivi_", "ivi_AAAA", &used.expose().replace("ivi_", "ivk_")] {
        let answer = desk.auth.accept_invitation(&eve, &OpaqueToken::new(made_up)).await;
        assert_eq!(told(answer), "InvalidToken", "{made_up}");
    }
    assert_eq!(desk.role_of(&eve.in_team(team(&ada), None)).await, None);
}

async fn of_many_who_bring_one_invitation_at_once_one_comes_in(desk: Desk) {
    let ada = desk.owner("ada").await;
    desk.auth.invite(&ada, "all@example.org", Role::Member).await.unwrap();
    let token = desk.post.invitation("all@example.org");
    let people = join_all((0..8).map(|number| {
        let desk = desk.clone();
        async move { desk.person(&format!("p{number}")).await }
    }))
    .await;
    let answers = join_all(people.iter().map(|person| desk.auth.accept_invitation(person, &token))).await;
    let (inside, outside): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((inside.len(), outside.len()), (1, 7));
    assert!(outside.into_iter().all(|answer| told(answer) == "InvalidToken"));
    assert_eq!(desk.auth.members(&ada, None, &all()).await.unwrap().items.len(), 2);
}

async fn an_invitation_ends_after_seven_days(desk: Desk) {
    const WEEK: i64 = 7 * 24 * 60 * 60 * 1_000;
    let (ada, bob, eve) = (desk.owner("ada").await, desk.person("bob").await, desk.person("eve").await);
    for name in ["bob", "eve"] {
        desk.auth.invite(&ada, &address(name), Role::Viewer).await.unwrap();
    }
    desk.clock.advance_millis(WEEK - 1);
    desk.auth.accept_invitation(&bob, &desk.post.invitation(&address("bob"))).await.unwrap();
    desk.clock.advance_millis(1);
    let late = desk.auth.accept_invitation(&eve, &desk.post.invitation(&address("eve"))).await;
    assert_eq!(told(late), "InvalidToken");
}

async fn inviting_an_address_again_voids_the_earlier_invitation(desk: Desk) {
    let (ada, bob) = (desk.owner("ada").await, desk.person("bob").await);
    desk.auth.invite(&ada, "bob@example.org", Role::Admin).await.unwrap();
    desk.auth.invite(&ada, "eve@example.org", Role::Viewer).await.unwrap();
    desk.auth.invite(&ada, "BOB@example.org", Role::Viewer).await.unwrap();
    assert_eq!(open(&desk, &ada).await, ["BOB@example.org", "eve@example.org"]);

    let earlier = desk.auth.accept_invitation(&bob, &desk.post.invitation("bob@example.org")).await;
    assert_eq!(told(earlier), "InvalidToken");
    let later = desk.auth.accept_invitation(&bob, &desk.post.invitation("BOB@example.org")).await;
    assert_eq!(later.unwrap().role(), Role::Viewer);
    let revoked = SecurityAction::InvitationRevoked;
    assert_eq!(desk.actions(team(&ada)).await.iter().filter(|action| **action == revoked).count(), 1);
}

async fn two_invitations_of_one_address_at_once_leave_one_open(desk: Desk) {
    let ada = desk.owner("ada").await;
    for _ in 0..2 {
        let invite = || desk.auth.invite(&ada, "bob@example.org", Role::Viewer);
        let (one, other) = tokio::join!(invite(), invite());
        one.unwrap();
        other.unwrap();
        assert_eq!(open(&desk, &ada).await, ["bob@example.org"]);
    }
}

async fn a_member_is_not_invited(desk: Desk) {
    let ada = desk.owner("ada").await;
    desk.member(&ada, "bob", Role::Viewer).await;
    let mailed = desk.post.count();
    for address in ["bob@example.org", "BOB@EXAMPLE.ORG", "ada@example.org"] {
        let refused = desk.auth.invite(&ada, address, Role::Admin).await;
        assert!(matches!(refused, Err(AuthError::Rule(Rule::AlreadyMember))), "{refused:?}");
    }
    assert_eq!(desk.post.count(), mailed);
    // Their address starts another's: that other one may come.
    desk.auth.invite(&ada, "bob@example.org.example", Role::Viewer).await.unwrap();
}

async fn a_member_who_brings_an_invitation_leaves_it_for_others(desk: Desk) {
    let (ada, eve) = (desk.owner("ada").await, desk.person("eve").await);
    let bob = desk.member(&ada, "bob", Role::Viewer).await;
    desk.auth.invite(&ada, "eve@example.org", Role::Admin).await.unwrap();
    let token = desk.post.invitation("eve@example.org");
    let refused = desk.auth.accept_invitation(&bob, &token).await;
    assert!(matches!(refused, Err(AuthError::Rule(Rule::AlreadyMember))), "{refused:?}");
    assert_eq!(desk.role_of(&bob).await, Some(Role::Viewer));
    desk.auth.accept_invitation(&eve, &token).await.unwrap();
}

async fn an_invitation_is_taken_back(desk: Desk) {
    let (ada, bob) = (desk.owner("ada").await, desk.person("bob").await);
    let invitation = desk.auth.invite(&ada, "bob@example.org", Role::Viewer).await.unwrap();
    let eve = desk.owner("eve").await;
    assert_eq!(told(desk.auth.revoke_invitation(&eve, invitation.id()).await), "NotFound");
    assert_eq!(open(&desk, &ada).await.len(), 1);

    desk.auth.revoke_invitation(&ada, invitation.id()).await.unwrap();
    let late = desk.auth.accept_invitation(&bob, &desk.post.invitation("bob@example.org")).await;
    assert_eq!(told(late), "InvalidToken");
    for gone in [invitation.id(), InvitationId::from_uuid(Uuid::from_u128(9))] {
        assert_eq!(told(desk.auth.revoke_invitation(&ada, gone).await), "NotFound");
    }
}

async fn the_store_keeps_nothing_that_lets_in(desk: Desk) {
    let ada = desk.owner("ada").await;
    let invitation = desk.auth.invite(&ada, "bob@example.org", Role::Viewer).await.unwrap();
    let token = desk.post.invitation("bob@example.org");
    assert!(token.expose().starts_with("ivi_") && token.expose().len() == 47);
    let kept = serde_json::to_string(&invitation).unwrap();
    assert!(!kept.contains(&token.expose()[4..]));
    let bob = desk.person("bob").await;
    let fingerprint = serde_json::to_value(invitation.fingerprint()).unwrap();
    let shown = format!("ivi_{}", fingerprint.as_str().unwrap());
    assert_eq!(told(desk.auth.accept_invitation(&bob, &OpaqueToken::new(shown)).await), "InvalidToken");
}

async fn nobody_invites_above_their_own_role(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Admin).await;
    let refused = desk.auth.invite(&bob, "eve@example.org", Role::Owner).await;
    assert!(matches!(refused, Err(AuthError::Rule(Rule::RoleAboveOwn))), "{refused:?}");

    let heir = desk.auth.invite(&ada, "eve@example.org", Role::Owner).await.unwrap();
    let taken_back = desk.auth.revoke_invitation(&bob, heir.id()).await;
    assert!(matches!(taken_back, Err(AuthError::Rule(Rule::RoleAboveOwn))), "{taken_back:?}");
    let replaced = desk.auth.invite(&bob, "eve@example.org", Role::Viewer).await;
    assert!(matches!(replaced, Err(AuthError::Rule(Rule::RoleAboveOwn))), "{replaced:?}");
    desk.auth.invite(&bob, "kim@example.org", Role::Admin).await.unwrap();
}

async fn who_lost_the_right_to_invite_leaves_no_way_in(desk: Desk) {
    let ada = desk.owner("ada").await;
    let (bob, kim) =
        (desk.member(&ada, "bob", Role::Admin).await, desk.member(&ada, "kim", Role::Admin).await);
    desk.auth.invite(&bob, "eve@example.org", Role::Admin).await.unwrap();
    desk.auth.invite(&kim, "liv@example.org", Role::Viewer).await.unwrap();
    desk.auth.remove_member(&ada, bob.user_id(), desk.version_of(&bob).await).await.unwrap();
    let place = desk.ports.teams.membership(team(&ada), kim.user_id()).await.unwrap().unwrap();
    desk.auth.change_role(&ada, kim.user_id(), Role::Accountant, place.version()).await.unwrap();
    // An owner who became an admin invites as an admin, and no more as an owner.
    let pia = desk.member(&ada, "pia", Role::Owner).await;
    desk.auth.invite(&pia, "heir@example.org", Role::Owner).await.unwrap();
    desk.auth.invite(&pia, "aide@example.org", Role::Admin).await.unwrap();
    let place = desk.ports.teams.membership(team(&ada), pia.user_id()).await.unwrap().unwrap();
    desk.auth.change_role(&ada, pia.user_id(), Role::Admin, place.version()).await.unwrap();
    let aide = desk.person("aide").await;
    desk.auth.accept_invitation(&aide, &desk.post.invitation(&address("aide"))).await.unwrap();
    for name in ["eve", "liv", "heir"] {
        let person = desk.person(name).await;
        let token = desk.post.invitation(&address(name));
        assert_eq!(told(desk.auth.accept_invitation(&person, &token).await), "InvalidToken", "{name}");
    }
}

async fn a_mail_that_was_not_sent_can_be_sent_again(desk: Desk) {
    let ada = desk.owner("ada").await;
    desk.post.close(true);
    let failed = desk.auth.invite(&ada, "bob@example.org", Role::Viewer).await;
    assert!(matches!(failed, Err(AuthError::Mail(_))), "{failed:?}");
    assert_eq!(open(&desk, &ada).await, ["bob@example.org"]);
    desk.post.close(false);
    desk.auth.invite(&ada, "bob@example.org", Role::Viewer).await.unwrap();
    assert_eq!(open(&desk, &ada).await, ["bob@example.org"]);
    assert_eq!(desk.post.count(), 1);
}

async fn only_an_address_is_invited(desk: Desk) {
    let ada = desk.owner("ada").await;
    let Err(AuthError::Invalid(found)) = desk.auth.invite(&ada, "bob", Role::Viewer).await else {
        panic!("invited")
    };
    assert_eq!(found.iter().map(invoice_core::Violation::pointer).collect::<Vec<_>>(), ["/email"]);
    assert_eq!(desk.post.count(), 0);
}

async fn an_earlier_invitation_is_found_among_hundreds(desk: Desk) {
    let ada = desk.owner("ada").await;
    desk.auth.invite(&ada, "bob@example.org", Role::Viewer).await.unwrap();
    let first = desk.post.invitation("bob@example.org");
    for number in 0..205 {
        desk.auth.invite(&ada, &format!("p{number}@example.org"), Role::Viewer).await.unwrap();
    }
    desk.auth.invite(&ada, "bob@example.org", Role::Viewer).await.unwrap();
    let bob = desk.person("bob").await;
    assert_eq!(told(desk.auth.accept_invitation(&bob, &first).await), "InvalidToken");
}

async fn nobodys_mailbox_is_flooded(desk: Desk) {
    let (ada, eve) = (desk.owner("ada").await, desk.owner("eve").await);
    // Who may not invite at all makes nobody wait.
    let kim = desk.member(&ada, "kim", Role::Viewer).await;
    for _ in 0..20 {
        desk.auth.invite(&kim, "bob@example.org", Role::Viewer).await.unwrap_err();
    }
    for _ in 0..3 {
        desk.auth.invite(&ada, "bob@example.org", Role::Viewer).await.unwrap();
        let _ = desk.auth.invite(&eve, "BOB@example.org", Role::Viewer).await;
    }
    let mailed = desk.post.count();
    assert_eq!(mailed, 1 + 5);
    let sixth = desk.auth.invite(&ada, "Bob@example.org", Role::Viewer).await;
    assert!(matches!(sixth, Err(AuthError::TooManyAttempts { .. })), "{sixth:?}");
    assert_eq!(desk.post.count(), mailed);
    desk.auth.invite(&ada, "liv@example.org", Role::Viewer).await.unwrap();
    desk.clock.advance_millis(15 * 60_000);
    desk.auth.invite(&ada, "bob@example.org", Role::Viewer).await.unwrap();
}
