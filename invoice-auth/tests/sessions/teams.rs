use invoice_auth::{AuthError, TokenMode};

use invoice_core::identity::{IdentityChange, SecurityAction};
use invoice_core::ports::Clock as _;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::{CommitId, Role, TeamId};
use uuid::Uuid;

use crate::common::stores::on_every_store;
use crate::common::{PASSWORD, World, client, is_out};

on_every_store! {
    a_session_moves_to_another_team_of_its_user
    a_foreign_team_is_not_found
    a_session_that_is_over_moves_nowhere
    a_caller_of_an_earlier_epoch_moves_nowhere_though_the_session_is_open
    derived_tokens_move_too
}

async fn a_session_moves_to_another_team_of_its_user(ports: IdentityPorts) {
    moves(World::on(ports).await).await;
}

async fn derived_tokens_move_too(ports: IdentityPorts) {
    moves(World::with(ports, invoice_auth::testing::settings().mode(TokenMode::Derived)).await).await;
}

async fn moves(world: World) {
    world.person("ada").await;
    let tokens = world.log_in("ada", PASSWORD).await.unwrap();
    let caller = world.caller(&tokens).await;
    let team = world.auth.create_team(&caller, "Engines").await.unwrap().id();
    let access = world.auth.switch_team(&caller, team).await.unwrap();
    let found = world.auth.authenticate::<invoice_auth::NoClaims>(access.expose(), client()).await.unwrap();
    let moved = found.caller();
    assert_eq!((moved.team(), moved.role()), (Some(team), Some(Role::Owner)));
    assert_eq!(moved.session_id(), Some(tokens.session));
    assert_eq!(world.caller(&tokens).await.team(), None, "the token before says what it said");
    let next = world.refresh(&tokens).await.unwrap();
    assert_eq!(world.caller(&next).await.team(), Some(team));
    let event = world.events(tokens.user).await.pop().unwrap();
    assert_eq!((event.action(), event.team()), (SecurityAction::TeamSwitched, Some(team)));
}

async fn a_foreign_team_is_not_found(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let (ada, grace) = (world.person("ada").await, world.person("grace").await);
    let hers = world.auth.create_team(&world.caller(&grace).await, "Hers").await.unwrap().id();
    let caller = world.caller(&ada).await;
    let mut told = Vec::new();
    for team in [hers, TeamId::from_uuid(Uuid::from_u128(1))] {
        let answer = world.auth.switch_team(&caller, team).await;
        assert!(matches!(answer, Err(AuthError::NotFound)), "{answer:?}");
        told.push(crate::common::told(answer));
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(world.session(ada.session).await.team(), None);
}

async fn a_session_that_is_over_moves_nowhere(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let ada = world.person("ada").await;
    let caller = world.caller(&ada).await;
    let team = world.auth.create_team(&caller, "Engines").await.unwrap().id();
    world.auth.log_out(&caller).await.unwrap();
    assert!(is_out(&world.auth.switch_team(&caller, team).await));
    let nowhere = invoice_auth::Caller::user(ada.user);
    assert!(matches!(world.auth.switch_team(&nowhere, team).await, Err(AuthError::NotFound)));
}

/// A session that was left for later by a log-out of very many is over by its epoch alone.
async fn a_caller_of_an_earlier_epoch_moves_nowhere_though_the_session_is_open(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let ada = world.person("ada").await;
    let caller = world.caller(&ada).await;
    let team = world.auth.create_team(&caller, "Engines").await.unwrap().id();
    let change = IdentityChange::new(CommitId::from_uuid(Uuid::from_u128(7)));
    let change = change.update(world.user(ada.user).await.with_next_uv());
    world.ports.commits.commit_identity(change).await.unwrap();
    assert!(world.session(ada.session).await.is_open(world.clock.now()));
    assert!(is_out(&world.auth.switch_team(&caller, team).await));
}
