use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use invoice_core::identity::{IdentityChange, KeyState};
use invoice_core::ports::IdGenerator as _;
use invoice_core::ports::identity::IdentityCommits as _;
use invoice_core::testing::IdentityFixtures;
use invoice_core::{CommitId, ports::Clock as _};

use super::world::{SECOND, World, states};
use crate::checks::SessionChecks;
use crate::client::ClientInfo;
use crate::keys::KeyRing;
use crate::settings::{Settings, TokenMode};
use crate::token::{NoClaims, TokenDesk};

const TOKENS: usize = 55_000;
/// In which time they are issued: an hour and a half.
const SECONDS: usize = 5_400;
/// Each token is used at once, and once more shortly before its quarter of an hour is over.
const LATER: usize = 890;

fn desk(world: &World, ring: &Arc<KeyRing>, mode: TokenMode) -> TokenDesk {
    let settings = world.settings.clone().mode(mode);
    let checks =
        SessionChecks::new(world.ports.sessions.clone(), ring.clone(), world.clock.clone(), &settings);
    let (settings, checks) = (Arc::new(settings), Arc::new(checks));
    TokenDesk::new(settings, ring.clone(), checks, world.clock.clone(), world.ids.clone(), None)
}

/// Two processes that tell each other nothing issue and verify in turns, while keys rotate: by hand in one, as the
/// clock goes, by hand in the other.
async fn rotate_under_load(mode: TokenMode, tokens: usize) -> usize {
    // None is remembered, so that every request is verified.
    let settings = Settings::new("issuer", "audience").cached(100, 0);
    let world = World::with(settings.rotation(Duration::from_mins(40), Duration::from_mins(5)));
    let rings = [world.ring_in(mode).await, world.ring_in(mode).await];
    let desks = rings.each_ref().map(|ring| desk(&world, ring, mode));
    let fixtures = IdentityFixtures::new();
    let ada = fixtures.user("Ada");
    let session = fixtures.session(ada.id());
    let session = session.clone().with_secret(rings[0].session_secret(session.id()).unwrap());
    let change = IdentityChange::new(CommitId::from_uuid(world.ids.uuid(world.clock.now())));
    world.keys.commit_identity(change.insert(ada).insert(session.clone())).await.unwrap();

    let a_second = tokens / SECONDS;
    let (mut issued, mut keys, mut verified) = (Vec::with_capacity(tokens), BTreeSet::new(), 0);
    for number in 0..tokens {
        if number % a_second == 0 {
            world.pass(SECOND);
        }
        match number {
            at if at == a_second * 1_000 => rings[0].rotate_now(None).await.unwrap(),
            at if at == a_second * 4_200 => rings[1].rotate_now(None).await.unwrap(),
            _ => {}
        }
        let (issuer, verifier) = (&desks[number % 2], &desks[number / 2 % 2]);
        let token = issuer.issue(&session, 1).await.unwrap();
        keys.insert(kid(token.expose()));
        let earlier = number.checked_sub(LATER * a_second).and_then(|place| issued.get(place));
        for token in earlier.into_iter().chain([&token]) {
            match verifier.authenticate::<NoClaims>(token.expose(), ClientInfo::new()).await {
                Ok(_) => verified += 1,
                Err(error) => panic!("refused after {verified}: {error}"),
            }
        }
        issued.push(token);
    }
    assert_eq!(keys.len(), 4, "keys that signed, and so three rotations");
    assert_eq!(verified, 2 * tokens - LATER * a_second);
    assert_eq!(states(&rings[0]).await[..2], [KeyState::Destroyed; 2], "some of which are over already");
    verified
}

fn kid(token: &str) -> String {
    use base64::Engine as _;
    let header = token.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_token_is_refused_while_keys_rotate_under_load() {
    assert!(rotate_under_load(TokenMode::EdDsa, TOKENS).await > 100_000);
}

#[tokio::test]
async fn no_token_is_refused_in_the_other_modes_either() {
    rotate_under_load(TokenMode::Es256, 11_000).await;
    rotate_under_load(TokenMode::Derived, 11_000).await;
}
