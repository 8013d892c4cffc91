use std::sync::{Arc, OnceLock};

use invoice_auth::testing::settings;
use invoice_auth::{AuthError, Mail, OpaqueToken, Rule};
use invoice_core::identity::{SecurityAction, SecurityEvent};
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::ports::{StoreError, Unique};

use crate::common::stores::on_every_store;
use crate::common::watched::Overtaken;
use crate::common::{
    DAY, PASSWORD, World, address, client, is_invalid_mailed_token, is_invalid_token, is_wrong, registration,
    secret,
};

on_every_store! {
    a_verification_works_once_and_for_two_days
    another_verification_makes_the_first_useless
    a_token_is_good_for_its_own_purpose_only
    a_mail_that_could_not_be_sent_makes_nobody_wait
    an_account_moves_to_an_address_that_was_proven
    a_change_of_address_is_asked_for_with_the_password
    another_request_makes_the_first_useless
    an_address_that_was_taken_since_is_refused
    a_token_mailed_to_the_old_address_is_void
    a_change_of_address_proven_with_an_old_password_is_refused
    a_change_of_address_asked_for_while_the_password_is_reset_comes_to_nothing
    a_change_of_address_ends_a_session_opened_at_that_very_moment
}

async fn a_verification_works_once_and_for_two_days(ports: IdentityPorts) {
    let world = World::on(ports).await;
    for (name, later, works) in [("ada", 2 * DAY - 1, true), ("grace", 2 * DAY, false)] {
        world.register(name).await;
        let user = world.log_in(name, PASSWORD).await.unwrap().user;
        let token = world.mailed(name).await;
        world.clock.advance_millis(later);
        assert_eq!(world.auth.verify_email(&token, &client()).await.is_ok(), works);
        assert_eq!(world.user(user).await.verified_at().is_some(), works);
        assert!(is_invalid_mailed_token(&world.auth.verify_email(&token, &client()).await));
    }
    for odd in ["", "ivm_", "ivm_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert!(is_invalid_mailed_token(&world.auth.verify_email(&OpaqueToken::new(odd), &client()).await));
    }
}

async fn a_mail_that_could_not_be_sent_makes_nobody_wait(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    world.mailed("ada").await;
    let caller = world.caller(&world.log_in("ada", PASSWORD).await.unwrap()).await;
    let change =
        async || world.auth.request_email_change(&caller, "new@example.org", &secret(PASSWORD)).await;
    world.mailer.break_down(true);
    for _ in 0..10 {
        let verification = world.auth.resend_verification(&caller).await;
        assert!(matches!(verification, Err(AuthError::Mail(_))), "{verification:?}");
        let change = change().await;
        assert!(matches!(change, Err(AuthError::Mail(_))), "{change:?}");
    }
    world.mailer.break_down(false);
    // One of the five free ones was the registration.
    for n in 0..5 {
        assert_eq!(world.auth.resend_verification(&caller).await.is_ok(), n < 4, "{n}");
        assert!(change().await.is_ok(), "{n}");
    }
    assert!(matches!(change().await, Err(AuthError::TooManyAttempts { .. })));
}

async fn another_verification_makes_the_first_useless(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    let caller = world.caller(&world.log_in("ada", PASSWORD).await.unwrap()).await;
    let first = world.mailed("ada").await;
    world.auth.resend_verification(&caller).await.unwrap();
    let second = world.mailed("ada").await;
    assert!(is_invalid_mailed_token(&world.auth.verify_email(&first, &client()).await));
    world.auth.verify_email(&second, &client()).await.unwrap();
    assert_eq!(world.last_action(caller.user_id()).await, Some(SecurityAction::EmailVerified));
    world.auth.resend_verification(&caller).await.unwrap();
    assert!(world.mailer.mails().is_empty(), "there is nothing left to verify");
}

