//! Who is waited for after an answer, and who is not.

use super::*;

/// Runs it on a clock that moves only when nothing else does.
fn run_on_a_still_clock<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(future)
}

/// Lands one, and then two together, each of which takes so long.
async fn land_two(store: &Slow, make: &BillingFixtures, time: Duration) {
    let mut tasks = Vec::new();
    for _ in 0..3 {
        tasks.push(store.start(change(make)).await);
    }
    for _ in 0..2 {
        tokio::time::sleep(time).await;
        store.let_land(1);
        // It lands before the next one's time begins.
        tokio::task::yield_now().await;
    }
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
}

/// How long it takes to land one more, which is let land at once.
async fn time_of_one_more(store: &Slow, make: &BillingFixtures) -> Duration {
    let begun = Instant::now();
    store.let_land(1);
    assert!(queued(store, &Arc::new(change(make))).await.is_ok());
    begun.elapsed()
}

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn those_who_come_back_soon_after_their_answer_land_together_again() {
    run_on_a_still_clock(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        land_two(&store, &make, SECOND).await;
        tokio::time::sleep(LINGER / 4).await;
        let first = store.start(change(&make)).await;
        tokio::time::sleep(LINGER / 4).await;
        store.let_land(2);
        assert!(queued(&store, &Arc::new(change(&make))).await.is_ok());
        assert!(first.await.unwrap().is_ok());
        store.idle().await;
        assert_eq!(store.landings(), [1, 2, 2]);
    });
}

#[test]
fn who_is_not_joined_by_those_who_were_answered_waits_but_a_moment() {
    run_on_a_still_clock(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        land_two(&store, &make, SECOND).await;
        let time = time_of_one_more(&store, &make).await;
        assert!((LINGER..=LINGER + MILLISECOND).contains(&time), "{time:?}");
        store.idle().await;
        // It was in vain, so after the next group nobody is waited for.
        land_two(&store, &make, SECOND).await;
        assert_eq!(time_of_one_more(&store, &make).await, Duration::ZERO);
        assert_eq!(store.landings(), [1, 2, 1, 1, 2, 1]);
    });
}

#[test]
fn nobody_is_waited_for_longer_than_it_took_to_land() {
    run_on_a_still_clock(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        land_two(&store, &make, LINGER / 5).await;
        let time = time_of_one_more(&store, &make).await;
        assert!((MILLISECOND..=LINGER / 5 + MILLISECOND).contains(&time), "{time:?}");
    });
}

#[test]
fn where_as_many_wait_already_nobody_else_is_waited_for() {
    run_on_a_still_clock(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let mut tasks = Vec::new();
        for _ in 0..7 {
            tasks.push(store.start(change(&make)).await);
        }
        store.let_land(1);
        tokio::time::sleep(SECOND).await;
        let begun = Instant::now();
        store.let_land(2);
        for task in tasks {
            assert!(task.await.unwrap().is_ok());
        }
        assert_eq!((store.landings(), begun.elapsed()), (vec![1, 3, 3], Duration::ZERO));
    });
}

#[test]
fn a_team_that_was_apart_comes_back_to_its_lane() {
    run_on_a_still_clock(async {
        let (mut store, make) = (Slow::default(), BillingFixtures::new());
        Arc::get_mut(&mut store.0).unwrap().apart_gate = Semaphore::new(0);
        let loner = make.change().insert(make.client("Muster GmbH")).idempotent(LONER, 1).build();
        let ahead = store.start(change(&make)).await;
        let tasks = [store.start(loner).await, store.start(change(&make)).await];
        store.let_land(2);
        assert!(ahead.await.unwrap().is_ok());
        while store.waiting_apart(make.team()) != Some(0) {
            tokio::time::sleep(MILLISECOND).await;
        }
        tokio::time::sleep(SECOND).await;
        store.0.apart_gate.add_permits(1);
        for task in tasks {
            assert!(task.await.unwrap().is_ok());
        }
        tokio::time::sleep(MILLISECOND).await;
        store.0.apart_gate.add_permits(1);
        store.let_land(1);
        assert!(queued(&store, &Arc::new(change(&make))).await.is_ok());
        assert_eq!((store.landings(), store.apart()), (vec![1, 2, 1], vec![2]));
    });
}
