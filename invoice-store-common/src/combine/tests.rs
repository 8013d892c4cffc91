mod linger;

use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use invoice_core::testing::{BillingFixtures, run};
use invoice_core::{CommitId, TeamId};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::*;

/// A store that lands what it is let, and remembers how many went together.
#[derive(Clone, Default)]
struct Slow(Arc<Inner>);

struct Inner {
    queues: Queues,
    gate: Semaphore,
    landings: Mutex<Vec<usize>>,
    /// Of what was landed for one team alone.
    apart: Mutex<Vec<usize>>,
    apart_gate: Semaphore,
    /// What was looked for.
    sought: Mutex<Vec<CommitId>>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            queues: Queues::default(),
            gate: Semaphore::new(0),
            landings: Mutex::default(),
            apart: Mutex::default(),
            apart_gate: Semaphore::new(Semaphore::MAX_PERMITS),
            sought: Mutex::default(),
        }
    }
}

/// What the store does instead of landing, where a change set has this key.
const PANIC: &str = "panic";
const SILENCE: &str = "silence";
/// Lands with nobody.
const LONER: &str = "loner";
/// Nobody tells what became of it.
const LOST: &str = "lost";
/// Never comes into a lane.
const STRANGER: &str = "stranger";

fn has_key(change: &ChangeSet, key: &str) -> bool {
    change.idempotency.as_ref().is_some_and(|request| request.key.as_str() == key)
}

impl Lands for Slow {
    fn queues(&self) -> &Queues {
        &self.0.queues
    }

    fn lane(&self, change: &ChangeSet) -> Option<usize> {
        (!has_key(change, STRANGER)).then_some(LANE)
    }

    fn together(&self, waiting: &[Arc<ChangeSet>]) -> usize {
        share_nothing(waiting, 3, |_| true)
    }

    async fn land_as_one(&self, changes: &[Arc<ChangeSet>]) -> Result<Vec<Answer>, Apart> {
        self.0.gate.acquire().await.unwrap().forget();
        self.0.landings.lock().unwrap().push(changes.len());
        let any = |key: &str| changes.iter().any(|change| has_key(change, key));
        assert!(!any(PANIC), "as the test wants it");
        match (any(LOST), any(LONER)) {
            (true, _) => Err(Apart::Unknown),
            (_, true) => Err(Apart::Unwritten),
            _ => Ok(answers(changes)),
        }
    }

    async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Answer> {
        self.0.apart_gate.acquire().await.unwrap().forget();
        self.0.apart.lock().unwrap().push(changes.len());
        assert!(changes.iter().all(|change| change.team == changes[0].team), "of one team");
        answers(changes)
    }

    async fn look_for(&self, changes: &[Arc<ChangeSet>]) -> Vec<Answer> {
        self.0.sought.lock().unwrap().extend(changes.iter().map(|change| change.id));
        answers(changes)
    }
}

const LANE: usize = 0;

fn answers(changes: &[Arc<ChangeSet>]) -> Vec<Answer> {
    let answers = changes.iter().take_while(|change| !has_key(change, SILENCE));
    answers.map(|change| Ok(Receipt { commit: change.id, records: vec![], replayed: false })).collect()
}

impl Slow {
    fn let_land(&self, count: usize) {
        self.0.gate.add_permits(count);
    }

    fn landings(&self) -> Vec<usize> {
        self.0.landings.lock().unwrap().clone()
    }

    fn apart(&self) -> Vec<usize> {
        self.0.apart.lock().unwrap().clone()
    }

    fn waiting(&self) -> Option<usize> {
        self.0.queues.waiting(Place::Lane(LANE))
    }

    fn waiting_apart(&self, team: TeamId) -> Option<usize> {
        self.0.queues.waiting(Place::Team(team))
    }

    /// Commits in a task, and comes back when it lands, which it is not let, or waits.
    async fn start(&self, change: ChangeSet) -> JoinHandle<Answer> {
        let team = Place::Team(change.team);
        let is_apart = has_key(&change, STRANGER) || self.0.queues.waiting(team).is_some();
        let place = if is_apart { team } else { Place::Lane(LANE) };
        let expected = self.0.queues.waiting(place).map_or(0, |before| before + 1);
        let store = self.clone();
        let task = tokio::spawn(async move { queued(&store, &Arc::new(change)).await });
        while self.0.queues.waiting(place) != Some(expected) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        task
    }

    /// Comes back once nobody commits.
    async fn idle(&self) {
        while self.0.queues.busy() > 0 {
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
            let answer = queued(&store, &change).await.unwrap();
            assert_eq!(answer.commit, change.id);
            // And leaves nothing behind.
            store.idle().await;
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
fn teams_land_together() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let mut tasks = vec![store.start(change(&make)).await];
        for make in [make.another_team(), make.another_team()] {
            tasks.push(store.start(change(&make)).await);
        }
        store.let_land(2);
        for task in tasks {
            assert!(task.await.unwrap().is_ok());
        }
        assert_eq!((store.landings(), store.apart()), (vec![1, 2], vec![]));
    });
}

