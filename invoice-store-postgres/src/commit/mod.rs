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
mod slot;
mod table;
mod text;
pub(crate) mod value;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::change::{
    AggregateId, ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt, Record, Write,
};
use invoice_core::ports::{Commits, StoreError};
use invoice_core::{TeamId, Violation};
use invoice_store_common::bound::{Bounds, issues};
use invoice_store_common::combine::Apart;

use sqlx::Connection as _;

use crate::PostgresStore;
use crate::error::{is_contention, is_lost, store_error};
use crate::pool::{BEGIN, Pool};

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
        for mut rest in changes.chunk_by(|one, next| one.team == next.team) {
            while !rest.is_empty() {
                let (group, later) = rest.split_at(self.together(rest));
                match group {
                    [change] => answers.push(self.commit_one(change).await),
                    _ => answers.extend(self.land(group).await),
                }
                rest = later;
            }
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
fn batch<'b>(bounds: &'b Bounds, pending: &Pending) -> Result<Batch<'b>, StoreError> {
    let mut batch: Option<Batch<'_>> = None;
    for (team, bound) in bounds.teams() {
        let batch = match &mut batch {
            None => batch.insert(Batch::new(team)),
            Some(batch) => {
                batch.turn_to(team);
                batch
            }
        };
        for change in bound.changes() {
            batch.add(change, pending.get(&team).unwrap_or(&HashSet::new()), &[])?;
        }
        batch.counters(bound.moves(), team);
    }
    batch.map(Batch::finish).ok_or(StoreError::UnknownOutcome)
}

/// The documents that are numbered, by team.
type Pending = HashMap<TeamId, HashSet<AggregateId>>;

fn pending(changes: &[Arc<ChangeSet>]) -> Pending {
    let mut pending = Pending::new();
    for change in changes {
        let numbered = change.issues.iter().map(|issue| issue.document);
        pending.entry(change.team).or_default().extend(numbered);
    }
    pending
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
        if self.shared.settings.together > 1 && combine::is_plain(change) {
            return self.queued(change).await;
        }
        self.land_one(change).await
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

    /// Change sets of one team that share nothing but counters: in one statement, or else each by itself.
    async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        if let [_, _, ..] = changes {
            match self.attempt(changes).await {
                Ok(receipts) => return receipts.into_iter().map(Ok).collect(),
                Err(Trouble::Store(error @ StoreError::Unavailable)) => {
                    return vec![Err(error); changes.len()];
                }
                Err(Trouble::Driver(error)) if is_lost(&error) => return self.look_for(changes).await,
                Err(_) => {}
            }
        }
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(self.land_one(change).await);
        }
        answers
    }

    /// Change sets of any teams that share nothing but counters, in one statement.
    async fn land_as_one(
        &self,
        changes: &[Arc<ChangeSet>],
    ) -> Result<Vec<Result<Receipt, StoreError>>, Apart> {
        let lanes = self.lanes().ok_or(Apart::Unwritten)?;
        match self.attempt_once(changes, lanes.pool()).await {
            Ok(Some(receipts)) => Ok(receipts.into_iter().map(Ok).collect()),
            Err(Trouble::Store(error @ StoreError::Unavailable)) => Ok(vec![Err(error); changes.len()]),
            Err(Trouble::Driver(error)) if is_lost(&error) => {
                // Those that it is looked for on have most likely ended as well.
                self.pool().forget_idle();
                Err(Apart::Unknown)
            }
            Ok(None) | Err(_) => Err(Apart::Unwritten),
        }
    }

    /// What became of change sets of one team with which a connection was lost.
    async fn look_for(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(self.careful(change, true).await);
        }
        answers
    }

    /// The statement, with predicted counters; again while they turn out to be others. Change sets of one team.
    async fn attempt(&self, changes: &[Arc<ChangeSet>]) -> Result<Vec<Receipt>, Trouble> {
        let mut tries = 0;
        loop {
            match self.attempt_once(changes, self.pool()).await {
                Ok(Some(receipts)) => return Ok(receipts),
                Ok(None) => return self.attempt_locked(changes).await,
                Err(Trouble::Driver(error)) if is_contention(&error) && tries < TRIES => {
                    tries += 1;
                    pause(tries).await;
                }
                Err(trouble) => return Err(trouble),
            }
        }
    }

    /// The statement; `None` if the counters were not as predicted each of some times.
    async fn attempt_once(
        &self,
        changes: &[Arc<ChangeSet>],
        pool: &Pool,
    ) -> Result<Option<Vec<Receipt>>, Trouble> {
        let predictions = &self.shared.predictions;
        for _ in 0..MISSES {
            let (bounds, prepared) = self.bind(changes, Bounds::predicted(changes, predictions))?;
            let mut connection = pool.get().await?;
            let outcome = run(&mut connection, prepared).await;
            match connection.give_back(outcome)? {
                Outcome::Landed => return Ok(Some(self.landed(bounds))),
                Outcome::Missed(found) => {
                    for change in changes {
                        predictions.forget(change.team, change.issues.iter().map(|issue| issue.counter));
                    }
                    for (team, key, counter) in found {
                        predictions.learn(team, [(key, counter)]);
                    }
                }
            }
        }
        Ok(None)
    }

    fn landed(&self, bounds: Bounds) -> Vec<Receipt> {
        bounds.teach(&self.shared.predictions);
        bounds.into_receipts()
    }

    /// The statement in a transaction that holds the counters first, where others keep moving them.
    async fn attempt_locked(&self, changes: &[Arc<ChangeSet>]) -> Result<Vec<Receipt>, Trouble> {
        let Some(team) = changes.first().map(|change| change.team) else { return Ok(Vec::new()) };
        let mut connection = self.connection().await?;
        let mut transaction = connection.begin_with(BEGIN).await?;
        let keys: BTreeSet<_> = issues(changes).map(|issue| issue.counter).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let counters = self.hold_counters(&mut transaction, team, &keys).await?;
        let (bounds, prepared) = self.bind(changes, Bounds::new(changes, |_, _| counters.clone()))?;
        if let Outcome::Missed(_) = run(&mut transaction, prepared).await? {
            return Err(Trouble::Again);
        }
        transaction.commit().await?;
        connection.done(Ok(()))?;
        Ok(self.landed(bounds))
    }

    fn bind(
        &self,
        changes: &[Arc<ChangeSet>],
        bounds: Result<Bounds, Violation>,
    ) -> Result<(Bounds, Prepared), Trouble> {
        let bounds = bounds.map_err(StoreError::Refused)?;
        let prepared = self.prepare(&batch(&bounds, &pending(changes))?)?;
        Ok((bounds, prepared))
    }

    /// The text of the statement that would commit a change set now, for measuring the same by other means:
    /// its parameters say their types, the first is the team. A counter that this store has not met yet
    /// would be made.
    #[doc(hidden)]
    pub fn statement_text(&self, change: &Arc<ChangeSet>) -> Result<String, StoreError> {
        let changes = std::slice::from_ref(change);
        match self.bind(changes, Bounds::predicted(changes, &self.shared.predictions)) {
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
