//! Transactions: commands in a session, and the end of them.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use invoice_core::ports::StoreError;
use mongodb::ClientSession;
use mongodb::bson::{Document, RawDocumentBuf};

use crate::MongoStore;
use crate::error::{DUPLICATE_KEY, is_lost, is_transient, is_unknown, store_error};

/// What an `update`, `insert` or `delete` command did.
#[derive(Debug)]
pub(crate) enum Reply {
    /// So many documents matched, or were new.
    Matched(u64),
    /// A unique key was taken; the transaction is over.
    Taken { pattern: Document, value: Document },
}

/// Why a transaction did not land.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Tell the caller.
    Store(StoreError),
    /// The whole of it may be tried again at once: somebody was in the way, or the primary changed.
    Again,
    /// It was sent to be committed, and nobody said how that ended.
    Unknown,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<mongodb::error::Error> for Trouble {
    fn from(error: mongodb::error::Error) -> Self {
        if is_transient(&error) || is_lost(&error) { Self::Again } else { Self::Store(store_error(error)) }
    }
}

impl MongoStore {
    /// A session in a transaction.
    pub(crate) async fn begin(&self) -> Result<ClientSession, Trouble> {
        let mut session = self.client().start_session().await?;
        session.start_transaction().with_options(self.transactions()).await?;
        Ok(session)
    }

    /// A session for reads, which show at least what was acknowledged here. A new primary has all of that, but does not
    /// know at once that a majority has it, and what a majority has is all that reads show.
    pub(crate) async fn reading(&self) -> Result<ClientSession, StoreError> {
        let mut session = self.client().start_session().await.map_err(store_error)?;
        let seen = *self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(time) = seen {
            session.advance_operation_time(time);
        }
        Ok(session)
    }

    /// Keeps the time of what a session was told last.
    fn saw(&self, session: &ClientSession) {
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = (*seen).max(session.operation_time());
    }

    /// Runs a write command inside a transaction.
    pub(crate) async fn write(
        &self,
        session: &mut ClientSession,
        command: RawDocumentBuf,
    ) -> Result<Reply, Trouble> {
        let mut reply = self.database().run_raw_command(command).session(session).await?;
        let matched = reply.get_i32("n").unwrap_or_default();
        let Ok(errors) = reply.get_array_mut("writeErrors") else {
            return Ok(Reply::Matched(u64::try_from(matched).unwrap_or_default()));
        };
        let Some(mongodb::bson::Bson::Document(mut error)) = errors.pop() else { return Err(Trouble::Again) };
        if error.get_i32("code").is_ok_and(|code| code == DUPLICATE_KEY) {
            let part = |error: &mut Document, name| match error.remove(name) {
                Some(mongodb::bson::Bson::Document(part)) => part,
                _ => Document::new(),
            };
            return Ok(Reply::Taken {
                pattern: part(&mut error, "keyPattern"),
                value: part(&mut error, "keyValue"),
            });
        }
        Err(Trouble::Store(StoreError::backend(Refused(error))))
    }

    /// Commits, again while the server does not say what became of it.
    pub(crate) async fn end(&self, session: &mut ClientSession) -> Result<(), Trouble> {
        let start = Instant::now();
        let mut tries = 0;
        loop {
            match session.commit_transaction().await {
                Ok(()) => {
                    self.saw(session);
                    return Ok(());
                }
                Err(error) if is_unknown(&error) => {
                    if start.elapsed() >= self.shared.settings.patience {
                        return Err(Trouble::Unknown);
                    }
                    tries += 1;
                    pause(tries).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The server's reason not to write, such as a validator's.
#[derive(Debug, thiserror::Error)]
#[error("the server refused a document: {0}")]
struct Refused(Document);

/// Longer after each try, and never twice the same, so that two that met do not meet again.
pub(crate) async fn pause(tries: u32) {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let random = RandomState::new().build_hasher().finish() % 1_000;
    let micros = (500 + 2 * random) << tries.min(7);
    tokio::time::sleep(Duration::from_micros(micros)).await;
}
