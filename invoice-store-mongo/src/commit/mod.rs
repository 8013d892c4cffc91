//! Commits: one command and the end of the transaction where nothing stands against it, and a look at what does
//! otherwise.

mod examine;
mod row;
mod statements;
mod sums;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use invoice_core::change::{
    ChangeSet, CounterMove, IdempotencyKey, IdempotencyRecord, PendingIssue, Receipt, Record, ResolvedChange,
    Write, resolve,
};
use invoice_core::ports::{Commits, StoreError};
use invoice_core::{ClientId, Counter, CounterKey, TeamId, Violation};
use invoice_store_common::combine::{Lands, Queues, queued, share_nothing};
use mongodb::ClientSession;
use mongodb::bson::raw::RawDocumentBuf;
use mongodb::bson::rawdoc;

use crate::MongoStore;
use crate::error::unique;
use crate::transaction::{Reply, Trouble, pause};

use examine::Reader;
use statements::{Commands, Known, commands};

/// How often a wrong prediction is corrected before a group is done one by one.
const MISSES: u32 = 3;

type Counters = BTreeMap<CounterKey, Counter>;

/// How a try ended that did not land.
enum Outcome {
    Trouble(Trouble),
    /// Something is not as the change set has it, or a prediction was wrong.
    Missed,
}

impl<T: Into<Trouble>> From<T> for Outcome {
    fn from(trouble: T) -> Self {
        Self::Trouble(trouble.into())
    }
}

#[async_trait]
impl Commits for MongoStore {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        let mut answers = Vec::with_capacity(changes.len());
        let mut rest = changes.as_slice();
        while !rest.is_empty() {
            let (group, later) = rest.split_at(self.together(rest));
            match group {
                [change] => answers.push(queued(self, change.team, change).await),
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
        Reader::new(self, None).request(team, key).await
    }
}

impl Lands for MongoStore {
    type Key = TeamId;

    fn queues(&self) -> &Queues<TeamId> {
        &self.shared.queues
    }

    fn together(&self, waiting: &[Arc<ChangeSet>]) -> usize {
        share_nothing(waiting, self.shared.settings.together.max(1), |change| !needs_care(change))
    }

    /// Change sets that share nothing but counters: in one transaction, or else each by itself.
    async fn land(&self, changes: &[Arc<ChangeSet>]) -> Vec<Result<Receipt, StoreError>> {
        if let [_, _, ..] = changes
            && let Some(receipts) = self.land_together(changes).await
        {
            return receipts.into_iter().map(Ok).collect();
        }
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(self.land_one(change).await);
        }
        answers
    }
}

/// Whether the stored records must be known before it can be written.
fn needs_care(change: &ChangeSet) -> bool {
    change.writes.iter().any(|write| match write {
        Write::Insert(_) => false,
        Write::Update { record, .. } => {
            matches!(record, Record::Invoice(invoice) if invoice.voided_at().is_some())
        }
        Write::Delete { .. } => true,
    })
}

