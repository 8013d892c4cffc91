//! Keys as a deployment meets them: several processes, rotations, an emergency, another master key.

#![allow(clippy::unwrap_used, reason = "a test that can't begin fails")]

mod common;

use std::sync::Arc;

use common::stores::{in_memory, on_every_store};
use common::{PASSWORD, World, client, process};
use futures::future::join_all;
use invoice_auth::testing::settings;
use invoice_auth::{
    Auth, AuthError, EdDsaSigner, MasterKey, NoClaims, Signer, TokenError, TokenMode, Tokens,
};
use invoice_core::identity::{KeyAlgorithm, KeyId, KeyState};
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::system::RandomIds;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

const SECOND: i64 = 1_000;
const MODES: [TokenMode; 3] = [TokenMode::EdDsa, TokenMode::Es256, TokenMode::Derived];

on_every_store! {
    processes_that_start_together_make_one_key
    a_log_out_is_effective_at_once_here_and_within_ten_seconds_elsewhere
    a_revoked_key_is_refused_at_once_here_and_within_ten_seconds_elsewhere
    keys_rotate_and_nobody_is_refused
}

async fn states(auth: &Auth) -> Vec<KeyState> {
    let mut states: Vec<_> = auth.keys().list().await.unwrap().iter().map(|key| key.state).collect();
    states.sort_unstable();
    states
}

fn kid(tokens: &Tokens) -> KeyId {
    KeyId::new(decode_header(tokens.access.expose()).unwrap().kid.unwrap()).unwrap()
}

async fn processes_that_start_together_make_one_key(ports: IdentityPorts) {
    let world = World::on(in_memory()).await;
    let all = (0..8).map(|_| process(&ports, &world.clock, &world.mailer, settings(), |builder| builder));
    let all = join_all(all).await;
    assert_eq!(states(&all[0]).await, [KeyState::Active]);
    for done in join_all(all.iter().map(|auth| auth.keys().rotate_now(None))).await {
        done.unwrap();
    }
    assert_eq!(states(&all[0]).await, [KeyState::Active, KeyState::Retiring]);
}

async fn a_log_out_is_effective_at_once_here_and_within_ten_seconds_elsewhere(ports: IdentityPorts) {
    let here = World::on(ports).await;
    let there = here.another_process().await;
    let tokens = here.person("ada").await;
    assert!(here.is_in(&tokens).await && there.is_in(&tokens).await);
    here.auth.log_out(&here.caller(&tokens).await).await.unwrap();
    assert!(!here.is_in(&tokens).await);
    here.clock.advance_millis(10 * SECOND - 1);
    assert!(there.is_in(&tokens).await, "or the test would show nothing");
    here.clock.advance_millis(1);
    assert!(!there.is_in(&tokens).await);
}

async fn a_revoked_key_is_refused_at_once_here_and_within_ten_seconds_elsewhere(ports: IdentityPorts) {
    for mode in MODES {
        let here = World::with(ports.clone(), settings().mode(mode)).await;
        let there = here.another(ports.clone(), settings().mode(mode)).await;
        let name = format!("{mode:?}").to_lowercase();
        let tokens = here.person(&name).await;
        assert!(here.is_in(&tokens).await && there.is_in(&tokens).await);
        here.auth.keys().revoke(&kid(&tokens), None).await.unwrap();
        let refused = here.authenticate(&tokens).await;
        assert!(matches!(refused, Err(TokenError::UnknownKey)), "{refused:?}");
        let next = here.refresh(&tokens).await.unwrap();
        assert!(here.is_in(&next).await);
        here.clock.advance_millis(10 * SECOND - 1);
        assert!(there.is_in(&next).await, "an unknown key is asked for");
        here.clock.advance_millis(1);
        assert!(!there.is_in(&tokens).await);
        assert!(there.is_in(&next).await);
    }
}

async fn keys_rotate_and_nobody_is_refused(ports: IdentityPorts) {
    for mode in MODES {
        let here = World::with(ports.clone(), settings().mode(mode)).await;
        let there = here.another(ports.clone(), settings().mode(mode)).await;
        let name = format!("{mode:?}").to_lowercase();
        let mut tokens = here.person(&name).await;
        let mut keys = vec![kid(&tokens)];
        for round in 0..120 {
            let world = if round % 2 == 0 { &here } else { &there };
            if round % 40 == 0 {
                world.auth.keys().rotate_now(None).await.unwrap();
            }
            here.clock.advance_millis(SECOND);
            let next = world.refresh(&tokens).await.unwrap();
            for (world, tokens) in [(&here, &tokens), (&there, &tokens), (&here, &next), (&there, &next)] {
                let found = world.authenticate(tokens).await;
                assert!(found.is_ok(), "{mode:?}, round {round}: {found:?}");
            }
            tokens = next;
            keys.push(kid(&tokens));
        }
        keys.dedup();
        assert_eq!(keys.len(), 4, "three rotations");
    }
}

#[tokio::test]
async fn whoever_has_the_published_keys_verifies_access_tokens() {
    for (mode, algorithm) in [(TokenMode::EdDsa, Algorithm::EdDSA), (TokenMode::Es256, Algorithm::ES256)] {
        let world = World::with(in_memory(), settings().mode(mode)).await;
        let tokens = world.person("ada").await;
        let set: JwkSet = serde_json::from_value(world.auth.keys().jwks().await.unwrap()).unwrap();
        let jwk = set.find(kid(&tokens).as_str()).unwrap();
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&["bills"]);
        validation.set_issuer(&["https://bills.example"]);
        validation.validate_exp = false;
        let key = DecodingKey::from_jwk(jwk).unwrap();
        let claims = decode::<serde_json::Value>(tokens.access.expose(), &key, &validation).unwrap().claims;
        assert_eq!(claims["sub"], tokens.user.to_string());
    }
}

