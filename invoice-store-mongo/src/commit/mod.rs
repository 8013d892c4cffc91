//! Commits: two commands and the end of the transaction where nothing stands against it, and a look at what does
//! otherwise.

mod combine;
mod command;
mod examine;
mod reader;
mod row;
mod statements;
mod sums;
mod trail;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use invoice_core::change::{
    ChangeSet, IdempotencyKey, IdempotencyRecord, PendingIssue, Receipt, Record, Write,
};
use invoice_core::ports::{Commits, StoreError};
use invoice_core::{ClientId, Code, TeamId, Violation};
use invoice_store_common::bound::Bounds;
use mongodb::ClientSession;

use crate::MongoStore;
use crate::error::unique;
use crate::limit::Limit;
use crate::transaction::{Reply, Trouble, pause};

pub(crate) use combine::Queues;
use command::{Command, Owner, Statements};
use reader::Reader;
use statements::Known;

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
        for mut rest in changes.chunk_by(|one, next| one.team == next.team) {
            while !rest.is_empty() {
                let (group, later) = rest.split_at(self.together(rest));
                match group {
                    [change] => answers.push(self.queued(change).await),
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
        Reader::new(self, None, self.limit()).request(team, key).await
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
    /// transaction as it was, but a race with somebody else, or a failure in the middle, ends it, and the answer is
    /// [`StoreError::Unavailable`] or the failure: begin it anew. The receipt counts once the transaction was committed.
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
        // Outside of a transaction each statement would land by itself. The driver does not say whether it is in one,
        // but begins none in another.
        let limit = self.limit();
        if limit.answer(session.start_transaction()).await?.is_ok() {
            // The server has not heard of it.
            let _ = session.abort_transaction().await;
            let detail = "the session is in no transaction";
            return Err(StoreError::Refused(Violation::new("", Code::Inconsistent, detail)));
        }
        let mut reader = Reader::new(self, Some(&mut *session), limit);
        let (mut known, counters) = match reader.examine(change).await? {
            examine::Found::Answer(receipt) => return Ok(receipt),
            examine::Found::Nothing { known, counters } => (known, counters),
        };
        let change = [Arc::new(change.clone())];
        let bounds = Bounds::new(&change, |_, _| counters.clone()).map_err(StoreError::Refused)?;
        known.clients = self.names(&bounds, Some(&mut *session), limit).await?;
        let commands = self.commands(&change, &bounds, &known)?;
        let Err(outcome) = self.say(session, commands, limit).await else {
            return bounds.into_receipts().pop().ok_or(StoreError::UnknownOutcome);
        };
        // A part of it may be written, which must not land with what the application writes.
        if matches!(outcome, Outcome::Trouble(Trouble::Silent)) {
            let _ = limit.answer(self.overtake(session)).await;
        } else {
            let _ = limit.answer(session.abort_transaction()).await;
        }
        match outcome {
            Outcome::Trouble(Trouble::Store(error)) => Err(error),
            Outcome::Trouble(_) | Outcome::Missed => Err(StoreError::Unavailable),
        }
    }

    /// A change set by itself: again until it landed, something stands against it, or patience is over. Where it is
    /// unknown whether it landed already, that is looked at first.
    async fn land_one(
        &self,
        change: &Arc<ChangeSet>,
        mut unknown: bool,
        limit: Limit,
    ) -> Result<Receipt, StoreError> {
        let group = std::slice::from_ref(change);
        let (mut tries, mut misses) = (0, 0);
        let mut look = unknown || needs_care(change) || change.check().is_err();
        loop {
            let known = if look {
                match self.examine(change, limit).await {
                    Ok(examine::Found::Answer(receipt)) => return Ok(receipt),
                    Ok(examine::Found::Nothing { known, counters }) => {
                        self.shared.predictions.learn(change.team, counters);
                        Some(known)
                    }
                    Err(StoreError::Unavailable) => None,
                    Err(StoreError::Backend(_)) if unknown => return Err(StoreError::UnknownOutcome),
                    Err(error) => return Err(error),
                }
            } else {
                Some(Known::default())
            };
            if let Some(known) = known {
                match self.attempt(group, known, limit).await {
                    Ok(mut receipts) => return receipts.pop().ok_or(StoreError::UnknownOutcome),
                    Err(Outcome::Missed) => {
                        misses += 1;
                        // Mostly another process was faster; now and then something else stands against it.
                        look = needs_care(change) || misses % 8 == 2 || !self.recall(group, limit).await;
                        if misses == 1 {
                            continue;
                        }
                    }
                    Err(Outcome::Trouble(Trouble::Again | Trouble::Silent)) => {}
                    Err(Outcome::Trouble(Trouble::Unknown)) => (look, unknown) = (true, true),
                    Err(Outcome::Trouble(Trouble::Store(StoreError::Backend(_)))) if unknown => {
                        return Err(StoreError::UnknownOutcome);
                    }
                    Err(Outcome::Trouble(Trouble::Store(error))) => return Err(error),
                }
            }
            if limit.is_over() {
                return if unknown { self.landed(change, limit).await } else { Err(StoreError::Unavailable) };
            }
            tries += 1;
            pause(tries).await;
        }
    }

    /// The receipt of what was sent, if it can be seen.
    async fn landed(&self, change: &ChangeSet, limit: Limit) -> Result<Receipt, StoreError> {
        let receipt = Reader::new(self, None, limit).receipt(change.team, change.id).await;
        receipt.ok().flatten().ok_or(StoreError::UnknownOutcome)
    }

    /// What stands against a change set, all of it seen at one moment: a counter read before another issue and numbers
    /// read after it would make that issue's number look taken.
    async fn examine(&self, change: &ChangeSet, limit: Limit) -> Result<examine::Found, StoreError> {
        let mut session = self.begin(limit).await.map_err(store_trouble)?;
        let found = Reader::new(self, Some(&mut session), limit).examine(change).await;
        if let Err(StoreError::Unavailable | StoreError::Backend(_)) = found {
            // The driver ends it, and nothing waits for what only read.
            return found;
        }
        // What was seen may still be undone, unless a majority has it.
        self.end(&mut session, limit).await.map_err(store_trouble)?;
        found
    }

    /// All that change sets write.
    fn commands(
        &self,
        changes: &[Arc<ChangeSet>],
        bounds: &Bounds,
        known: &Known,
    ) -> Result<Vec<Command>, StoreError> {
        let pending = issues(changes).map(|(team, issue)| (team, issue.document)).collect();
        let mut statements = Statements::default();
        for (team, bound) in bounds.teams() {
            statements.add(Owner { team, is_sharded: self.is_sharded() }, bound, &pending, known)?;
        }
        Ok(statements.commands(self.billing().name()))
    }

    async fn attempt(
        &self,
        changes: &[Arc<ChangeSet>],
        mut known: Known,
        limit: Limit,
    ) -> Result<Vec<Receipt>, Outcome> {
        let predictions = &self.shared.predictions;
        let Ok(bounds) = Bounds::predicted(changes, predictions) else { return Err(Outcome::Missed) };
        known.clients = self.names(&bounds, None, limit).await?;
        let commands = self.commands(changes, &bounds, &known)?;
        match self.transact(commands, limit).await {
            Ok(()) => {
                bounds.teach(predictions);
                Ok(bounds.into_receipts())
            }
            Err(outcome) => {
                if matches!(outcome, Outcome::Missed) {
                    for (team, issue) in issues(changes) {
                        predictions.forget(team, [issue.counter]);
                    }
                }
                Err(outcome)
            }
        }
    }

    /// A transaction from its beginning to its end. In a task of its own: a caller that goes away would leave it open,
    /// with all that it wrote to out of everybody's reach until the server ends it.
    async fn transact(&self, commands: Vec<Command>, limit: Limit) -> Result<(), Outcome> {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let mut session = store.begin(limit).await?;
            let done = match store.say(&mut session, commands, limit).await {
                Ok(()) => store.end(&mut session, limit).await.map_err(Outcome::Trouble),
                missed => missed,
            };
            if let Err(outcome) = &done {
                let is_silent = matches!(outcome, Outcome::Trouble(trouble) if trouble.is_silent());
                store.leave(session, is_silent, limit).await;
            }
            done
        });
        task.await.unwrap_or(Err(Outcome::Trouble(Trouble::Unknown)))
    }

    /// Runs the commands inside a transaction.
    async fn say(
        &self,
        session: &mut ClientSession,
        commands: Vec<Command>,
        limit: Limit,
    ) -> Result<(), Outcome> {
        for command in commands {
            self.expect(session, command, limit).await?;
        }
        Ok(())
    }

    async fn expect(
        &self,
        session: &mut ClientSession,
        Command { count, text }: Command,
        limit: Limit,
    ) -> Result<(), Outcome> {
        match self.write(session, text, limit).await? {
            Reply::Matched(matched) if matched == count => Ok(()),
            Reply::Matched(_) | Reply::Failed => Err(Outcome::Missed),
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
        bounds: &Bounds,
        session: Option<&mut ClientSession>,
        limit: Limit,
    ) -> Result<HashMap<(TeamId, ClientId), String>, StoreError> {
        let (mut names, mut wanted) = (HashMap::new(), HashSet::new());
        for change in bounds.teams().flat_map(|(_, bound)| bound.changes()) {
            let own = |client: ClientId| (change.team, client);
            for record in change.writes.iter().filter_map(Write::record) {
                match record {
                    Record::Client(client) => {
                        let name = invoice_core::ports::InvoiceQuery::customer_key(client.party().name());
                        names.insert(own(client.id()), name);
                    }
                    Record::Invoice(_) | Record::CreditNote(_) | Record::Quote(_)
                        if record.issued().is_none() =>
                    {
                        wanted.extend(record.client().map(own));
                    }
                    _ => {}
                }
            }
        }
        wanted.retain(|client| !names.contains_key(client));
        if !wanted.is_empty() {
            names.extend(Reader::new(self, session, limit).client_names(&wanted).await?);
        }
        Ok(names)
    }

    /// Reads the counters anew, which is mostly what a commit missed by; whether it has any.
    async fn recall(&self, changes: &[Arc<ChangeSet>], limit: Limit) -> bool {
        let wanted = issues(changes).map(|(team, issue)| (team, issue.counter)).collect::<BTreeSet<_>>();
        if wanted.is_empty() {
            return false;
        }
        match Reader::of_the_newest(self, limit).counters(&wanted).await {
            Ok(counters) => {
                for (team, counters) in counters {
                    self.shared.predictions.learn(team, counters);
                }
                true
            }
            Err(_) => false,
        }
    }
}

/// What change sets give numbers to, and for whom.
fn issues(changes: &[Arc<ChangeSet>]) -> impl Iterator<Item = (TeamId, &PendingIssue)> {
    changes.iter().flat_map(|change| change.issues.iter().map(|issue| (change.team, issue)))
}

/// Of a transaction that only reads: nothing of it can be unknown.
fn store_trouble(trouble: Trouble) -> StoreError {
    match trouble {
        Trouble::Store(error) => error,
        Trouble::Again | Trouble::Silent | Trouble::Unknown => StoreError::Unavailable,
    }
}

/// A unique index that is none of the store's.
#[derive(Debug, thiserror::Error)]
#[error("a unique index that this release does not know refused a document")]
struct UnknownKey;
