//! What stands against a commit, in the order the port documents.

use std::collections::{HashMap, HashSet};

use invoice_core::adapter::{UniqueValue, references};
use invoice_core::change::{AggregateId, ChangeSet, Receipt, Record, Write, resolve};
use invoice_core::ports::{StoreError, Unique};
use invoice_core::{CounterKey, CreditNote, Invoice, TeamId, Version};
use invoice_store_common::predict::Counters;
use mongodb::bson::doc;
use uuid::Uuid;

use super::reader::{Reader, aggregate};
use super::statements::{Before, Known};
use crate::bridge::from_bson;
use crate::layout::{Fields, aggregate_key, key, kind, there, uuid};

/// What looking found.
pub(super) enum Found {
    /// The commit landed before, or its request was answered.
    Answer(Receipt),
    /// Nothing stands against it.
    Nothing { known: Known, counters: Counters },
}

/// What is stored of the aggregates that a change set speaks of.
struct Standing {
    found: HashMap<AggregateId, Before>,
}

impl Reader<'_> {
    /// Finds what stands against a change set.
    pub(super) async fn examine(&mut self, change: &ChangeSet) -> Result<Found, StoreError> {
        if let Some(receipt) = self.answer_again(change).await? {
            return Ok(Found::Answer(receipt));
        }
        change.check()?;
        let (known, counters) = self.look(change).await?;
        Ok(Found::Nothing { known, counters })
    }

    async fn answer_again(&mut self, change: &ChangeSet) -> Result<Option<Receipt>, StoreError> {
        if let Some(receipt) = self.receipt(change.team, change.id).await? {
            return Ok(Some(receipt));
        }
        let Some(request) = &change.idempotency else { return Ok(None) };
        match self.request(change.team, &request.key).await? {
            None => Ok(None),
            Some(record) if record.fingerprint == request.fingerprint => {
                Ok(Some(Receipt { commit: record.commit, records: record.answer, replayed: true }))
            }
            Some(_) => Err(StoreError::Duplicate { what: Unique::IdempotencyKey }),
        }
    }

    async fn look(&mut self, change: &ChangeSet) -> Result<(Known, Counters), StoreError> {
        let writes: HashMap<_, _> = change.writes.iter().map(|write| (write.id(), write)).collect();
        let standing = self.standing(change).await?;
        standing.check_versions(change)?;
        standing.check_references(change, &writes)?;
        for write in &change.writes {
            if let Write::Delete { id, expected: _ } = write {
                self.check_unused(change.team, *id, &writes, &standing).await?;
            }
        }
        standing.check_ids(change)?;
        self.check_trail(change).await?;
        self.check_unique(change.team, &change.writes, &writes).await?;
        let wanted = change.issues.iter().map(|issue| (change.team, issue.counter)).collect();
        let counters = self.counters(&wanted).await?.remove(&change.team).unwrap_or_default();
        let resolved = resolve(change, &counters).map_err(StoreError::Refused)?;
        if !change.issues.is_empty() {
            self.check_unique(change.team, &resolved.writes, &writes).await?;
        }
        let gone = self.gone(change, &standing).await?;
        Ok((Known { clients: HashMap::new(), before: standing.found, gone }, counters))
    }

    /// The records that go while reports still count them.
    async fn gone(
        &mut self,
        change: &ChangeSet,
        standing: &Standing,
    ) -> Result<HashMap<AggregateId, Record>, StoreError> {
        let is_live = |id: &AggregateId| standing.found.get(id).is_some_and(|before| before.live);
        let deleted = change.writes.iter().filter(|write| write.record().is_none()).map(Write::id);
        let keys = deleted.filter(is_live).map(|id| aggregate_key(change.team, id)).collect();
        let mut gone = HashMap::new();
        for row in self.by_key(change.team, keys, doc! { "kind": 1, "id": 1, "record": 1 }).await? {
            let id = aggregate(&row)?;
            let record = there("record", Fields(&row).document("record")?)?;
            let kind = id.kind().as_str();
            let record = match id {
                AggregateId::Invoice(_) => Record::from(from_bson::<Invoice>(kind, record)?),
                AggregateId::CreditNote(_) => Record::from(from_bson::<CreditNote>(kind, record)?),
                // Nothing else is counted.
                _ => continue,
            };
            gone.insert(id, record);
        }
        Ok(gone)
    }

    async fn standing(&mut self, change: &ChangeSet) -> Result<Standing, StoreError> {
        let imports = CounterKey::imports(change.team);
        let series = change.issues.iter().map(|issue| issue.counter).filter(|key| *key != imports);
        let ids: HashSet<AggregateId> = change
            .writes
            .iter()
            .map(Write::id)
            .chain(change.guards.iter().map(|guard| guard.id))
            .chain(change.writes.iter().filter_map(Write::record).flat_map(references))
            .chain(series.map(|key| AggregateId::Series(key.series)))
            .collect();
        let keys = ids.iter().map(|id| aggregate_key(change.team, *id)).collect();
        let fields = doc! { "kind": 1, "id": 1, "version": 1, "live": 1, "uses": 1, "kept": 1 };
        let mut standing = Standing { found: HashMap::new() };
        for row in self.by_key(change.team, keys, fields).await? {
            let id = aggregate(&row)?;
            let fields = Fields(&row);
            let version = there("version", fields.number("version")?)?;
            let before = Before {
                version: Version::new(version.unsigned_abs()),
                live: fields.flag("live")?.unwrap_or_default(),
                uses: fields.number("uses")?,
                kept: fields.flag("kept")?.unwrap_or_default(),
            };
            standing.found.insert(id, before);
        }
        Ok(standing)
    }

    /// Nothing that stays refers to what goes.
    async fn check_unused(
        &mut self,
        team: TeamId,
        id: AggregateId,
        writes: &HashMap<AggregateId, &Write>,
        standing: &Standing,
    ) -> Result<(), StoreError> {
        let places: &[(&str, &str, &str)] = match id {
            AggregateId::Client(_) => &[
                ("invoice", "client", "invoice_client"),
                ("credit_note", "client", "credit_note_client"),
                ("quote", "client", "quote_client"),
                ("payment", "client", "payment_client"),
            ],
            AggregateId::Invoice(_) => &[
                ("credit_note", "invoice", "credit_note_invoice"),
                ("payment", "invoices", "payment_invoice"),
            ],
            AggregateId::Series(_) if standing.found.get(&id).is_some_and(|before| before.kept) => {
                return Err(StoreError::InUse);
            }
            _ => return Ok(()),
        };
        for (kind, field, index) in places {
            let query = doc! { "team": uuid(team.as_uuid()), "kind": kind, *field: uuid(id.as_uuid()) };
            // One more than this change could speak of.
            let most = Some(writes.len() + 1);
            for row in self.find(query, doc! { "kind": 1, "id": 1 }, index, most).await? {
                let refers = match writes.get(&aggregate(&row)?) {
                    Some(write) => write.record().is_some_and(|record| references(record).contains(&id)),
                    None => true,
                };
                if refers {
                    return Err(StoreError::InUse);
                }
            }
        }
        Ok(())
    }

    /// Audit entries and events are new.
    async fn check_trail(&mut self, change: &ChangeSet) -> Result<(), StoreError> {
        let entries = change.audit.iter().map(|entry| (kind::AUDIT, entry.id.as_uuid()));
        let events = change.events.iter().map(|event| (kind::EVENT, event.id.as_uuid()));
        let all: Vec<(&str, Uuid)> = entries.chain(events).collect();
        let keys = all.iter().map(|(kind, id)| key(change.team, kind, *id)).collect();
        let taken = self.by_key(change.team, keys, doc! { "_id": 1 }).await?;
        if !taken.is_empty() || all.iter().collect::<HashSet<_>>().len() < all.len() {
            return Err(StoreError::Duplicate { what: Unique::Id });
        }
        Ok(())
    }

    async fn check_unique(
        &mut self,
        team: TeamId,
        records: &[Write],
        writes: &HashMap<AggregateId, &Write>,
    ) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        for value in records.iter().filter_map(Write::record).filter_map(UniqueValue::of) {
            let what = value.kind();
            // A holder that is written too is looked at by what it will hold.
            let held = self.holder(team, &value).await?.is_some_and(|holder| !writes.contains_key(&holder));
            if held || !seen.insert(value) {
                return Err(StoreError::Duplicate { what });
            }
        }
        Ok(())
    }

    async fn holder(&mut self, team: TeamId, value: &UniqueValue) -> Result<Option<AggregateId>, StoreError> {
        let team = uuid(team.as_uuid());
        let (query, index) = match value {
            UniqueValue::Number(number) => (doc! { "team": team, "number": number }, "document_number"),
            UniqueValue::ExternalReference(reference) => (
                doc! { "team": team, "kind": "payment", "external_reference": reference },
                "payment_external_reference",
            ),
            UniqueValue::SeriesName(document_type, name) => (
                doc! {
                    "team": team, "kind": "series", "document_type": document_type.as_str(), "name_in_use": name,
                },
                "series_name",
            ),
            UniqueValue::ItemCode(code) => (doc! { "team": team, "kind": "item", "code": code }, "item_code"),
        };
        let found = self.find(query, doc! { "kind": 1, "id": 1 }, index, Some(1)).await?;
        found.first().map(|row| aggregate(row)).transpose()
    }
}

