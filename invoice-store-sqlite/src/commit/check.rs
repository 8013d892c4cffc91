//! What a change set needs of the database, in the order the errors are told.

use std::collections::{BTreeMap, HashMap, HashSet};

use invoice_core::adapter::{UniqueValue, references};
use invoice_core::change::{AggregateId, AggregateKind, ChangeSet, Record, ResolvedChange, Write, resolve};
use invoice_core::ports::{StoreError, Unique};
use invoice_core::{Counter, CounterKey, Version};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Row};
use uuid::Uuid;

use super::documents::{self, Before};
use crate::error::Stored as _;
use crate::reads::trail;
use crate::values;

/// The database as it would be once the change set is written.
pub(super) struct Outcome<'a> {
    connection: &'a Connection,
    change: &'a ChangeSet,
    writes: HashMap<AggregateId, &'a Write>,
    /// The stored documents that are written to.
    pub(super) before: HashMap<AggregateId, Before>,
}

impl<'a> Outcome<'a> {
    /// Checks what the file's own constraints do not: they see to references, to identifiers of documents,
    /// audit entries and events, and to numbers, without looking twice.
    pub(super) fn check(connection: &'a Connection, change: &'a ChangeSet) -> Result<Self, StoreError> {
        let writes = change.writes.iter().map(|write| (write.id(), write)).collect();
        let mut outcome = Self { connection, change, writes, before: HashMap::new() };
        outcome.check_versions()?;
        outcome.check_unused()?;
        outcome.check_ids()?;
        outcome.check_unique()?;
        Ok(outcome)
    }

    /// Binds the numbers to the counters as they are.
    pub(super) fn resolve(&self) -> Result<ResolvedChange, StoreError> {
        let mut counters = BTreeMap::new();
        for issue in &self.change.issues {
            if let Some(counter) = self.counter(issue.counter)? {
                counters.insert(issue.counter, counter);
            }
        }
        resolve(self.change, &counters).map_err(StoreError::Refused)
    }

    fn team(&self) -> Uuid {
        self.change.team.as_uuid()
    }