impl MongoStore {
    /// Joins the application's own transaction: the commit lands with whatever else that writes, or not at all.
    ///
    /// The session must be in a transaction with snapshot read concern; its write concern should be that of a
    /// majority. MongoDB has no savepoints: what stands against the commit is found by looking first and leaves the
    /// transaction as it was, but a race with somebody else ends it, and the answer is
    /// [`StoreError::Unavailable`]: begin it anew. The receipt counts once the transaction was committed.
    ///
    /// ```no_run
    /// # use invoice_core::change::ChangeSet;
    /// # async fn join(store: invoice_store_mongo::MongoStore, change: ChangeSet) -> Result<(), Box<dyn std::error::Error>> {
    /// use invoice_store_mongo::mongodb::bson::doc;
    /// use invoice_store_mongo::mongodb::options::ReadConcern;
    ///
    /// let mut session = store.client().start_session().await?;
    /// session.start_transaction().read_concern(ReadConcern::snapshot()).await?;
    /// let orders = store.database().collection("orders");
    /// orders.insert_one(doc! { "client": "Specimen AG" }).session(&mut session).await?;
    /// store.commit_in(&mut session, &change).await?;
    /// session.commit_transaction().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn commit_in(
        &self,
        session: &mut ClientSession,
        change: &ChangeSet,
    ) -> Result<Receipt, StoreError> {
        let mut reader = Reader::new(self, Some(&mut *session));
        let (mut known, counters) = match reader.examine(change).await? {
            examine::Found::Answer(receipt) => return Ok(receipt),
            examine::Found::Nothing { known, counters } => (known, counters),
        };
        let bound = bind(std::iter::once(change), counters).map_err(StoreError::Refused)?;
        known.clients = self.names(&bound, Some(&mut *session)).await?;
        let pending = change.issues.iter().map(|issue| issue.document).collect();
        let commands = commands(change.team, &bound.changes, &bound.moves, &pending, &known)?;
        match self.say(session, commands).await {
            Ok(()) => bound.receipts().pop().ok_or(StoreError::UnknownOutcome),
            Err(Outcome::Trouble(Trouble::Store(error))) => Err(error),
            Err(Outcome::Trouble(_) | Outcome::Missed) => Err(StoreError::Unavailable),
        }
    }

    /// A change set by itself: again until it landed, something stands against it, or patience is over.
    async fn land_one(&self, change: &Arc<ChangeSet>) -> Result<Receipt, StoreError> {
        let start = Instant::now();
        let group = std::slice::from_ref(change);
        let (mut tries, mut misses, mut unknown) = (0, 0, false);
        let mut look = needs_care(change) || change.check().is_err();
        loop {
            let known = if look {
                match self.examine(change).await {
                    Ok(examine::Found::Answer(receipt)) => return Ok(receipt),
                    Ok(examine::Found::Nothing { known, counters }) => {
                        self.shared.predictions.learn(change.team, counters);
                        Some(known)
                    }
                    Err(StoreError::Unavailable) => None,
                    Err(error) => return Err(error),
                }
            } else {
                Some(Known::default())
            };
            if let Some(known) = known {
                match self.attempt(group, known).await {
                    Ok(mut receipts) => return receipts.pop().ok_or(StoreError::UnknownOutcome),
                    Err(Outcome::Missed) => {
                        misses += 1;
                        if misses == 1 && self.recall(group).await {
                            continue;
                        }
                        look = true;
                    }
                    Err(Outcome::Trouble(Trouble::Again)) => {}
                    Err(Outcome::Trouble(Trouble::Unknown)) => (look, unknown) = (true, true),
                    Err(Outcome::Trouble(Trouble::Store(error))) => return Err(error),
                }
            }
            if start.elapsed() >= self.shared.settings.patience {
                return Err(if unknown { StoreError::UnknownOutcome } else { StoreError::Unavailable });
            }
            tries += 1;
            pause(tries).await;
        }
    }

    /// What stands against a change set, all of it seen at one moment: a counter read before another issue and numbers
    /// read after it would make that issue's number look taken.
    async fn examine(&self, change: &ChangeSet) -> Result<examine::Found, StoreError> {
        let mut session = self.begin().await.map_err(store_trouble)?;
        let found = Reader::new(self, Some(&mut session)).examine(change).await;
        if let Err(StoreError::Unavailable | StoreError::Backend(_)) = found {
            let _ = session.abort_transaction().await;
            return found;
        }
        // What was seen may still be undone, unless a majority has it.
        self.end(&mut session).await.map_err(store_trouble)?;
        found
    }

    /// Several in one transaction; `None` if they have to be done one by one.
    async fn land_together(&self, changes: &[Arc<ChangeSet>]) -> Option<Vec<Receipt>> {
        let start = Instant::now();
        let (mut tries, mut misses) = (0, 0);
        loop {
            match self.attempt(changes, Known::default()).await {
                Ok(receipts) => return Some(receipts),
                Err(Outcome::Missed) if misses < MISSES && self.recall(changes).await => misses += 1,
                Err(Outcome::Trouble(Trouble::Again)) if start.elapsed() < self.shared.settings.patience => {
                    tries += 1;
                    pause(tries).await;
                }
                Err(_) => return None,
            }
        }
    }

    async fn attempt(&self, changes: &[Arc<ChangeSet>], mut known: Known) -> Result<Vec<Receipt>, Outcome> {
        let Some(team) = changes.first().map(|change| change.team) else { return Ok(Vec::new()) };
        let keys = || issues(changes).map(|issue| issue.counter);
        let predicted = self.shared.predictions.predict(team, keys());
        let Ok(bound) = bind(changes.iter().map(|change| &**change), predicted) else {
            return Err(Outcome::Missed);
        };
        known.clients = self.names(&bound, None).await?;
        let pending = issues(changes).map(|issue| issue.document).collect();
        let commands = commands(team, &bound.changes, &bound.moves, &pending, &known)?;
        let mut session = self.begin().await?;
        let said = self.say(&mut session, commands).await;
        let ended = match said {
            Ok(()) => self.end(&mut session).await.map_err(Outcome::Trouble),
            Err(outcome) => {
                // If nobody hears it, the server ends the transaction by itself.
                let _ = session.abort_transaction().await;
                Err(outcome)
            }
        };
        match ended {
            Ok(()) => {
                self.shared.predictions.learn(team, bound.moves.iter().map(|step| (step.key, step.after)));
                Ok(bound.receipts())
            }
            Err(outcome) => {
                if matches!(outcome, Outcome::Missed) {
                    self.shared.predictions.forget(team, keys());
                }
                Err(outcome)
            }
        }
    }

    /// Runs the commands inside a transaction.
    async fn say(&self, session: &mut ClientSession, commands: Commands) -> Result<(), Outcome> {
        let Commands { updates, updated, deletes, deleted } = commands;
        let collection = self.billing().name();
        let update = rawdoc! { "update": collection, "updates": updates, "ordered": true };
        self.expect(session, update, updated).await?;
        if deleted > 0 {
            let delete = rawdoc! { "delete": collection, "deletes": deletes, "ordered": true };
            self.expect(session, delete, deleted).await?;
        }
        Ok(())
    }

    async fn expect(
        &self,
        session: &mut ClientSession,
        command: RawDocumentBuf,
        count: u64,
    ) -> Result<(), Outcome> {
        match self.write(session, command).await? {
            Reply::Matched(matched) if matched == count => Ok(()),
            Reply::Matched(_) => Err(Outcome::Missed),
            Reply::Taken { pattern, value } => {
                // Only what is known to be a key of ours can be looked into.
                if unique(&pattern, &value).is_some() || pattern.contains_key("_id") {
                    return Err(Outcome::Missed);
                }
                Err(Trouble::Store(StoreError::backend(UnknownKey)).into())
            }
        }
    }

    /// What lists call the clients of drafts.
    async fn names(
        &self,
        bound: &Bound,
        session: Option<&mut ClientSession>,
    ) -> Result<HashMap<ClientId, String>, StoreError> {
        let records = bound.changes.iter().flat_map(|change| &change.writes).filter_map(Write::record);
        let (mut names, mut wanted) = (HashMap::new(), HashSet::new());
        for record in records {
            match record {
                Record::Client(client) => {
                    let name = invoice_core::ports::InvoiceQuery::customer_key(client.party().name());
                    names.insert(client.id(), name);
                }
                Record::Invoice(_) | Record::CreditNote(_) | Record::Quote(_)
                    if record.issued().is_none() =>
                {
                    wanted.extend(record.client());
                }
                _ => {}
            }
        }
        wanted.retain(|client| !names.contains_key(client));
        let Some(team) = bound.changes.first().map(|change| change.team) else { return Ok(names) };
        if !wanted.is_empty() {
            names.extend(Reader::new(self, session).client_names(team, &wanted).await?);
        }
        Ok(names)
    }

    /// Reads the counters anew, which is mostly what a commit missed by; whether it has any.
    async fn recall(&self, changes: &[Arc<ChangeSet>]) -> bool {
        let Some(team) = changes.first().map(|change| change.team) else { return false };
        let wanted: BTreeSet<_> = issues(changes).map(|issue| issue.counter).collect();
        if wanted.is_empty() {
            return false;
        }
        match Reader::new(self, None).counters(team, wanted).await {
            Ok(counters) => {
                self.shared.predictions.learn(team, counters);
                true
            }
            Err(_) => false,
        }
    }
}

