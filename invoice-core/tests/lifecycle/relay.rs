//! Events leave the outbox in order, at least once, and none holds up the others for ever.

use std::sync::Mutex;

use async_trait::async_trait;
use invoice_core::change::AggregateId;
use invoice_core::ports::ClaimedEvent;
use invoice_core::service::{NotReceived, Pass, Patience, Receiver, Relay};
use invoice_core::{Event, EventKind};

use crate::story::Story;

/// Answers by the event's kind, and remembers what it was given.
struct Log {
    seen: Mutex<Vec<String>>,
    refused: Mutex<Vec<(u32, NotReceived)>>,
    answer: fn(&str) -> Result<(), NotReceived>,
}

impl Log {
    fn new(answer: fn(&str) -> Result<(), NotReceived>) -> Self {
        Self { seen: Mutex::default(), refused: Mutex::default(), answer }
    }

    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

#[async_trait]
impl Receiver for Log {
    async fn receive(&self, event: &Event) -> Result<(), NotReceived> {
        self.seen.lock().unwrap().push(event.kind.to_string());
        (self.answer)(event.kind.as_str())
    }

    fn not_received(&self, event: &ClaimedEvent, reason: &NotReceived) {
        self.refused.lock().unwrap().push((event.attempts, reason.clone()));
    }
}

fn relay(story: &Story, attempts: u32) -> Relay {
    let patience = Patience { attempts, ..Patience::default() };
    Relay::new(story.billing.ports().outbox.clone(), story.clock.clone(), patience)
}

async fn until_idle(relay: &Relay, receiver: &Log) -> Pass {
    let mut sum = Pass::default();
    loop {
        let pass = relay.pass(receiver).await.unwrap();
        if pass.is_idle() {
            return sum;
        }
        sum.delivered += pass.delivered;
        sum.postponed += pass.postponed;
        sum.buried += pass.buried;
    }
}

#[tokio::test]
async fn what_was_received_is_gone_and_came_in_order() {
    let story = Story::new().await;
    story.told().await;
    story.issued().await;
    let (relay, log) = (relay(&story, 3), Log::new(|_| Ok(())));
    assert_eq!(until_idle(&relay, &log).await.delivered, 2);
    assert_eq!(log.seen(), ["invoice.created", "invoice.issued"]);
    assert!(relay.pass(&log).await.unwrap().is_idle());
}

#[tokio::test]
async fn without_events_there_is_nothing_to_hand_on_and_the_trail_is_whole() {
    let mut story = Story::new().await;
    story.told().await;
    story.billing = story.billing.without_events();
    let invoice = story.issued().await;
    assert_eq!(story.told().await, []);
    let actions: Vec<_> = story
        .trail(AggregateId::Invoice(invoice.id()))
        .await
        .into_iter()
        .map(|entry| entry.actions)
        .collect();
    assert_eq!(actions, [[EventKind::InvoiceCreated], [EventKind::InvoiceIssued]]);
}

#[tokio::test]
async fn a_busy_receiver_is_asked_again_after_a_wait_that_doubles() {
    let story = Story::new().await;
    story.told().await;
    story.issued().await;
    let relay = relay(&story, 3);
    let busy = Log::new(|_| Err(NotReceived::Yet("busy".to_owned())));
    for wait in [1_000, 2_000] {
        assert_eq!(relay.pass(&busy).await.unwrap().postponed, 1);
        story.clock.advance_millis(wait - 1);
        assert!(relay.pass(&busy).await.unwrap().is_idle(), "asked again before its time");
        story.clock.advance_millis(1);
    }
    assert_eq!(relay.pass(&busy).await.unwrap().buried, 1);
    let buried = story.billing.ports().outbox.buried(9).await.unwrap();
    assert_eq!(
        buried.iter().map(|(event, why)| (event.kind.as_str(), why.as_str())).collect::<Vec<_>>(),
        [("invoice.created", "busy")]
    );
    let told = [1, 2, 3].map(|attempt| (attempt, NotReceived::Yet("busy".to_owned())));
    assert_eq!(*busy.refused.lock().unwrap(), told);
}

#[tokio::test]
async fn an_event_that_is_never_received_lets_the_next_ones_pass() {
    let story = Story::new().await;
    story.told().await;
    story.issued().await;
    let picky = Log::new(|kind| match kind {
        "invoice.created" => Err(NotReceived::Ever("no\0such topic".to_owned())),
        _ => Ok(()),
    });
    let sum = until_idle(&relay(&story, 3), &picky).await;
    assert_eq!((sum.buried, sum.delivered), (1, 1));
    let buried = story.billing.ports().outbox.buried(9).await.unwrap();
    assert_eq!(buried[0].1, "no\u{fffd}such topic");
}

/// Takes longer than the lease.
struct Slow<'a>(&'a Story);

#[async_trait]
impl Receiver for Slow<'_> {
    async fn receive(&self, _: &Event) -> Result<(), NotReceived> {
        self.0.clock.advance_millis(60_000);
        Ok(())
    }
}

#[tokio::test]
async fn what_is_no_longer_held_is_left_to_the_next_holder() {
    let story = Story::new().await;
    story.told().await;
    let (one, other) = (story.issued().await, story.issued().await);
    assert_ne!(one.id(), other.id());
    let pass = relay(&story, 3).pass(&Slow(&story)).await.unwrap();
    assert_eq!((pass.delivered, pass.lost), (1, 1));
    let log = Log::new(|_| Ok(()));
    assert_eq!(until_idle(&relay(&story, 3), &log).await.delivered, 3);
}
