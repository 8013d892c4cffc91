use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, yield_now};

use super::*;

/// Is not told with others.
const LARGE: u32 = 1_000;

/// Doubles numbers, as soon as it is let, and keeps what it was asked.
#[derive(Clone)]
struct Oracle(Arc<Shared>);

struct Shared {
    gathered: Gathered<u32, u32>,
    /// One permit for each question that is answered.
    answers: Semaphore,
    asked: Mutex<Vec<Vec<u32>>>,
    begun: AtomicUsize,
    refuses_many: bool,
}

impl Oracle {
    fn new(lanes: usize, refuses_many: bool) -> Self {
        let forever = Duration::from_mins(10);
        let gathered = Gathered { slow: forever, stuck: forever, ..Gathered::new(lanes) };
        Self::of(gathered, refuses_many)
    }

    fn of(gathered: Gathered<u32, u32>, refuses_many: bool) -> Self {
        Self(Arc::new(Shared {
            gathered,
            answers: Semaphore::new(0),
            asked: Mutex::default(),
            begun: AtomicUsize::new(0),
            refuses_many,
        }))
    }

    fn ask_for(&self, question: u32) -> JoinHandle<Result<u32, StoreError>> {
        let oracle = self.clone();
        tokio::spawn(async move { gather(&oracle, question).await })
    }

    /// Waits until so many questions are under way or were.
    async fn begun(&self, count: usize) {
        while self.0.begun.load(Ordering::SeqCst) < count {
            yield_now().await;
        }
    }

    /// Waits until so many wait.
    async fn waiting(&self, count: usize) {
        while self.0.gathered.waiting().askers.len() < count {
            yield_now().await;
        }
    }

    async fn think(&self, questions: &[u32]) {
        self.0.asked.lock().unwrap().push(questions.to_vec());
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        self.0.answers.acquire().await.unwrap().forget();
    }

    fn answer(&self, questions: usize) {
        self.0.answers.add_permits(questions);
    }

    fn asked(&self) -> Vec<Vec<u32>> {
        self.0.asked.lock().unwrap().clone()
    }
}

impl Asks for Oracle {
    type Question = u32;
    type Answer = u32;

    fn gathered(&self) -> &Gathered<u32, u32> {
        &self.0.gathered
    }

    async fn ask(&self, question: &u32) -> Result<u32, StoreError> {
        self.think(&[*question]).await;
        Ok(2 * question)
    }

    async fn ask_together(&self, questions: &[u32]) -> Result<Vec<Option<u32>>, StoreError> {
        self.think(questions).await;
        if self.0.refuses_many {
            return Err(StoreError::Unavailable);
        }
        Ok(questions.iter().map(|question| (*question != LARGE).then_some(2 * question)).collect())
    }
}

async fn told(askers: Vec<JoinHandle<Result<u32, StoreError>>>) -> Vec<u32> {
    let mut told = Vec::new();
    for asker in askers {
        told.push(asker.await.unwrap().unwrap());
    }
    told
}

#[tokio::test]
async fn whoever_finds_nobody_ahead_asks_alone() {
    let oracle = Oracle::new(1, false);
    oracle.answer(2);
    assert_eq!(told(vec![oracle.ask_for(1)]).await, [2]);
    assert_eq!(told(vec![oracle.ask_for(2)]).await, [4]);
    assert_eq!(oracle.asked(), [[1], [2]]);
}

#[tokio::test]
async fn those_who_come_meanwhile_are_asked_for_in_one_and_each_is_told_its_own() {
    let oracle = Oracle::new(1, false);
    let mut askers = vec![oracle.ask_for(1)];
    oracle.begun(1).await;
    for (question, waiting) in (2..=5).zip(1..) {
        askers.push(oracle.ask_for(question));
        oracle.waiting(waiting).await;
    }
    oracle.answer(2);
    assert_eq!(told(askers).await, [2, 4, 6, 8, 10]);
    assert_eq!(oracle.asked(), [vec![1], vec![2, 3, 4, 5]]);

    oracle.answer(1);
    assert_eq!(told(vec![oracle.ask_for(6)]).await, [12], "the lane is free again");
}

#[tokio::test]
async fn as_many_are_under_way_as_there_are_lanes() {
    let oracle = Oracle::new(2, false);
    let mut askers = vec![oracle.ask_for(1), oracle.ask_for(2)];
    oracle.begun(2).await;
    askers.push(oracle.ask_for(3));
    oracle.waiting(1).await;
    oracle.answer(3);
    assert_eq!(told(askers).await, [2, 4, 6]);

    let oracle = Oracle::new(0, false);
    let askers = (1..=20).map(|question| oracle.ask_for(question)).collect();
    oracle.begun(20).await;
    oracle.answer(20);
    assert_eq!(told(askers).await.len(), 20);
}

#[tokio::test]
async fn where_they_cannot_be_asked_together_each_asks_alone() {
    let oracle = Oracle::new(1, true);
    let mut askers = vec![oracle.ask_for(1)];
    oracle.begun(1).await;
    askers.extend([oracle.ask_for(2), oracle.ask_for(3)]);
    oracle.waiting(2).await;
    oracle.answer(4);
    assert_eq!(told(askers).await, [2, 4, 6]);
    assert_eq!(oracle.asked().iter().filter(|asked| asked.len() == 1).count(), 3);
}

#[tokio::test]
async fn one_whose_answer_is_too_large_for_all_asks_alone() {
    let oracle = Oracle::new(1, false);
    let mut askers = vec![oracle.ask_for(1)];
    oracle.begun(1).await;
    askers.extend([oracle.ask_for(2), oracle.ask_for(LARGE)]);
    oracle.waiting(2).await;
    oracle.answer(3);
    assert_eq!(told(askers).await, [2, 4, 2 * LARGE]);
    assert_eq!(oracle.asked(), [vec![1], vec![2, LARGE], vec![LARGE]]);
}

#[tokio::test]
async fn one_that_goes_away_leaves_the_others_asked_for() {
    let oracle = Oracle::new(1, false);
    let first = oracle.ask_for(1);
    oracle.begun(1).await;
    let (second, third) = (oracle.ask_for(2), oracle.ask_for(3));
    oracle.waiting(2).await;
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    oracle.answer(1);
    assert_eq!(told(vec![third]).await, [6]);
    assert_eq!(oracle.asked(), [[1], [3]], "nobody asks for the one that went away");
}

#[tokio::test]
async fn nobody_waits_for_long_for_what_does_not_come_back() {
    let forever = Duration::from_mins(10);
    for (slow, stuck) in [(forever, Duration::from_millis(1)), (Duration::ZERO, forever)] {
        let oracle = Oracle::of(Gathered { slow, stuck, ..Gathered::new(1) }, false);
        let first = oracle.ask_for(1);
        oracle.begun(1).await;
        let other = oracle.ask_for(2);
        oracle.begun(2).await;
        assert_eq!(oracle.asked(), [[1], [2]]);
        oracle.answer(2);
        assert_eq!(told(vec![first, other]).await, [2, 4]);
    }
}
