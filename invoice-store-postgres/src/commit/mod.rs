//! Commits: one statement and one round trip where nothing stands against it, and the careful path, which
//! finds out what does.

mod careful;
mod columns;
mod combine;
pub(crate) mod counters;
mod lookup;
mod receipts;
pub(crate) mod rows;
mod run;
mod table;
mod text;
pub(crate) mod value;

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::TeamId;
use invoice_core::change::{
    AggregateId, ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt, Record, Write,
};
use invoice_core::ports::{Commits, StoreError};
use invoice_store_common::bound::{Bound, issues};
use invoice_store_common::predict::Counters;

use sqlx::Connection as _;

use crate::PostgresStore;
use crate::error::{is_contention, is_lost, store_error};
use crate::pool::BEGIN;

pub(crate) use combine::Queues;
pub(crate) use text::Shape;

use rows::Batch;
use run::{Outcome, Prepared, run};

/// How often a wrong prediction is corrected before the counter is locked first.
const MISSES: u32 = 2;

/// How often the same is tried again after a serialization failure or a deadlock.
pub(crate) const TRIES: u32 = 8;

/// What keeps a commit from landing.
#[derive(Debug)]
enum Trouble {
    Store(StoreError),
    Driver(sqlx::Error),
    /// Something changed in between: look again.
    Again,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[async_trait]
impl Commits for PostgresStore {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        let mut answers = Vec::with_capacity(changes.len());
        let mut rest = changes.as_slice();
        while !rest.is_empty() {
            let (group, later) = rest.split_at(self.together(rest));
            match group {
                [change] => answers.push(self.commit_one(change).await),
                _ => answers.extend(self.land(group).await),
            }
            rest = later;
        }
        answers
    }

    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.request(team, key).await
    }
}

/// The rows of all of it, of what is numbered and not otherwise special.
fn batch<'b>(
    bound: &'b Bound,
    team: TeamId,
    pending: &HashSet<AggregateId>,
) -> Result<Batch<'b>, StoreError> {
    let mut batch = Batch::new(team);
    for change in bound.changes() {
        batch.add(change, pending, &[])?;
    }
    batch.counters(bound.moves(), team);
    Ok(batch.finish())
}

/// What must be known of the stored rows before it can be written.
fn needs_care(write: &Write) -> bool {
    match write {
        Write::Insert(_) => false,
        Write::Update { record, .. } => {
            matches!(record, Record::Invoice(invoice) if invoice.voided_at().is_some())
        }
        Write::Delete { id, .. } => {
            matches!(id, AggregateId::Invoice(_) | AggregateId::CreditNote(_) | AggregateId::Quote(_))
        }
    }
}

impl PostgresStore {
    async fn commit_one(&self, change: &Arc<ChangeSet>) -> Result<Receipt, StoreError> {
        if change.check().is_err() || change.writes.iter().any(needs_care) {
            return self.careful(change, false).await;
        }
        match combine::queue_of(change).filter(|_| self.shared.together > 1) {
            Some(counter) => self.queued(counter, change).await,
            None => self.land_one(change).await,
        }
    }

    /// A sound change set by itself.
    async fn land_one(&self, change: &Arc<ChangeSet>) -> Result<Receipt, StoreError> {
        match self.attempt(std::slice::from_ref(change)).await {
            Ok(mut receipts) => receipts.pop().ok_or(StoreError::UnknownOutcome),
            Err(Trouble::Driver(error)) if is_lost(&error) => self.careful(change, true).await,
            Err(Trouble::Store(error @ StoreError::Unavailable)) => Err(error),
            Err(_) => self.careful(change, false).await,
        }
    }