async fn a_token_is_good_for_its_own_purpose_only(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    let verify = world.mailed("ada").await;
    assert!(is_invalid_mailed_token(&world.auth.reset_password(&verify, &secret(PASSWORD), &client()).await));
    assert!(is_invalid_mailed_token(&world.auth.confirm_email_change(&verify, &client()).await));
    world.auth.request_password_reset(&address("ada"), &client()).await.unwrap();
    let reset = world.mailed("ada").await;
    assert!(is_invalid_mailed_token(&world.auth.verify_email(&reset, &client()).await));
    assert!(is_invalid_mailed_token(&world.auth.confirm_email_change(&reset, &client()).await));
    world.auth.verify_email(&verify, &client()).await.unwrap();
}

async fn an_account_moves_to_an_address_that_was_proven(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let asking = world.person("ada").await;
    let other = world.log_in("ada", PASSWORD).await.unwrap();
    let caller = world.caller(&asking).await;
    world.auth.request_email_change(&caller, "Countess@example.org", &secret(PASSWORD)).await.unwrap();
    assert!(world.is_in(&other).await);
    assert!(world.log_in("countess", PASSWORD).await.is_err());
    let token = world.mailed_to("Countess@example.org").await;
    world.auth.confirm_email_change(&token, &client()).await.unwrap();
    let told = world.mailer.next_to("ada@example.org").await;
    assert!(matches!(told, Mail::EmailChanged { .. }), "{told:?}");
    let user = world.user(asking.user).await;
    assert_eq!((user.email().shown(), user.verified_at().is_some()), ("Countess@example.org", true));
    for tokens in [&asking, &other] {
        assert!(!world.is_in(tokens).await && is_invalid_token(&world.refresh(tokens).await));
        assert!(world.session(tokens.session).await.revoked_at().is_some());
    }
    assert!(world.log_in("ada", PASSWORD).await.is_err());
    assert!(world.log_in("countess", PASSWORD).await.is_ok());
    assert!(is_invalid_mailed_token(&world.auth.confirm_email_change(&token, &client()).await));
    let told: Vec<_> = world.events(user.id()).await.iter().map(SecurityEvent::action).collect();
    assert!(
        told.contains(&SecurityAction::EmailChangeRequested) && told.contains(&SecurityAction::EmailChanged)
    );
}

async fn a_change_of_address_is_asked_for_with_the_password(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    let answer = world.auth.request_email_change(&caller, "countess@example.org", &secret("wrong")).await;
    assert!(is_wrong(&answer));
    assert!(world.mailer.mails().is_empty());
    let answer = world.auth.request_email_change(&caller, "countess", &secret(PASSWORD)).await;
    assert!(
        matches!(answer, Err(AuthError::Invalid(found)) if found.iter().all(|it| it.pointer() == "/email"))
    );
    let answer =
        world.auth.request_email_change(&caller, "coun\u{200b}tess@example.org", &secret(PASSWORD)).await;
    assert!(matches!(answer, Err(AuthError::Invalid(_))), "{answer:?}");
    let answer = world.auth.request_email_change(&caller, " ada@example.org", &secret(PASSWORD)).await;
    assert!(matches!(answer, Err(AuthError::Rule(Rule::SameAddress))), "{answer:?}");
    assert!(world.mailer.mails().is_empty());
    world.mailer.break_down(true);
    let answer = world.auth.request_email_change(&caller, "countess@example.org", &secret(PASSWORD)).await;
    assert!(matches!(answer, Err(AuthError::Mail(_))), "{answer:?}");
}

async fn another_request_makes_the_first_useless(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    for to in ["first@example.org", "second@example.org"] {
        world.auth.request_email_change(&caller, to, &secret(PASSWORD)).await.unwrap();
    }
    let (first, second) = (world.mailed("first").await, world.mailed("second").await);
    assert!(is_invalid_mailed_token(&world.auth.confirm_email_change(&first, &client()).await));
    assert!(world.auth.confirm_email_change(&second, &client()).await.is_ok());
}

