//! The outbox beyond the contract suite: many workers, workers that die, and how it looks for events.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says it by panicking"
)]

#[path = "support/events.rs"]
mod events;
mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use events::{event, put};
use futures::future::join_all;
use invoice_core::ports::{ClaimedEvent, Outbox as _};
use invoice_core::{Event, Timestamp};
use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::bson::{Document, doc};
use support::a_store;

const MINUTE: u32 = 60_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

async fn claim(store: &MongoStore, now: i64, limit: u16) -> Vec<ClaimedEvent> {
    store.claim(at(now), MINUTE, limit).await.unwrap()
}

fn number(event: &Event) -> u128 {
    event.id.as_uuid().as_u128()
}

fn numbers(claimed: &[ClaimedEvent]) -> Vec<u128> {
    claimed.iter().map(|claimed| number(&claimed.event)).collect()
}

#[tokio::test]
async fn a_lane_is_of_one_team_and_goes_by_version_while_lanes_go_by_age() {
    let store = a_store().await;
    let events =
        [event(9, 1, 1, 1), event(2, 1, 1, 2), event(3, 2, 1, 1), event(4, 1, 2, 7), event(5, 1, 2, 8)];
    put(&store, &events).await;
    let first = claim(&store, 0, 2).await;
    assert_eq!(numbers(&first), [3, 4]);
    let second = claim(&store, 0, 10).await;
    assert_eq!(numbers(&second), [9]);
    assert_eq!(claim(&store, 0, 10).await, []);
    assert_eq!(store.acknowledge(&first).await.unwrap(), 2);
    assert_eq!(store.acknowledge(&second).await.unwrap(), 1);
    assert_eq!(numbers(&claim(&store, 0, 10).await), [2, 5]);
}

#[tokio::test]
async fn a_claim_without_a_limit_to_speak_of_takes_all_there_is() {
    let store = a_store().await;
    let events: Vec<_> = (1..=3_000).map(|id| event(id, 1, id, 1)).collect();
    put(&store, &events).await;
    assert_eq!(claim(&store, 0, 0).await, []);
    let claimed = claim(&store, 0, u16::MAX).await;
    assert_eq!(numbers(&claimed), (1..=3_000).collect::<Vec<_>>());
    assert_eq!(store.acknowledge(&claimed).await.unwrap(), 3_000);
    assert_eq!(claim(&store, 0, 10).await, []);
}

#[tokio::test]
async fn lanes_that_are_blocked_hide_nothing() {
    let store = a_store().await;
    // Long ones that are held, and behind all of them one that is free.
    let mut events: Vec<_> = (0..6_000).map(|id| event(id + 1, 1, id % 3, 1 + id / 3)).collect();
    events.push(event(100_000, 1, 50, 1));
    put(&store, &events).await;
    let held = claim(&store, 0, 3).await;
    assert_eq!(numbers(&held), [1, 2, 3]);
    assert_eq!(numbers(&claim(&store, 0, 10).await), [100_000]);
    assert_eq!(claim(&store, 0, 10).await, []);
    // And when their time has come, the oldest come first again.
    assert!(store.retry(&held[1], at(500)).await.unwrap());
    assert_eq!(claim(&store, 499, 10).await, []);
    assert_eq!(numbers(&claim(&store, 500, 10).await), [2]);
    assert_eq!(numbers(&claim(&store, i64::from(MINUTE), 10).await), [1, 3, 100_000]);
}

