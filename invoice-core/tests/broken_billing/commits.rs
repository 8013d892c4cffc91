//! Commits: what goes wrong before, instead of and after them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::change::{
    AggregateId, ChangeSet, Guard, IdempotencyKey, IdempotencyRecord, PendingNumber, Receipt, Record, Write,
    resolve,
};
use invoice_core::ports::{Catalog as _, Commits, CommitsExt as _, StoreError, Trail as _, Unique};
use invoice_core::{CommitId, Counter, CounterKey, Event, InvoiceId, TeamId, Version};

use super::records::{at_version, mangled, merged, touched};
use super::{Broken, Fault, Read};

#[async_trait]
impl Commits for Broken {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        if changes.is_empty() && self.has(Fault::AnswersEmptyBatches) {
            return vec![Err(StoreError::UnknownOutcome)];
        }
        let mut changes = changes;
        if self.has(Fault::ReversesBatches) {
            changes.reverse();
        }
        let mut answers: Vec<Result<Receipt, StoreError>> = Vec::new();
        for change in changes {
            let failed = answers.iter().any(Result::is_err);
            if failed && self.has(Fault::StopsAtTheFirstFailure) {
                answers.push(Err(StoreError::Unavailable));
            } else {
                answers.push(self.one(&change).await);
            }
        }
        if self.has(Fault::ReversesBatches) {
            answers.reverse();
        }
        let failure = answers.iter().find(|answer| answer.is_err()).cloned();
        match failure {
            Some(failure) if self.has(Fault::FailsBatchesAsOne) => vec![failure; answers.len()],
            _ => answers,
        }
    }

    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let mut found =
            self.answer(Read::Idempotency, team, |team| self.inner.idempotency(team, key)).await?;
        if let Some(record) = found.as_mut().filter(|_| self.has(Fault::KeepsNoAnswers)) {
            record.answer.clear();
        }
        Ok(found)
    }
}

