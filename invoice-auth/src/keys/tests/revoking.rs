use std::sync::atomic::Ordering;

use invoice_core::UserId;
use invoice_core::identity::KeyId;
use invoice_core::identity::KeyState::{Active, Destroyed, Pending, Retiring};
use invoice_core::identity::SecurityAction::{SigningKeyActivated, SigningKeyAdded, SigningKeyRevoked};
use serde_json::json;
use uuid::Uuid;

use super::world::{DAY, SECOND, World, master, signs, states, takes};
use crate::caller::Caller;
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::settings::TokenMode;
use crate::testing::Notices;

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_the_next_signs() {
    let world = World::new();
    let ring = world.ring().await;
    let (first, generation) = (signs(&ring).await, ring.generation().await.unwrap());
    ring.revoke(&first, None).await.unwrap();
    assert!(!takes(&ring, &first).await);
    assert_ne!(signs(&ring).await, first);
    assert_ne!(ring.generation().await.unwrap(), generation);
    assert_eq!(states(&ring).await, [Destroyed, Active]);
    assert_eq!(world.actions()[2..], [SigningKeyRevoked, SigningKeyAdded, SigningKeyActivated]);
    ring.revoke(&first, None).await.unwrap();
    assert_eq!(world.actions().len(), 5, "once is enough");
}

#[tokio::test]
async fn the_pending_key_takes_the_place_of_a_revoked_one() {
    let world = World::new();
    let ring = world.ring().await;
    world.pass(29 * DAY);
    ring.maintain().await.unwrap();
    let next = ring.list().await.unwrap()[1].kid.clone();
    ring.revoke(&signs(&ring).await, None).await.unwrap();
    assert_eq!(signs(&ring).await, next);
    assert_eq!(states(&ring).await, [Destroyed, Active]);
}

#[tokio::test]
async fn revoking_a_key_that_does_not_sign_leaves_the_one_that_does() {
    let world = World::new();
    let ring = world.ring().await;
    let first = signs(&ring).await;
    world.pass(29 * DAY);
    ring.maintain().await.unwrap();
    let pending = ring.list().await.unwrap()[1].kid.clone();
    ring.revoke(&pending, None).await.unwrap();
    assert_eq!((signs(&ring).await, states(&ring).await), (first.clone(), vec![Destroyed, Active, Pending]));
    assert!(!takes(&ring, &pending).await);
    world.pass(1);
    ring.rotate_now(None).await.unwrap();
    assert_eq!(signs(&ring).await, first);
    ring.revoke(&first, None).await.unwrap();
    assert_eq!(states(&ring).await, [Destroyed, Destroyed, Active]);
    assert_ne!(signs(&ring).await, first, "with nobody else left the next one signs before its time");
}

#[tokio::test]
async fn another_process_refuses_a_revoked_key_when_it_is_told() {
    let world = World::new();
    let notices = Notices::new();
    let ring = world.try_ring(master(1), TokenMode::EdDsa, notices.process(1)).await.unwrap();
    let other = world.try_ring(master(1), TokenMode::EdDsa, notices.process(2)).await.unwrap();
    let (first, generation) = (signs(&other).await, other.generation().await.unwrap());
    ring.revoke(&first, None).await.unwrap();
    assert_ne!(other.generation().await.unwrap(), generation);
    assert!(!takes(&other, &first).await);
    assert_eq!(signs(&other).await, signs(&ring).await);
}

#[tokio::test]
async fn another_process_refuses_a_revoked_key_within_ten_seconds_untold() {
    let world = World::new();
    let (ring, other) = (world.ring().await, world.ring().await);
    let (first, generation) = (signs(&other).await, other.generation().await.unwrap());
    ring.revoke(&first, None).await.unwrap();
    world.pass(10 * SECOND - 1);
    assert!(takes(&other, &first).await);
    world.pass(1);
    assert_ne!(other.generation().await.unwrap(), generation, "which is asked for each remembered token");
    assert!(!takes(&other, &first).await);
}

#[tokio::test]
async fn a_rotation_alone_voids_nothing_that_was_verified() {
    let world = World::new();
    let ring = world.ring().await;
    let generation = ring.generation().await.unwrap();
    ring.rotate_now(None).await.unwrap();
    world.pass(10 * SECOND);
    signs(&ring).await;
    assert_eq!(ring.generation().await.unwrap(), generation);
}

#[tokio::test]
async fn a_key_that_is_not_there_can_t_be_revoked() {
    let world = World::new();
    let ring = world.ring().await;
    let revoked = ring.revoke(&KeyId::new("unknown").unwrap(), None).await;
    assert!(matches!(revoked, Err(AuthError::NotFound)));
}

