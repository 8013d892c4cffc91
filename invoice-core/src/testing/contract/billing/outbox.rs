//! The outbox: each event to one worker at a time, in order for each aggregate, until it is acknowledged.

use std::collections::{BTreeMap, HashSet};

use super::world::World;
use crate::Timestamp;
use crate::change::AggregateId;
use crate::event::{Event, EventKind};
use crate::ports::{BillingPorts, ClaimedEvent};
use crate::testing::contract::{must, race};
use crate::testing::day;
use crate::{EventId, Version};

const MINUTE: u32 = 60_000;

async fn claim(world: &World<'_>, now: Timestamp, limit: u16) -> Vec<ClaimedEvent> {
    let claimed = must(world.ports.outbox.claim(now, MINUTE, limit).await, "events are claimed");
    assert!(claimed.len() <= usize::from(limit), "no more events than asked for");
    claimed
}

/// The only event there is to claim.
async fn claim_one(world: &World<'_>, now: Timestamp) -> ClaimedEvent {
    let claimed = claim(world, now, 10).await;
    let [only] = claimed.as_slice() else { panic!("one event can be claimed, not {claimed:?}") };
    only.clone()
}

async fn acknowledge(world: &World<'_>, claimed: &[ClaimedEvent]) -> u64 {
    must(world.ports.outbox.acknowledge(claimed).await, "events are acknowledged")
}

/// A client whose events are created, updated, updated and so on, `count` in all.
async fn a_client_with_events(world: &World<'_>, count: usize) -> AggregateId {
    let mut client = world.insert(world.client("Café Jelinek")).await;
    for _ in 1..count {
        client = world.update(client).await;
    }
    AggregateId::Client(client.id())
}

fn versions(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.aggregate_version.get()).collect()
}

/// The events of a commit are handed out whole, as they were written, with the numbers given in it.
pub async fn events_land_with_their_commit(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    assert!(!world.drain().await.is_empty(), "setting up told something");
    let change = desk.issuing("10", day("2026-03-02")).insert(world.item("Lamp"));
    let mut expected = change.clone().build().events;
    for event in &mut expected {
        if matches!(event.aggregate, AggregateId::Invoice(_)) {
            event.number = Some("INV-1".to_owned());
        }
    }
    world.commit(change).await;
    let mut found = world.drain().await;
    let order = |event: &Event| (event.aggregate, event.aggregate_version, event.ordinal);
    found.sort_unstable_by_key(order);
    expected.sort_unstable_by_key(order);
    assert_eq!(found, expected, "what was told is handed out");
    assert_eq!(world.drain().await, [], "what was acknowledged does not come back");
}

/// Of each aggregate only the oldest event is handed out, the next one after its acknowledgement; older
/// events come before younger ones.
pub async fn an_aggregates_events_come_one_by_one_in_order(ports: &BillingPorts) {
    let world = World::new(ports);
    let first = a_client_with_events(&world, 4).await;
    let second = a_client_with_events(&world, 2).await;
    let mut seen = Vec::new();
    for round in 0..4 {
        let claimed = claim(&world, world.tick(), 10).await;
        let of: Vec<_> = claimed.iter().map(|it| it.event.aggregate).collect();
        let expected = if round < 2 { vec![first, second] } else { vec![first] };
        assert_eq!(of, expected, "one event of each aggregate, the oldest first");
        assert_eq!(claim(&world, world.tick(), 10).await, [], "the next ones wait");
        assert_eq!(acknowledge(&world, &claimed).await, claimed.len() as u64, "what is held is acknowledged");
        seen.extend(claimed.into_iter().map(|it| it.event));
    }
    seen.retain(|event| event.aggregate == first);
    assert_eq!(versions(&seen), [1, 2, 3, 4], "in the order of the versions");
    assert_eq!(claim(&world, world.tick(), 10).await, [], "all is told");
}

/// Events of one write come in the order of their ordinals.
pub async fn events_of_one_write_come_in_their_order(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = world.client("Café Jelinek");
    let kinds = [EventKind::ClientCreated, EventKind::ClientUpdated, EventKind::ClientArchived];
    let change = world.change().insert(client).with(|change| {
        let Some(template) = change.events.pop() else { return };
        // Written down in another order than they are to be told in.
        for ordinal in [2_u16, 0, 1] {
            let id = EventId::from_uuid(world.uuid());
            let kind = kinds.get(usize::from(ordinal)).copied().unwrap_or(template.kind);
            change.events.push(Event { id, kind, ordinal, ..template.clone() });
        }
    });
    world.commit(change).await;
    let told: Vec<_> = world.drain().await.iter().map(|event| event.kind).collect();
    assert_eq!(told, kinds, "in the order of the ordinals");
}