impl Broken {
    async fn one(&self, change: &ChangeSet) -> Result<Receipt, StoreError> {
        self.seen().teams.insert(change.team);
        let mut change = change.clone();
        if let Some(answer) = self.instead(&change).await? {
            return Ok(answer);
        }
        self.before(&mut change).await?;
        let mut held = Vec::new();
        if self.has(Fault::LocksAsGiven) {
            for issue in &change.issues {
                let lock = Arc::clone(self.seen().locks.entry(issue.counter).or_default());
                held.push(lock.lock_owned().await);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        let predicted = self.predicted(&change).await?;
        let answer = match self.inner.commit(change.clone()).await {
            Ok(receipt) => Ok(receipt),
            Err(error) => self.after_failure(&change, error).await,
        };
        drop(held);
        match &answer {
            Ok(receipt) => self.remember(&change, receipt),
            Err(error) => drop(self.seen().failures.insert(change.id, error.clone())),
        }
        if answer.is_ok() && self.has(Fault::TellsPredictedNumbers) {
            return Ok(predicted);
        }
        answer
    }

    /// What is answered without a commit.
    async fn instead(&self, change: &ChangeSet) -> Result<Option<Receipt>, StoreError> {
        match self.fault {
            Fault::RemembersFailures => {
                let failure = self.seen().failures.get(&change.id).cloned();
                failure.map_or(Ok(None), Err)
            }
            Fault::SharesCommitIdentifiers => Ok(self.seen().receipts.get(&change.id).cloned()),
            Fault::SharesKeys => {
                let Some(request) = &change.idempotency else { return Ok(None) };
                for other in self.others(change.team) {
                    if let Some(known) = self.inner.idempotency(other, &request.key).await? {
                        if known.fingerprint != request.fingerprint {
                            return Err(StoreError::Duplicate { what: Unique::IdempotencyKey });
                        }
                        let receipt = Receipt { commit: known.commit, records: known.answer, replayed: true };
                        return Ok(Some(receipt));
                    }
                }
                Ok(None)
            }
            Fault::UniqueInAllTeams => {
                let mut seen = self.seen();
                for value in change.writes.iter().filter_map(Write::record).flat_map(values) {
                    if *seen.values.entry(value.clone()).or_insert(change.team) != change.team {
                        return Err(StoreError::Duplicate { what: value.0 });
                    }
                }
                Ok(None)
            }
            Fault::IdentifiersInAllTeams => {
                for write in change.writes.iter().filter(|write| matches!(write, Write::Insert(_))) {
                    if self.foreign(change.team, write.id()).await?.is_some() {
                        return Err(StoreError::Duplicate { what: Unique::Id });
                    }
                }
                Ok(None)
            }
            Fault::KeepsNamesOfArchivedSeries => {
                let all = self.inner.all_series(change.team).await?;
                let named = |record: &Record| match record {
                    Record::Series(new) => all.iter().any(|old| {
                        old.id() != new.id()
                            && (old.document_type(), old.name()) == (new.document_type(), new.name())
                    }),
                    _ => false,
                };
                if change.writes.iter().filter_map(Write::record).any(named) {
                    return Err(StoreError::Duplicate { what: Unique::SeriesName });
                }
                Ok(None)
            }
            Fault::ChecksReferencesTooEarly => {
                for client in change.writes.iter().filter_map(Write::record).filter_map(Record::client) {
                    if self.current(change.team, AggregateId::Client(client)).await?.is_none() {
                        return Err(StoreError::NotFound);
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// What is changed about the change set.
    async fn before(&self, change: &mut ChangeSet) -> Result<(), StoreError> {
        match self.fault {
            Fault::LosesTheLastWrite if change.writes.len() > 1 => drop(change.writes.pop()),
            Fault::IgnoresStaleVersions | Fault::IgnoresAbsentRecords | Fault::IgnoresVersions => {
                self.ignore_versions(change).await?;
            }
            Fault::IgnoresGuards => change.guards.clear(),
            Fault::GuardsInAllTeams => {
                let mut kept = Vec::new();
                for guard in std::mem::take(&mut change.guards) {
                    let foreign = self.foreign(change.team, guard.id).await?;
                    if foreign.is_none_or(|record| record.version() != guard.expected) {
                        kept.push(guard);
                    }
                }
                change.guards = kept;
            }
            Fault::InsertsReplace => {
                for write in &mut change.writes {
                    let Write::Insert(record) = write else { continue };
                    if let Some(stored) = self.current(change.team, record.id()).await? {
                        let expected = stored.version();
                        let record = at_version(record, expected.next().get())?;
                        *write = Write::Update { expected, record };
                    }
                }
            }
            Fault::KeepsWhatIsDeleted => {
                let (gone, kept) = std::mem::take(&mut change.writes)
                    .into_iter()
                    .partition::<Vec<_>, _>(|write| matches!(write, Write::Delete { .. }));
                change.writes = kept;
                change.guards.extend(gone.into_iter().filter_map(|write| match write {
                    Write::Delete { id, expected } => Some(Guard { id, expected }),
                    _ => None,
                }));
            }
            Fault::MergesUpdates | Fault::TouchesWhatIsFrozen => {
                for write in &mut change.writes {
                    let Write::Update { record, .. } = write else { continue };
                    if self.has(Fault::TouchesWhatIsFrozen) {
                        *record = touched(record)?;
                    } else if let Some(stored) = self.current(change.team, record.id()).await? {
                        *record = merged(&stored, record)?;
                    }
                }
            }
            Fault::Mangles(what) => {
                for write in &mut change.writes {
                    if let Write::Insert(record) | Write::Update { record, .. } = write {
                        *record = mangled(record, what)?;
                    }
                }
            }
            Fault::LosesTheTrail => change.audit.clear(),
            Fault::LosesEvents => change.events.clear(),
            Fault::SeparatesEvents | Fault::HandsOutLaterEventsFirst => self.rename_events(change),
            _ => {
                self.before_retries(change).await?;
                self.before_issues(change).await?;
            }
        }
        Ok(())
    }

    async fn before_retries(&self, change: &mut ChangeSet) -> Result<(), StoreError> {
        let Some(request) = &mut change.idempotency else {
            if self.has(Fault::ForgetsCommits) {
                change.id = CommitId::from_uuid(self.new_uuid());
            }
            return Ok(());
        };
        let known = self.inner.idempotency(change.team, &request.key).await?;
        match (self.fault, known) {
            (Fault::ForgetsCommits, _) => change.id = CommitId::from_uuid(self.new_uuid()),
            (Fault::ForgetsKeys, _) => change.idempotency = None,
            (Fault::AcceptsAnyBody, Some(known)) => request.fingerprint = known.fingerprint,
            (Fault::LooksForKeysTooEarly, None) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let request = change.idempotency.take();
                let later = ChangeSet { idempotency: request, ..self.bare(change) };
                // Whoever comes first keeps the key.
                let _ = self.inner.commit(later).await;
            }
            _ => {}
        }
        Ok(())
    }

    async fn before_issues(&self, change: &mut ChangeSet) -> Result<(), StoreError> {
        let first = change.issues.first().map(|issue| issue.counter);
        let written: Vec<_> = change.writes.iter().map(Write::id).collect();
        let mut last_date = None;
        for issue in &mut change.issues {
            match self.fault {
                Fault::SharesACounter => issue.counter = first.unwrap_or(issue.counter),
                Fault::StartsAtOne => issue.first = 1,
                Fault::ForgetsPeriods => {
                    issue.counter.period = "all".parse().unwrap_or(issue.counter.period);
                }
                Fault::LetsDatesGoBack => {
                    let PendingNumber::Next { issue_date, .. } = &mut issue.number else { continue };
                    let counter = self.inner.counter(change.team, issue.counter).await?;
                    let least = counter.and_then(|counter| counter.last_issue_date).max(last_date);
                    *issue_date = least.map_or(*issue_date, |date| date.max(*issue_date));
                    last_date = Some(*issue_date);
                }
                Fault::NumbersImports if matches!(issue.number, PendingNumber::Given(_)) => {
                    let counters = self.inner.counters(change.team).await?;
                    issue.counter = counters.first().map_or(issue.counter, |(key, _)| *key);
                }
                Fault::BindsStrayIssues if !written.contains(&issue.document) => {
                    issue.document = written.first().copied().unwrap_or(issue.document);
                }
                _ => {}
            }
        }
        if self.has(Fault::ReversesIssues) {
            change.issues.reverse();
        }
        Ok(())
    }

    async fn ignore_versions(&self, change: &mut ChangeSet) -> Result<(), StoreError> {
        let stale = !self.has(Fault::IgnoresAbsentRecords);
        let absent = !self.has(Fault::IgnoresStaleVersions);
        let mut kept = Vec::new();
        for mut write in std::mem::take(&mut change.writes) {
            let found = self.current(change.team, write.id()).await?.map(|record| record.version());
            match (&mut write, found) {
                (Write::Update { expected, record }, Some(found)) if stale => {
                    (*record, *expected) = (at_version(record, found.next().get())?, found);
                }
                (Write::Delete { expected, .. }, Some(found)) if stale => *expected = found,
                (Write::Update { record, .. }, None) if absent => {
                    write = Write::Insert(at_version(record, Version::FIRST.get())?);
                }
                (Write::Delete { .. }, None) if absent => continue,
                _ => {}
            }
            kept.push(write);
        }
        change.writes = kept;
        Ok(())
    }

    /// The receipt with the counters as they are before the commit.
    async fn predicted(&self, change: &ChangeSet) -> Result<Receipt, StoreError> {
        if !self.has(Fault::TellsPredictedNumbers) {
            return Ok(Receipt { commit: change.id, records: Vec::new(), replayed: false });
        }
        let mut counters: BTreeMap<CounterKey, Counter> = BTreeMap::new();
        for issue in &change.issues {
            let found = self.inner.counter(change.team, issue.counter).await?;
            counters.extend(found.map(|counter| (issue.counter, counter)));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        let resolved = resolve(change, &counters).map_err(StoreError::Refused)?;
        Ok(resolved.receipt())
    }

    fn remember(&self, change: &ChangeSet, receipt: &Receipt) {
        let mut seen = self.seen();
        seen.receipts.insert(change.id, receipt.clone());
        for issue in &change.issues {
            let issued = receipt.records.iter().find(|record| record.id() == issue.document);
            if let Some(issued) = issued {
                seen.issued.push((change.team, issue.counter, issued.clone()));
            }
        }
    }

    /// Stores the events under other names, so that they are in no order or in the opposite one.
    fn rename_events(&self, change: &mut ChangeSet) {
        for event in &mut change.events {
            let told = event.clone();
            if self.has(Fault::SeparatesEvents) {
                event.aggregate = AggregateId::Invoice(InvoiceId::from_uuid(event.id.as_uuid()));
            } else {
                event.aggregate_version = Version::new(1_000_000 - event.aggregate_version.get());
                event.ordinal = u16::MAX - event.ordinal;
            }
            self.seen().renamed.insert(event.id, (told, event.clone()));
        }
    }

    /// The event as the outbox keeps it.
    pub(super) fn as_stored(&self, event: &Event) -> Event {
        self.seen().renamed.get(&event.id).map_or_else(|| event.clone(), |(_, stored)| stored.clone())
    }

    /// The event as it was told.
    pub(super) fn as_told(&self, event: &Event) -> Event {
        self.seen().renamed.get(&event.id).map_or_else(|| event.clone(), |(told, _)| told.clone())
    }
}

/// What must be unique of a record.
fn values(record: &Record) -> Vec<(Unique, String)> {
    let mut values: Vec<_> =
        record.number().map(|number| (Unique::Number, number.to_owned())).into_iter().collect();
    match record {
        Record::Payment(payment) => {
            values.extend(payment.external_reference().map(|it| (Unique::ExternalReference, it.to_owned())));
        }
        Record::Item(item) => values.extend(item.code().map(|it| (Unique::ItemCode, it.to_owned()))),
        Record::Series(series) if !series.name().starts_with("default") => {
            values.push((Unique::SeriesName, format!("{} {}", series.document_type(), series.name())));
        }
        _ => {}
    }
    values
}
