use std::sync::Arc;

use invoice_auth::testing::settings;
use invoice_auth::{AuthBuilder, AuthError, Caller, Mail};
use invoice_core::identity::{SecurityAction, SecurityEvent};
use invoice_core::ports::identity::IdentityPorts;

use tokio::sync::Semaphore;

use crate::common::stores::on_every_store;
use crate::common::watched::{Claims, Overtaken};
use crate::common::{
    MINUTE, PASSWORD, World, address, client, is_invalid_mailed_token, is_invalid_token, is_wrong, process,
    secret,
};

const NEW: &str = "a new password";

on_every_store! {
    a_changed_password_ends_all_sessions_but_the_callers
    a_password_is_changed_by_who_knows_it
    guesses_at_the_old_password_count_like_log_ins
    a_caller_without_a_session_gets_no_tokens
    a_forgotten_password_is_set_with_a_mailed_token
    a_reset_works_once_for_an_hour_and_only_the_latest
    whoever_resets_at_once_with_one_token_one_wins
    a_reset_is_asked_for_in_the_same_words_for_nobody
    a_changed_password_voids_what_was_mailed_before
    a_reset_proves_the_address
    who_hangs_up_does_not_keep_the_warning_from_the_holder
    a_password_is_not_changed_when_no_tokens_can_be_given
}

async fn a_changed_password_ends_all_sessions_but_the_callers(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let mine = world.person("ada").await;
    let other = world.log_in("ada", PASSWORD).await.unwrap();
    let caller = world.caller(&mine).await;
    assert!(world.is_in(&other).await);
    let new = world.auth.change_password(&caller, &secret(PASSWORD), &secret(NEW)).await.unwrap().unwrap();
    assert_eq!(new.session, mine.session);
    assert!(world.is_in(&new).await);
    assert!(!world.is_in(&mine).await, "the epoch moved on");
    assert!(!world.is_in(&other).await && is_invalid_token(&world.refresh(&other).await));
    assert!(world.session(other.session).await.revoked_at().is_some());
    assert!(is_wrong(&world.log_in("ada", PASSWORD).await));
    assert!(world.log_in("ada", NEW).await.is_ok());
    // An old token of this session comes at once: refused, and nothing more, as it was no thief.
    assert!(is_invalid_token(&world.refresh(&mine).await));
    let next = world.refresh(&new).await.unwrap();
    assert!(world.is_in(&next).await);
    assert!(matches!(world.mailer.next_to("ada@example.org").await, Mail::PasswordChanged { .. }));
    let told: Vec<_> = world.events(mine.user).await.iter().map(SecurityEvent::action).collect();
    assert!(told.contains(&SecurityAction::PasswordChanged));
}

async fn a_password_is_changed_by_who_knows_it(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let mine = world.person("ada").await;
    let caller = world.caller(&mine).await;
    assert!(is_wrong(&world.auth.change_password(&caller, &secret("wrong"), &secret(NEW)).await));
    assert_eq!(world.last_action(mine.user).await, Some(SecurityAction::LoginFailed));
    let short = world.auth.change_password(&caller, &secret(PASSWORD), &secret("short")).await;
    assert!(
        matches!(short, Err(AuthError::Invalid(found)) if found.iter().all(|it| it.pointer() == "/password"))
    );
    assert!(world.is_in(&mine).await && world.log_in("ada", PASSWORD).await.is_ok());
}

async fn guesses_at_the_old_password_count_like_log_ins(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    for _ in 0..5 {
        assert!(is_wrong(&world.auth.change_password(&caller, &secret("wrong"), &secret(NEW)).await));
    }
    let answer = world.auth.change_password(&caller, &secret(PASSWORD), &secret(NEW)).await;
    assert!(matches!(answer, Err(AuthError::TooManyAttempts { .. })), "{answer:?}");
    let answer = world.log_in("ada", PASSWORD).await;
    assert!(matches!(answer, Err(AuthError::TooManyAttempts { .. })), "{answer:?}");
}

async fn a_caller_without_a_session_gets_no_tokens(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = Caller::user(tokens.user);
    assert!(world.auth.change_password(&caller, &secret(PASSWORD), &secret(NEW)).await.unwrap().is_none());
    assert!(!world.is_in(&tokens).await);
}

async fn a_forgotten_password_is_set_with_a_mailed_token(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let before = world.person("ada").await;
    world.auth.request_password_reset(" Ada@Example.org ", &client()).await.unwrap();
    let token = world.mailed("ada").await;
    assert_eq!(world.last_action(before.user).await, Some(SecurityAction::PasswordResetRequested));
    world.auth.reset_password(&token, &secret(NEW), &client()).await.unwrap();
    assert!(!world.is_in(&before).await && is_invalid_token(&world.refresh(&before).await));
    assert!(world.session(before.session).await.revoked_at().is_some());
    assert_eq!(world.last_action(before.user).await, Some(SecurityAction::PasswordReset));
    assert!(matches!(world.mailer.next_to("ada@example.org").await, Mail::PasswordChanged { .. }));
    assert!(is_wrong(&world.log_in("ada", PASSWORD).await));
    assert!(world.log_in("ada", NEW).await.is_ok());
}

