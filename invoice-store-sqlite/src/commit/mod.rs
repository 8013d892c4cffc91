//! Commits: everything is checked against the database as it is, and only then written. A job has the
//! database to itself, so nothing changes between the two.

mod check;
mod documents;
mod rows;
mod sums;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use invoice_core::TeamId;
use invoice_core::change::{ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt};
use invoice_core::ports::{Commits, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction};

use crate::SqliteStore;
use crate::error::{SqliteError, Stored as _};
use crate::reads::versions;

#[async_trait]
impl Commits for SqliteStore {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        // All of them wait in the writer's queue before the first is answered, so they land together.
        let jobs: Vec<_> =
            changes.into_iter().map(|change| self.write(move |it| commit(it, &change))).collect();
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            answers.push(job.await);
        }
        answers
    }

    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let key = key.clone();
        self.look_up(move |it| versions::idempotency(it, team, key)).await
    }
}

impl SqliteStore {
    /// Commits a change set inside the application's own transaction, on a connection of its own to the
    /// same file: it lands with whatever else that transaction writes, or not at all.
    ///
    /// The connection must enforce foreign keys, as it does unless the application turned that off.
    /// Begin the transaction as `IMMEDIATE`. One that read before it first writes may find that another
    /// connection wrote in between, which answers `Unavailable`. What fails here is undone; what the
    /// application wrote before stays, and the transaction goes on. The receipt counts once the
    /// transaction was committed.
    ///
    /// ```
    /// use invoice_core::testing::BillingFixtures;
    /// use invoice_store_sqlite::SqliteStore;
    /// use invoice_store_sqlite::rusqlite::{Connection, TransactionBehavior};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let file = folder.path().join("app.db");
    /// let store = SqliteStore::open(&file)?;
    ///
    /// let mut connection = Connection::open(&file)?;
    /// connection.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, client TEXT)")?;
    ///
    /// let make = BillingFixtures::new();
    /// let change = make.change().insert(make.client("Specimen AG")).build();
    /// let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    /// transaction.execute("INSERT INTO orders (client) VALUES ('Specimen AG')", [])?;
    /// SqliteStore::commit_in(&transaction, &change)?;
    /// transaction.commit()?;
    /// # drop(store);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit_in(transaction: &Transaction<'_>, change: &ChangeSet) -> Result<Receipt, StoreError> {
        // References are the file's own constraints, which each connection may turn off.
        if !transaction.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY).stored()? {
            return Err(SqliteError::ForeignKeysOff.into());
        }
        transaction.execute_batch("SAVEPOINT invoicing").stored()?;
        let answer = commit(transaction, change);
        // A full disk ends the whole transaction, and the savepoint with it.
        if !transaction.is_autocommit() {
            if answer.is_err() {
                transaction.execute_batch("ROLLBACK TO invoicing").stored()?;
            }
            transaction.execute_batch("RELEASE invoicing").stored()?;
        }
        answer
    }
}

fn commit(connection: &Connection, change: &ChangeSet) -> Result<Receipt, StoreError> {
    if let Some(receipt) = versions::answer_again(connection, change)? {
        return Ok(receipt);
    }
    change.check()?;
    let stored = check::Outcome::check(connection, change)?;
    let resolved = stored.resolve()?;
    write::write(connection, resolved, &stored)
}
