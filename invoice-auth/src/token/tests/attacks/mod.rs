//! Attack tokens: each is refused for its cause, and accepted once the one check it is up against is off.

mod claims;
mod derived;
mod forms;
mod headers;

use std::collections::HashSet;

use serde::Deserialize;

use self::claims::{ENDED, INSTANTS, PARTIES, SESSION};
use self::derived::DERIVED;
use self::forms::{FORM, JSON, SIGNATURE};
use self::headers::{ALGORITHM, HEADER, KEY, TYPE};
use super::forge::Forge;
use super::world::World;
use crate::client::ClientInfo;
use crate::settings::TokenMode;
use crate::token::checklist::Check;
use crate::token::{TokenDesk, TokenError};

/// Its name, the check it is up against, the refusal's code, and how it is made.
type Attack = (&'static str, Check, &'static str, fn(&Forge) -> String);

/// What the application reads back.
#[derive(Debug, Deserialize)]
struct App {
    #[expect(dead_code, reason = "only its shape counts")]
    plan: Option<String>,
}

async fn try_on(desk: &TokenDesk, token: &str) -> Result<(), TokenError> {
    desk.authenticate::<App>(token, ClientInfo::new()).await.map(drop)
}

async fn show(world: &World, attacks: &[Attack]) {
    let (forge, mut names) = (Forge::new(world).await, HashSet::new());
    try_on(&world.desk(), &forge.genuine).await.unwrap();
    for (name, off, code, make) in attacks {
        assert!(names.insert(name), "twice: {name}");
        let token = make(&forge);
        let refusal = try_on(&world.desk(), &token).await.expect_err(name);
        assert_eq!(refusal.code(), *code, "{name}");
        let weak = try_on(&world.weak_desk(forge.weakness(*off)), &token).await;
        assert!(weak.is_ok(), "{name}: without {off:?} still {weak:?}");
    }
}

fn all() -> Vec<Attack> {
    [ALGORITHM, HEADER, KEY, TYPE, FORM, JSON, SIGNATURE, INSTANTS, PARTIES, SESSION].concat()
}

#[tokio::test]
async fn every_attack_is_refused_and_gets_through_without_its_check() {
    let world = World::new(TokenMode::EdDsa).await;
    show(&world, &all()).await;
}

#[tokio::test]
async fn the_same_holds_with_derived_keys() {
    show(&World::new(TokenMode::Derived).await, DERIVED).await;
}

#[test]
fn there_are_more_than_a_hundred_attacks_and_none_of_the_checks_is_without() {
    let attacks = [all(), ENDED.to_vec(), DERIVED.to_vec()].concat();
    assert!(attacks.len() > 100, "{}", attacks.len());
    let checks: HashSet<_> = attacks.iter().map(|(_, check, ..)| *check).collect();
    assert_eq!(checks.len(), Check::AppShape as usize + 1);
}

#[tokio::test]
async fn what_was_ended_is_refused_and_gets_through_without_its_check() {
    let [revoked, disabled, idle] = ENDED else { panic!("three") };

    let world = World::new(TokenMode::EdDsa).await;
    let forge = Forge::new(&world).await;
    let token = (revoked.3)(&forge);
    let ended = world.ada.clone().revoked(world.make.now());
    world.commit(world.make.change().update(ended)).await;
    ended_is_refused(&world, &forge, revoked, &token).await;

    let world = World::new(TokenMode::EdDsa).await;
    let forge = Forge::new(&world).await;
    let token = (disabled.3)(&forge);
    let user = world.ports().users.user(world.ada.user()).await.unwrap().unwrap();
    let off = user.with_disabled_at(Some(world.make.now()));
    world.commit(world.make.change().update(off)).await;
    ended_is_refused(&world, &forge, disabled, &token).await;

    let world = World::new(TokenMode::EdDsa).await;
    let forge = Forge::new(&world).await;
    let token = (idle.3)(&forge);
    world.clock.set(world.ada.idle_expires_at());
    ended_is_refused(&world, &forge, idle, &token).await;
}

async fn ended_is_refused(world: &World, forge: &Forge, (name, off, code, _): &Attack, token: &str) {
    assert_eq!(try_on(&world.desk(), token).await.expect_err(name).code(), *code, "{name}");
    let weak = try_on(&world.weak_desk(forge.weakness(*off)), token).await;
    assert!(weak.is_ok(), "{name}: without {off:?} still {weak:?}");
}
