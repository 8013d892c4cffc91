use std::sync::Arc;

use invoice_core::identity::KeyState::{Active, Destroyed, Pending};
use invoice_core::identity::SecurityAction::{SigningKeyActivated, SigningKeyAdded, SigningKeyRevoked};
use invoice_core::identity::{IdentityChange, KeyAlgorithm, SealedBytes, SigningKey};
use invoice_core::ports::Clock as _;
use invoice_core::ports::identity::{IdentityCommits as _, SigningKeys as _};
use invoice_core::{CommitId, ports::IdGenerator as _};

use super::world::{DAY, SECOND, World, master, signs, states, takes};
use crate::checks::InProcess;
use crate::error::AuthError;
use crate::keys::{EdDsaSigner, MasterKey, Signer as _};
use crate::settings::TokenMode;

fn alone() -> Arc<InProcess> {
    Arc::new(InProcess::new())
}

async fn stored(world: &World) -> Vec<SigningKey> {
    world.keys.signing_keys().await.unwrap()
}

async fn write(world: &World, fill: impl FnOnce(IdentityChange) -> IdentityChange) {
    let id = CommitId::from_uuid(world.ids.uuid(world.clock.now()));
    world.keys.commit_identity(fill(IdentityChange::new(id))).await.unwrap();
}

#[tokio::test]
async fn a_wrong_master_key_opens_no_ring_and_makes_no_key() {
    let world = World::new();
    let ring = world.ring().await;
    let opened = world.try_ring(master(2), TokenMode::EdDsa, alone()).await;
    assert!(matches!(opened, Err(AuthError::Crypto(_))));
    assert_eq!(states(&ring).await, [Active]);
}

#[tokio::test]
async fn a_master_key_is_changed_while_processes_run() {
    let world = World::new();
    let open = |master: MasterKey| world.try_ring(master, TokenMode::EdDsa, alone());
    let first = signs(&open(master(1)).await.unwrap()).await;
    let one = open(master(1).with_previous(master(2))).await.unwrap();
    let other = open(master(2).with_previous(master(1))).await.unwrap();
    other.rotate_now(None).await.unwrap();
    other.reseal().await.unwrap();
    world.pass(10 * SECOND);
    let second = signs(&other).await;
    assert!(takes(&one, &first).await && takes(&one, &second).await);
    assert_eq!(signs(&one).await, second);
    let alone = open(master(2)).await.unwrap();
    assert!(takes(&alone, &first).await && takes(&alone, &second).await);
    let versions = || async { stored(&world).await.iter().map(SigningKey::version).collect::<Vec<_>>() };
    let before = versions().await;
    alone.reseal().await.unwrap();
    assert_eq!(versions().await, before, "nothing is sealed twice");
}

#[tokio::test]
async fn a_key_whose_sealed_half_was_changed_is_not_used() {
    let world = World::new();
    let ring = world.ring().await;
    let first = signs(&ring).await;
    ring.rotate_now(None).await.unwrap();
    let key = stored(&world).await.into_iter().find(|key| *key.kid() == first).unwrap();
    let mut bytes = key.private().unwrap().expose().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    write(&world, |change| change.update(key.resealed(SealedBytes::new(bytes).unwrap()))).await;
    world.pass(10 * SECOND);
    assert!(!takes(&ring, &first).await);
    let restarted = world.ring().await;
    assert!(!takes(&restarted, &first).await);
    assert_eq!(restarted.jwks().await.unwrap()["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_key_s_private_half_does_not_do_for_another() {
    let world = World::new();
    let ring = world.ring().await;
    let first = signs(&ring).await;
    ring.rotate_now(None).await.unwrap();
    let (mine, other): (Vec<_>, Vec<_>) =
        stored(&world).await.into_iter().partition(|key| *key.kid() == first);
    let moved = mine[0].clone().resealed(other[0].private().unwrap().clone());
    write(&world, |change| change.update(moved)).await;
    world.pass(10 * SECOND);
    assert!(!takes(&ring, &first).await);
}

#[tokio::test]
async fn who_writes_to_the_store_without_the_master_key_adds_no_key() {
    let world = World::new();
    let ring = world.ring().await;
    let forged = EdDsaSigner::generate().unwrap();
    let sealed = master(9).seal(b"", b"whatever").unwrap();
    let key = SigningKey::new(forged.kid().clone(), KeyAlgorithm::EdDsa, sealed, world.clock.now());
    let key = key.with_public_jwk(forged.public_jwk().to_string()).unwrap();
    write(&world, |change| change.insert(key)).await;
    world.pass(10 * SECOND);
    assert!(!takes(&ring, forged.kid()).await);
    assert_eq!(ring.jwks().await.unwrap()["keys"].as_array().unwrap().len(), 1);
    ring.rotate_now(None).await.unwrap();
    world.pass(10 * SECOND);
    assert_ne!(signs(&ring).await, *forged.kid());
}

#[tokio::test]
async fn with_a_lost_master_key_a_deployment_begins_anew_when_it_is_told_to() {
    let world = World::new();
    let ring = world.ring().await;
    world.pass(29 * DAY);
    ring.maintain().await.unwrap();
    assert_eq!(states(&ring).await, [Active, Pending]);
    let first = signs(&ring).await;
    assert!(world.try_ring(master(2), TokenMode::EdDsa, alone()).await.is_err());
    let anew = world.ring_that_abandons(master(2)).await.unwrap();
    assert_eq!(states(&anew).await, [Destroyed, Destroyed, Active]);
    let expected = [SigningKeyRevoked, SigningKeyRevoked, SigningKeyAdded, SigningKeyActivated];
    assert_eq!(world.actions()[3..], expected);
    assert!(!takes(&anew, &first).await);
    let second = signs(&anew).await;
    let again = world.ring_that_abandons(master(2)).await.unwrap();
    assert_eq!(signs(&again).await, second, "a key that opens is not lost");
    assert_eq!(world.actions().len(), 7);
    world.try_ring(master(2), TokenMode::EdDsa, alone()).await.unwrap();
}

#[tokio::test]
async fn of_two_processes_that_give_up_lost_keys_at_once_both_go_on_with_one_new_key() {
    let world = World::new();
    world.ring().await;
    let (one, other) = tokio::join!(world.ring_that_abandons(master(2)), world.ring_that_abandons(master(2)));
    assert_eq!(signs(&one.unwrap()).await, signs(&other.unwrap()).await);
}

#[tokio::test]
async fn a_ring_that_was_deleted_by_hand_begins_anew() {
    let world = World::new();
    let mut last = signs(&*world.ring().await).await;
    for byte in [1, 2, 1] {
        world.delete_keys().await;
        let (one, other) = tokio::join!(
            world.try_ring(master(byte), TokenMode::EdDsa, alone()),
            world.try_ring(master(byte), TokenMode::EdDsa, alone()),
        );
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!((states(&one).await, signs(&other).await), (vec![Active], signs(&one).await));
        assert_ne!(signs(&one).await, std::mem::replace(&mut last, signs(&one).await));
    }
}