/// Six workers drain the outbox while new events come: each event is handed out once, and each
/// aggregate's in order.
pub async fn several_workers_keep_each_aggregates_order(ports: &BillingPorts) {
    let world = World::new(ports);
    let mut clients = Vec::new();
    for _ in 0..8 {
        let client = world.insert(world.client("Café Jelinek")).await;
        clients.push(world.update(client).await);
    }
    let now = world.now();
    let mut changes = Vec::new();
    for client in &clients {
        let mut client = client.clone();
        for _ in 0..3 {
            changes.push(world.change().update(client.clone()));
            client.version = client.version.next();
        }
    }
    let total = clients.len() * 2 + changes.len();
    let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    race(7, |worker| {
        let (ports, log) = (ports.clone(), log.clone());
        let changes = if worker == 0 { std::mem::take(&mut changes) } else { Vec::new() };
        async move {
            use crate::ports::CommitsExt as _;
            for change in changes {
                must(ports.commits.commit(change.build()).await, "an update is committed");
            }
            // Workers give up once nothing came for a while; the first one drains the rest.
            let mut idle = 0;
            while worker > 0 && idle < 20 {
                let claimed = must(ports.outbox.claim(now, MINUTE, 3).await, "events are claimed");
                idle = if claimed.is_empty() { idle + 1 } else { 0 };
                for claimed in claimed {
                    log.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(claimed.event.clone());
                    let held = must(ports.outbox.acknowledge(&[claimed]).await, "it is acknowledged");
                    assert_eq!(held, 1, "nobody else got what a worker holds");
                }
                tokio::task::yield_now().await;
            }
        }
    })
    .await;
    let mut seen = std::mem::take(&mut *log.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    seen.extend(world.drain().await);
    let ids: HashSet<_> = seen.iter().map(|event| event.id).collect();
    assert_eq!((seen.len(), ids.len()), (total, total), "each event is handed out once");
    let mut of_each: BTreeMap<AggregateId, Vec<Event>> = BTreeMap::new();
    for event in seen {
        of_each.entry(event.aggregate).or_default().push(event);
    }
    for (aggregate, events) in of_each {
        assert_eq!(versions(&events), [1, 2, 3, 4, 5], "the events of {aggregate} come in order");
    }
}

/// What a worker holds is nobody else's until the lease ends; then it is claimed anew.
pub async fn a_lease_keeps_an_event_until_it_ends(ports: &BillingPorts) {
    let world = World::new(ports);
    a_client_with_events(&world, 2).await;
    let now = world.now();
    let first = claim_one(&world, now).await;
    assert_eq!(first.attempts, 1, "a first claim");
    assert_eq!(first.leased_until, now.plus_millis(MINUTE.into()), "it is leased from now");
    assert_eq!(claim(&world, now.plus_millis(59_999), 10).await, [], "it is held to its last millisecond");
    let second = claim_one(&world, now.plus_millis(60_000)).await;
    assert_eq!(second.event, first.event, "after that it is claimed anew");
    assert_eq!(second.attempts, 2, "and counted");
    assert_eq!(versions(&[second.event]), [1], "the one behind it still waits");
}

/// Once another worker has an event, the one who had it before has no say in it.
pub async fn only_the_holder_has_a_say(ports: &BillingPorts) {
    let world = World::new(ports);
    a_client_with_events(&world, 2).await;
    let now = world.now();
    let old = claim_one(&world, now).await;
    let later = now.plus_millis(90_000);
    let new = claim_one(&world, later).await;
    assert_eq!(
        acknowledge(&world, std::slice::from_ref(&old)).await,
        0,
        "the old holder acknowledges nothing"
    );
    let answer = ports.outbox.retry(&old, later).await;
    assert!(!must(answer, "an event is given back"), "the old holder gives nothing back");
    let answer = ports.outbox.bury(&old, "stale").await;
    assert!(!must(answer, "an event is set aside"), "the old holder sets nothing aside");
    assert_eq!(claim(&world, later, 10).await, [], "the new holder holds it still");
    assert_eq!(acknowledge(&world, std::slice::from_ref(&new)).await, 1, "the new holder acknowledges it");
    assert_eq!(acknowledge(&world, &[new]).await, 0, "and only once");
    assert_eq!(versions(&[claim_one(&world, later).await.event]), [2], "then comes the next");
}

/// Some of what is acknowledged is still held, some is not: the answer counts what was.
pub async fn an_acknowledgement_counts_what_was_held(ports: &BillingPorts) {
    let world = World::new(ports);
    for _ in 0..3 {
        a_client_with_events(&world, 1).await;
    }
    let now = world.now();
    let mut claimed = claim(&world, now, 10).await;
    assert_eq!(claimed.len(), 3, "one of each");
    let rest = claimed.split_off(1);
    assert_eq!(acknowledge(&world, &claimed).await, 1, "one");
    claimed.extend(rest);
    assert_eq!(acknowledge(&world, &claimed).await, 2, "the two others");
    assert_eq!(acknowledge(&world, &[]).await, 0, "none");
}

/// What is given back waits until its time, and what is behind it waits with it.
pub async fn an_event_given_back_waits_until_its_time(ports: &BillingPorts) {
    let world = World::new(ports);
    a_client_with_events(&world, 2).await;
    let now = world.now();
    let first = claim_one(&world, now).await;
    let at = now.plus_millis(5_000);
    assert!(must(ports.outbox.retry(&first, at).await, "it is given back"), "the holder gives it back");
    assert_eq!(acknowledge(&world, std::slice::from_ref(&first)).await, 0, "what is given back is not held");
    assert_eq!(claim(&world, now.plus_millis(4_999), 10).await, [], "neither it nor what is behind it");
    let again = claim_one(&world, at).await;
    assert_eq!((again.event, again.attempts), (first.event, 2), "at its time it is claimed again");
}

/// What is set aside lets the later ones through, and is listed with its reason.
pub async fn a_buried_event_lets_the_later_ones_through(ports: &BillingPorts) {
    let world = World::new(ports);
    a_client_with_events(&world, 3).await;
    let mut now = world.now();
    let mut buried = Vec::new();
    for reason in ["410 Gone 💀", "no answer"] {
        now = now.plus_millis(1);
        let claimed = claim_one(&world, now).await;
        assert!(must(ports.outbox.bury(&claimed, reason).await, "it is set aside"), "the holder buries it");
        assert_eq!(
            acknowledge(&world, std::slice::from_ref(&claimed)).await,
            0,
            "what is buried is not held"
        );
        buried.push((claimed.event, reason.to_owned()));
    }
    let last = claim_one(&world, now).await;
    assert_eq!(versions(std::slice::from_ref(&last.event)), [3], "the later ones go on");
    let found = must(ports.outbox.buried(10).await, "what is buried is listed");
    assert_eq!(found, buried, "the oldest first, each with its reason");
    let found = must(ports.outbox.buried(1).await, "what is buried is listed");
    assert_eq!(found, buried[..1], "at most so many");
}

/// What is revived is handed out again, before what comes after it, and is not listed any more.
pub async fn a_revived_event_is_handed_out_again(ports: &BillingPorts) {
    let world = World::new(ports);
    a_client_with_events(&world, 3).await;
    let now = world.now();
    let first = claim_one(&world, now).await;
    must(ports.outbox.bury(&first, "no answer").await, "it is set aside");
    let second = claim_one(&world, now).await;
    assert_eq!(acknowledge(&world, &[second]).await, 1, "the second is told meanwhile");
    let id = first.event.id;
    assert!(must(ports.outbox.revive(id).await, "it is revived"), "it was there");
    assert!(!must(ports.outbox.revive(id).await, "it is revived"), "once");
    let unknown = EventId::from_uuid(world.uuid());
    assert!(!must(ports.outbox.revive(unknown).await, "it is revived"), "what was never buried is not");
    assert_eq!(must(ports.outbox.buried(10).await, "what is buried is listed"), [], "nothing is buried now");
    let again = claim_one(&world, now).await;
    assert_eq!(again.event, first.event, "it comes before what is younger");
    assert_eq!(acknowledge(&world, std::slice::from_ref(&first)).await, 0, "its old claim means nothing");
    assert_eq!(acknowledge(&world, &[again]).await, 1, "its new one does");
    assert_eq!(versions(&[claim_one(&world, now).await.event]), [3], "then comes the rest");
}

/// A claim takes the oldest events first, and no more than asked for.
pub async fn a_claim_takes_the_oldest_first(ports: &BillingPorts) {
    let world = World::new(ports);
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(a_client_with_events(&world, 1).await);
    }
    let now = world.now();
    let mut taken = Vec::new();
    for limit in [2, 1, 10] {
        let claimed = claim(&world, now, limit).await;
        taken.extend(claimed.iter().map(|it| it.event.aggregate));
    }
    assert_eq!(taken, clients, "the oldest first");
    let all: Vec<_> = claim(&world, now.plus_millis(MINUTE.into()), 10).await;
    assert!(all.iter().all(|it| it.attempts == 2 && it.event.aggregate_version == Version::FIRST), "again");
}
