use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use invoice_auth::testing::settings;
use invoice_auth::{Argon2Params, AuthBuilder, AuthError, PasswordScheme};
use invoice_core::identity::SecurityAction;
use invoice_core::ports::identity::IdentityPorts;

use crate::common::stores::{in_memory, on_every_store};
use crate::common::watched::{Away, Silent, WatchedThrottle};
use crate::common::{MINUTE, PASSWORD, World, address, client, client_at, is_wrong, process, secret, told};

on_every_store! {
    nobody_learns_why_a_log_in_failed
    unverified_accounts_stay_out_where_the_settings_say_so
    guessing_is_slowed_down_whether_there_is_an_account_or_not
    a_log_in_takes_its_own_attempt_back_but_not_those_of_others
    a_session_remembers_its_device_and_its_end
    a_session_begins_in_the_team_joined_first_or_the_one_asked_for
    a_hash_of_another_scheme_is_replaced_at_the_next_log_in
    a_header_that_says_anything_does_not_keep_anybody_out
    an_attempt_at_which_nobody_looked_is_not_counted
    an_attempt_that_failed_is_counted_even_if_it_can_not_be_written_down
    who_hangs_up_before_anybody_looked_at_the_password_makes_nobody_wait
}

async fn nobody_learns_why_a_log_in_failed(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let ada = world.person("ada").await;
    let grace = world.person("grace").await;
    world.auth.disable_user(grace.user, &client()).await.unwrap();
    let wrong = told(world.log_in("ada", "not her password").await);
    assert_eq!(wrong, "InvalidCredentials");
    assert_eq!(told(world.log_in("nobody", PASSWORD).await), wrong);
    assert_eq!(told(world.log_in("grace", PASSWORD).await), wrong);
    assert_eq!(world.last_action(ada.user).await, Some(SecurityAction::LoginFailed));
    assert_eq!(world.last_action(grace.user).await, Some(SecurityAction::LoginFailed));
    let events = world.events(ada.user).await;
    let failed = events.last().unwrap();
    assert_eq!((failed.address(), failed.user_agent()), ("192.0.2.7", "tests/1"));
}

async fn unverified_accounts_stay_out_where_the_settings_say_so(ports: IdentityPorts) {
    let world = World::with(ports, settings().verified_only(true)).await;
    world.register("ada").await;
    assert!(is_wrong(&world.log_in("ada", PASSWORD).await));
    let token = world.mailed("ada").await;
    world.auth.verify_email(&token, &client()).await.unwrap();
    assert!(world.log_in("ada", PASSWORD).await.is_ok());
}

async fn guessing_is_slowed_down_whether_there_is_an_account_or_not(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    let mut waits = Vec::new();
    for name in ["ada", "nobody"] {
        for n in 0..5 {
            // Another address each time: the account's own counter holds.
            let client = client_at(&format!("198.51.100.{n}"));
            let answer = world.auth.log_in(&address(name), &secret("wrong"), &client).await;
            assert!(is_wrong(&answer), "{n}: {answer:?}");
        }
        match world.log_in(name, PASSWORD).await {
            Err(AuthError::TooManyAttempts { retry_after }) => waits.push(retry_after),
            other => panic!("{other:?}"),
        }
        world.clock.advance_millis(MINUTE);
        assert_eq!(world.log_in(name, PASSWORD).await.is_ok(), name == "ada");
    }
    assert_eq!(waits[0], waits[1]);
    assert!(waits[0] > Duration::ZERO);
}

async fn a_log_in_takes_its_own_attempt_back_but_not_those_of_others(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("mallory").await;
    for name in ["a", "b", "c", "d", "e"] {
        assert!(is_wrong(&world.log_in(name, PASSWORD).await));
    }
    world.clock.advance_millis(2_000);
    // Somebody's own account must not open the way to further guesses from this address.
    assert!(world.log_in("mallory", PASSWORD).await.is_ok());
    let answers = [world.log_in("g", PASSWORD).await, world.log_in("h", PASSWORD).await];
    assert!(answers.iter().any(|it| matches!(it, Err(AuthError::TooManyAttempts { .. }))), "{answers:?}");
    for n in 0..20 {
        let from = client_at(&format!("203.0.113.{n}"));
        let answer = world.auth.log_in(&address("mallory"), &secret(PASSWORD), &from).await;
        assert!(answer.is_ok(), "{n}: {answer:?}");
    }
}

async fn a_session_remembers_its_device_and_its_end(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    let device = client().with_device("Ada's telephone");
    let tokens = world.auth.log_in(&address("ada"), &secret(PASSWORD), &device).await.unwrap();
    let session = world.session(tokens.session).await;
    assert_eq!(session.device(), "Ada's telephone");
    assert_eq!(session.idle_expires_at(), tokens.session_expires_at);
    let days = |from: invoice_core::Timestamp, to: invoice_core::Timestamp| {
        (to.as_millis() - from.as_millis()) / crate::common::DAY
    };
    assert_eq!(days(session.created_at(), session.idle_expires_at()), 7);
    assert_eq!(days(session.created_at(), session.absolute_expires_at()), 30);
    let event = world.events(tokens.user).await.pop().unwrap();
    assert_eq!(
        (event.action(), event.subject()),
        (SecurityAction::LoggedIn, session.id().to_string().as_str())
    );
}

