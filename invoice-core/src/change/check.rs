//! What contradicts itself is refused before anything is looked up.

use std::collections::HashSet;

use super::{ChangeSet, PendingNumber, Record, Write};
use crate::document::Issuance;
use crate::ports::StoreError;
use crate::text::{self, LONG, SHORT};
use crate::{Code, TeamId, Version, Violation};

/// Longest number that is brought along, in characters; it must fit an index.
const LONGEST_NUMBER: usize = 100;

impl ChangeSet {
    /// Refuses what contradicts itself, whatever is stored: records, audit entries or events of another
    /// team ([`StoreError::NotFound`]), an aggregate written twice, a write whose record is not at the version
    /// it leads to, a document to be issued without a counter, and what not every store can keep: a NUL in a
    /// text, a text too long, a counter from nought ([`StoreError::Refused`]). Every adapter asks this after it
    /// made sure that the commit is new.
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
        self.check_issues().and_then(|()| self.check_audit()).map_err(StoreError::Refused)
    }

    fn check_issues(&self) -> Result<(), Violation> {
        for (index, issue) in self.issues.iter().enumerate() {
            let at = format!("/issues/{index}");
            if let PendingNumber::Given(number) = &issue.number {
                text::check(number, LONGEST_NUMBER).map_err(|wrong| wrong.under("/number").under(&at))?;
            } else if issue.first == 0 {
                let detail = "numbers begin at one";
                return Err(Violation::new("/first", Code::OutOfRange, detail).under(&at));
            }
        }
        Ok(())
    }

    fn check_audit(&self) -> Result<(), Violation> {
        for (index, entry) in self.audit.iter().enumerate() {
            for (name, value, most) in [("number", &entry.number, SHORT), ("reason", &entry.reason, LONG)] {
                let value = value.as_deref().unwrap_or_default();
                text::check(value, most).map_err(|wrong| wrong.under(&format!("/audit/{index}/{name}")))?;
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

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::DocumentType;
    use crate::testing::{BillingFixtures, day};

    fn refused(change: &ChangeSet) -> (String, Code) {
        match change.check() {
            Err(StoreError::Refused(wrong)) => (wrong.pointer().to_owned(), wrong.code()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_nul_in_the_trail_or_in_a_number_is_refused() {
        let make = BillingFixtures::new();
        let client = make.client("Specimen AG");
        let with_nul = Some("a\0b".to_owned());

        let mut change = make.change().insert(client.clone()).build();
        change.audit[0].reason = with_nul.clone();
        assert_eq!(refused(&change), ("/audit/0/reason".to_owned(), Code::NulCharacter));
        (change.audit[0].reason, change.audit[0].number) = (None, with_nul);
        assert_eq!(refused(&change), ("/audit/0/number".to_owned(), Code::NulCharacter));

        let draft = make.draft(&client, "1");
        let mut change = make.change().import(draft, "OLD-1", &client, day("2026-03-02")).build();
        assert!(change.check().is_ok());
        change.issues[0].number = PendingNumber::Given("a\0b".to_owned());
        assert_eq!(refused(&change), ("/issues/0/number".to_owned(), Code::NulCharacter));
        change.issues[0].number = PendingNumber::Given("9".repeat(101));
        assert_eq!(refused(&change), ("/issues/0/number".to_owned(), Code::TooLong));
    }

    #[test]
    fn a_counter_from_nought_is_refused() {
        let make = BillingFixtures::new();
        let (client, series) = (make.client("Specimen AG"), make.series(DocumentType::Invoice));
        let draft = make.draft(&client, "1");
        let mut change = make.change().issue(draft, &series, &client, day("2026-03-02")).build();
        assert!(change.check().is_ok());
        change.issues[0].first = 0;
        assert_eq!(refused(&change), ("/issues/0/first".to_owned(), Code::OutOfRange));
    }
}