async fn a_reset_works_once_for_an_hour_and_only_the_latest(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.person("ada").await;
    let ask = async || {
        world.auth.request_password_reset(&address("ada"), &client()).await.unwrap();
        world.mailed("ada").await
    };
    let reset = async |token| world.auth.reset_password(token, &secret(NEW), &client()).await;
    let (first, second) = (ask().await, ask().await);
    assert!(is_invalid_mailed_token(&reset(&first).await));
    let short = world.auth.reset_password(&second, &secret("short"), &client()).await;
    assert!(matches!(short, Err(AuthError::Invalid(_))), "a password that is refused does not use it up");
    assert!(reset(&second).await.is_ok());
    assert!(is_invalid_mailed_token(&reset(&second).await));
    world.mailer.next_to("ada@example.org").await;
    let third = ask().await;
    world.clock.advance_millis(60 * MINUTE);
    assert!(is_invalid_mailed_token(&reset(&third).await));
}

async fn whoever_resets_at_once_with_one_token_one_wins(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.person("ada").await;
    world.auth.request_password_reset(&address("ada"), &client()).await.unwrap();
    let token = world.mailed("ada").await;
    let all = futures::future::join_all((0..5).map(|n| {
        let (auth, token) = (world.auth.clone(), token.clone());
        let new = secret(&format!("{NEW} {n}"));
        tokio::spawn(async move { auth.reset_password(&token, &new, &client()).await })
    }));
    let answers: Vec<_> = all.await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| is_invalid_mailed_token(answer)).count(), 4, "{answers:?}");
    let winner = answers.iter().position(Result::is_ok).unwrap();
    assert!(world.log_in("ada", &format!("{NEW} {winner}")).await.is_ok());
}

async fn a_reset_is_asked_for_in_the_same_words_for_nobody(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let grace = world.person("grace").await;
    world.auth.disable_user(grace.user, &client()).await.unwrap();
    world.person("ada").await;
    for name in ["nobody", "grace", "ada"] {
        world.auth.request_password_reset(&address(name), &client()).await.unwrap();
    }
    world.mailed("ada").await;
    assert!(world.mailer.last_to("nobody@example.org").is_none());
    for name in ["nobody", "ada"] {
        for _ in 0..5 {
            world.auth.request_password_reset(&address(name), &client()).await.unwrap_or(());
        }
        let answer = world.auth.request_password_reset(&address(name), &client()).await;
        assert!(matches!(answer, Err(AuthError::TooManyAttempts { .. })), "{name}: {answer:?}");
    }
}

async fn a_changed_password_voids_what_was_mailed_before(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let caller = world.caller(&world.person("ada").await).await;
    // As somebody would who had got hold of the account for a while.
    world.auth.request_password_reset(&address("ada"), &client()).await.unwrap();
    let reset = world.mailed("ada").await;
    world.auth.request_email_change(&caller, "mallory@example.org", &secret(PASSWORD)).await.unwrap();
    let change = world.mailed("mallory").await;
    world.auth.change_password(&caller, &secret(PASSWORD), &secret(NEW)).await.unwrap();
    assert!(is_invalid_mailed_token(
        &world.auth.reset_password(&reset, &secret("mallory's own"), &client()).await
    ));
    assert!(is_invalid_mailed_token(&world.auth.confirm_email_change(&change, &client()).await));
}

async fn a_reset_proves_the_address(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    world.mailed("ada").await;
    world.auth.request_password_reset(&address("ada"), &client()).await.unwrap();
    let token = world.mailed("ada").await;
    world.auth.reset_password(&token, &secret(NEW), &client()).await.unwrap();
    let tokens = world.log_in("ada", NEW).await.unwrap();
    assert!(world.user(tokens.user).await.verified_at().is_some());
}

async fn who_hangs_up_does_not_keep_the_warning_from_the_holder(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.person("ada").await;
    world.auth.request_password_reset(&address("ada"), &client()).await.unwrap();
    let token = world.mailed("ada").await;
    let [begun, go] = [(); 2].map(|()| Arc::new(Semaphore::new(0)));
    let (tells, waits) = (begun.clone(), go.clone());
    let slowly = async move {
        tells.add_permits(1);
        waits.acquire().await.unwrap().forget();
    };
    let commits = Overtaken::new(&world.ports.commits, 0, slowly);
    let ports = IdentityPorts { commits: Arc::new(commits), ..world.ports.clone() };
    let other = world.another(ports, settings()).await;
    let request =
        tokio::spawn(async move { other.auth.reset_password(&token, &secret(NEW), &client()).await });
    begun.acquire().await.unwrap().forget();
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    go.add_permits(1);
    assert!(matches!(world.mailer.next_to("ada@example.org").await, Mail::PasswordChanged { .. }));
    assert!(world.log_in("ada", NEW).await.is_ok());
}

async fn a_password_is_not_changed_when_no_tokens_can_be_given(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    let claims = Arc::new(Claims::default());
    let more = |builder: AuthBuilder| builder.claims(claims.clone());
    let auth = process(&world.ports, &world.clock, &world.mailer, settings(), more).await;
    claims.break_down(true);
    assert!(auth.change_password(&caller, &secret(PASSWORD), &secret(NEW)).await.is_err());
    assert!(world.is_in(&tokens).await && world.log_in("ada", PASSWORD).await.is_ok());
    assert!(world.mailer.mails().is_empty());
}
