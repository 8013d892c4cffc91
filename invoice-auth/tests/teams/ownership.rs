use invoice_auth::{AuthError, Rule};
use invoice_core::identity::SecurityAction;
use invoice_core::{Permission, Role, UserId, Version};
use uuid::Uuid;

use crate::desk::{Desk, all, stores, team, told};

stores::on_every_store! {
    the_last_owner_stays
    an_owner_goes_when_there_is_another
    an_owner_who_can_not_log_in_does_not_count
    two_owners_who_go_at_once_leave_one
    ownership_goes_to_another_member_at_once
    ownership_goes_to_nobody_else
}

fn is_last_owner<T: std::fmt::Debug>(answer: &Result<T, AuthError>) -> bool {
    matches!(answer, Err(AuthError::Rule(Rule::LastOwner)))
}

async fn the_last_owner_stays(desk: Desk) {
    let ada = desk.owner("ada").await;
    desk.member(&ada, "bob", Role::Admin).await;
    let place = desk.ports.teams.membership(team(&ada), ada.user_id()).await.unwrap().unwrap();
    for role in [Role::Viewer, Role::Admin] {
        let stepped = desk.auth.change_role(&ada, ada.user_id(), role, place.version()).await;
        assert!(is_last_owner(&stepped), "{stepped:?}");
    }
    let (left, removed) = (
        desk.auth.leave_team(&ada).await,
        desk.auth.remove_member(&ada, ada.user_id(), Version::FIRST).await,
    );
    assert!(is_last_owner(&left) && is_last_owner(&removed), "{left:?} {removed:?}");
    assert_eq!(desk.role_of(&ada).await, Some(Role::Owner));
}

async fn an_owner_goes_when_there_is_another(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Owner).await;
    let place = desk.ports.teams.membership(team(&ada), bob.user_id()).await.unwrap().unwrap();
    desk.auth.change_role(&ada, bob.user_id(), Role::Viewer, place.version()).await.unwrap();
    let kim = desk.member(&ada, "kim", Role::Owner).await;
    desk.auth.leave_team(&ada).await.unwrap();
    assert_eq!(desk.role_of(&ada).await, None);
    assert!(is_last_owner(&desk.auth.leave_team(&kim).await));
}

async fn an_owner_who_can_not_log_in_does_not_count(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Owner).await;
    desk.disable(&bob).await;
    assert!(is_last_owner(&desk.auth.leave_team(&ada).await));
    desk.auth.remove_member(&ada, bob.user_id(), Version::FIRST).await.unwrap();
}

async fn two_owners_who_go_at_once_leave_one(desk: Desk) {
    for round in 0..10 {
        let ada = desk.owner(&format!("ada{round}")).await;
        let bob = desk.member(&ada, &format!("bob{round}"), Role::Owner).await;
        let (one, other) = tokio::join!(desk.auth.leave_team(&ada), desk.auth.leave_team(&bob));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let refused = if one.is_ok() { other } else { one };
        assert!(is_last_owner(&refused), "{refused:?}");
    }
    for round in 0..10 {
        let ada = desk.owner(&format!("kim{round}")).await;
        let bob = desk.member(&ada, &format!("liv{round}"), Role::Owner).await;
        let (one, other) = tokio::join!(
            desk.auth.remove_member(&ada, bob.user_id(), Version::FIRST),
            desk.auth.remove_member(&bob, ada.user_id(), Version::FIRST),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let here = if one.is_ok() { &ada } else { &bob };
        assert_eq!(desk.auth.members(here, None, &all()).await.unwrap().items.len(), 1);
    }
}

async fn ownership_goes_to_another_member_at_once(desk: Desk) {
    let ada = desk.owner("ada").await;
    let bob = desk.member(&ada, "bob", Role::Viewer).await;
    desk.auth.transfer_ownership(&ada, bob.user_id()).await.unwrap();
    assert_eq!(desk.role_of(&bob).await, Some(Role::Owner));
    assert_eq!(desk.role_of(&ada).await, Some(Role::Admin));
    let again = desk.auth.transfer_ownership(&ada, ada.user_id()).await;
    assert!(matches!(again, Err(AuthError::Forbidden(Permission::TransferTeam))), "{again:?}");
    let last = desk.events(team(&ada)).await.pop().unwrap();
    assert_eq!(last.action(), SecurityAction::OwnershipTransferred);
    assert_eq!((last.user(), last.subject()), (Some(ada.user_id()), bob.user_id().to_string().as_str()));
}

async fn ownership_goes_to_nobody_else(desk: Desk) {
    let ada = desk.owner("ada").await;
    let eve = desk.person("eve").await;
    let bob = desk.member(&ada, "bob", Role::Admin).await;
    for stranger in [eve.user_id(), UserId::from_uuid(Uuid::from_u128(9))] {
        assert_eq!(told(desk.auth.transfer_ownership(&ada, stranger).await), "NotFound");
    }
    desk.auth.transfer_ownership(&ada, ada.user_id()).await.unwrap();
    assert_eq!(desk.role_of(&ada).await, Some(Role::Owner));
    desk.disable(&bob).await;
    assert!(is_last_owner(&desk.auth.transfer_ownership(&ada, bob.user_id()).await));
    assert_eq!(desk.role_of(&ada).await, Some(Role::Owner));
}
