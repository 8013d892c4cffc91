//! The outbox: for each aggregate a lane of events, of which only the oldest is handed out.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_trait::async_trait;

use super::MemoryBilling;
use crate::change::AggregateId;
use crate::ports::{ClaimedEvent, Outbox, StoreError, Unique};
use crate::{Event, EventId, TeamId, Timestamp, Version};

/// An aggregate; teams may use the same identifiers.
type Lane = (TeamId, AggregateId);

/// The place in a lane.
type Place = (Version, u16, EventId);

#[derive(Debug, Default)]
pub(super) struct Queue {
    lanes: HashMap<Lane, BTreeMap<Place, Waiting>>,
    /// The lanes by the age of their first event.
    heads: BTreeMap<u64, Lane>,
    buried: BTreeMap<u64, (Waiting, String)>,
    /// The events in the lanes and the buried ones.
    ids: HashSet<(TeamId, EventId)>,
    /// How many events there ever were: the next one's age.
    count: u64,
}

#[derive(Debug, Clone)]
struct Waiting {
    event: Event,
    age: u64,
    /// How often it was claimed. It never starts over, so that no old claim is like a new one.
    attempts: u32,
    leased_until: Option<Timestamp>,
    not_before: Option<Timestamp>,
}

impl Waiting {
    fn is_claimable(&self, now: Timestamp) -> bool {
        self.leased_until.is_none_or(|until| until <= now) && self.not_before.is_none_or(|at| at <= now)
    }

    fn is_held_by(&self, claimed: &ClaimedEvent) -> bool {
        self.attempts == claimed.attempts && self.leased_until == Some(claimed.leased_until)
    }
}

fn lane_of(event: &Event) -> Lane {
    (event.team, event.aggregate)
}

fn place_of(event: &Event) -> Place {
    (event.aggregate_version, event.ordinal, event.id)
}

impl Queue {
    /// Refuses events that wait already.
    pub(super) fn check_new(&self, events: &[Event]) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        let mut ids = events.iter().map(|event| (event.team, event.id));
        if ids.all(|id| !self.ids.contains(&id) && seen.insert(id)) {
            Ok(())
        } else {
            Err(StoreError::Duplicate { what: Unique::Id })
        }
    }

    pub(super) fn push(&mut self, events: Vec<Event>) {
        for event in events {
            let age = self.count;
            self.count += 1;
            self.ids.insert((event.team, event.id));
            self.insert(Waiting { event, age, attempts: 0, leased_until: None, not_before: None });
        }
    }

    fn insert(&mut self, waiting: Waiting) {
        let (lane, place) = (lane_of(&waiting.event), place_of(&waiting.event));
        self.change(lane, |events| {
            events.insert(place, waiting);
        });
    }

    /// Changes a lane and keeps its head where it belongs.
    fn change<T>(&mut self, lane: Lane, change: impl FnOnce(&mut BTreeMap<Place, Waiting>) -> T) -> T {
        let events = self.lanes.entry(lane).or_default();
        if let Some((_, head)) = events.first_key_value() {
            self.heads.remove(&head.age);
        }
        let answer = change(events);
        match events.first_key_value() {
            Some((_, head)) => {
                self.heads.insert(head.age, lane);
            }
            None => {
                self.lanes.remove(&lane);
            }
        }
        answer
    }

    fn claim(&mut self, now: Timestamp, leased_until: Timestamp, limit: usize) -> Vec<ClaimedEvent> {
        let Self { lanes, heads, .. } = self;
        let mut claimed = Vec::new();
        for lane in heads.values() {
            if claimed.len() == limit {
                break;
            }
            let head = lanes.get_mut(lane).and_then(BTreeMap::first_entry);
            let Some(mut head) = head.filter(|head| head.get().is_claimable(now)) else { continue };
            let waiting = head.get_mut();
            waiting.attempts = waiting.attempts.saturating_add(1);
            waiting.leased_until = Some(leased_until);
            waiting.not_before = None;
            claimed.push(ClaimedEvent {
                event: waiting.event.clone(),
                attempts: waiting.attempts,
                leased_until,
            });
        }
        claimed
    }

    fn held(&mut self, claimed: &ClaimedEvent) -> Option<&mut Waiting> {
        let lane = self.lanes.get_mut(&lane_of(&claimed.event))?;
        lane.get_mut(&place_of(&claimed.event)).filter(|waiting| waiting.is_held_by(claimed))
    }

    /// Takes an event out of its lane, if the claim on it still holds.
    fn take(&mut self, claimed: &ClaimedEvent) -> Option<Waiting> {
        self.held(claimed)?;
        self.change(lane_of(&claimed.event), |events| events.remove(&place_of(&claimed.event)))
    }

    fn acknowledge(&mut self, claimed: &ClaimedEvent) -> bool {
        let taken = self.take(claimed);
        if let Some(waiting) = &taken {
            self.ids.remove(&(waiting.event.team, waiting.event.id));
        }
        taken.is_some()
    }

    fn retry(&mut self, claimed: &ClaimedEvent, at: Timestamp) -> bool {
        let held = self.held(claimed);
        let answer = held.is_some();
        if let Some(waiting) = held {
            waiting.leased_until = None;
            waiting.not_before = Some(at);
        }
        answer
    }

    fn bury(&mut self, claimed: &ClaimedEvent, reason: &str) -> bool {
        let taken = self.take(claimed);
        let answer = taken.is_some();
        self.buried.extend(taken.map(|waiting| (waiting.age, (waiting, reason.to_owned()))));
        answer
    }

    fn revive(&mut self, id: EventId) -> bool {
        let age = self.buried.iter().find(|(_, (waiting, _))| waiting.event.id == id).map(|(age, _)| *age);
        let Some((mut waiting, _)) = age.and_then(|age| self.buried.remove(&age)) else { return false };
        waiting.leased_until = None;
        self.insert(waiting);
        true
    }
}