/// Of a transaction that only reads: nothing of it can be unknown.
fn store_trouble(trouble: Trouble) -> StoreError {
    match trouble {
        Trouble::Store(error) => error,
        Trouble::Again | Trouble::Unknown => StoreError::Unavailable,
    }
}

/// A unique index that is none of the store's.
#[derive(Debug, thiserror::Error)]
#[error("a unique index that this release does not know refused a document")]
struct UnknownKey;

fn issues(changes: &[Arc<ChangeSet>]) -> impl Iterator<Item = &PendingIssue> {
    changes.iter().flat_map(|change| &change.issues)
}

/// Change sets with their numbers bound one after the other, and what that does to the counters.
struct Bound {
    changes: Vec<ResolvedChange>,
    moves: Vec<CounterMove>,
}

/// Binds the numbers of change sets that land together.
fn bind<'c>(
    changes: impl Iterator<Item = &'c ChangeSet>,
    mut counters: Counters,
) -> Result<Bound, Violation> {
    let mut bound = Bound { changes: Vec::new(), moves: Vec::new() };
    for change in changes {
        let resolved = resolve(change, &counters)?;
        for step in &resolved.counters {
            counters.insert(step.key, step.after);
            match bound.moves.iter_mut().find(|known| known.key == step.key) {
                Some(known) => known.after = step.after,
                None => bound.moves.push(*step),
            }
        }
        bound.changes.push(resolved);
    }
    bound.moves.sort_by_key(|step| step.key);
    Ok(bound)
}

impl Bound {
    fn receipts(self) -> Vec<Receipt> {
        self.changes.into_iter().map(receipt).collect()
    }
}

/// The receipt of what was written, without another copy of it.
fn receipt(change: ResolvedChange) -> Receipt {
    let records = change.writes.into_iter().filter_map(|write| match write {
        Write::Insert(record) | Write::Update { record, .. } => Some(record),
        Write::Delete { .. } => None,
    });
    Receipt { commit: change.id, records: records.collect(), replayed: false }
}
