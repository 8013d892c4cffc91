//! Refresh tokens: rotated once, the same child for all who race, and a family that ends when an old one comes back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story says what it expects by panicking"
)]

mod common;

use std::sync::Arc;

use common::stores::on_every_store;
use common::watched::{Claims, WatchedSessions};
use common::{DAY, World, client, is_invalid_token};
use futures::future::join_all;
use invoice_auth::testing::settings;
use invoice_auth::{Auth, AuthBuilder, MasterKey, OpaqueToken, TokenMode, Tokens};
use invoice_core::identity::SecurityAction;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::system::RandomIds;

const SECOND: i64 = 1_000;

on_every_store! {
    a_refresh_gives_new_tokens_of_the_same_session
    of_many_refreshes_at_once_all_get_the_same_child
    a_lost_answer_is_given_again_within_the_grace_by_any_process
    a_parent_after_the_grace_ends_the_family
    a_grandparent_ends_the_family_every_time
    a_forged_token_changes_nothing
    a_session_ends_when_it_is_not_refreshed_for_a_week
    a_session_ends_after_thirty_days_however_often_it_is_refreshed
    a_disabled_user_gets_no_tokens
    a_refresh_that_a_logout_overtakes_does_not_bring_the_session_back
    a_refresh_leaves_a_team_that_the_user_left
    derived_keys_go_with_the_family
    a_refresh_that_can_not_be_answered_exchanges_nothing
    a_lost_answer_is_given_again_while_the_master_key_changes
    a_clock_that_is_set_back_does_not_make_the_grace_longer
    a_session_refreshed_just_before_its_end_goes_on_in_every_process
}

async fn a_refresh_gives_new_tokens_of_the_same_session(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let first = world.person("ada").await;
    world.clock.advance_millis(DAY);
    let second = world.refresh(&first).await.unwrap();
    assert_eq!((second.session, second.user), (first.session, first.user));
    assert_ne!(second.refresh, first.refresh);
    assert_ne!(second.access.expose(), first.access.expose());
    assert!(world.is_in(&second).await);
    assert_eq!(second.session_expires_at, first.session_expires_at.plus_millis(DAY));
    assert_eq!(
        world.session(first.session).await.last_seen_at(),
        first.session_expires_at.plus_millis(-6 * DAY)
    );
}

async fn of_many_refreshes_at_once_all_get_the_same_child(ports: IdentityPorts) {
    let rounds = std::env::var("INVOICE_TEST_REFRESH_ROUNDS").ok().and_then(|text| text.parse().ok());
    let on_a_server = std::thread::current()
        .name()
        .is_some_and(|name| !name.starts_with("memory") && !name.starts_with("sqlite"));
    let rounds: u32 = rounds.unwrap_or(if on_a_server { 50 } else { 1_000 });
    let world = World::on(ports).await;
    let first = world.person("ada").await;
    let mut held = first.refresh.clone();
    for round in 1..=rounds {
        let racing = (0..20).map(|_| {
            let (auth, token) = (world.auth.clone(), held.clone());
            tokio::spawn(async move { auth.refresh(&token, &client()).await })
        });
        let children: Vec<Tokens> =
            join_all(racing).await.into_iter().map(|answer| answer.unwrap().unwrap()).collect();
        let child = children[0].refresh.clone();
        assert!(children.iter().all(|tokens| tokens.refresh == child), "round {round}");
        assert_ne!(child, held);
        held = child;
        world.clock.advance_millis(1);
    }
    let session = world.session(first.session).await;
    assert_eq!((session.refresh().generation(), session.revoked_at()), (rounds, None));
}

async fn a_lost_answer_is_given_again_within_the_grace_by_any_process(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let parent = world.person("ada").await;
    let lost = world.refresh(&parent).await.unwrap();
    let restarted = world.another_process().await;
    world.clock.advance_millis(10 * SECOND);
    let again = restarted.refresh(&parent).await.unwrap();
    assert_eq!(again.refresh, lost.refresh);
    assert!(restarted.is_in(&again).await);
    assert!(restarted.refresh(&again).await.is_ok());
}