async fn an_address_that_was_taken_since_is_refused(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let ada = world.person("ada").await;
    let caller = world.caller(&ada).await;
    world.auth.request_email_change(&caller, "countess@example.org", &secret(PASSWORD)).await.unwrap();
    let token = world.mailed("countess").await;
    world.auth.register(registration("countess@example.org"), &client()).await.unwrap();
    let answer = world.auth.confirm_email_change(&token, &client()).await;
    let duplicate = StoreError::Duplicate { what: Unique::Email };
    assert!(matches!(&answer, Err(AuthError::Store(error)) if error.to_string() == duplicate.to_string()));
    assert_eq!(world.user(ada.user).await.email().shown(), "ada@example.org");
    assert!(world.is_in(&ada).await);
}

async fn a_token_mailed_to_the_old_address_is_void(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    world.auth.request_password_reset(&address("ada"), &client()).await.unwrap();
    let reset = world.mailed("ada").await;
    world.auth.request_email_change(&caller, "countess@example.org", &secret(PASSWORD)).await.unwrap();
    let change = world.mailed("countess").await;
    world.auth.confirm_email_change(&change, &client()).await.unwrap();
    let answer =
        world.auth.reset_password(&reset, &secret("chosen by who reads the old mail"), &client()).await;
    assert!(is_invalid_mailed_token(&answer));
    assert!(world.log_in("countess", PASSWORD).await.is_ok());
}

/// Somebody knows Ada's password, and she resets it.
async fn resetting(world: &World) -> impl Future<Output = ()> + Send + 'static {
    world.auth.request_password_reset(&address("ada"), &client()).await.unwrap();
    let (auth, token) = (world.auth.clone(), world.mailed("ada").await);
    async move { auth.reset_password(&token, &secret("hers alone"), &client()).await.unwrap() }
}

async fn a_change_of_address_proven_with_an_old_password_is_refused(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    let users = Overtaken::new(&world.ports.users, 1, resetting(&world).await);
    let ports = IdentityPorts { users: Arc::new(users), ..world.ports.clone() };
    let thief = world.another(ports, settings()).await;
    let answer = thief.auth.request_email_change(&caller, "mallory@example.org", &secret(PASSWORD)).await;
    assert!(is_wrong(&answer), "{answer:?}");
    assert!(world.mailer.last_to("mallory@example.org").is_none());
    assert_eq!(world.last_action(tokens.user).await, Some(SecurityAction::PasswordReset));
}

async fn a_change_of_address_asked_for_while_the_password_is_reset_comes_to_nothing(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    let commits = Overtaken::new(&world.ports.commits, 0, resetting(&world).await);
    let ports = IdentityPorts { commits: Arc::new(commits), ..world.ports.clone() };
    let thief = world.another(ports, settings()).await;
    thief.auth.request_email_change(&caller, "mallory@example.org", &secret(PASSWORD)).await.unwrap();
    let token = world.mailed("mallory").await;
    assert!(is_invalid_mailed_token(&world.auth.confirm_email_change(&token, &client()).await));
    assert_eq!(world.user(caller.user_id()).await.email().shown(), "ada@example.org");
}

async fn a_change_of_address_ends_a_session_opened_at_that_very_moment(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    world.auth.request_email_change(&caller, "countess@example.org", &secret(PASSWORD)).await.unwrap();
    let token = world.mailed("countess").await;
    let (auth, got) = (world.auth.clone(), Arc::new(OnceLock::new()));
    let kept = got.clone();
    let log_in = async move {
        let tokens = auth.log_in(&address("ada"), &secret(PASSWORD), &client()).await.unwrap();
        kept.set(tokens).unwrap();
    };
    let commits = Overtaken::new(&world.ports.commits, 0, log_in);
    let ports = IdentityPorts { commits: Arc::new(commits), ..world.ports.clone() };
    let other = world.another(ports, settings()).await;
    other.auth.confirm_email_change(&token, &client()).await.unwrap();
    let got = got.get().unwrap();
    assert!(!world.is_in(got).await && is_invalid_token(&world.refresh(got).await));
}
