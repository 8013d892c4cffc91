//! What is made of a commit that failed.

use std::collections::BTreeMap;

use invoice_core::change::{AggregateId, ChangeSet, PendingNumber, Receipt, Record, Write, resolve};
use invoice_core::ports::{Catalog as _, ClientQuery, CommitsExt as _, StoreError};
use invoice_core::{ClientId, CommitId, TeamId};

use super::paging::first;
use super::records::{altered, of_team};
use super::{Broken, Fault, Part};

impl Broken {
    /// What is made of a failure.
    pub(super) async fn after_failure(
        &self,
        change: &ChangeSet,
        error: StoreError,
    ) -> Result<Receipt, StoreError> {
        match (self.fault, &error) {
            (Fault::Leaves(part), _) => self.leave(change, part).await,
            (Fault::Swallows(swallowed), StoreError::Duplicate { what }) if swallowed == *what => {
                return done(change);
            }
            (Fault::IgnoresMissingReferences | Fault::IgnoresForeignKeys, StoreError::NotFound)
            | (Fault::IgnoresUse | Fault::IgnoresForeignKeys, StoreError::InUse) => return done(change),
            (Fault::TrustsTheTeamOfRecords, _) => {
                let team = change.writes.iter().rev().find_map(Write::record).map(Record::team);
                let mut theirs = change.clone();
                theirs.team = team.unwrap_or(change.team);
                theirs.writes.retain(|write| write.record().is_none_or(|it| it.team() == theirs.team));
                theirs.audit.clear();
                theirs.events.clear();
                return self.inner.commit(theirs).await;
            }
            (
                Fault::UpdatesInAllTeams | Fault::DeletesInAllTeams,
                StoreError::Conflict { found: None, .. },
            ) => {
                if let Some(receipt) = self.elsewhere(change).await? {
                    return Ok(receipt);
                }
            }
            (Fault::ReferencesInAllTeams, StoreError::NotFound) => {
                let records = change.writes.iter().filter_map(Write::record);
                for id in records.flat_map(references) {
                    if self.foreign(change.team, id).await?.is_some() {
                        return done(change);
                    }
                }
            }
            _ => {}
        }
        Err(error)
    }

    /// Commits part of a change set that failed.
    async fn leave(&self, change: &ChangeSet, part: Part) {
        let mut left = self.bare(change);
        match part {
            Part::AWrite => {
                let pending = |write: &&Write| change.issues.iter().any(|it| it.document == write.id());
                left.writes =
                    change.writes.iter().find(|write| !pending(write)).cloned().into_iter().collect();
            }
            Part::TheTrail => left.audit.clone_from(&change.audit),
            Part::TheEvents => left.events.clone_from(&change.events),
            Part::TheKey => left.idempotency.clone_from(&change.idempotency),
            Part::TheNumber => {
                // A document takes the number and goes.
                let Some(mut issue) = change.issues.first().cloned() else { return };
                let document = change.writes.iter().find(|write| write.id() == issue.document);
                let Some(Write::Insert(record)) = document else { return };
                if let Ok(Some(client)) = self.made_up_client(change.team, record).await {
                    left.writes.push(Write::Insert(client));
                }
                if let PendingNumber::Next { pattern, .. } = &mut issue.number {
                    *pattern = "burnt {seq}".parse().unwrap_or(pattern.clone());
                }
                left.issues.push(issue);
                left.writes.push(Write::Insert(record.clone()));
                let Ok(receipt) = self.inner.commit(left).await else { return };
                left = self.bare(change);
                left.writes = receipt
                    .records
                    .iter()
                    .rev()
                    .map(|record| Write::Delete { id: record.id(), expected: record.version() })
                    .collect();
            }
        }
        let _ = self.inner.commit(left).await;
    }

    /// The client a document is for, if there is none: like any other but for the identifier.
    async fn made_up_client(&self, team: TeamId, record: &Record) -> Result<Option<Record>, StoreError> {
        let Some(id) = record.client() else { return Ok(None) };
        if self.inner.client(team, id).await?.is_some() {
            return Ok(None);
        }
        let clients = self.inner.clients(team, &ClientQuery::default(), &first(1)?).await?;
        let Some(client) = clients.items.into_iter().next() else { return Ok(None) };
        let made_up =
            altered(&client.into(), |fields| drop(fields.insert("id".to_owned(), id.to_string().into())));
        made_up.map(Some)
    }

    /// Writes to the team whose records these are.
    async fn elsewhere(&self, change: &ChangeSet) -> Result<Option<Receipt>, StoreError> {
        let mut theirs = self.bare(change);
        for write in &change.writes {
            let Some(stored) = self.foreign(change.team, write.id()).await? else { continue };
            theirs.team = stored.team();
            theirs.writes.push(match write {
                Write::Update { expected, record } if self.has(Fault::UpdatesInAllTeams) => {
                    Write::Update { expected: *expected, record: of_team(record, stored.team())? }
                }
                Write::Delete { .. } if self.has(Fault::DeletesInAllTeams) => write.clone(),
                _ => continue,
            });
        }
        if theirs.writes.is_empty() { Ok(None) } else { Ok(self.inner.commit(theirs).await.ok()) }
    }

    /// A commit of nothing yet, for the same team.
    pub(super) fn bare(&self, change: &ChangeSet) -> ChangeSet {
        ChangeSet {
            id: CommitId::from_uuid(self.new_uuid()),
            team: change.team,
            at: change.at,
            writes: Vec::new(),
            guards: Vec::new(),
            issues: Vec::new(),
            idempotency: None,
            audit: Vec::new(),
            events: Vec::new(),
        }
    }
}

/// The receipt of a commit that was not made.
fn done(change: &ChangeSet) -> Result<Receipt, StoreError> {
    resolve(change, &BTreeMap::new()).map(|resolved| resolved.receipt()).map_err(StoreError::Refused)
}

/// What a record refers to.
fn references(record: &Record) -> Vec<AggregateId> {
    let client = record.client().map(|id: ClientId| AggregateId::Client(id));
    let mut ids: Vec<_> = client.into_iter().collect();
    match record {
        Record::CreditNote(note) => ids.push(AggregateId::Invoice(note.invoice())),
        Record::Payment(payment) => {
            ids.extend(payment.allocations().iter().map(|part| AggregateId::Invoice(part.invoice())));
        }
        _ => {}
    }
    ids
}