async fn a_parent_after_the_grace_ends_the_family(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let parent = world.person("ada").await;
    let child = world.refresh(&parent).await.unwrap();
    assert!(world.is_in(&child).await);
    world.clock.advance_millis(10 * SECOND + 1);
    ended_by(&world, &parent, &child).await;
}

async fn a_grandparent_ends_the_family_every_time(ports: IdentityPorts) {
    let world = World::on(ports).await;
    for name in ["ada", "grace", "edsger", "barbara", "donald"] {
        let grandparent = world.person(name).await;
        let parent = world.refresh(&grandparent).await.unwrap();
        let child = world.refresh(&parent).await.unwrap();
        assert!(world.is_in(&child).await);
        ended_by(&world, &grandparent, &child).await;
    }
}

/// An old token came back: nobody of the family is in any more, and the audit knows.
async fn ended_by(world: &World, old: &Tokens, newest: &Tokens) {
    assert!(is_invalid_token(&world.refresh(old).await));
    assert!(is_invalid_token(&world.refresh(newest).await));
    assert!(!world.is_in(newest).await && !world.is_in(old).await);
    let session = world.session(old.session).await;
    assert!(session.revoked_at().is_some());
    assert_eq!(session.sv(), 2);
    let events = world.events(old.user).await;
    let told = events.iter().filter(|event| event.action() == SecurityAction::RefreshReused);
    assert_eq!(told.map(|event| event.subject().to_owned()).collect::<Vec<_>>(), [session.id().to_string()]);
}

async fn a_forged_token_changes_nothing(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let parent = world.person("ada").await;
    let child = world.refresh(&parent).await.unwrap();
    let before = world.session(child.session).await;
    let text = parent.refresh.expose();
    // The session and the epoch are right; the secret or the tag is not.
    for place in [40, 60, 70, 90] {
        let forged: String =
            text.chars().enumerate().map(|(at, c)| if at == place { swapped(c) } else { c }).collect();
        let answer = world.auth.refresh(&OpaqueToken::new(forged), &client()).await;
        assert!(is_invalid_token(&answer), "{place}");
    }
    assert_eq!(world.session(child.session).await, before);
    assert!(world.refresh(&child).await.is_ok());
}

fn swapped(c: char) -> char {
    if c == 'A' { 'B' } else { 'A' }
}

async fn a_session_ends_when_it_is_not_refreshed_for_a_week(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    world.clock.advance_millis(7 * DAY - 1);
    let tokens = world.refresh(&tokens).await.unwrap();
    world.clock.advance_millis(7 * DAY);
    assert!(is_invalid_token(&world.refresh(&tokens).await));
    assert_eq!(world.session(tokens.session).await.revoked_at(), None);
}

async fn a_session_ends_after_thirty_days_however_often_it_is_refreshed(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let mut tokens = world.person("ada").await;
    for _ in 0..29 {
        world.clock.advance_millis(DAY);
        tokens = world.refresh(&tokens).await.unwrap();
    }
    world.clock.advance_millis(DAY);
    assert!(is_invalid_token(&world.refresh(&tokens).await));
}

async fn a_disabled_user_gets_no_tokens(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    world.auth.disable_user(tokens.user, &client()).await.unwrap();
    assert!(is_invalid_token(&world.refresh(&tokens).await));
    assert!(!world.is_in(&tokens).await);
}

async fn a_refresh_that_a_logout_overtakes_does_not_bring_the_session_back(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    // Its store has all been read, and before it answers the user logs out.
    let overtaken = WatchedSessions::new(&world.ports).overtaken_by(&world.auth, &caller);
    let ports = IdentityPorts { sessions: Arc::new(overtaken), ..world.ports.clone() };
    let slow = world.another(ports, settings()).await;
    assert!(is_invalid_token(&slow.refresh(&tokens).await));
    assert!(world.session(tokens.session).await.revoked_at().is_some());
    assert!(is_invalid_token(&world.refresh(&tokens).await));
}

