//! The change stream: it says at once that something waits, and is missed no longer than it takes to open it again.

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
#[path = "support/wire.rs"]
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use events::{event, put};
use futures::TryStreamExt as _;
use invoice_core::Event;
use invoice_core::service::{NotReceived, Patience, Receiver, Relay};
use invoice_core::system::SystemClock;
use invoice_store_mongo::mongodb::bson::{Document, doc};
use invoice_store_mongo::{MongoStore, ResumeToken, Signals, Wake};
use support::{a_store, uri};
use wire::Wire;

/// Longer than any test takes: whoever waits for it has failed.
const FOREVER: Duration = Duration::from_mins(10);
/// After this a test gives up.
const LIMIT: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(50);

/// Waits for the signal that must come.
async fn signalled(signals: &mut Signals) {
    let wake = tokio::time::timeout(LIMIT, signals.next(FOREVER)).await;
    assert_eq!(wake.expect("there is a signal"), Wake::Event);
}

/// Waits until it is so.
async fn until(mut what: impl FnMut() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < LIMIT, "it never came about");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_commit_is_signalled_without_anybody_asking() {
    let store = a_store().await;
    let mut signals = store.watch(None).await;
    assert!(signals.is_live());
    assert_eq!(signals.next(SHORT).await, Wake::Patience, "nothing happened");
    for id in 1..=3 {
        let start = Instant::now();
        put(&store, &[event(id, 1, id, 1)]).await;
        signalled(&mut signals).await;
        println!("signalled after {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn what_workers_do_to_events_is_no_signal() {
    use invoice_core::ports::Outbox as _;
    let store = a_store().await;
    let mut signals = store.watch(None).await;
    put(&store, &[event(1, 1, 1, 1)]).await;
    signalled(&mut signals).await;
    let now = invoice_core::ports::Clock::now(&SystemClock);
    let claimed = store.claim(now, 1_000, 10).await.unwrap();
    assert_eq!(store.acknowledge(&claimed).await.unwrap(), 1);
    // Signals come in the order of what they tell of, so that the next one is of the next event.
    let token = signals.resume_token().unwrap();
    put(&store, &[event(2, 1, 1, 2)]).await;
    signalled(&mut signals).await;
    assert_ne!(signals.resume_token().unwrap(), token);
    assert_eq!(signals.next(SHORT).await, Wake::Patience, "a claim and an acknowledgement are silent");
}

#[tokio::test]
async fn with_a_token_what_was_committed_meanwhile_is_signalled() {
    let store = a_store().await;
    let mut signals = store.watch(None).await;
    put(&store, &[event(1, 1, 1, 1)]).await;
    signalled(&mut signals).await;
    let kept = serde_json::to_string(&signals.resume_token().unwrap()).unwrap();
    drop(signals);

    let token: ResumeToken = serde_json::from_str(&kept).unwrap();
    let mut nothing_missed = store.watch(Some(token.clone())).await;
    assert_eq!(nothing_missed.next(SHORT).await, Wake::Patience);
    drop(nothing_missed);

    put(&store, &[event(2, 1, 1, 2)]).await;
    let mut without = store.watch(None).await;
    assert_eq!(without.next(SHORT).await, Wake::Patience);
    signalled(&mut store.watch(Some(token)).await).await;
}

/// The same token of the first second of 1970: the server remembers less.
fn long_forgotten(token: &ResumeToken) -> ResumeToken {
    let text = token.as_str();
    let (kind, rest) = text.split_at(2);
    assert_eq!(kind, "82", "a token begins with an instant");
    ResumeToken::new(format!("{kind}00000001{}", &rest[8..]))
}

#[tokio::test]
async fn a_token_that_the_server_forgot_or_never_gave_is_a_signal_and_then_the_stream_goes_on() {
    let store = a_store().await;
    let mut first = store.watch(None).await;
    put(&store, &[event(1, 1, 1, 1)]).await;
    signalled(&mut first).await;
    let forgotten = long_forgotten(&first.resume_token().unwrap());
    for (id, token) in [(2, forgotten), (3, ResumeToken::new("nonsense")), (4, ResumeToken::new(""))] {
        let mut signals = store.watch(Some(token)).await;
        signalled(&mut signals).await;
        until(|| signals.is_live()).await;
        assert_eq!(signals.next(SHORT).await, Wake::Patience);
        put(&store, &[event(id, 1, id, 1)]).await;
        signalled(&mut signals).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_loses_no_signal() {
    let store = a_store().await;
    let wire = Wire::default();
    let mut signals = wire.store(&uri(), &store).await.watch(None).await;
    assert!(signals.is_live());
    for id in 1..=5 {
        wire.cut();
        put(&store, &[event(id, 1, id, 1)]).await;
        signalled(&mut signals).await;
    }
}

#[tokio::test]
async fn without_a_stream_it_is_a_timer_until_there_is_one_again() {
    let store = a_store().await;
    let wire = Wire::default();
    let mut signals = wire.store(&uri(), &store).await.watch(None).await;
    put(&store, &[event(1, 1, 1, 1)]).await;
    signalled(&mut signals).await;
    wire.close(true);
    until(|| !signals.is_live()).await;
    put(&store, &[event(2, 1, 2, 1)]).await;
    assert_eq!(signals.next(SHORT).await, Wake::Patience, "polling goes on");
    wire.close(false);
    signalled(&mut signals).await;
    until(|| signals.is_live()).await;
    put(&store, &[event(3, 1, 3, 1)]).await;
    signalled(&mut signals).await;
}

#[tokio::test]
async fn a_killed_cursor_loses_no_signal() {
    let store = a_store().await;
    let mut signals = store.watch(None).await;
    for id in 1..=3 {
        let killed = kill_streams(&store).await;
        assert!(killed > 0, "there was a stream to kill");
        put(&store, &[event(id, 1, id, 1)]).await;
        signalled(&mut signals).await;
    }
}

/// Kills the cursors of the change streams over this store's collection.
async fn kill_streams(store: &MongoStore) -> usize {
    let namespace = format!("{}.billing", store.database().name());
    let all = doc! { "$currentOp": { "idleCursors": true, "allUsers": true } };
    let of = doc! { "$match": { "ns": namespace, "cursor.originatingCommand.pipeline.0.$changeStream": { "$exists": true } } };
    let start = Instant::now();
    loop {
        let found = store.client().database("admin").aggregate([all.clone(), of.clone()]).await.unwrap();
        let found: Vec<Document> = found.try_collect().await.unwrap();
        let ids: Vec<i64> =
            found.iter().map(|it| it.get_document("cursor").unwrap().get_i64("cursorId").unwrap()).collect();
        if !ids.is_empty() {
            let kill = doc! { "killCursors": "billing", "cursors": ids };
            let killed = store.database().run_command(kill).await.unwrap();
            return killed.get_array("cursorsKilled").unwrap().len();
        }
        assert!(start.elapsed() < LIMIT, "no stream is open");
    }
}

#[tokio::test]
async fn a_collection_that_is_made_anew_is_followed_again() {
    let store = a_store().await;
    let mut signals = store.watch(None).await;
    store.database().drop().await.unwrap();
    signalled(&mut signals).await;
    store.migrate().await.unwrap();
    until(|| signals.is_live()).await;
    put(&store, &[event(1, 1, 1, 1)]).await;
    signalled(&mut signals).await;
}

#[derive(Default)]
struct Log(Mutex<Vec<Event>>);

#[async_trait]
impl Receiver for Log {
    async fn receive(&self, event: &Event) -> Result<(), NotReceived> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

#[tokio::test]
async fn workers_that_wait_for_signals_deliver_every_lane_in_order() {
    const EVENTS: u128 = 60;
    let store = a_store().await;
    let log = Arc::new(Log::default());
    let mut workers = Vec::new();
    for _ in 0..4 {
        let (store, log) = (store.clone(), log.clone());
        let mut signals = store.watch(None).await;
        workers.push(tokio::spawn(async move {
            let relay = Relay::new(Arc::new(store), Arc::new(SystemClock), Patience::default());
            loop {
                if relay.pass(&*log).await.unwrap().is_idle() {
                    signals.next(Duration::from_millis(500)).await;
                }
            }
        }));
    }
    for id in 0..EVENTS {
        put(&store, &[event(id + 1, 1, id % 6, 1 + id / 6)]).await;
    }
    until(|| log.0.lock().unwrap().len() >= usize::try_from(EVENTS).unwrap()).await;
    workers.iter().for_each(tokio::task::JoinHandle::abort);
    let mut lanes: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for event in log.0.lock().unwrap().iter() {
        lanes.entry(event.aggregate).or_default().push(event.aggregate_version.get());
    }
    assert_eq!(lanes.len(), 6);
    for versions in lanes.values() {
        assert_eq!(*versions, (1..=10).collect::<Vec<_>>());
    }
}
