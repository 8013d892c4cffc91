use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::identity::{IdentityChange, IdentityReceipt};
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::IdentityCommits;
use invoice_store_common::identity::{Step, steps};
use sqlx::{Connection as _, PgConnection};

use super::rows::one;
use super::write;
use crate::PostgresStore;
use crate::error::{is_contention, is_lost, store_error};
use crate::pool::BEGIN;

/// How often a transaction is tried that others got in the way of.
const TRIES: u32 = 8;

#[async_trait]
impl IdentityCommits for PostgresStore {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        let id = change.id;
        if let Err(violation) = change.check() {
            // Whatever was written before is answered, even if it makes no sense now.
            let known = sqlx::query(self.sql("SELECT FROM {s}.identity_commits WHERE id = $1"));
            let replayed = one(self, known.bind(id.as_uuid()), |_| Ok(())).await?.is_some();
            return if replayed {
                Ok(IdentityReceipt { id, replayed })
            } else {
                Err(StoreError::Refused(violation))
            };
        }
        let steps = steps(&change);
        let mut tries = 1;
        loop {
            match (Writer { store: self }).try_commit(&change, &steps).await {
                Ok(replayed) => return Ok(IdentityReceipt { id, replayed }),
                Err(Failure::Answer(error)) => return Err(error),
                Err(Failure::Again(error)) if tries >= TRIES => return Err(error),
                Err(Failure::Again(_)) => tokio::time::sleep(pause(tries)).await,
            }
            tries += 1;
        }
    }
}

/// Writes one change.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) store: &'a PostgresStore,
}

impl Writer<'_> {
    /// Whether the change had been written before.
    async fn try_commit(self, change: &IdentityChange, steps: &[Step<'_>]) -> Result<bool, Failure> {
        let mut connection = self.store.connection().await.map_err(Failure::Answer)?;
        let done = self.transaction(&mut connection, change, steps).await;
        // A connection that was not lost and is in no transaction is as good as before.
        match done {
            Ok(replayed) => connection.done(Ok(replayed)).map_err(Failure::Answer),
            Err((failure, Left::InOrder)) => {
                connection.done(Ok(())).map_err(Failure::Answer)?;
                Err(failure)
            }
            Err((failure, Left::Lost(error))) => {
                // Its words were taken already.
                let _ = connection.done::<()>(Err(error));
                Err(failure)
            }
        }
    }

    async fn transaction(
        self,
        connection: &mut PgConnection,
        change: &IdentityChange,
        steps: &[Step<'_>],
    ) -> Result<bool, (Failure, Left)> {
        let begin = connection.begin_with(BEGIN).await;
        let mut transaction = begin.map_err(lost_before_commit)?;
        match self.write(&mut transaction, change, steps).await {
            Ok(replayed) => match transaction.commit().await {
                Ok(()) => Ok(replayed),
                Err(error) if is_lost(&error) => {
                    Err((Failure::Answer(StoreError::UnknownOutcome), Left::Lost(error)))
                }
                Err(error) => Err((error.into(), Left::InOrder)),
            },
            Err(Stopped::Driver(error)) if is_lost(&error) => Err(lost_before_commit(error)),
            Err(stopped) => match transaction.rollback().await {
                Ok(()) => Err((stopped.into(), Left::InOrder)),
                Err(error) => Err((stopped.into(), Left::Lost(error))),
            },
        }
    }

    async fn write(
        self,
        connection: &mut PgConnection,
        change: &IdentityChange,
        steps: &[Step<'_>],
    ) -> Result<bool, Stopped> {
        let IdentityChange { id, writes: _, guards: _, audit } = change;
        // Whoever commits the same change at this moment is waited for.
        let remember = "INSERT INTO {s}.identity_commits (id) VALUES ($1) ON CONFLICT DO NOTHING";
        let remembered =
            sqlx::query(self.store.sql(remember)).bind(id.as_uuid()).execute(&mut *connection).await?;
        if remembered.rows_affected() == 0 {
            return Ok(true);
        }
        for step in steps {
            self.take(connection, *step).await?;
        }
        for event in audit {
            write::event(self.store, event).execute(&mut *connection).await?;
        }
        Ok(false)
    }
}

/// Why a transaction was not committed.
#[derive(Debug)]
enum Failure {
    /// This is the answer.
    Answer(StoreError),
    /// Others got in the way; this is the answer if they don't stop.
    Again(StoreError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        if is_contention(&error) { Self::Again(store_error(error)) } else { Self::Answer(store_error(error)) }
    }
}

/// In which state a connection is after a transaction that was not committed.
#[derive(Debug)]
enum Left {
    InOrder,
    Lost(sqlx::Error),
}

/// The connection was lost, but nothing can have been written: another one may do.
fn lost_before_commit(error: sqlx::Error) -> (Failure, Left) {
    (Failure::Again(StoreError::Unavailable), Left::Lost(error))
}

/// What ended the writing.
#[derive(Debug)]
pub(super) enum Stopped {
    /// This is the answer.
    Answer(StoreError),
    /// A record changed between two looks at it.
    Moved,
    /// The database failed.
    Driver(sqlx::Error),
}

impl From<sqlx::Error> for Stopped {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Answer(error) => Self::Answer(error),
            Stopped::Moved => Self::Again(StoreError::Unavailable),
            Stopped::Driver(error) => error.into(),
        }
    }
}

/// A while that grows with the tries and differs from one to another, so that two who met don't meet again.
fn pause(tries: u32) -> Duration {
    let most = 2_000_u64 << tries.min(6);
    Duration::from_micros(RandomState::new().hash_one(tries) % most)
}