    /// Change sets that share nothing but counters: in one statement, or else each by itself.
    async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        let mut lost = false;
        if let [_, _, ..] = changes {
            match self.attempt(changes).await {
                Ok(receipts) => return receipts.into_iter().map(Ok).collect(),
                Err(Trouble::Store(error @ StoreError::Unavailable)) => {
                    return vec![Err(error); changes.len()];
                }
                Err(Trouble::Driver(error)) => lost = is_lost(&error),
                Err(_) => {}
            }
        }
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(if lost { self.careful(change, true).await } else { self.land_one(change).await });
        }
        answers
    }

    /// The statement, with predicted counters; again while they turn out to be others.
    async fn attempt(&self, changes: &[Arc<ChangeSet>]) -> Result<Vec<Receipt>, Trouble> {
        let Some(team) = changes.first().map(|change| change.team) else { return Ok(Vec::new()) };
        let predictions = &self.shared.predictions;
        let (mut misses, mut tries) = (0, 0);
        loop {
            let keys = || issues(changes).map(|issue| issue.counter);
            let (bound, prepared) = self.bind(team, changes, predictions.predict(team, keys()))?;
            let mut connection = self.connection().await?;
            let outcome = run(&mut connection, prepared).await;
            match connection.give_back(outcome) {
                Ok(Outcome::Landed) => {
                    predictions.learn(team, bound.counters());
                    return Ok(bound.into_receipts());
                }
                Ok(Outcome::Missed(found)) => {
                    predictions.forget(team, keys().filter(|key| !found.contains_key(key)));
                    predictions.learn(team, found);
                    misses += 1;
                    if misses == MISSES {
                        return self.attempt_locked(team, changes).await;
                    }
                }
                Err(error) if is_contention(&error) && tries < TRIES => {
                    tries += 1;
                    pause(tries).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The statement in a transaction that holds the counters first, where others keep moving them.
    async fn attempt_locked(
        &self,
        team: TeamId,
        changes: &[Arc<ChangeSet>],
    ) -> Result<Vec<Receipt>, Trouble> {
        let mut connection = self.connection().await?;
        let mut transaction = connection.begin_with(BEGIN).await?;
        let keys: BTreeSet<_> = issues(changes).map(|issue| issue.counter).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let counters = self.hold_counters(&mut transaction, team, &keys).await?;
        let (bound, prepared) = self.bind(team, changes, counters)?;
        if let Outcome::Missed(_) = run(&mut transaction, prepared).await? {
            return Err(Trouble::Again);
        }
        transaction.commit().await?;
        connection.done(Ok(()))?;
        self.shared.predictions.learn(team, bound.counters());
        Ok(bound.into_receipts())
    }

    fn bind(
        &self,
        team: TeamId,
        changes: &[Arc<ChangeSet>],
        counters: Counters,
    ) -> Result<(Bound, Prepared), Trouble> {
        let bound =
            Bound::new(changes.iter().map(|change| &**change), counters).map_err(StoreError::Refused)?;
        let pending = issues(changes).map(|issue| issue.document).collect();
        let prepared = self.prepare(&batch(&bound, team, &pending)?)?;
        Ok((bound, prepared))
    }

    /// The text of the statement that would commit a change set now, for measuring the same by other means:
    /// its parameters say their types, the first is the team. A counter that this store has not met yet
    /// would be made.
    #[doc(hidden)]
    pub fn statement_text(&self, change: &Arc<ChangeSet>) -> Result<String, StoreError> {
        let changes = std::slice::from_ref(change);
        let counters =
            self.shared.predictions.predict(change.team, issues(changes).map(|issue| issue.counter));
        match self.bind(change.team, changes, counters) {
            Ok((_, prepared)) => Ok(prepared.text().to_owned()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Driver(error)) => Err(store_error(error)),
            Err(Trouble::Again) => Err(StoreError::Unavailable),
        }
    }
}

/// Longer after each try, and never twice the same, so that two that met do not meet again.
pub(crate) async fn pause(tries: u32) {
    let random = RandomState::new().build_hasher().finish() % 1_000;
    let micros = (500 + 3 * random) << tries.min(6);
    tokio::time::sleep(Duration::from_micros(micros)).await;
}

/// Keys that only a race finds taken in the careful path.
const RACES: [&str; 4] = ["commits_pkey", "commits_idempotency_key", "counters_pkey", "versions_pkey"];

/// The error of a statement that failed in the careful path, which has looked at everything before.
fn settled(error: sqlx::Error, deletes: bool) -> Trouble {
    let constraint =
        crate::error::database(&error).map(|error| (error.code(), error.constraint().unwrap_or_default()));
    match constraint {
        // Taken or gone since it was looked at.
        Some(("23502", _) | ("23514", "commit_is_complete")) => Trouble::Again,
        Some(("23505", taken)) if RACES.contains(&taken) => Trouble::Again,
        Some(("23503", _)) if deletes => StoreError::InUse.into(),
        Some(("23503" | "23505", _)) => store_error(error).into(),
        _ => Trouble::Driver(error),
    }
}