async fn a_refresh_leaves_a_team_that_the_user_left(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let first = world.person("ada").await;
    let team = world.auth.create_team(&world.caller(&first).await, "Engines").await.unwrap();
    let tokens = world.log_in("ada", common::PASSWORD).await.unwrap();
    let caller = world.caller(&tokens).await;
    assert_eq!(caller.team(), Some(team.id()));
    world.auth.delete_team(&caller, team.version()).await.unwrap();
    assert!(!world.is_in(&tokens).await);
    let tokens = world.refresh(&tokens).await.unwrap();
    assert_eq!(world.caller(&tokens).await.team(), None);
}

async fn derived_keys_go_with_the_family(ports: IdentityPorts) {
    let world = World::with(ports, settings().mode(TokenMode::Derived)).await;
    let grandparent = world.person("ada").await;
    let parent = world.refresh(&grandparent).await.unwrap();
    let child = world.refresh(&parent).await.unwrap();
    assert!(world.is_in(&child).await);
    assert!(world.session(child.session).await.secret().is_some());
    ended_by(&world, &grandparent, &child).await;
    assert!(world.session(child.session).await.secret().is_none());
}

async fn a_refresh_that_can_not_be_answered_exchanges_nothing(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let claims = Arc::new(Claims::default());
    let more = |builder: AuthBuilder| builder.claims(claims.clone());
    let auth = common::process(&world.ports, &world.clock, &world.mailer, settings(), more).await;
    let tokens = world.person("ada").await;
    claims.break_down(true);
    assert!(auth.refresh(&tokens.refresh, &client()).await.is_err());
    assert_eq!(world.session(tokens.session).await.refresh().generation(), 0);
    claims.break_down(false);
    world.clock.advance_millis(11 * SECOND);
    let next = auth.refresh(&tokens.refresh, &client()).await.unwrap();
    assert!(world.is_in(&next).await);
}

async fn a_lost_answer_is_given_again_while_the_master_key_changes(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let (old, new) = (|| MasterKey::from_bytes([7; 32]), || MasterKey::from_bytes([8; 32]));
    let keyed = async |master| {
        let builder = Auth::builder(world.ports.clone(), master, settings(), world.mailer.clone());
        builder.clock(world.clock.clone(), Arc::new(RandomIds::new())).build().await.unwrap()
    };
    let (before, after) = (keyed(old().with_previous(new())).await, keyed(new().with_previous(old())).await);
    let mut held = world.person("ada").await.refresh;
    for (first, second) in [(&before, &after), (&after, &before)] {
        let lost = first.refresh(&held, &client()).await.unwrap();
        let again = second.refresh(&held, &client()).await.unwrap();
        assert_eq!(again.refresh, lost.refresh);
        held = second.refresh(&again.refresh, &client()).await.unwrap().refresh;
    }
}

async fn a_clock_that_is_set_back_does_not_make_the_grace_longer(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let parent = world.person("ada").await;
    let child = world.refresh(&parent).await.unwrap();
    world.clock.advance_millis(-30 * SECOND);
    assert_eq!(world.refresh(&parent).await.unwrap().refresh, child.refresh, "clocks differ by so much");
    world.clock.advance_millis(-1);
    assert!(is_invalid_token(&world.refresh(&parent).await));
    assert!(world.session(child.session).await.revoked_at().is_some());
}

async fn a_session_refreshed_just_before_its_end_goes_on_in_every_process(ports: IdentityPorts) {
    let world = World::on(ports).await;
    let there = world.another_process().await;
    let tokens = world.person("ada").await;
    world.clock.advance_millis(7 * DAY - 2 * SECOND);
    assert!(!there.is_in(&tokens).await, "its time is over, but its session is known there now");
    let next = world.refresh(&tokens).await.unwrap();
    world.clock.advance_millis(3 * SECOND);
    assert!(there.is_in(&next).await);
}