#[tokio::test]
async fn what_is_published_is_the_public_half_of_every_key_that_is_taken() {
    let world = World::new();
    let ring = world.ring().await;
    world.pass(29 * DAY);
    ring.maintain().await.unwrap();
    world.pass(DAY);
    ring.maintain().await.unwrap();
    ring.rotate_now(None).await.unwrap();
    assert_eq!(states(&ring).await, [Retiring, Retiring, Active]);
    let mut expected = Vec::new();
    for key in ring.list().await.unwrap() {
        let jwk = world.ports.signing_keys.signing_keys().await.unwrap();
        let jwk = jwk.into_iter().find(|other| *other.kid() == key.kid).unwrap();
        let jwk: serde_json::Value = serde_json::from_str(jwk.public_jwk().unwrap()).unwrap();
        let (x, kid) = (&jwk["x"], key.kid.as_str());
        expected
            .push(json!({"kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig", "alg": "EdDSA", "kid": kid}));
    }
    assert_eq!(ring.jwks().await.unwrap(), json!({ "keys": expected }));
    let first = ring.list().await.unwrap()[0].kid.clone();
    ring.revoke(&first, None).await.unwrap();
    assert_eq!(ring.jwks().await.unwrap()["keys"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_es256_key_is_published_with_both_coordinates() {
    let ring = World::new().ring_in(TokenMode::Es256).await;
    let set = ring.jwks().await.unwrap();
    let key = set["keys"][0].as_object().unwrap();
    let names: Vec<_> = key.keys().map(String::as_str).collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert_eq!((&key["alg"], &key["crv"], &key["kty"]), (&json!("ES256"), &json!("P-256"), &json!("EC")));
    assert_eq!((key["x"].as_str().unwrap().len(), key["y"].as_str().unwrap().len()), (43, 43));
}

#[tokio::test]
async fn a_ring_secret_is_never_published() {
    let ring = World::new().ring_in(TokenMode::Derived).await;
    assert_eq!(ring.jwks().await.unwrap(), json!({ "keys": [] }));
    assert_eq!(states(&ring).await, [Active]);
}

#[tokio::test]
async fn a_revoked_key_is_refused_even_if_the_ring_can_t_be_read_again() {
    for unheard in [0, 3] {
        let world = World::new();
        let ring = world.ring().await;
        ring.rotate_now(None).await.unwrap();
        world.pass(10 * SECOND);
        let (next, generation) = (signs(&ring).await, ring.generation().await.unwrap());
        let kids: Vec<_> = ring.list().await.unwrap().into_iter().map(|key| key.kid).collect();
        let retiring = kids.into_iter().find(|kid| *kid != next).unwrap();
        assert!(takes(&ring, &retiring).await);
        world.keys.away_after_commit.store(true, Ordering::SeqCst);
        world.keys.unheard.store(unheard, Ordering::SeqCst);
        let answer = ring.revoke(&retiring, None).await;
        assert_eq!(answer.is_ok(), unheard == 0, "it is written: {answer:?}");
        assert!(world.keys.away.load(Ordering::SeqCst));
        for wait in [0, SECOND, 10 * SECOND, 300 * SECOND] {
            world.pass(wait);
            assert!(!takes(&ring, &retiring).await);
            assert!(takes(&ring, &next).await, "the others go on");
        }
        assert_ne!(ring.generation().await.unwrap(), generation);
    }
}

#[tokio::test]
async fn the_audit_says_who_revoked_a_key_and_from_where() {
    let world = World::new();
    let ring = world.ring().await;
    let user = UserId::from_uuid(Uuid::from_u128(7));
    let client = ClientInfo::new().with_address("192.0.2.1".parse().ok()).with_user_agent("console");
    let caller = Caller::user(user).from_client(client);
    ring.rotate_now(Some(&caller)).await.unwrap();
    world.pass(10 * SECOND);
    ring.revoke(&signs(&ring).await, Some(&caller)).await.unwrap();
    let events = world.keys.committed.lock().unwrap().clone();
    let (begin, later) = events.split_at(2);
    assert!(begin.iter().all(|event| event.user().is_none()), "nobody in particular");
    assert!(later.len() >= 4 && later.iter().all(|event| event.user() == Some(user)));
    assert!(later.iter().all(|event| (event.address(), event.user_agent()) == ("192.0.2.1", "console")));
}

#[tokio::test]
async fn another_process_signs_no_more_with_a_revoked_key_even_untold() {
    let world = World::new();
    let (ring, other) = (world.ring().await, world.ring().await);
    let first = signs(&other).await;
    ring.revoke(&first, None).await.unwrap();
    assert_ne!(signs(&other).await, first, "the token would be refused by all");
}

#[tokio::test]
async fn of_many_who_sign_at_once_few_read_the_ring() {
    let world = World::new();
    let ring = world.ring().await;
    let reads = world.reads();
    signs(&ring).await;
    assert_eq!(world.reads(), reads + 1);
    futures::future::join_all((0..100).map(|_| signs(&ring))).await;
    assert!(world.reads() <= reads + 3, "{}", world.reads() - reads);
}
