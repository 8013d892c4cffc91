//! Transactions: commands in a session, and the end of them.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use invoice_core::ports::StoreError;
use mongodb::ClientSession;
use mongodb::bson::{Document, RawDocumentBuf, doc};
use mongodb::error::ErrorKind;

use crate::MongoStore;
use crate::error::{
    DUPLICATE_KEY, NO_CONVERSION, code, is_lost, is_passing, is_too_large, is_transient, is_unknown,
    store_error, too_large,
};
use crate::limit::{Limit, Silence};

/// How long it is tried to overtake a command that was not answered. By then the server has ended its transaction,
/// unless it was told to be more patient.
const OVERTAKING: Duration = Duration::from_mins(1);
const OVERTAKEN_EVERY: Duration = Duration::from_secs(1);

/// What an `update`, `insert` or `delete` command did.
#[derive(Debug)]
pub(crate) enum Reply {
    /// So many documents matched, or were new.
    Matched(u64),
    /// A unique key was taken; the transaction is over.
    Taken { pattern: Document, value: Document },
    /// A statement found something else than it had to, and failed for that; the transaction is over.
    Failed,
}

/// Why a transaction did not land.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Tell the caller.
    Store(StoreError),
    /// The whole of it may be tried again at once: somebody was in the way, or the primary changed.
    Again,
    /// The same, but a command may be under way still, and write after this.
    Silent,
    /// It was sent to be committed, and nobody said how that ended.
    Unknown,
}

impl Trouble {
    /// Whether a command of the transaction may be under way still.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Silent | Self::Unknown)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        // What was to be read first could not be; nothing was written yet.
        if matches!(error, StoreError::Unavailable) { Self::Again } else { Self::Store(error) }
    }
}

impl From<mongodb::error::Error> for Trouble {
    fn from(error: mongodb::error::Error) -> Self {
        // What went over a connection that broke may still be carried out.
        if matches!(*error.kind, ErrorKind::Io(_)) {
            Self::Silent
        } else if is_transient(&error) || is_lost(&error) {
            Self::Again
        } else {
            Self::Store(store_error(error))
        }
    }
}

impl From<Silence> for Trouble {
    fn from(_: Silence) -> Self {
        Self::Silent
    }
}

impl MongoStore {
    /// From now on, as long as the settings say.
    pub(crate) fn limit(&self) -> Limit {
        Limit::of(&self.shared.settings)
    }

    /// A session in a transaction, of which the server hears with the first command.
    pub(crate) async fn begin(&self, limit: Limit) -> Result<ClientSession, Trouble> {
        let begun = async {
            let mut session = self.client().start_session().await?;
            session.start_transaction().with_options(self.transactions()).await?;
            Ok(session)
        };
        limit.answer(begun).await.unwrap_or(Err(Trouble::Again))
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
        limit: Limit,
    ) -> Result<Reply, Trouble> {
        let reply = limit.answer(self.database().run_raw_command(command).session(session)).await?;
        if reply.as_ref().is_err_and(|error| code(error) == Some(NO_CONVERSION)) {
            return Ok(Reply::Failed);
        }
        let mut reply = reply?;
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
        Err(match error.get_i32("code") {
            Ok(NO_CONVERSION) => return Ok(Reply::Failed),
            Ok(code) if is_passing(code) => Trouble::Again,
            Ok(code) if is_too_large(code) => Trouble::Store(too_large()),
            _ => Trouble::Store(StoreError::backend(Refused(error))),
        })
    }

    /// Commits, again while the server does not say what became of it.
    pub(crate) async fn end(&self, session: &mut ClientSession, limit: Limit) -> Result<(), Trouble> {
        let mut tries = 0;
        loop {
            match limit.answer(session.commit_transaction()).await {
                Ok(Ok(())) => {
                    self.saw(session);
                    return Ok(());
                }
                Ok(Err(error)) if is_unknown(&error) => {}
                Err(Silence) => {}
                Ok(Err(error)) if is_transient(&error) => return Err(Trouble::Again),
                // Whatever else is answered does not say that an earlier try did not land.
                Ok(Err(_)) => return Err(Trouble::Unknown),
            }
            if limit.is_over() {
                return Err(Trouble::Unknown);
            }
            tries += 1;
            pause(tries).await;
        }
    }

    /// Ends a transaction that did not land, so that it is in nobody's way: at once, unless one of its commands may be
    /// under way still.
    pub(crate) async fn leave(&self, mut session: ClientSession, is_silent: bool, limit: Limit) {
        if !is_silent {
            let aborted = limit.answer(session.abort_transaction()).await;
            // The driver aborts nothing that was to be committed, though the server may have it open still.
            if let Ok(Err(_)) = aborted
                && let Ok(Ok(())) = limit.answer(self.overtake(&mut session)).await
            {
                return;
            }
            if let Ok(Ok(())) = aborted {
                return;
            }
        }
        let store = self.clone();
        tokio::spawn(async move {
            let start = Instant::now();
            while start.elapsed() < OVERTAKING {
                if let Ok(Ok(())) = store.limit().answer(store.overtake(&mut session)).await {
                    return;
                }
                tokio::time::sleep(OVERTAKEN_EVERY).await;
            }
        });
    }

    /// Sees to it that no command sent before can still write, or hold what it wrote.
    ///
    /// A command that was not answered may reach a server that stood still after whatever is sent now on other
    /// connections: to end its transaction would come too early, and it would open it later, for nobody to end. But of
    /// each session the server knows the newest transaction: with it, it ends the one before and refuses its commands.
    pub(crate) async fn overtake(&self, session: &mut ClientSession) -> Result<(), mongodb::error::Error> {
        // For the driver, which begins no other before. The server need not hear of it.
        let _ = session.abort_transaction().await;
        session.start_transaction().with_options(self.transactions()).await?;
        self.billing().find_one(doc! { "_id": "" }).session(&mut *session).await?;
        session.abort_transaction().await
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
