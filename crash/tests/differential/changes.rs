//! Steps that write past the use cases: commits repeated and twisted, and the outbox.

use invoice_core::change::{AggregateId, ChangeSet, Guard, Record, Write};
use invoice_core::ports::{IdGenerator as _, StoreError, Unique};
use invoice_core::{Client, CommitId, EventId, Hash, TeamId, Timestamp, Version};
use invoice_crash::random::{DerivedIds, Random};
use serde_json::Value;
use uuid::Uuid;

use crate::player::Player;
use crate::trace::{Trace, Wrong};

impl Trace {
    fn commit_id(&mut self) -> CommitId {
        let ids = DerivedIds::new(Random::of(&[self.seed, self.count(), self.random.number()]));
        CommitId::from_uuid(ids.uuid(Timestamp::from_millis(1_772_442_000_000)))
    }

    fn empty(&mut self, writes: Vec<Write>) -> ChangeSet {
        ChangeSet {
            id: self.commit_id(),
            team: self.team_id(),
            at: Timestamp::from_millis(1_772_442_000_000),
            writes,
            guards: Vec::new(),
            issues: Vec::new(),
            idempotency: None,
            audit: Vec::new(),
            events: Vec::new(),
        }
    }

    pub(crate) async fn step_commit(&mut self) -> Result<(), Wrong> {
        match self.random.below(8) {
            0 | 1 => {
                let back = usize::try_from(self.random.below(20)).unwrap();
                if let Some(set) = self.players[0].recent(back) {
                    self.commit("commit again", vec![(*set).clone()]).await?;
                }
            }
            2 | 3 => self.twisted().await?,
            4..6 => self.guarded().await?,
            6 => self.deleted().await?,
            _ => self.batch().await?,
        }
        Ok(())
    }

    async fn commit(&mut self, what: &str, sets: Vec<ChangeSet>) -> Result<(), Wrong> {
        let _ = self
            .all(what, async |p| {
                let answers = p.commit(sets.clone()).await.into_iter();
                let answers: Vec<_> =
                    answers.map(|answer| answer.map_err(|error| format!("{error:?}"))).collect();
                if answers.iter().all(Result::is_err) { Err(answers) } else { Ok(answers) }
            })
            .await?;
        Ok(())
    }

    /// A recent change set with something about it changed.
    async fn twisted(&mut self) -> Result<(), Wrong> {
        let back = usize::try_from(self.random.below(20)).unwrap();
        let Some(set) = self.players[0].recent(back) else { return Ok(()) };
        let mut set = (*set).clone();
        if self.random.chance(4, 5) {
            set.id = self.commit_id();
        }
        match self.random.below(6) {
            0 => set.idempotency = None,
            1 => {
                let other = Hash::from_bytes(self.random.bytes());
                set.idempotency.iter_mut().for_each(|request| request.fingerprint = other);
            }
            2 => set.team = TeamId::from_uuid(Uuid::from_u128(9)),
            3 => {
                let again = set.writes.first().cloned();
                set.writes.extend(again);
            }
            4 => {
                set.issues.clear();
                set.idempotency = None;
            }
            _ => {
                let again = set.issues.first().cloned();
                set.issues.extend(again);
                set.idempotency = None;
            }
        }
        // Several things may be wrong with it, and a store answers any of them.
        let answer = async |p: &Player| match p.commit(vec![set.clone()]).await.pop().unwrap() {
            Err(
                StoreError::Conflict { .. }
                | StoreError::NotFound
                | StoreError::InUse
                | StoreError::Refused(_)
                | StoreError::Duplicate {
                    what:
                        Unique::Id
                        | Unique::Number
                        | Unique::ExternalReference
                        | Unique::SeriesName
                        | Unique::ItemCode
                        | Unique::Supplier,
                },
            ) => Err(None),
            Err(error) => Err(Some(error)),
            Ok(receipt) => Ok(receipt),
        };
        let _ = self.all("commit twisted", answer).await?;
        Ok(())
    }

    /// A client as it is, and as it would be after an update.
    async fn client_to_update(&mut self) -> Result<Option<(Client, Client)>, Wrong> {
        let Some(id) = self.pick(|known| &known.clients, 6) else { return Ok(None) };
        let actor = self.owner();
        let found = self.peek(async |p| p.billing.client(&actor, id).await).await;
        Ok(found
            .ok()
            .map(|client| (at_version(&client, client.version().next()), client))
            .map(|(next, now)| (now, next)))
    }

    /// An update that also insists on other aggregates being at a version, right or wrong.
    async fn guarded(&mut self) -> Result<(), Wrong> {
        let Some((now, next)) = self.client_to_update().await? else { return Ok(()) };
        let mut set = self.empty(vec![Write::Update { expected: now.version(), record: Record::from(next) }]);
        for _ in 0..=self.random.below(2) {
            let Some(id) = self.pick(|known| &known.invoices, 10) else { break };
            let actor = self.owner();
            let invoice = self.peek(async |p| p.billing.invoice(&actor, id).await).await;
            let expected = match invoice {
                Ok(invoice) if self.random.chance(3, 4) => invoice.version(),
                Ok(invoice) => invoice.version().next(),
                Err(_) => Version::FIRST,
            };
            let id = AggregateId::Invoice(id);
            if set.guards.iter().all(|guard| guard.id != id) {
                set.guards.push(Guard { id, expected });
            }
        }
        self.commit("commit guarded", vec![set]).await
    }

