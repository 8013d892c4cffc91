//! Commits: everything is checked against the state as it is, and only then written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;

use super::MemoryBilling;
use super::state::{Ledger, State};
use crate::adapter::{UniqueValue, references};
use crate::change::{
    AggregateId, ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt, Record, ResolvedChange, Write,
    resolve,
};
use crate::ports::{Commits, StoreError, Unique};
use crate::{CounterKey, TeamId, Version};

#[async_trait]
impl Commits for MemoryBilling {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        let mut state = self.state();
        changes.iter().map(|change| state.commit(change)).collect()
    }

    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        Ok(self.state().ledgers.get(&team).and_then(|ledger| ledger.idempotency.get(key)).cloned())
    }
}

impl State {
    fn commit(&mut self, change: &ChangeSet) -> Result<Receipt, StoreError> {
        let ledger = self.ledgers.entry(change.team).or_default();
        if let Some(receipt) = ledger.answer_again(change)? {
            return Ok(receipt);
        }
        change.check()?;
        let outcome = Outcome::new(ledger, change);
        outcome.check_versions(change)?;
        outcome.check_references(change)?;
        outcome.check_unused()?;
        outcome.check_ids(change)?;
        self.outbox.check_new(&change.events)?;
        outcome.check_unique(&change.writes)?;
        let resolved = outcome.resolve(change)?;
        let receipt = resolved.receipt();
        let events = ledger.apply(resolved);
        self.outbox.push(events);
        Ok(receipt)
    }
}

impl Ledger {
    /// The answer to a change set that was committed, or a request that was answered, before.
    fn answer_again(&self, change: &ChangeSet) -> Result<Option<Receipt>, StoreError> {
        if let Some(receipt) = self.receipt(change.id) {
            return Ok(Some(receipt));
        }
        let Some(request) = &change.idempotency else { return Ok(None) };
        match self.idempotency.get(&request.key) {
            None => Ok(None),
            Some(record) if record.fingerprint == request.fingerprint => {
                Ok(Some(Receipt { commit: record.commit, records: record.answer.clone(), replayed: true }))
            }
            Some(_) => Err(StoreError::Duplicate { what: Unique::IdempotencyKey }),
        }
    }
}

/// The ledger as it would be once a change set is written.
struct Outcome<'a> {
    ledger: &'a Ledger,
    writes: HashMap<AggregateId, &'a Write>,
}

impl<'a> Outcome<'a> {
    fn new(ledger: &'a Ledger, change: &'a ChangeSet) -> Self {
        Self { ledger, writes: change.writes.iter().map(|write| (write.id(), write)).collect() }
    }

    fn record(&self, id: AggregateId) -> Option<&Record> {
        match self.writes.get(&id) {
            Some(write) => write.record(),
            None => self.ledger.get(id).map(|record| &**record),
        }
    }

    fn check_versions(&self, change: &ChangeSet) -> Result<(), StoreError> {
        for write in &change.writes {
            match write {
                Write::Insert(_) => {}
                Write::Update { expected, record: _ } => self.check_version(write.id(), *expected)?,
                Write::Delete { id, expected } => self.check_version(*id, *expected)?,
            }
        }
        change.guards.iter().try_for_each(|guard| self.check_version(guard.id, guard.expected))
    }

    fn check_version(&self, id: AggregateId, expected: Version) -> Result<(), StoreError> {
        let found = self.ledger.get(id).map(|record| record.version());
        if found == Some(expected) { Ok(()) } else { Err(StoreError::Conflict { expected, found }) }
    }

    fn check_references(&self, change: &ChangeSet) -> Result<(), StoreError> {
        let of_records = change.writes.iter().filter_map(Write::record).flat_map(references);
        let imports = CounterKey::imports(change.team);
        let counters = change.issues.iter().map(|issue| issue.counter).filter(|key| *key != imports);
        let of_counters = counters.map(|key| AggregateId::Series(key.series));
        let all_there = of_records.chain(of_counters).all(|id| self.record(id).is_some());
        if all_there { Ok(()) } else { Err(StoreError::NotFound) }
    }

    /// Nothing that stays refers to what goes.
    fn check_unused(&self) -> Result<(), StoreError> {
        let gone = self.writes.iter().filter(|(_, write)| write.record().is_none());
        for (&id, _) in gone {
            let refers = |record: &Record| references(record).contains(&id);
            let referred =
                self.ledger.referrers(id).any(|record| self.record(record.id()).is_some_and(refers));
            let counts = |series| self.ledger.counters.keys().any(|key| key.series == series);
            if referred || matches!(id, AggregateId::Series(series) if counts(series)) {
                return Err(StoreError::InUse);
            }
        }
        Ok(())
    }

    fn check_ids(&self, change: &ChangeSet) -> Result<(), StoreError> {
        for write in &change.writes {
            if let Write::Insert(record) = write
                && self.ledger.get(record.id()).is_some()
            {
                let supplier = matches!(record, Record::Supplier(_));
                let what = if supplier { Unique::Supplier } else { Unique::Id };
                return Err(StoreError::Duplicate { what });
            }
        }
        let mut seen = HashSet::new();
        let is_new = |id| !self.ledger.audit.contains_key(&id) && seen.insert(id);
        let all_new = change.audit.iter().map(|entry| entry.id).all(is_new);
        if all_new { Ok(()) } else { Err(StoreError::Duplicate { what: Unique::Id }) }
    }

    fn check_unique(&self, writes: &[Write]) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        for record in writes.iter().filter_map(Write::record) {
            let Some(value) = UniqueValue::of(record) else { continue };
            let what = value.kind();
            // A holder that is written too is looked at by what it will hold.
            let held = self.ledger.holder(&value).is_some_and(|holder| !self.writes.contains_key(&holder));
            if held || !seen.insert(value) {
                return Err(StoreError::Duplicate { what });
            }
        }
        Ok(())
    }

    fn resolve(&self, change: &ChangeSet) -> Result<ResolvedChange, StoreError> {
        let involved = change.issues.iter().map(|issue| issue.counter);
        let counters = involved.filter_map(|key| Some((key, *self.ledger.counters.get(&key)?))).collect();
        let resolved = resolve(change, &counters).map_err(StoreError::Refused)?;
        if !change.issues.is_empty() {
            self.check_unique(&resolved.writes)?;
        }
        Ok(resolved)
    }
}