/// A key somewhere else, of which this one only has the handle.
struct Elsewhere(EdDsaSigner, KeyId);

impl Signer for Elsewhere {
    fn kid(&self) -> &KeyId {
        &self.1
    }

    fn algorithm(&self) -> KeyAlgorithm {
        self.0.algorithm()
    }

    fn public_jwk(&self) -> serde_json::Value {
        self.0.public_jwk()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AuthError> {
        self.0.sign(message)
    }
}

fn elsewhere() -> Arc<Elsewhere> {
    let signer = EdDsaSigner::generate().unwrap();
    let kid = signer.kid().clone();
    Arc::new(Elsewhere(signer, kid))
}

#[tokio::test]
async fn keys_that_live_elsewhere_sign_and_rotate() {
    let world = World::on(in_memory()).await;
    let own = world.person("ada").await;
    let with = |signers: Vec<Arc<dyn Signer>>| {
        process(&world.ports, &world.clock, &world.mailer, settings(), |builder| builder.signers(signers))
    };
    let (first, second) = (elsewhere(), elsewhere());
    let auth = with(vec![first.clone()]).await;
    let old = auth.refresh(&own.refresh, &client()).await.unwrap();
    assert_eq!(kid(&old), first.1);
    let auth = with(vec![second.clone(), first.clone()]).await;
    let new = auth.refresh(&old.refresh, &client()).await.unwrap();
    assert_eq!(kid(&new), second.1);
    let published = auth.keys().jwks().await.unwrap();
    for tokens in [&own, &old, &new] {
        auth.authenticate::<NoClaims>(tokens.access.expose(), client()).await.unwrap();
        let is_it = |key: &serde_json::Value| key["kid"] == kid(tokens).as_str();
        assert!(published["keys"].as_array().unwrap().iter().any(is_it));
    }
    let auth = with(vec![second]).await;
    let left_out = auth.authenticate::<NoClaims>(old.access.expose(), client()).await;
    assert!(matches!(left_out, Err(TokenError::UnknownKey)));
}

#[tokio::test]
async fn a_key_from_elsewhere_must_be_what_it_says() {
    let world = World::on(in_memory()).await;
    let with = |mode, signer: Arc<dyn Signer>| {
        Auth::builder(
            world.ports.clone(),
            MasterKey::from_bytes([7; 32]),
            settings().mode(mode),
            world.mailer.clone(),
        )
        .signers(vec![signer])
        .build()
    };
    assert!(with(TokenMode::EdDsa, elsewhere()).await.is_ok());
    assert!(with(TokenMode::Es256, elsewhere()).await.is_err());
    assert!(with(TokenMode::Derived, elsewhere()).await.is_err());
    let misnamed = Elsewhere(EdDsaSigner::generate().unwrap(), elsewhere().1.clone());
    assert!(with(TokenMode::EdDsa, Arc::new(misnamed)).await.is_err());
}

#[tokio::test]
async fn nobody_is_logged_out_while_the_master_key_changes() {
    for mode in MODES {
        let world = World::with(in_memory(), settings().mode(mode)).await;
        let tokens = world.person("ada").await;
        let with = |master: MasterKey| {
            Auth::builder(world.ports.clone(), master, settings().mode(mode), world.mailer.clone())
                .clock(world.clock.clone(), Arc::new(RandomIds::new()))
                .build()
        };
        let is_in = async |auth: &Auth, tokens: &Tokens| {
            auth.authenticate::<NoClaims>(tokens.access.expose(), client()).await.is_ok()
        };
        let (old, new) = (|| MasterKey::from_bytes([7; 32]), || MasterKey::from_bytes([8; 32]));
        assert!(with(new()).await.is_err());
        let before = with(old().with_previous(new())).await.unwrap();
        let after = with(new().with_previous(old())).await.unwrap();
        after.keys().reseal().await.unwrap();
        assert!(is_in(&before, &tokens).await && is_in(&after, &tokens).await);
        let next = after.refresh(&tokens.refresh, &client()).await.unwrap();
        let next = before.refresh(&next.refresh, &client()).await.unwrap();
        assert!(is_in(&before, &next).await && is_in(&after, &next).await);
        let alone = with(new()).await.unwrap();
        let next = after.refresh(&next.refresh, &client()).await.unwrap();
        let next = alone.refresh(&next.refresh, &client()).await.unwrap();
        assert!(is_in(&alone, &next).await, "a session that was refreshed needs the old one no more");
        let again = alone.log_in("ada@example.org", &common::secret(PASSWORD), &client()).await.unwrap();
        assert!(is_in(&alone, &again).await && is_in(&after, &again).await);
    }
}

#[tokio::test]
async fn a_session_from_before_derived_keys_gets_one_when_it_is_refreshed() {
    let before = World::on(in_memory()).await;
    let tokens = before.person("ada").await;
    let after = before.another(before.ports.clone(), settings().mode(TokenMode::Derived)).await;
    assert!(!after.is_in(&tokens).await, "one deployment takes one mode");
    let next = after.refresh(&tokens).await.unwrap();
    assert!(after.is_in(&next).await);
}
