use std::sync::atomic::Ordering;

use futures::future::join_all;
use invoice_core::identity::KeyState::{Active, Pending, Retiring};
use invoice_core::identity::SecurityAction::{SigningKeyActivated, SigningKeyAdded};

use super::world::{DAY, MINUTE, SECOND, TTL, World, master, signs, states, takes};
use crate::checks::Notice;
use crate::settings::TokenMode;
use crate::testing::Notices;

#[tokio::test]
async fn processes_that_start_together_make_one_key() {
    for mode in [TokenMode::EdDsa, TokenMode::Es256, TokenMode::Derived] {
        let world = World::new();
        let rings = join_all((0..16).map(|_| world.ring_in(mode))).await;
        assert_eq!(states(&rings[0]).await, [Active]);
        assert_eq!(world.actions(), [SigningKeyAdded, SigningKeyActivated]);
    }
}

#[tokio::test]
async fn processes_that_maintain_together_publish_one_key_and_rotate_once() {
    let world = World::new();
    let rings = join_all((0..16).map(|_| world.ring())).await;
    world.pass(29 * DAY);
    for done in join_all(rings.iter().map(|ring| ring.maintain())).await {
        done.unwrap();
    }
    assert_eq!(states(&rings[0]).await, [Active, Pending]);
    world.pass(DAY);
    for done in join_all(rings.iter().map(|ring| ring.maintain())).await {
        done.unwrap();
    }
    assert_eq!(states(&rings[0]).await, [Retiring, Active]);
}

#[tokio::test]
async fn of_processes_that_rotate_at_once_one_does() {
    let world = World::new();
    let rings = join_all((0..16).map(|_| world.ring())).await;
    for done in join_all(rings.iter().map(|ring| ring.rotate_now(None))).await {
        done.unwrap();
    }
    assert_eq!(states(&rings[0]).await, [Retiring, Active]);
    rings[0].rotate_now(None).await.unwrap();
    assert_eq!(states(&rings[0]).await, [Retiring, Active], "a rotation is under way");
}

#[tokio::test]
async fn a_commit_of_which_nobody_heard_is_not_made_twice() {
    let world = World::new();
    world.keys.unheard.store(3, Ordering::SeqCst);
    assert!(world.try_ring(master(1), TokenMode::EdDsa, Notices::new().process(1)).await.is_err());
    world.keys.unheard.store(2, Ordering::SeqCst);
    let ring = world.ring().await;
    ring.rotate_now(None).await.unwrap();
    assert_eq!(states(&ring).await, [Retiring, Active]);
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_once_a_second() {
    let world = World::new();
    let ring = world.ring().await;
    world.pass(SECOND);
    let reads = world.reads();
    for _ in 0..100 {
        assert!(ring.verifying("unknown").await.unwrap().is_none());
    }
    assert_eq!(world.reads(), reads + 1);
    world.pass(SECOND);
    join_all((0..100).map(|_| ring.verifying("unknown"))).await;
    assert_eq!(world.reads(), reads + 2);
}

#[tokio::test]
async fn a_known_key_is_read_again_when_its_time_is_over_and_by_one_alone() {
    let world = World::new();
    let ring = world.ring().await;
    let kid = signs(&ring).await;
    let reads = world.reads();
    world.clock.advance_millis(i64::try_from(TTL.as_millis()).unwrap() - 1);
    assert!(takes(&ring, &kid).await);
    assert_eq!(world.reads(), reads);
    world.pass(1);
    join_all((0..100).map(|_| takes(&ring, &kid))).await;
    assert_eq!(world.reads(), reads + 1);
}

#[tokio::test]
async fn a_ring_goes_on_for_ten_minutes_while_the_store_is_away() {
    let world = World::new();
    let ring = world.ring().await;
    let kid = signs(&ring).await;
    world.keys.away.store(true, Ordering::SeqCst);
    world.pass(10 * MINUTE - 1);
    let reads = world.reads();
    join_all((0..100).map(|_| takes(&ring, &kid))).await;
    assert_eq!(world.reads(), reads + 1, "it is not asked all the time either");
    world.pass(1);
    world.pass(SECOND);
    let reads = world.reads();
    let refused = join_all((0..100).map(|_| ring.verifying(kid.as_str()))).await;
    assert!(refused.iter().all(Result::is_err));
    assert_eq!(world.reads(), reads + 1, "nor then");
    world.keys.away.store(false, Ordering::SeqCst);
    world.pass(SECOND);
    assert!(takes(&ring, &kid).await);
}

#[tokio::test]
async fn a_notice_that_comes_while_the_ring_is_read_is_not_lost() {
    let world = World::new();
    let (ring, other) = (world.ring().await, world.ring().await);
    let kid = signs(&ring).await;
    world.pass(10 * SECOND);
    // Another process revokes the key after this one read it, and tells before the answer is here.
    let told = other.clone();
    let tell = move || told.forget(&Notice::Keys);
    *world.keys.while_reading.lock().unwrap() = Some(Box::new(tell));
    assert!(takes(&other, &kid).await);
    ring.revoke(&kid, None).await.unwrap();
    assert!(!takes(&other, &kid).await);
}

#[tokio::test]
async fn a_clock_that_was_set_back_keeps_no_ring_from_being_read() {
    let world = World::new();
    let ring = world.ring().await;
    let kid = signs(&ring).await;
    world.pass(10 * SECOND);
    world.keys.away.store(true, Ordering::SeqCst);
    assert!(takes(&ring, &kid).await, "that failed, and is not tried again for a second");
    world.pass(-60 * MINUTE);
    assert!(ring.verifying(kid.as_str()).await.is_err(), "nobody knows how old the ring is by now");
    world.keys.away.store(false, Ordering::SeqCst);
    world.pass(-60 * MINUTE);
    assert!(takes(&ring, &kid).await);
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_put_maintenance_off() {
    let world = World::new();
    let ring = world.ring().await;
    let first = signs(&ring).await;
    world.pass(30 * DAY);
    ring.maintain().await.unwrap();
    world.pass(2 * DAY);
    takes(&ring, &first).await;
    world.keys.away.store(true, Ordering::SeqCst);
    assert_eq!(signs(&ring).await, first, "it can't be rotated now");
    world.keys.away.store(false, Ordering::SeqCst);
    world.pass(-60 * MINUTE);
    assert_ne!(signs(&ring).await, first);
}
