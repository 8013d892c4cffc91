//! Clocks that jump, forth and back.

use invoice_core::Timestamp;
use invoice_core::identity::KeyState::{Active, Destroyed, Pending, Retiring};
use proptest::prelude::*;

use super::world::{DAY, KEPT, MINUTE, SECOND, World, signs, states, takes};
use crate::keys::{KeyRing, KeyView};

const LAST: i64 = 253_402_300_799_999;

impl World {
    fn now(&self) -> i64 {
        use invoice_core::ports::Clock as _;
        self.clock.now().as_millis()
    }

    fn jump(&self, millis: i64) {
        self.clock.set(Timestamp::from_millis(millis));
    }
}

async fn alive(ring: &KeyRing) -> Vec<KeyView> {
    ring.list().await.unwrap().into_iter().filter(|key| key.state != Destroyed).collect()
}

#[tokio::test]
async fn a_clock_at_the_end_of_time_adds_one_key() {
    let world = World::new();
    let ring = world.ring().await;
    world.jump(LAST);
    for _ in 0..5 {
        ring.maintain().await.unwrap();
        assert_eq!(states(&ring).await, [Active, Pending]);
    }
}

#[tokio::test]
async fn a_key_published_in_the_year_9999_is_replaced_when_the_clock_is_back() {
    let world = World::new();
    let (ring, now) = (world.ring().await, world.now());
    let first = signs(&ring).await;
    world.jump(LAST);
    ring.maintain().await.unwrap();
    world.jump(now);
    ring.maintain().await.unwrap();
    assert_eq!((signs(&ring).await, states(&ring).await), (first.clone(), vec![Active, Pending]));
    world.pass(29 * DAY);
    ring.maintain().await.unwrap();
    assert_eq!((signs(&ring).await, states(&ring).await), (first.clone(), vec![Destroyed, Active, Pending]));
    world.pass(DAY);
    ring.maintain().await.unwrap();
    assert_ne!(signs(&ring).await, first);
}

#[tokio::test]
async fn a_key_that_began_in_a_year_to_come_is_followed_by_another_a_day_after_the_clock_is_back() {
    let world = World::new();
    let (ring, now) = (world.ring().await, world.now());
    let first = signs(&ring).await;
    world.jump(now + 1_000 * DAY);
    ring.rotate_now(None).await.unwrap();
    world.jump(now);
    let at_once = signs(&ring).await;
    assert_eq!(at_once, first, "it had not stopped yet");
    assert_eq!(states(&ring).await, [Retiring, Active, Pending]);
    world.pass(DAY - 1);
    ring.maintain().await.unwrap();
    assert_eq!(signs(&ring).await, first);
    world.pass(1);
    ring.maintain().await.unwrap();
    assert_ne!(signs(&ring).await, first);
    assert!(takes(&ring, &first).await, "what it signed a moment ago is still good");
    world.pass(KEPT);
    ring.maintain().await.unwrap();
    assert_eq!(states(&ring).await, [Destroyed, Destroyed, Active]);
    assert!(!takes(&ring, &first).await);
}

#[tokio::test]
async fn a_key_that_began_in_a_year_to_come_can_be_rotated_by_hand() {
    for ahead in [MINUTE, 12 * 60 * MINUTE, 1_000 * DAY] {
        let world = World::new();
        let (ring, now) = (world.ring().await, world.now());
        world.jump(now + ahead);
        ring.rotate_now(None).await.unwrap();
        world.jump(now);
        let before = alive(&ring).await;
        ring.rotate_now(None).await.unwrap();
        world.pass(10 * SECOND);
        let next = signs(&ring).await;
        assert!(before.iter().all(|key| key.kid != next), "{ahead}");
        world.pass(KEPT.max(ahead + KEPT));
        ring.maintain().await.unwrap();
        let left = alive(&ring).await;
        assert!(left.iter().any(|key| key.kid == next && key.state == Active));
        assert!(left.iter().all(|key| key.state != Retiring), "{left:?}");
    }
}

