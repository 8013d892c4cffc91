use std::sync::Arc;

use invoice_auth::testing::settings;
use invoice_auth::{AuthError, Caller, Rule};
use invoice_core::identity::{SecurityAction, SecurityEvent};
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::{ApiKeyId, Role, TeamId, UserId};
use uuid::Uuid;

use crate::common::stores::on_every_store;
use crate::common::watched::Overtaken;
use crate::common::{
    PASSWORD, World, address, client, is_invalid_token, is_out, is_wrong, registration, secret,
};

on_every_store! {
    a_disabled_account_is_closed_at_once_and_can_be_opened_again
    an_account_that_is_not_there_is_not_found
    an_account_is_deleted_with_the_password_and_leaves_its_audit
    nobody_is_deleted_who_is_still_in_a_team
    an_api_key_has_no_account
    an_account_is_not_deleted_with_a_password_that_was_reset_meanwhile
}

async fn a_disabled_account_is_closed_at_once_and_can_be_opened_again(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    world.auth.disable_user(tokens.user, &client()).await.unwrap();
    assert!(!world.is_in(&tokens).await && is_invalid_token(&world.refresh(&tokens).await));
    assert!(world.session(tokens.session).await.revoked_at().is_some());
    assert!(is_out(&world.auth.profile(&caller).await));
    assert!(is_wrong(&world.log_in("ada", PASSWORD).await));
    let version = world.user(tokens.user).await.version();
    world.auth.disable_user(tokens.user, &client()).await.unwrap();
    assert_eq!(world.user(tokens.user).await.version(), version, "it was closed already");
    world.auth.enable_user(tokens.user, &client()).await.unwrap();
    world.auth.enable_user(tokens.user, &client()).await.unwrap();
    assert!(!world.is_in(&tokens).await, "what ended stays ended");
    assert!(world.log_in("ada", PASSWORD).await.is_ok());
    let told: Vec<_> = world.events(tokens.user).await.iter().map(SecurityEvent::action).collect();
    let of = |action| told.iter().filter(|it| **it == action).count();
    assert_eq!((of(SecurityAction::UserDisabled), of(SecurityAction::UserEnabled)), (1, 1));
}

async fn an_account_that_is_not_there_is_not_found(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let nobody = UserId::from_uuid(Uuid::from_u128(1));
    assert!(matches!(world.auth.disable_user(nobody, &client()).await, Err(AuthError::NotFound)));
    assert!(matches!(world.auth.enable_user(nobody, &client()).await, Err(AuthError::NotFound)));
    assert!(is_out(&world.auth.profile(&Caller::user(nobody)).await));
}

async fn an_account_is_deleted_with_the_password_and_leaves_its_audit(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    assert!(is_wrong(&world.auth.delete_account(&caller, &secret("wrong")).await));
    assert!(world.is_in(&tokens).await);
    world.auth.delete_account(&caller, &secret(PASSWORD)).await.unwrap();
    assert!(!world.is_in(&tokens).await && is_invalid_token(&world.refresh(&tokens).await));
    assert!(is_wrong(&world.log_in("ada", PASSWORD).await));
    assert_eq!(world.last_action(tokens.user).await, Some(SecurityAction::UserDeleted));
    world.auth.register(registration(&address("ada")), &client()).await.unwrap();
    assert_ne!(world.log_in("ada", PASSWORD).await.unwrap().user, tokens.user);
}

async fn nobody_is_deleted_who_is_still_in_a_team(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    let team = world.auth.create_team(&caller, "Engines").await.unwrap();
    let answer = world.auth.delete_account(&caller, &secret(PASSWORD)).await;
    assert!(matches!(answer, Err(AuthError::Rule(Rule::StillInTeam))), "{answer:?}");
    let caller = caller.in_team(team.id(), Some(Role::Owner));
    world.auth.delete_team(&caller, team.version()).await.unwrap();
    world.auth.delete_account(&caller, &secret(PASSWORD)).await.unwrap();
}

async fn an_api_key_has_no_account(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let user = world.person("ada").await.user;
    let (key, team) = (ApiKeyId::from_uuid(Uuid::from_u128(1)), TeamId::from_uuid(Uuid::from_u128(2)));
    let key = Caller::api_key(key, user, team, Role::Owner);
    let (old, new) = (secret(PASSWORD), secret("a new password"));
    let answers = [
        world.auth.profile(&key).await.map(drop),
        world.auth.change_password(&key, &old, &new).await.map(drop),
        world.auth.request_email_change(&key, "a@example.org", &old).await,
        world.auth.resend_verification(&key).await,
        world.auth.delete_account(&key, &old).await,
        world.auth.log_out(&key).await,
        world.auth.log_out_everywhere(&key).await,
        world.auth.sessions(&key, &crate::common::all()).await.map(drop),
        world.auth.switch_team(&key, team).await.map(drop),
    ];
    for answer in answers {
        assert!(matches!(answer, Err(AuthError::Rule(Rule::PersonOnly))), "{answer:?}");
    }
}

async fn an_account_is_not_deleted_with_a_password_that_was_reset_meanwhile(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    world.auth.request_password_reset(&address("ada"), &client()).await.unwrap();
    let (auth, token) = (world.auth.clone(), world.mailed("ada").await);
    let reset = async move { auth.reset_password(&token, &secret("hers alone"), &client()).await.unwrap() };
    let users = Overtaken::new(&world.ports.users, 1, reset);
    let ports = IdentityPorts { users: Arc::new(users), ..world.ports.clone() };
    let thief = world.another(ports, settings()).await;
    assert!(is_wrong(&thief.auth.delete_account(&caller, &secret(PASSWORD)).await));
    assert!(world.log_in("ada", "hers alone").await.is_ok());
}