    fn statement(&self, text: &str) -> Result<CachedStatement<'a>, StoreError> {
        self.connection.prepare_cached(text).stored()
    }

    /// The first column of the first row there is, if any.
    fn first<T: rusqlite::types::FromSql>(
        &self,
        text: &str,
        values: impl Params,
    ) -> Result<Option<T>, StoreError> {
        self.statement(text)?.query_row(values, |row| row.get(0)).optional().stored()
    }

    fn counter(&self, key: CounterKey) -> Result<Option<Counter>, StoreError> {
        trail::counter(self.connection, self.change.team, key)
    }

    fn version(&self, id: AggregateId) -> Result<Option<Version>, StoreError> {
        let text = match id.kind() {
            AggregateKind::Client => "SELECT version FROM clients WHERE team = ?1 AND id = ?2",
            AggregateKind::Item => "SELECT version FROM items WHERE team = ?1 AND id = ?2",
            AggregateKind::Supplier => "SELECT version FROM suppliers WHERE team = ?1 AND ?1 = ?2",
            AggregateKind::Series => "SELECT version FROM series WHERE team = ?1 AND id = ?2",
            AggregateKind::Payment => "SELECT version FROM payments WHERE team = ?1 AND id = ?2",
            AggregateKind::Invoice => {
                "SELECT version FROM documents WHERE team = ?1 AND kind = 'invoice' AND id = ?2"
            }
            AggregateKind::CreditNote => {
                "SELECT version FROM documents WHERE team = ?1 AND kind = 'credit_note' AND id = ?2"
            }
            AggregateKind::Quote => {
                "SELECT version FROM documents WHERE team = ?1 AND kind = 'quote' AND id = ?2"
            }
        };
        let found = self.first::<i64>(text, (self.team(), id.as_uuid()))?;
        Ok(found.map(|version| Version::new(version.unsigned_abs())))
    }

    fn check_versions(&mut self) -> Result<(), StoreError> {
        for write in &self.change.writes {
            let (id, expected) = match write {
                Write::Insert(_) => continue,
                Write::Update { expected, record } => (record.id(), *expected),
                Write::Delete { id, expected } => (*id, *expected),
            };
            let found = if documents::is_one(id) {
                let before = documents::before(self.connection, self.change.team, id)?;
                let found = before.as_ref().map(|before| before.version);
                self.before.extend(before.map(|before| (id, before)));
                found
            } else {
                self.version(id)?
            };
            at_version(expected, found)?;
        }
        for guard in &self.change.guards {
            let found = match self.before.get(&guard.id) {
                Some(before) => Some(before.version),
                None => self.version(guard.id)?,
            };
            at_version(guard.expected, found)?;
        }
        Ok(())
    }

    /// Nothing that stays refers to what goes.
    fn check_unused(&self) -> Result<(), StoreError> {
        for write in &self.change.writes {
            let Write::Delete { id, expected: _ } = write else { continue };
            let in_use = match id {
                AggregateId::Client(_) | AggregateId::Invoice(_) => self.is_referred_to(*id)?,
                AggregateId::Series(series) => self
                    .first::<i64>(
                        "SELECT 1 FROM counters WHERE team = ?1 AND series = ?2 LIMIT 1",
                        (self.team(), series.as_uuid()),
                    )?
                    .is_some(),
                _ => false,
            };
            if in_use {
                return Err(StoreError::InUse);
            }
        }
        Ok(())
    }

    fn is_referred_to(&self, id: AggregateId) -> Result<bool, StoreError> {
        let text = if matches!(id, AggregateId::Client(_)) {
            "SELECT kind, id FROM documents WHERE team = ?1 AND client = ?2
             UNION ALL SELECT 'payment', id FROM payments WHERE team = ?1 AND client = ?2"
        } else {
            "SELECT kind, id FROM documents WHERE team = ?1 AND invoice = ?2
             UNION ALL SELECT 'payment', payment FROM allocations WHERE team = ?1 AND invoice = ?2"
        };
        let mut statement = self.statement(text)?;
        let mut rows = statement.query((self.team(), id.as_uuid())).stored()?;
        while let Some(row) = rows.next().stored()? {
            let referrer = aggregate(row).stored()?;
            let refers = match self.writes.get(&referrer) {
                Some(write) => write.record().is_some_and(|record| references(record).contains(&id)),
                None => true,
            };
            if refers {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn check_ids(&self) -> Result<(), StoreError> {
        for write in &self.change.writes {
            if let Write::Insert(record) = write
                && !documents::is_one(record.id())
                && self.version(record.id())?.is_some()
            {
                let supplier = matches!(record, Record::Supplier(_));
                let what = if supplier { Unique::Supplier } else { Unique::Id };
                return Err(StoreError::Duplicate { what });
            }
        }
        Ok(())
    }

    fn check_unique(&self) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        for record in self.change.writes.iter().filter_map(Write::record) {
            if documents::is_one(record.id()) {
                continue;
            }
            let Some(value) = UniqueValue::of(record) else { continue };
            let what = value.kind();
            // A holder that is written too is looked at by what it will hold.
            let held = self.holder(&value)?.is_some_and(|holder| !self.writes.contains_key(&holder));
            if held || !seen.insert(value) {
                return Err(StoreError::Duplicate { what });
            }
        }
        Ok(())
    }

    fn holder(&self, value: &UniqueValue) -> Result<Option<AggregateId>, StoreError> {
        let team = self.team();
        let row = match value {
            UniqueValue::Number(_) => return Ok(None),
            UniqueValue::ExternalReference(reference) => self
                .statement("SELECT 'payment', id FROM payments WHERE team = ?1 AND external_reference = ?2")?
                .query_row((team, reference), aggregate),
            UniqueValue::SeriesName(document_type, name) => self
                .statement(
                    "SELECT 'series', id FROM series
                     WHERE team = ?1 AND document_type = ?2 AND name_in_use = ?3",
                )?
                .query_row((team, document_type.as_str(), name), aggregate),
            UniqueValue::ItemCode(code) => self
                .statement("SELECT 'item', id FROM items WHERE team = ?1 AND code = ?2")?
                .query_row((team, code), aggregate),
        };
        row.optional().stored()
    }
}

fn at_version(expected: Version, found: Option<Version>) -> Result<(), StoreError> {
    if found == Some(expected) { Ok(()) } else { Err(StoreError::Conflict { expected, found }) }
}

fn aggregate(row: &Row<'_>) -> rusqlite::Result<AggregateId> {
    values::aggregate(row, 0)
}