#[tokio::test]
async fn a_clock_a_little_behind_the_others_changes_nothing() {
    let world = World::new();
    let (ring, now) = (world.ring().await, world.now());
    ring.rotate_now(None).await.unwrap();
    let before = states(&ring).await;
    world.jump(now - 60 * MINUTE);
    ring.maintain().await.unwrap();
    assert_eq!(states(&ring).await, before);
}

#[derive(Debug, Clone)]
enum Time {
    Passes(i64),
    Jumps(i64),
    IsRight,
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Maintain,
    Sign,
    Rotate,
    Revoke,
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![
        4 => (0..32 * DAY).prop_map(Time::Passes),
        2 => (0..20 * MINUTE).prop_map(Time::Passes),
        2 => (0..LAST).prop_map(Time::Jumps),
        1 => Just(Time::Jumps(LAST)),
        1 => Just(Time::Jumps(0)),
        3 => Just(Time::IsRight),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![5 => Just(Act::Maintain), 3 => Just(Act::Sign), 2 => Just(Act::Rotate), 1 => Just(Act::Revoke)]
}

/// What is true at any time, whatever the clocks say; how many keys there have been.
async fn is_sound(ring: &KeyRing) -> usize {
    let kid = signs(ring).await;
    assert!(takes(ring, &kid).await, "a key signs that nobody takes");
    let keys = ring.list().await.unwrap();
    let in_state = |state| keys.iter().filter(|key| key.state == state).count();
    assert_eq!(in_state(Active), 1);
    assert!(in_state(Pending) <= 1);
    keys.len()
}

async fn act_once(ring: &KeyRing, act: Act) {
    let before = ring.list().await.unwrap().len();
    match act {
        Act::Maintain => ring.maintain().await.unwrap(),
        Act::Sign => drop(signs(ring).await),
        Act::Rotate => ring.rotate_now(None).await.unwrap(),
        Act::Revoke => ring.revoke(&signs(ring).await, None).await.unwrap(),
    }
    // Revoking signs first, which may publish a key.
    let most = if matches!(act, Act::Revoke) { 2 } else { 1 };
    assert!(ring.list().await.unwrap().len() <= before + most, "{act:?}");
}

async fn story(moves: Vec<(Time, Act, bool)>) {
    let world = World::new();
    let rings = [world.ring().await, world.ring().await];
    let mut right = world.now();
    for (time, act, other) in moves {
        match time {
            Time::Passes(millis) => {
                right += millis;
                world.pass(millis);
            }
            Time::Jumps(to) => world.jump(to),
            Time::IsRight => world.jump(right),
        }
        let ring = &rings[usize::from(other)];
        act_once(ring, act).await;
        is_sound(ring).await;
    }

    world.jump(right);
    let (ring, begun) = (&rings[0], is_sound(&rings[0]).await);
    for quarter in 1..=2 * 4 * 31 {
        ring.maintain().await.unwrap();
        world.pass(DAY / 4);
        ring.maintain().await.unwrap();
        is_sound(ring).await;
        if quarter == 2 * 4 + 1 {
            let active = alive(ring).await.into_iter().find(|key| key.state == Active).unwrap();
            assert!(active.activated_at.unwrap().as_millis() <= world.now(), "no key of the future signs");
        }
    }
    world.pass(KEPT);
    ring.maintain().await.unwrap();
    let (left, now) = (alive(ring).await, Timestamp::from_millis(world.now()));
    assert!(left.iter().all(|key| matches!(key.state, Active | Pending)), "{left:?}");
    assert!(left.iter().all(|key| key.created_at <= now && key.activated_at <= Some(now)), "{left:?}");
    let added = is_sound(ring).await - begun;
    assert!((1..=5).contains(&added), "{added} keys in two lifetimes");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn a_ring_heals_from_any_jumps(moves in prop::collection::vec((time(), act(), any::<bool>()), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(story(moves));
    }
}
