use std::time::Duration;

use invoice_core::TeamId;
use invoice_core::testing::{BillingFixtures, run};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::*;

/// A store that lands what it is let, and remembers how many went together.
#[derive(Clone, Default)]
struct Slow(Arc<Inner>);

struct Inner {
    queues: Queues<TeamId>,
    gate: Semaphore,
    landings: Mutex<Vec<usize>>,
}

impl Default for Inner {
    fn default() -> Self {
        Self { queues: Queues::default(), gate: Semaphore::new(0), landings: Mutex::default() }
    }
}

/// What `land` does instead of landing, where a change set has this key.
const PANIC: &str = "panic";
const SILENCE: &str = "silence";

fn has_key(change: &ChangeSet, key: &str) -> bool {
    change.idempotency.as_ref().is_some_and(|request| request.key.as_str() == key)
}

impl Lands for Slow {
    type Key = TeamId;

    fn queues(&self) -> &Queues<TeamId> {
        &self.0.queues
    }

    fn together(&self, waiting: &[Arc<ChangeSet>]) -> usize {
        share_nothing(waiting, 3, |_| true)
    }

    async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Answer> {
        self.0.gate.acquire().await.unwrap().forget();
        self.0.landings.lock().unwrap().push(changes.len());
        assert!(!changes.iter().any(|change| has_key(change, PANIC)), "as the test wants it");
        let answers = changes.iter().take_while(|change| !has_key(change, SILENCE));
        answers.map(|change| Ok(Receipt { commit: change.id, records: vec![], replayed: false })).collect()
    }
}

impl Slow {
    fn let_land(&self, count: usize) {
        self.0.gate.add_permits(count);
    }

    fn landings(&self) -> Vec<usize> {
        self.0.landings.lock().unwrap().clone()
    }

    fn waiting(&self, team: TeamId) -> Option<usize> {
        self.0.queues.all().get(&team).map(|queue| queue.changes.len())
    }

    /// Commits in a task, and comes back when it leads or waits.
    async fn start(&self, change: ChangeSet) -> JoinHandle<Answer> {
        let (store, team) = (self.clone(), change.team);
        let before = self.waiting(team);
        let task = tokio::spawn(async move { queued(&store, team, &Arc::new(change)).await });
        while self.waiting(team) == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        task
    }

    /// Comes back once nobody commits.
    async fn idle(&self) {
        while !self.0.queues.all().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

fn change(make: &BillingFixtures) -> ChangeSet {
    make.change().insert(make.client("Specimen AG")).build()
}

#[test]
fn who_finds_nobody_commits_at_once() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        store.let_land(2);
        for _ in 0..2 {
            let change = Arc::new(change(&make));
            let answer = queued(&store, change.team, &change).await.unwrap();
            assert_eq!(answer.commit, change.id);
            assert_eq!(store.waiting(change.team), None, "and leaves nothing behind");
        }
        assert_eq!(store.landings(), [1, 1]);
    });
}

#[test]
fn those_who_come_meanwhile_land_together_and_each_gets_its_own_answer() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let mut tasks = Vec::new();
        for _ in 0..6 {
            let change = change(&make);
            tasks.push((change.id, store.start(change).await));
        }
        store.let_land(3);
        for (id, task) in tasks {
            assert_eq!(task.await.unwrap().unwrap().commit, id);
        }
        store.idle().await;
        assert_eq!(store.landings(), [1, 3, 2], "three at most, says this store");
    });
}

#[test]
fn what_cannot_go_together_lands_one_after_the_other() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let client = make.client("Specimen AG");
        let mut tasks = vec![store.start(change(&make)).await];
        for _ in 0..2 {
            tasks.push(store.start(make.change().update(client.clone()).build()).await);
        }
        store.let_land(3);
        for task in tasks {
            assert!(task.await.unwrap().is_ok());
        }
        assert_eq!(store.landings(), [1, 1, 1]);
    });
}

#[test]
fn nobody_waits_for_another_key() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let slow = store.start(change(&make)).await;
        let other = store.start(change(&make.another_team())).await;
        assert_eq!((store.waiting(make.team()), store.0.queues.all().len()), (Some(0), 2));
        store.let_land(2);
        assert!(slow.await.unwrap().is_ok() && other.await.unwrap().is_ok());
        assert_eq!(store.landings(), [1, 1]);
    });
}

#[test]
fn who_waits_is_served_though_the_one_ahead_goes_away() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let ahead = store.start(change(&make)).await;
        let waits = store.start(change(&make)).await;
        ahead.abort();
        assert!(ahead.await.unwrap_err().is_cancelled());
        store.let_land(1);
        assert!(waits.await.unwrap().is_ok());
        store.idle().await;
        assert_eq!(store.landings(), [1]);
    });
}

#[test]
fn what_waits_lands_though_its_caller_goes_away() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let ahead = store.start(change(&make)).await;
        let waits = store.start(change(&make)).await;
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
        store.let_land(2);
        assert!(ahead.await.unwrap().is_ok());
        store.idle().await;
        assert_eq!(store.landings(), [1, 1]);
    });
}

#[test]
fn who_gets_no_answer_learns_that_the_outcome_is_unknown() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let ahead = store.start(change(&make)).await;
        let first = store.start(change(&make)).await;
        let silent = make.change().insert(make.client("Muster GmbH")).idempotent(SILENCE, 1).build();
        let silent = store.start(silent).await;
        store.let_land(2);
        assert!(ahead.await.unwrap().is_ok() && first.await.unwrap().is_ok());
        assert_eq!(silent.await.unwrap().unwrap_err().to_string(), StoreError::UnknownOutcome.to_string());
    });
}

#[test]
fn when_the_task_goes_under_those_who_wait_learn_of_it_and_the_next_one_commits() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let ahead = store.start(change(&make)).await;
        let panics = make.change().insert(make.client("Muster GmbH")).idempotent(PANIC, 1).build();
        let tasks = [store.start(panics).await, store.start(change(&make)).await];
        store.let_land(2);
        assert!(ahead.await.unwrap().is_ok());
        for task in tasks {
            assert!(matches!(task.await.unwrap(), Err(StoreError::UnknownOutcome)));
        }
        store.idle().await;
        store.let_land(1);
        let change = Arc::new(change(&make));
        assert!(queued(&store, change.team, &change).await.is_ok());
    });
}

#[test]
fn a_store_that_says_none_can_go_together_lands_one() {
    let queues = Queues::<u8>::default();
    let make = BillingFixtures::new();
    let waits = |_| queues.wait(1, &Arc::new(change(&make)));
    let receivers: Vec<_> = (0..3).map(waits).collect();
    assert!(receivers[0].is_none(), "the first one leads");
    assert_eq!(queues.next(&1, |_| 0).changes.len(), 1);
    assert_eq!(queues.next(&1, |_| 64).changes.len(), 1);
    assert_eq!(queues.next(&1, |_| 64).changes.len(), 0);
    assert_eq!(format!("{queues:?}"), "Queues { busy: 0 }");
}
