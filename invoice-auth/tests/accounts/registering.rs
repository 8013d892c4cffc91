use invoice_auth::testing::settings;
use invoice_auth::{AuthError, Mail};
use invoice_core::Code;
use invoice_core::identity::{SecurityAction, SecurityEvent};
use invoice_core::ports::identity::IdentityPorts;

use crate::common::stores::on_every_store;
use crate::common::watched::Away;
use crate::common::{PASSWORD, World, address, client, registration, secret};

on_every_store! {
    who_registers_gets_a_mail_and_can_log_in
    registering_twice_looks_the_same_and_tells_the_holder_by_mail
    of_many_who_register_at_once_one_gets_the_account
    one_address_has_one_account_however_it_is_spelt
    all_that_is_wrong_is_told_at_once
    no_mailbox_is_flooded_by_registering
    a_mail_that_can_not_be_sent_does_not_tell
    a_registration_that_came_to_nothing_is_not_counted
    an_office_registers_on_one_day_but_nobody_makes_up_accounts_without_end
}

async fn who_registers_gets_a_mail_and_can_log_in(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.register("ada").await;
    let mail = world.mailer.next_to("ada@example.org").await;
    let Mail::VerifyEmail { locale, expires_at, .. } = mail else { panic!("{mail:?}") };
    assert_eq!(locale.as_deref(), Some("de-AT"));
    assert!(expires_at > invoice_core::ports::Clock::now(&*world.clock));
    let tokens = world.log_in("ada", PASSWORD).await.unwrap();
    let user = world.user(tokens.user).await;
    assert_eq!((user.name(), user.verified_at()), ("Ada", None));
    let told: Vec<_> = world.events(user.id()).await.iter().map(SecurityEvent::action).collect();
    assert_eq!(told, [SecurityAction::Registered, SecurityAction::LoggedIn]);
}

async fn registering_twice_looks_the_same_and_tells_the_holder_by_mail(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let before = world.user(tokens.user).await;
    let mut again = registration("Ada@example.org");
    again.password = secret("another password of somebody else");
    world.auth.register(again, &client()).await.unwrap();
    let mail = world.mailer.next_to("ada@example.org").await;
    assert!(matches!(mail, Mail::AlreadyRegistered { .. }), "{mail:?}");
    assert_eq!(world.user(tokens.user).await, before);
    assert_eq!(world.last_action(tokens.user).await, Some(SecurityAction::RegisteredAgain));
}

async fn of_many_who_register_at_once_one_gets_the_account(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let all = futures::future::join_all((0..5).map(|n| {
        let mut new = registration("ada@example.org");
        new.password = secret(&format!("{PASSWORD} {n}"));
        let auth = world.auth.clone();
        tokio::spawn(async move { auth.register(new, &client()).await })
    }));
    assert!(all.await.into_iter().all(|answer| answer.unwrap().is_ok()));
    let mut mails = Vec::new();
    for _ in 0..5 {
        mails.push(world.mailer.next_to("ada@example.org").await);
    }
    assert_eq!(mails.iter().filter(|mail| matches!(mail, Mail::VerifyEmail { .. })).count(), 1, "{mails:?}");
    assert_eq!(mails.iter().filter(|mail| matches!(mail, Mail::AlreadyRegistered { .. })).count(), 4);
}

async fn one_address_has_one_account_however_it_is_spelt(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.auth.register(registration("Jos\u{e9}@example.org"), &client()).await.unwrap();
    world.auth.register(registration("JOSE\u{301}@EXAMPLE.ORG"), &client()).await.unwrap();
    let mail = world.mailer.next_to("Jos\u{e9}@example.org").await;
    assert!(matches!(mail, Mail::VerifyEmail { .. }), "{mail:?}");
    let mail = world.mailer.next_to("Jos\u{e9}@example.org").await;
    assert!(matches!(mail, Mail::AlreadyRegistered { .. }), "{mail:?}");
    assert!(world.log_in("jose\u{301}", PASSWORD).await.is_ok());
}

async fn all_that_is_wrong_is_told_at_once(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let pointers = async |new| match world.auth.register(new, &client()).await {
        Err(AuthError::Invalid(found)) => {
            found.iter().map(|it| (it.pointer().to_owned(), it.code())).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let mut new = registration("nobody");
    new.password = secret("short");
    let found = pointers(new).await;
    assert_eq!(found.iter().map(|(at, _)| at.as_str()).collect::<Vec<_>>(), ["/password", "/email"]);
    let mut new = registration("ada@example.org");
    new.name = "n".repeat(501);
    assert_eq!(pointers(new).await, [("/name".to_owned(), Code::TooLong)]);
    let mut new = registration("ada@example.org");
    new.locale = Some("l".repeat(36));
    assert_eq!(pointers(new).await, [("/locale".to_owned(), Code::TooLong)]);
}

async fn no_mailbox_is_flooded_by_registering(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let mut waits = 0;
    for n in 0..8 {
        // From other addresses each time, as a botnet would.
        let client = crate::common::client_at(&format!("192.0.2.{n}"));
        match world.auth.register(registration("ada@example.org"), &client).await {
            Ok(()) => {}
            Err(AuthError::TooManyAttempts { .. }) => waits += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(waits, 3, "five are free");
}

async fn a_mail_that_can_not_be_sent_does_not_tell(ports: IdentityPorts) {
    let world = World::on(ports).await;
    world.mailer.break_down(true);
    world.auth.register(registration(&address("ada")), &client()).await.unwrap();
    world.auth.register(registration(&address("ada")), &client()).await.unwrap();
    assert!(world.log_in("ada", PASSWORD).await.is_ok());
}

async fn an_office_registers_on_one_day_but_nobody_makes_up_accounts_without_end(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let mut through = 0;
    for n in 0..200 {
        match world.auth.register(registration(&address(&format!("n{n}"))), &client()).await {
            Ok(()) => through += 1,
            Err(AuthError::TooManyAttempts { .. }) => assert!(n > 20, "{n}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(through <= 16 * 5, "{through}");
    let elsewhere = crate::common::client_at("198.51.100.1");
    assert!(world.auth.register(registration(&address("ada")), &elsewhere).await.is_ok());
    assert!(world.log_in("n0", PASSWORD).await.is_ok(), "log-ins are counted apart");
}

async fn a_registration_that_came_to_nothing_is_not_counted(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let commits = Away::after(&world.ports.commits, 0);
    // The keys are there already, so that nothing but the registration is written.
    let there =
        world.another(IdentityPorts { commits: commits.clone(), ..world.ports.clone() }, settings()).await;
    let register = async || there.auth.register(registration(&address("ada")), &client()).await;
    for _ in 0..10 {
        let answer = register().await;
        assert!(matches!(answer, Err(AuthError::Store(_))), "{answer:?}");
    }
    commits.come_back();
    for n in 0..5 {
        assert!(register().await.is_ok(), "{n}");
    }
    let answer = register().await;
    assert!(matches!(answer, Err(AuthError::TooManyAttempts { .. })), "{answer:?}");
}
