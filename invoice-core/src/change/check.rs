//! What contradicts itself is refused before anything is looked up.

use std::collections::HashSet;

use super::{ChangeSet, Record, Write};
use crate::document::Issuance;
use crate::ports::StoreError;
use crate::{Code, TeamId, Version, Violation};

impl ChangeSet {
    /// Refuses what contradicts itself, whatever is stored: records, audit entries or events of another
    /// team ([`StoreError::NotFound`]), an aggregate written twice, a write whose record is not at the version
    /// it leads to, a document to be issued without a counter ([`StoreError::Refused`]). Every adapter asks
    /// this after it made sure that the commit is new.
    ///
    /// ```
    /// use invoice_core::testing::BillingFixtures;
    ///
    /// let make = BillingFixtures::new();
    /// let client = make.client("Specimen AG");
    /// assert!(make.change().insert(client.clone()).build().check().is_ok());
    /// assert!(make.change().insert(client.clone()).insert(client).build().check().is_err());
    /// ```
    pub fn check(&self) -> Result<(), StoreError> {
        let foreign = |team: TeamId| team != self.team;
        if self.writes.iter().filter_map(Write::record).any(|record| foreign(record.team()))
            || self.audit.iter().any(|entry| foreign(entry.team))
            || self.events.iter().any(|event| foreign(event.team))
        {
            return Err(StoreError::NotFound);
        }
        let mut seen = HashSet::new();
        for (index, write) in self.writes.iter().enumerate() {
            if let Some((code, detail)) = self.fault(write, !seen.insert(write.id())) {
                return Err(StoreError::Refused(Violation::new(format!("/writes/{index}"), code, detail)));
            }
        }
        Ok(())
    }

    fn fault(&self, write: &Write, repeated: bool) -> Option<(Code, &'static str)> {
        if repeated {
            return Some((Code::Repeated, "a change set writes each aggregate once"));
        }
        match write {
            Write::Insert(record) if record.version() != Version::FIRST => {
                return Some((Code::Inconsistent, "a new aggregate is at the first version"));
            }
            Write::Update { expected, record } if record.version() != expected.next() => {
                return Some((Code::Inconsistent, "an update leads to the version after the expected one"));
            }
            Write::Insert(_) | Write::Update { .. } | Write::Delete { .. } => {}
        }
        let unnumbered = write.record().is_some_and(Record::is_pending)
            && !self.issues.iter().any(|issue| issue.document == write.id());
        unnumbered.then_some((Code::Inconsistent, "a document to be issued without a counter to number it"))
    }
}

impl Record {
    fn is_pending(&self) -> bool {
        let issuance = match self {
            Self::Invoice(invoice) => &invoice.issuance,
            Self::CreditNote(note) => &note.issuance,
            Self::Quote(quote) => &quote.issuance,
            _ => return false,
        };
        matches!(issuance, Issuance::Pending(_))
    }
}