#[async_trait]
impl Outbox for MemoryBilling {
    async fn claim(
        &self,
        now: Timestamp,
        lease_millis: u32,
        limit: u16,
    ) -> Result<Vec<ClaimedEvent>, StoreError> {
        let leased_until = now.plus_millis(lease_millis.into());
        Ok(self.state().outbox.claim(now, leased_until, limit.into()))
    }

    async fn acknowledge(&self, claimed: &[ClaimedEvent]) -> Result<u64, StoreError> {
        let mut state = self.state();
        Ok(claimed.iter().map(|claimed| u64::from(state.outbox.acknowledge(claimed))).sum())
    }

    async fn retry(&self, claimed: &ClaimedEvent, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.state().outbox.retry(claimed, at))
    }

    async fn bury(&self, claimed: &ClaimedEvent, reason: &str) -> Result<bool, StoreError> {
        Ok(self.state().outbox.bury(claimed, reason))
    }

    async fn buried(&self, limit: u16) -> Result<Vec<(Event, String)>, StoreError> {
        let state = self.state();
        let buried = state.outbox.buried.values().take(limit.into());
        Ok(buried.map(|(waiting, reason)| (waiting.event.clone(), reason.clone())).collect())
    }

    async fn revive(&self, id: EventId) -> Result<bool, StoreError> {
        Ok(self.state().outbox.revive(id))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{EventKind, InvoiceId};

    const LEASE: i64 = 1_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// The event with this number as its identifier.
    fn event(id: u128, team: u128, invoice: u128, version: u64, ordinal: u16) -> Event {
        Event {
            id: EventId::from_uuid(Uuid::from_u128(id)),
            schema: Event::SCHEMA,
            kind: EventKind::InvoiceUpdated,
            team: TeamId::from_uuid(Uuid::from_u128(team)),
            aggregate: AggregateId::Invoice(InvoiceId::from_uuid(Uuid::from_u128(invoice))),
            aggregate_version: Version::new(version),
            ordinal,
            at: at(0),
            number: None,
            amount: None,
            related: None,
        }
    }

    fn queue(events: Vec<Event>) -> Queue {
        let mut queue = Queue::default();
        queue.push(events);
        queue
    }

    fn claim(queue: &mut Queue, now: i64) -> Vec<ClaimedEvent> {
        queue.claim(at(now), at(now + LEASE), 10)
    }

    fn ids(claimed: &[ClaimedEvent]) -> Vec<u128> {
        claimed.iter().map(|claimed| claimed.event.id.as_uuid().as_u128()).collect()
    }

    #[test]
    fn an_aggregates_events_leave_one_by_one_in_the_order_of_its_versions() {
        let mut queue = queue(vec![
            event(1, 1, 1, 2, 0),
            event(2, 1, 1, 1, 1),
            event(3, 1, 1, 1, 0),
            event(4, 1, 2, 1, 0),
        ]);
        assert_eq!(ids(&claim(&mut queue, 0)), [3, 4]);
        assert_eq!(ids(&claim(&mut queue, 0)), [0; 0]);
        let held = claim(&mut queue, LEASE);
        assert!(queue.acknowledge(&held[0]));
        let second = claim(&mut queue, LEASE);
        assert_eq!(ids(&second), [2]);
        assert!(queue.acknowledge(&second[0]));
        assert_eq!(ids(&claim(&mut queue, LEASE)), [1]);
    }

    #[test]
    fn the_oldest_come_first_and_no_more_than_asked_for() {
        let mut queue = queue(vec![event(9, 1, 3, 1, 0), event(8, 1, 2, 1, 0), event(7, 1, 1, 1, 0)]);
        assert_eq!(ids(&queue.claim(at(0), at(LEASE), 2)), [9, 8]);
        assert_eq!(ids(&queue.claim(at(0), at(LEASE), 2)), [7]);
        assert_eq!(ids(&queue.claim(at(LEASE), at(LEASE), 0)), [0; 0]);
    }

    #[test]
    fn an_aggregate_of_another_team_with_the_same_identifier_does_not_wait() {
        let mut queue = queue(vec![event(1, 1, 1, 1, 0), event(2, 2, 1, 1, 0)]);
        assert_eq!(ids(&claim(&mut queue, 0)), [1, 2]);
    }

    #[test]
    fn after_a_lease_ran_out_only_the_next_holder_acknowledges() {
        let mut queue = queue(vec![event(1, 1, 1, 1, 0)]);
        let first = claim(&mut queue, 0).remove(0);
        assert_eq!(ids(&claim(&mut queue, LEASE - 1)), [0; 0]);
        let second = claim(&mut queue, LEASE).remove(0);
        assert_eq!((first.attempts, second.attempts), (1, 2));
        assert!(!queue.acknowledge(&first));
        assert!(!queue.retry(&first, at(0)));
        assert!(!queue.bury(&first, "late"));
        assert!(queue.acknowledge(&second));
        assert!(!queue.acknowledge(&second));
        assert!(queue.lanes.is_empty() && queue.heads.is_empty() && queue.ids.is_empty());
    }

    #[test]
    fn an_event_given_back_waits_for_its_time_and_holds_up_the_later_ones() {
        let mut queue = queue(vec![event(1, 1, 1, 1, 0), event(2, 1, 1, 2, 0)]);
        let claimed = claim(&mut queue, 0).remove(0);
        assert!(queue.retry(&claimed, at(500)));
        assert!(!queue.acknowledge(&claimed));
        assert_eq!(ids(&claim(&mut queue, 499)), [0; 0]);
        assert_eq!(ids(&claim(&mut queue, 500)), [1]);
    }

    #[test]
    fn a_buried_event_lets_the_later_ones_go_and_comes_back_before_them() {
        let mut queue = queue(vec![event(1, 1, 1, 1, 0), event(2, 1, 1, 2, 0), event(3, 1, 1, 3, 0)]);
        let first = claim(&mut queue, 0).remove(0);
        assert!(queue.bury(&first, "no such address"));
        let second = claim(&mut queue, 0).remove(0);
        assert_eq!(ids(std::slice::from_ref(&second)), [2]);
        assert!(queue.acknowledge(&second));
        assert!(queue.check_new(&[event(1, 1, 9, 1, 0)]).is_err());

        let id = first.event.id;
        assert!(queue.revive(id));
        assert!(!queue.revive(id));
        let again = claim(&mut queue, 0).remove(0);
        assert_eq!((ids(std::slice::from_ref(&again)), again.attempts), (vec![1], 2));
        assert!(!queue.acknowledge(&first));
        assert!(queue.acknowledge(&again));
        assert_eq!(ids(&claim(&mut queue, 0)), [3]);
    }

    #[test]
    fn an_event_that_waits_is_not_taken_twice() {
        let queue = queue(vec![event(1, 1, 1, 1, 0)]);
        assert!(queue.check_new(&[event(1, 1, 2, 1, 0)]).is_err());
        assert!(queue.check_new(&[event(2, 1, 2, 1, 0), event(2, 1, 2, 1, 1)]).is_err());
        assert!(queue.check_new(&[event(1, 2, 2, 1, 0)]).is_ok());
    }
}