/// Two teams of which one has something that lands with nobody; the other one's lands all the same.
#[test]
fn who_cannot_land_with_others_lands_apart_and_holds_up_only_its_team() {
    run(async {
        let (mut store, make) = (Slow::default(), BillingFixtures::new());
        let other = make.another_team();
        Arc::get_mut(&mut store.0).unwrap().apart_gate = Semaphore::new(0);
        let loner = || make.change().insert(make.client("Muster GmbH")).idempotent(LONER, 1).build();
        let alone = store.start(loner()).await;
        store.let_land(1);
        while store.waiting_apart(make.team()) != Some(0) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // Whoever comes later for this team waits with it, and the lane goes on for others.
        let later = store.start(change(&make)).await;
        store.let_land(1);
        assert!(queued(&store, &Arc::new(change(&other))).await.is_ok());
        assert_eq!((store.landings(), store.apart()), (vec![1, 1], vec![]));
        store.0.apart_gate.add_permits(2);
        assert!(alone.await.unwrap().is_ok() && later.await.unwrap().is_ok());
        store.idle().await;
        assert_eq!(store.apart().iter().sum::<usize>(), 2);
    });
}

#[test]
fn a_group_that_cannot_land_as_one_is_landed_team_by_team() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let other = make.another_team();
        let loner = make.change().insert(make.client("Muster GmbH")).idempotent(LONER, 1).build();
        let mut tasks = vec![store.start(change(&make)).await];
        for change in [loner, change(&other), change(&other)] {
            tasks.push(store.start(change).await);
        }
        store.let_land(2);
        for task in tasks {
            assert!(task.await.unwrap().is_ok());
        }
        store.idle().await;
        assert_eq!(store.landings(), [1, 3]);
        assert_eq!(store.apart().iter().sum::<usize>(), 3);
    });
}

#[test]
fn what_comes_into_no_lane_waits_for_its_team_alone() {
    run(async {
        let (mut store, make) = (Slow::default(), BillingFixtures::new());
        Arc::get_mut(&mut store.0).unwrap().apart_gate = Semaphore::new(0);
        let lane = store.start(change(&make)).await;
        let strange = |key: u8| {
            make.change().insert(make.client(&format!("Muster {key}"))).idempotent(STRANGER, key).build()
        };
        let first = store.start(strange(1)).await;
        let waits = store.start(strange(1)).await;
        assert_eq!((store.waiting(), store.waiting_apart(make.team())), (Some(0), Some(1)));
        store.0.apart_gate.add_permits(2);
        assert!(first.await.unwrap().is_ok() && waits.await.unwrap().is_ok());
        store.let_land(1);
        assert!(lane.await.unwrap().is_ok());
    });
}

#[test]
fn who_waits_is_served_though_the_one_ahead_goes_away() {
    run(async {
        let (mut store, make) = (Slow::default(), BillingFixtures::new());
        Arc::get_mut(&mut store.0).unwrap().apart_gate = Semaphore::new(0);
        let strange = |name: &str| make.change().insert(make.client(name)).idempotent(STRANGER, 1).build();
        let both = [(change(&make), change(&make)), (strange("Ada"), strange("Ben"))];
        for ((ahead, waits), [shared, apart]) in both.into_iter().zip([[2, 0], [0, 1]]) {
            let ahead = store.start(ahead).await;
            let waits = store.start(waits).await;
            ahead.abort();
            assert!(ahead.await.unwrap_err().is_cancelled());
            store.let_land(shared);
            store.0.apart_gate.add_permits(apart);
            assert!(waits.await.unwrap().is_ok());
            store.idle().await;
        }
        assert_eq!(store.landings(), [1, 1], "in a lane, what is ahead lands too");
        assert_eq!(store.apart(), [1]);
    });
}

#[test]
fn a_caller_that_does_not_look_holds_up_nobody() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let unlooked = Arc::new(change(&make));
        let mut ahead = std::pin::pin!(queued(&store, &unlooked));
        // Begun, and not looked at again.
        let begun = std::future::poll_fn(|context| Poll::Ready(ahead.as_mut().poll(context))).await;
        assert!(begun.is_pending());
        store.let_land(2);
        assert!(queued(&store, &Arc::new(change(&make.another_team()))).await.is_ok());
        assert!(ahead.await.is_ok());
    });
}

#[test]
fn what_nobody_told_the_end_of_is_looked_for() {
    run(async {
        let (store, make) = (Slow::default(), BillingFixtures::new());
        let lost = make.change().insert(make.client("Muster GmbH")).idempotent(LOST, 1).build();
        let ahead = store.start(change(&make)).await;
        let (id, with) = (lost.id, change(&make.another_team()));
        let with_it = with.id;
        let tasks = [store.start(lost).await, store.start(with).await];
        store.let_land(2);
        assert!(ahead.await.unwrap().is_ok());
        for task in tasks {
            assert!(task.await.unwrap().is_ok());
        }
        store.idle().await;
        let mut sought = store.0.sought.lock().unwrap().clone();
        sought.sort_unstable();
        let mut expected = [id, with_it];
        expected.sort_unstable();
        assert_eq!((sought, store.apart()), (expected.to_vec(), vec![]));
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
        assert!(queued(&store, &change).await.is_ok());
    });
}

#[test]
fn a_store_that_says_none_can_go_together_lands_one() {
    let queues = Queues::default();
    let make = BillingFixtures::new();
    let waits = |_| queues.enter(Some(LANE), &Arc::new(change(&make))).1;
    let entered: Vec<_> = (0..3).map(waits).collect();
    assert!(matches!(entered[..], [Entered::Opens(_), Entered::Waits(_), Entered::Waits(_)]));
    let next = |count: usize| queues.next(Place::Lane(LANE), |_| count).changes.len();
    assert_eq!([next(0), next(64), next(64)], [1, 2, 0]);
    assert_eq!(format!("{queues:?}"), "Queues { busy: 0 }");
}
