use std::sync::Arc;

use async_trait::async_trait;
use invoice_core::CommitId;
use invoice_core::identity::{IdentityChange, IdentityReceipt};
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::IdentityCommits;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::options::Hint;

use super::queries::Query;
use super::statements::{CommandName, Commands, Seen, Statements, commands, needs_a_look};
use super::{keys, queries};
use crate::MongoStore;
use crate::error::{unique, unreadable};
use crate::layout::uuid;
use crate::limit::Limit;
use crate::transaction::{Reply, Trouble, pause};

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Written,
    /// The change had been written before, it seems.
    Known,
    /// Something is not as the statements have it.
    Missed,
}

#[async_trait]
impl IdentityCommits for MongoStore {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        let (id, limit) = (change.id, self.limit());
        if let Err(violation) = change.check() {
            // Whatever was written before is answered, even if it makes no sense now.
            let replayed = self.knows(id, limit).await?;
            return if replayed {
                Ok(IdentityReceipt { id, replayed })
            } else {
                Err(StoreError::Refused(violation))
            };
        }
        let change = Arc::new(change);
        let (mut looks, mut tries) = (needs_a_look(&change), 0);
        // Whether it may have been written.
        let mut maybe = false;
        loop {
            match self.try_identities(&change, looks, limit).await {
                Ok(Outcome::Written) => return Ok(IdentityReceipt { id, replayed: false }),
                // A transaction that wrote it may still be undone until a majority has it.
                Ok(Outcome::Known) => match self.knows(id, limit).await {
                    Ok(true) => return Ok(IdentityReceipt { id, replayed: true }),
                    Ok(false) | Err(StoreError::Unavailable) => maybe = true,
                    Err(error) => return Err(error),
                },
                Ok(Outcome::Missed) if !looks => {
                    looks = true;
                    continue;
                }
                Ok(Outcome::Missed) | Err(Trouble::Again | Trouble::Silent) => {}
                // Whether it was written is found out by the next try, before anything else is.
                Err(Trouble::Unknown) => (looks, maybe) = (true, true),
                Err(Trouble::Store(StoreError::Backend(_))) if maybe => {
                    return Err(StoreError::UnknownOutcome);
                }
                Err(Trouble::Store(error)) => return Err(error),
            }
            if limit.is_over() {
                if !maybe {
                    return Err(StoreError::Unavailable);
                }
                return match self.knows(id, limit).await {
                    Ok(true) => Ok(IdentityReceipt { id, replayed: true }),
                    _ => Err(StoreError::UnknownOutcome),
                };
            }
            tries += 1;
            pause(tries).await;
        }
    }
}

impl MongoStore {
    /// Whether a majority has a commit.
    async fn knows(&self, id: CommitId, limit: Limit) -> Result<bool, StoreError> {
        let found = limit.answer(queries::one(self, Query::by_id(&keys::commit(id))?)).await??;
        Ok(found.is_some())
    }

    /// In a task of its own: a caller that goes away would leave the transaction open until the server ends it.
    async fn try_identities(
        &self,
        change: &Arc<IdentityChange>,
        looks: bool,
        limit: Limit,
    ) -> Result<Outcome, Trouble> {
        let (store, change) = (self.clone(), Arc::clone(change));
        let task = tokio::spawn(async move {
            let mut session = store.begin(limit).await?;
            let mut done = store.write_identities(&mut session, &change, looks, limit).await;
            if let Ok(Outcome::Written) = done {
                done = store.end(&mut session, limit).await.map(|()| Outcome::Written);
            }
            if !matches!(done, Ok(Outcome::Written)) {
                let is_silent = done.as_ref().is_err_and(Trouble::is_silent);
                store.leave(session, is_silent, limit).await;
            }
            done
        });
        task.await.unwrap_or(Err(Trouble::Unknown))
    }

    async fn write_identities(
        &self,
        session: &mut ClientSession,
        change: &IdentityChange,
        looks: bool,
        limit: Limit,
    ) -> Result<Outcome, Trouble> {
        let seen: Option<Seen> = if looks {
            match limit.answer(self.look_at_identities(session, change)).await?? {
                Some(seen) => Some(seen),
                None => return Ok(Outcome::Known),
            }
        } else {
            None
        };
        let Commands { updates, deletes, renames, cascade, deleted_users } = commands(change, seen.as_ref())?;
        for (name, counted, statements) in [
            (CommandName::Update, true, updates),
            (CommandName::Delete, true, deletes),
            (CommandName::Update, false, renames),
            (CommandName::Delete, false, cascade),
        ] {
            match self.write_some(session, name, statements, limit).await? {
                Some(missed) if counted && missed => return Ok(Outcome::Missed),
                Some(_) => {}
                None => return Ok(Outcome::Known),
            }
        }
        for user in deleted_users {
            let left = doc! { "kind": keys::MEMBERSHIP, "user_id": uuid(user.as_uuid()) };
            let find = self.identity().find_one(left).hint(Hint::Name("membership_user".to_owned()));
            if limit.answer(find.session(&mut *session)).await??.is_some() {
                return Err(Trouble::Store(StoreError::InUse));
            }
        }
        Ok(Outcome::Written)
    }

    /// Runs a command; gives whether it missed a document, or `None` if the change was written before.
    async fn write_some(
        &self,
        session: &mut ClientSession,
        name: CommandName,
        statements: Statements,
        limit: Limit,
    ) -> Result<Option<bool>, Trouble> {
        let count = statements.count();
        if count == 0 {
            return Ok(Some(false));
        }
        match self.write(session, statements.command(name, self.identity().name()), limit).await? {
            Reply::Matched(matched) => Ok(Some(matched != count)),
            Reply::Failed => Err(Trouble::Store(unreadable("document", "the server could not convert it"))),
            Reply::Taken { value, .. } if is_commit(&value) => Ok(None),
            Reply::Taken { pattern, value } => match unique(&pattern, &value) {
                Some(what) => Err(Trouble::Store(StoreError::Duplicate { what })),
                None => Err(Trouble::Store(unreadable("index", format!("{pattern} is not known")))),
            },
        }
    }
}

/// Whether what is taken is the place of a commit.
fn is_commit(value: &Document) -> bool {
    value.get_document("_id").and_then(|id| id.get_str("kind")).is_ok_and(|kind| kind == keys::COMMIT)
}