    /// A delete of whatever is there, referred to or not.
    async fn deleted(&mut self) -> Result<(), Wrong> {
        let (actor, team) = (self.owner(), self.team_id());
        let (id, version) = match self.random.below(5) {
            0 => {
                let Some(id) = self.pick(|known| &known.clients, 20) else { return Ok(()) };
                let found = self.peek(async |p| p.billing.client(&actor, id).await).await;
                (AggregateId::Client(id), found.map_or(Version::FIRST, |it| it.version()))
            }
            1 => {
                let Some(id) = self.pick(|known| &known.series, 20) else { return Ok(()) };
                // A series that has numbered can't go; one that has not is left, as the steps need it.
                let counters = self.peek(async |p| p.ports().trail.counters(team).await).await;
                if !counters.is_ok_and(|counters| counters.iter().any(|(key, _)| key.series == id)) {
                    return Ok(());
                }
                let found = self.peek(async |p| p.billing.series(&actor, id).await).await;
                (AggregateId::Series(id), found.map_or(Version::FIRST, |it| it.version()))
            }
            2 => {
                let Some(id) = self.pick(|known| &known.payments, 20) else { return Ok(()) };
                let found = self.peek(async |p| p.billing.payment(&actor, id).await).await;
                if found.as_ref().is_ok_and(|payment| !payment.allocations().is_empty()) {
                    return Ok(());
                }
                (AggregateId::Payment(id), found.map_or(Version::FIRST, |it| it.version()))
            }
            3 => {
                let Some(id) = self.pick(|known| &known.quotes, 20) else { return Ok(()) };
                let found = self.peek(async |p| p.billing.quote(&actor, id).await).await;
                (AggregateId::Quote(id), found.map_or(Version::FIRST, |it| it.version()))
            }
            _ => {
                let Some(id) = self.pick(|known| &known.invoices, 40) else { return Ok(()) };
                let found = self.peek(async |p| p.billing.invoice(&actor, id).await).await;
                (AggregateId::Invoice(id), found.map_or(Version::FIRST, |it| it.version()))
            }
        };
        let expected = if self.random.chance(1, 8) { version.next() } else { version };
        let set = self.empty(vec![Write::Delete { id, expected }]);
        self.commit("commit delete", vec![set]).await
    }

    /// Several at once: two that follow each other, one that comes too late, one repeated, one that is there already.
    async fn batch(&mut self) -> Result<(), Wrong> {
        let Some((now, next)) = self.client_to_update().await? else { return Ok(()) };
        let after = at_version(&next, next.version().next());
        let update = |expected: &Client, record: &Client| Write::Update {
            expected: expected.version(),
            record: Record::from(record.clone()),
        };
        let first = self.empty(vec![update(&now, &next)]);
        let sets = vec![
            first.clone(),
            self.empty(vec![Write::Insert(Record::from(at_version(&now, Version::FIRST)))]),
            self.empty(vec![update(&now, &next)]),
            self.empty(vec![update(&next, &after)]),
            first,
        ];
        self.commit("commit batch", sets).await
    }

    pub(crate) async fn step_outbox(&mut self) -> Result<(), Wrong> {
        let now = self.players[0].clock_now();
        match self.random.below(12) {
            0..5 => {
                let limit = [1, 5, 40][usize::try_from(self.random.below(3)).unwrap()];
                let lease = 1_000 + u32::try_from(self.random.below(200_000_000)).unwrap();
                let claimed = self
                    .all("outbox claim", async |p| p.ports().outbox.claim(now, lease, limit).await)
                    .await?;
                self.claimed.extend(claimed.unwrap_or_default());
                let surplus = self.claimed.len().saturating_sub(60);
                self.claimed.drain(..surplus);
            }
            5..8 => {
                let at = self.claimed.len() / 3;
                let done = self.claimed.split_off(at);
                let _ = self
                    .all("outbox acknowledge", async |p| p.ports().outbox.acknowledge(&done).await)
                    .await?;
            }
            8 => {
                let Some(event) = self.claimed.pop() else { return Ok(()) };
                let at = now.plus_millis(i64::try_from(self.random.below(300_000_000)).unwrap());
                let _ = self.all("outbox retry", async |p| p.ports().outbox.retry(&event, at).await).await?;
                // Given back, it is not held any more.
                if self.random.chance(1, 3) {
                    self.claimed.push(event);
                }
            }
            9 => {
                let Some(event) = self.claimed.pop() else { return Ok(()) };
                let _ = self
                    .all("outbox bury", async |p| p.ports().outbox.bury(&event, "unreachable").await)
                    .await?;
            }
            10 => drop(self.all("outbox buried", async |p| p.ports().outbox.buried(20).await).await?),
            _ => {
                let buried = self.peek(async |p| p.ports().outbox.buried(5).await).await.unwrap_or_default();
                let id = buried.last().map_or(EventId::from_uuid(Uuid::nil()), |(event, _)| event.id);
                let _ = self.all("outbox revive", async |p| p.ports().outbox.revive(id).await).await?;
            }
        }
        Ok(())
    }
}

/// The same client at another version.
fn at_version(client: &Client, version: Version) -> Client {
    let mut json = serde_json::to_value(client).unwrap();
    json["version"] = serde_json::to_value(version).unwrap_or(Value::Null);
    serde_json::from_value(json).unwrap()
}