async fn a_session_begins_in_the_team_joined_first_or_the_one_asked_for(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    assert_eq!(caller.team(), None);
    let first = world.auth.create_team(&caller, "Engines").await.unwrap().id();
    world.clock.advance_millis(1);
    let second = world.auth.create_team(&caller, "Looms").await.unwrap().id();
    let tokens = world.log_in("ada", PASSWORD).await.unwrap();
    assert_eq!(world.caller(&tokens).await.team(), Some(first));
    let (email, password) = (address("ada"), secret(PASSWORD));
    let tokens = world.auth.log_in_to_team(second, &email, &password, &client()).await.unwrap();
    assert_eq!(world.caller(&tokens).await.team(), Some(second));
    let stranger = world.person("grace").await;
    let hers = world.auth.create_team(&world.caller(&stranger).await, "Hers").await.unwrap().id();
    let answer = world.auth.log_in_to_team(hers, &email, &password, &client()).await;
    assert!(matches!(answer, Err(AuthError::NotFound)), "{answer:?}");
    let wrong = world.auth.log_in_to_team(hers, &email, &secret("wrong"), &client()).await;
    assert!(is_wrong(&wrong));
}

async fn a_hash_of_another_scheme_is_replaced_at_the_next_log_in(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let hash = async || world.user(tokens.user).await.password().unwrap().expose().to_owned();
    let before = hash().await;
    assert!(before.starts_with("$argon2id$"));
    let changed = settings().passwords(PasswordScheme::Bcrypt(4), 2);
    let changed = world.another(world.ports.clone(), changed).await;
    assert!(is_wrong(&changed.log_in("ada", "wrong").await));
    assert_eq!(hash().await, before);
    let again = changed.log_in("ada", PASSWORD).await.unwrap();
    let after = hash().await;
    assert!(!after.starts_with("$argon2id$"), "{after}");
    assert!(changed.log_in("ada", PASSWORD).await.is_ok());
    assert_eq!(hash().await, after);
    assert!(world.is_in(&tokens).await && changed.is_in(&again).await, "nobody is logged out by that");
}

async fn a_header_that_says_anything_does_not_keep_anybody_out(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    let odd = client().with_user_agent(format!("\0\n\u{202e}{}", "é".repeat(2_000)));
    let tokens = world.auth.log_in(&address("ada"), &secret(PASSWORD), &odd).await.unwrap();
    assert_eq!(world.session(tokens.session).await.device().chars().count(), 500);
}

async fn an_attempt_at_which_nobody_looked_is_not_counted(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    let users = Away::after(&world.ports.users, 0);
    let other =
        world.another(IdentityPorts { users: users.clone(), ..world.ports.clone() }, settings()).await;
    for _ in 0..10 {
        let answer = other.log_in("ada", PASSWORD).await;
        assert!(matches!(answer, Err(AuthError::Store(_))), "{answer:?}");
    }
    users.come_back();
    for n in 0..4 {
        assert!(is_wrong(&other.log_in("ada", "not her password").await), "{n}");
    }
    assert!(other.log_in("ada", PASSWORD).await.is_ok());
}

async fn an_attempt_that_failed_is_counted_even_if_it_can_not_be_written_down(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    let commits = Away::after(&world.ports.commits, 0);
    let other = world.another(IdentityPorts { commits, ..world.ports.clone() }, settings()).await;
    for _ in 0..5 {
        let answer = other.log_in("ada", "not her password").await;
        assert!(matches!(answer, Err(AuthError::Store(_))), "{answer:?}");
    }
    let answer = other.log_in("ada", PASSWORD).await;
    assert!(matches!(answer, Err(AuthError::TooManyAttempts { .. })), "{answer:?}");
}

async fn who_hangs_up_before_anybody_looked_at_the_password_makes_nobody_wait(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    let throttle = WatchedThrottle::new(world.clock.clone());
    let deployed = async |ports: &IdentityPorts| {
        let throttled = |builder: AuthBuilder| builder.throttle(throttle.clone());
        process(ports, &world.clock, &world.mailer, settings(), throttled).await
    };
    let there = deployed(&world.ports).await;
    let hanging = deployed(&IdentityPorts { users: Arc::new(Silent), ..world.ports.clone() }).await;
    let (email, client) = (address("ada"), client());
    for times in 1..=10 {
        let gone = hanging.log_in(&email, &secret("not her password"), &client).now_or_never();
        assert!(gone.is_none(), "the store does not answer");
        throttle.taken_back(times).await;
    }
    for n in 0..5 {
        assert!(is_wrong(&there.log_in(&email, &secret("not her password"), &client).await), "{n}");
    }
    let answer = there.log_in(&email, &secret(PASSWORD), &client).await;
    assert!(matches!(answer, Err(AuthError::TooManyAttempts { .. })), "{answer:?}");
}

#[tokio::test]
async fn who_hangs_up_while_the_password_is_looked_at_has_made_a_guess() {
    let cheap = PasswordScheme::Argon2id(Argon2Params::cheap());
    let world = World::with(in_memory(), settings().passwords(cheap, 10)).await;
    world.register("ada").await;
    for n in 0..5 {
        assert!(world.log_in("ada", "not her password").now_or_never().is_none(), "{n}: it takes a thread");
        tokio::task::yield_now().await;
    }
    let answer = world.log_in("ada", PASSWORD).await;
    assert!(matches!(answer, Err(AuthError::TooManyAttempts { .. })), "{answer:?}");
}