impl Standing {
    fn check_versions(&self, change: &ChangeSet) -> Result<(), StoreError> {
        let written = change.writes.iter().filter_map(|write| match write {
            Write::Insert(_) => None,
            Write::Update { expected, record } => Some((record.id(), *expected)),
            Write::Delete { id, expected } => Some((*id, *expected)),
        });
        let guarded = change.guards.iter().map(|guard| (guard.id, guard.expected));
        for (id, expected) in written.chain(guarded) {
            let found = self.found.get(&id).map(|before| before.version);
            if found != Some(expected) {
                return Err(StoreError::Conflict { expected, found });
            }
        }
        Ok(())
    }

    fn check_references(
        &self,
        change: &ChangeSet,
        writes: &HashMap<AggregateId, &Write>,
    ) -> Result<(), StoreError> {
        let imports = CounterKey::imports(change.team);
        let of_records = change.writes.iter().filter_map(Write::record).flat_map(references);
        let counters = change.issues.iter().map(|issue| issue.counter).filter(|key| *key != imports);
        let of_counters = counters.map(|key| AggregateId::Series(key.series));
        let is_there = |id: AggregateId| match writes.get(&id) {
            Some(write) => write.record().is_some(),
            None => self.found.contains_key(&id),
        };
        if of_records.chain(of_counters).all(is_there) { Ok(()) } else { Err(StoreError::NotFound) }
    }

    fn check_ids(&self, change: &ChangeSet) -> Result<(), StoreError> {
        for write in &change.writes {
            if let Write::Insert(record) = write
                && self.found.contains_key(&record.id())
            {
                let supplier = matches!(record, Record::Supplier(_));
                let what = if supplier { Unique::Supplier } else { Unique::Id };
                return Err(StoreError::Duplicate { what });
            }
        }
        Ok(())
    }
}