#[tokio::test]
async fn workers_at_once_take_each_event_once_and_every_lane_in_order() {
    let store = a_store().await;
    let events: Vec<_> = (0..600).map(|id| event(id + 1, id % 2, id % 40, 1 + id / 40)).collect();
    put(&store, &events).await;
    let told = Arc::new(Mutex::new(Vec::<Event>::new()));
    let left = Arc::new(std::sync::atomic::AtomicUsize::new(events.len()));
    let workers = (0..8).map(|_| {
        let (store, told, left) = (store.clone(), told.clone(), left.clone());
        tokio::spawn(async move {
            while left.load(std::sync::atomic::Ordering::SeqCst) > 0 {
                let claimed = claim(&store, 0, 7).await;
                told.lock().unwrap().extend(claimed.iter().map(|it| it.event.clone()));
                let count = store.acknowledge(&claimed).await.unwrap();
                assert_eq!(count, claimed.len() as u64, "nobody else has what a worker holds");
                left.fetch_sub(claimed.len(), std::sync::atomic::Ordering::SeqCst);
            }
        })
    });
    for worker in join_all(workers).await {
        worker.unwrap();
    }
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 600);
    let mut lanes: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for event in told.iter() {
        lanes.entry((event.team, event.aggregate)).or_default().push(event.aggregate_version.get());
    }
    assert_eq!(lanes.len(), 40);
    for versions in lanes.values() {
        assert_eq!(*versions, (1..=15).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_worker_that_dies_keeps_nobody_from_its_events() {
    let store = a_store().await;
    put(&store, &[event(1, 1, 1, 1), event(2, 1, 1, 2), event(3, 1, 2, 1)]).await;
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let worker = tokio::spawn({
        let store = store.clone();
        async move {
            let _ = sender.send(claim(&store, 0, 1).await);
            std::future::pending::<()>().await;
        }
    });
    let held = receiver.await.unwrap();
    worker.abort();
    assert_eq!(numbers(&held), [1]);
    assert_eq!(numbers(&claim(&store, 1, 10).await), [3], "other lanes go on");
    let again = claim(&store, i64::from(MINUTE), 1).await;
    assert_eq!((numbers(&again), again[0].attempts), (vec![1], 2), "and its own when the lease is over");
    assert_eq!(store.acknowledge(&held).await.unwrap(), 0);
    assert_eq!(store.acknowledge(&again).await.unwrap(), 1);
    assert_eq!(numbers(&claim(&store, i64::from(MINUTE), 1).await), [2]);
}

#[tokio::test]
async fn what_is_buried_is_in_no_lane_until_it_is_revived() {
    let store = a_store().await;
    put(&store, &[event(1, 1, 1, 1), event(2, 1, 1, 2)]).await;
    let first = claim(&store, 0, 10).await.remove(0);
    assert!(store.bury(&first, "$where: \u{0} 410").await.unwrap());
    assert!(!store.bury(&first, "again").await.unwrap());
    assert_eq!(store.acknowledge(std::slice::from_ref(&first)).await.unwrap(), 0);
    assert_eq!(store.buried(10).await.unwrap(), [(first.event.clone(), "$where: \u{0} 410".to_owned())]);
    assert_eq!(store.buried(0).await.unwrap(), []);
    let second = claim(&store, 0, 10).await.remove(0);
    assert_eq!(number(&second.event), 2);
    assert!(store.revive(first.event.id).await.unwrap());
    assert!(!store.revive(first.event.id).await.unwrap());
    let again = claim(&store, 0, 10).await;
    assert_eq!((numbers(&again), again[0].attempts), (vec![1], 2));
}

/// The stages of the plan that ran, the outermost first.
fn stages(plan: &Document) -> Vec<String> {
    let mut names = vec![plan.get_str("stage").unwrap().to_owned()];
    if let Ok(inner) = plan.get_document("inputStage") {
        names.extend(stages(inner));
    }
    names
}

async fn plan(store: &MongoStore, command: Document) -> Vec<String> {
    let explained = store.database().run_command(doc! { "explain": command }).await.unwrap();
    let whole = match explained.get_array("stages") {
        Ok(stages) => stages[0].as_document().unwrap().get_document("$cursor").unwrap(),
        Err(_) => &explained,
    };
    let plan = whole.get_document("queryPlanner").unwrap().get_document("winningPlan").unwrap();
    stages(plan.get_document("queryPlan").unwrap_or(plan))
}

#[tokio::test]
async fn candidates_and_the_first_of_a_lane_come_out_of_indexes_alone() {
    let store = a_store().await;
    put(&store, &[event(1, 1, 1, 1)]).await;
    let epoch = invoice_store_mongo::mongodb::bson::DateTime::from_millis(0);
    let find = doc! {
        "find": "billing", "filter": { "free_at": epoch }, "sort": { "id": 1 },
        "projection": { "_id": 0, "id": 1, "lane": 1 }, "limit": 10, "hint": "event_free",
    };
    let found = plan(&store, find).await;
    assert!(!found.iter().any(|stage| stage == "FETCH" || stage == "SORT"), "{found:?}");
    let lane = invoice_store_mongo::mongodb::bson::Binary {
        subtype: invoice_store_mongo::mongodb::bson::spec::BinarySubtype::Generic,
        bytes: vec![1; 40],
    };
    let group = doc! {
        "aggregate": "billing", "cursor": {}, "hint": "event_lane", "pipeline": [
            { "$match": { "lane": { "$in": [lane] } } },
            { "$sort": { "lane": 1, "aggregate_version": 1, "ordinal": 1, "id": 1 } },
            { "$group": { "_id": "$lane", "id": { "$first": "$id" } } },
        ],
    };
    let found = plan(&store, group).await;
    assert!(found.contains(&"DISTINCT_SCAN".to_owned()) && !found.contains(&"FETCH".to_owned()), "{found:?}");
}

/// Prints what a claim of a hundred costs; the bound is far above. `INVOICE_TEST_EVENTS` says how many wait.
#[tokio::test]
async fn a_claim_stays_quick_however_many_events_wait() {
    let waiting: u128 = std::env::var("INVOICE_TEST_EVENTS").map_or(10_000, |text| text.parse().unwrap());
    for (what, lanes) in [("lanes of one event", waiting), ("of three", waiting / 3), ("ten lanes", 10)] {
        let store = a_store().await;
        let events: Vec<_> = (0..waiting).map(|id| event(id + 1, 1, id % lanes, 1 + id / lanes)).collect();
        put(&store, &events).await;
        for round in 0..3 {
            let start = Instant::now();
            let claimed = claim(&store, round, 100).await;
            let took = start.elapsed();
            println!("{what}: claimed {} of {waiting} in {took:?}", claimed.len());
            assert!(took.as_secs() < 5);
        }
        store.database().drop().await.unwrap();
    }
}
