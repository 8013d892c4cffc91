use std::time::Instant;

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
        let id = change.id;
        if let Err(violation) = change.check() {
            // Whatever was written before is answered, even if it makes no sense now.
            let replayed = self.knows(id).await?;
            return if replayed {
                Ok(IdentityReceipt { id, replayed })
            } else {
                Err(StoreError::Refused(violation))
            };
        }
        let (start, mut looks, mut tries) = (Instant::now(), needs_a_look(&change), 0);
        loop {
            match self.try_identities(&change, looks).await {
                Ok(Outcome::Written) => return Ok(IdentityReceipt { id, replayed: false }),
                // A transaction that wrote it may still be undone until a majority has it.
                Ok(Outcome::Known) if self.knows(id).await? => {
                    return Ok(IdentityReceipt { id, replayed: true });
                }
                Ok(Outcome::Missed) if !looks => {
                    looks = true;
                    continue;
                }
                Ok(Outcome::Known | Outcome::Missed) | Err(Trouble::Again) => {}
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Unknown) => return Err(StoreError::UnknownOutcome),
            }
            if start.elapsed() >= self.shared.settings.patience {
                return Err(StoreError::Unavailable);
            }
            tries += 1;
            pause(tries).await;
        }
    }
}

impl MongoStore {
    /// Whether a majority has a commit.
    async fn knows(&self, id: CommitId) -> Result<bool, StoreError> {
        Ok(queries::one(self, Query::by_id(&keys::commit(id))?).await?.is_some())
    }

    async fn try_identities(&self, change: &IdentityChange, looks: bool) -> Result<Outcome, Trouble> {
        let mut session = self.begin().await?;
        let done = self.write_identities(&mut session, change, looks).await;
        if matches!(done, Ok(Outcome::Written)) {
            self.end(&mut session).await?;
        } else {
            // So that nobody waits for it; the server ends it some time if it does not hear of this.
            let _ = session.abort_transaction().await;
        }
        done
    }

    async fn write_identities(
        &self,
        session: &mut ClientSession,
        change: &IdentityChange,
        looks: bool,
    ) -> Result<Outcome, Trouble> {
        let seen: Option<Seen> = if looks {
            match self.look_at_identities(session, change).await? {
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
            match self.write_some(session, name, statements).await? {
                Some(missed) if counted && missed => return Ok(Outcome::Missed),
                Some(_) => {}
                None => return Ok(Outcome::Known),
            }
        }
        for user in deleted_users {
            let left = doc! { "kind": keys::MEMBERSHIP, "user_id": uuid(user.as_uuid()) };
            let find = self.identity().find_one(left).hint(Hint::Name("membership_user".to_owned()));
            if find.session(&mut *session).await?.is_some() {
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
    ) -> Result<Option<bool>, Trouble> {
        let count = statements.count();
        if count == 0 {
            return Ok(Some(false));
        }
        match self.write(session, statements.command(name, self.identity().name())).await? {
            Reply::Matched(matched) => Ok(Some(matched != count)),
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
