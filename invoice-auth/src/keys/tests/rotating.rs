use invoice_core::identity::KeyState::{Active, Destroyed, Pending, Retiring};
use invoice_core::identity::SecurityAction::{
    SigningKeyActivated, SigningKeyAdded, SigningKeyDestroyed, SigningKeyRetired,
};

use super::world::{DAY, KEPT, MINUTE, SECOND, World, signs, states, takes};
use crate::settings::TokenMode;

#[tokio::test]
async fn an_empty_store_gets_one_key_that_signs() {
    for mode in [TokenMode::EdDsa, TokenMode::Es256, TokenMode::Derived] {
        let world = World::new();
        let ring = world.ring_in(mode).await;
        assert_eq!(states(&ring).await, [Active]);
        assert_eq!(world.actions(), [SigningKeyAdded, SigningKeyActivated]);
        let again = world.ring_in(mode).await;
        assert_eq!(states(&again).await, [Active]);
    }
}

#[tokio::test]
async fn a_key_lives_from_published_to_destroyed_as_the_clock_goes() {
    let world = World::new();
    let ring = world.ring().await;
    let first = signs(&ring).await;

    world.pass(29 * DAY - 1);
    ring.maintain().await.unwrap();
    assert_eq!(states(&ring).await, [Active]);
    world.pass(1);
    ring.maintain().await.unwrap();
    assert_eq!(states(&ring).await, [Active, Pending]);
    assert_eq!(signs(&ring).await, first);

    world.pass(DAY - 1);
    ring.maintain().await.unwrap();
    assert_eq!(states(&ring).await, [Active, Pending]);
    world.pass(1);
    ring.maintain().await.unwrap();
    assert_eq!(states(&ring).await, [Retiring, Active]);
    assert_ne!(signs(&ring).await, first);
    assert!(takes(&ring, &first).await);

    world.pass(KEPT - 1);
    ring.maintain().await.unwrap();
    assert!(takes(&ring, &first).await);
    world.pass(1);
    ring.maintain().await.unwrap();
    assert_eq!(states(&ring).await, [Destroyed, Active]);
    assert!(!takes(&ring, &first).await);
    assert_eq!(
        world.actions(),
        [
            SigningKeyAdded,
            SigningKeyActivated,
            SigningKeyAdded,
            SigningKeyActivated,
            SigningKeyRetired,
            SigningKeyDestroyed
        ]
    );
}

#[tokio::test]
async fn issuing_alone_keeps_the_ring_turning() {
    let world = World::new();
    let ring = world.ring().await;
    let first = signs(&ring).await;
    for _ in 0..(31 * 24 * 6) {
        world.pass(10 * MINUTE);
        signs(&ring).await;
    }
    assert_ne!(signs(&ring).await, first);
    assert_eq!(states(&ring).await, [Destroyed, Active]);
}

#[tokio::test]
async fn a_ring_left_alone_for_a_year_still_publishes_before_it_rotates() {
    let world = World::new();
    let first = signs(&*world.ring().await).await;
    world.pass(365 * DAY);
    let ring = world.ring().await;
    assert_eq!((signs(&ring).await, states(&ring).await), (first.clone(), vec![Active, Pending]));
    world.pass(DAY);
    assert_ne!(signs(&ring).await, first);
}

#[tokio::test]
async fn a_key_rotated_by_hand_signs_when_every_process_has_read_of_it() {
    let world = World::new();
    let (ring, other) = (world.ring().await, world.ring().await);
    let first = signs(&ring).await;
    assert!(takes(&other, &first).await);
    ring.rotate_now(None).await.unwrap();
    assert_eq!(states(&ring).await, [Retiring, Active]);
    world.pass(10 * SECOND - 1);
    assert_eq!(signs(&ring).await, first);
    world.pass(1);
    let second = signs(&ring).await;
    assert_ne!(second, first);
    let reads = world.reads();
    assert!(takes(&other, &second).await && takes(&other, &first).await);
    assert_eq!(world.reads(), reads + 1, "the ring was due, and the new key was in it");
}

#[tokio::test]
async fn a_pending_key_rotated_to_by_hand_signs_at_once() {
    let world = World::new();
    let ring = world.ring().await;
    let first = signs(&ring).await;
    world.pass(29 * DAY);
    ring.maintain().await.unwrap();
    world.pass(10 * SECOND);
    ring.rotate_now(None).await.unwrap();
    assert_ne!(signs(&ring).await, first);
    assert_eq!(states(&ring).await, [Retiring, Active]);
}

#[tokio::test]
async fn an_unused_mode_s_key_is_retired_and_destroyed() {
    let world = World::new();
    let old = signs(&*world.ring_in(TokenMode::Es256).await).await;
    let ring = world.ring().await;
    assert_eq!(states(&ring).await, [Active, Active], "both modes may run while a deployment changes");
    assert!(!takes(&ring, &old).await, "but each takes its own only");
    for _ in 0..40 {
        world.pass(DAY);
        ring.maintain().await.unwrap();
    }
    let keys = ring.list().await.unwrap();
    assert_eq!(keys.iter().find(|key| key.kid == old).unwrap().state, Destroyed);
}
