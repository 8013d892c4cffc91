//! The careful path: a transaction that looks at everything first and answers exactly what stands against a
//! commit, and that can commit anything by itself.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use invoice_core::adapter::references;
use invoice_core::change::{AggregateId, ChangeSet, Receipt, Record, ResolvedChange, Write, resolve};
use invoice_core::ports::StoreError;
use invoice_core::{CounterKey, TeamId, Version};
use invoice_store_common::bound::receipt;
use sqlx::{Connection as _, PgConnection, Row as _};

use super::lookup::{Hold, Standing};
use super::rows::{Batch, Ended};
use super::run::{Outcome, run};
use super::{TRIES, Trouble, needs_care, pause, settled};
use crate::PostgresStore;
use crate::error::{is_contention, is_lost, store_error};
use crate::pool::BEGIN;
use crate::record::Stored;

impl PostgresStore {
    /// Commits a change set in the application's own transaction, so that it lands or is undone together
    /// with what else is written there. Numbers it took are locked until that transaction ends, and whoever
    /// wants the next one waits as long: let it be soon. A change set that fails leaves the transaction as it
    /// was, and usable. If the future is dropped before it answers, the change set may be written or not: roll
    /// the transaction back.
    ///
    /// Fails like [`Commits::commit_all`](invoice_core::ports::Commits::commit_all), and with
    /// [`StoreError::Backend`] when the connection is not in a transaction.
    ///
    /// ```no_run
    /// # async fn order(
    /// #     store: invoice_store_postgres::PostgresStore,
    /// #     pool: invoice_store_postgres::sqlx::PgPool,
    /// #     change: invoice_core::change::ChangeSet,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut transaction = pool.begin().await?;
    /// invoice_store_postgres::sqlx::query("UPDATE orders SET billed = true WHERE id = 7")
    ///     .execute(&mut *transaction)
    ///     .await?;
    /// let receipt = store.commit_in(&mut transaction, &change).await?;
    /// transaction.commit().await?;
    /// # let _ = receipt;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn commit_in(
        &self,
        connection: &mut PgConnection,
        change: &ChangeSet,
    ) -> Result<Receipt, StoreError> {
        let said = |text: &'static str| sqlx::raw_sql(text);
        for tries in 1..=TRIES {
            said("SAVEPOINT invoicing_commit").execute(&mut *connection).await.map_err(store_error)?;
            match self.careful_on(connection, change).await {
                Ok(receipt) => {
                    let released = said("RELEASE SAVEPOINT invoicing_commit").execute(&mut *connection).await;
                    return released.map(|_| receipt).map_err(store_error);
                }
                Err(Trouble::Driver(error)) if is_lost(&error) => return Err(StoreError::Unavailable),
                Err(trouble) => {
                    let undo = "ROLLBACK TO SAVEPOINT invoicing_commit; RELEASE SAVEPOINT invoicing_commit";
                    said(undo).execute(&mut *connection).await.map_err(store_error)?;
                    match self.unless_landed(connection, change, trouble).await {
                        Ok(receipt) => return Ok(receipt),
                        Err(Trouble::Again) => pause(tries).await,
                        Err(Trouble::Store(error)) => return Err(error),
                        Err(Trouble::Driver(error)) => return Err(store_error(error)),
                    }
                }
            }
        }
        Err(StoreError::Unavailable)
    }

    /// Commits a change set in a transaction of its own. If an earlier connection was `lost` with it, whoever
    /// looks for the commit by its id finds out what became of it, and writes it if it is not there.
    pub(super) async fn careful(&self, change: &ChangeSet, mut lost: bool) -> Result<Receipt, StoreError> {
        for tries in 1..=TRIES {
            let mut connection = match self.connection().await {
                Ok(connection) => connection,
                Err(error) => return Err(if lost { StoreError::UnknownOutcome } else { error }),
            };
            let result = self.in_transaction(&mut connection, change).await;
            let again = match &result {
                Err(Trouble::Again) => true,
                Err(Trouble::Driver(error)) => is_contention(error),
                _ => false,
            };
            // Whatever failed for the driver may have left the connection anywhere: it is not used again.
            match result {
                Err(Trouble::Store(StoreError::UnknownOutcome)) => {
                    lost = true;
                    drop(connection);
                }
                Err(Trouble::Driver(error)) if !again => {
                    let error = connection
                        .give_back::<()>(Err(error))
                        .map_or_else(store_error, |()| StoreError::Unavailable);
                    return Err(if lost { StoreError::UnknownOutcome } else { error });
                }
                Err(Trouble::Store(error)) => {
                    connection.done(Ok(()))?;
                    return Err(error);
                }
                Ok(receipt) => return connection.done(Ok(receipt)),
                Err(_) => connection.done(Ok(()))?,
            }
            pause(tries).await;
        }
        Err(if lost { StoreError::UnknownOutcome } else { StoreError::Unavailable })
    }

    async fn in_transaction(
        &self,
        connection: &mut PgConnection,
        change: &ChangeSet,
    ) -> Result<Receipt, Trouble> {
        let mut transaction = connection.begin_with(BEGIN).await?;
        match self.careful_on(&mut transaction, change).await {
            Ok(receipt) => match transaction.commit().await {
                Ok(()) => Ok(receipt),
                Err(error) if is_lost(&error) => Err(StoreError::UnknownOutcome.into()),
                Err(error) => Err(error.into()),
            },
            Err(Trouble::Driver(error)) if is_lost(&error) => Err(Trouble::Driver(error)),
            Err(trouble) => {
                transaction.rollback().await?;
                self.unless_landed(connection, change, trouble).await
            }
        }
    }

    /// What stands against a change may be its own doing: it, or the request that it answers, may have landed
    /// while this waited for locks.
    async fn unless_landed(
        &self,
        connection: &mut PgConnection,
        change: &ChangeSet,
        trouble: Trouble,
    ) -> Result<Receipt, Trouble> {
        let Trouble::Store(
            StoreError::Conflict { .. }
            | StoreError::Duplicate { .. }
            | StoreError::NotFound
            | StoreError::InUse
            | StoreError::Refused(_),
        ) = trouble
        else {
            return Err(trouble);
        };
        self.answer_again(connection, change).await?.ok_or(trouble)
    }

    async fn careful_on(
        &self,
        connection: &mut PgConnection,
        change: &ChangeSet,
    ) -> Result<Receipt, Trouble> {
        if let Some(receipt) = self.answer_again(connection, change).await? {
            return Ok(receipt);
        }
        change.check()?;
        let team = change.team;
        let keys: BTreeSet<CounterKey> = change.issues.iter().map(|issue| issue.counter).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let counters = if keys.is_empty() {
            BTreeMap::new()
        } else {
            self.hold_counters(connection, team, &keys).await?
        };
        let standing = self.check_versions(connection, change).await?;
        self.check_references(connection, change).await?;
        let mut resolved = resolve(change, &counters).map_err(StoreError::Refused)?;
        let ended = self.ended(connection, team, &resolved, &standing).await?;
        // They were looked at, and are held.
        resolved.guards.clear();
        let pending: HashSet<_> = change.issues.iter().map(|issue| issue.document).collect();
        let mut batch = Batch::new(team);
        batch.add(&resolved, &pending, &ended)?;
        batch.counters(&resolved.counters, team);
        let prepared = self.prepare(&batch.finish())?;
        let deletes = change.writes.iter().any(|write| write.record().is_none());
        match run(connection, prepared).await {
            Ok(Outcome::Landed) => Ok(receipt(resolved.id, resolved.writes)),
            Ok(Outcome::Missed(_)) => Err(Trouble::Again),
            Err(error) => Err(settled(error, deletes)),
        }
    }

    /// Everything written or guarded is held and at the version that was decided on.
    async fn check_versions(
        &self,
        connection: &mut PgConnection,
        change: &ChangeSet,
    ) -> Result<BTreeMap<AggregateId, Standing>, Trouble> {
        let expected_of_write = |write: &Write| match write {
            Write::Insert(_) => None,
            Write::Update { expected, .. } | Write::Delete { expected, .. } => Some((write.id(), *expected)),
        };
        let guards = change.guards.iter().map(|guard| (guard.id, guard.expected));
        let expected: Vec<(AggregateId, Version)> =
            change.writes.iter().filter_map(expected_of_write).chain(guards).collect();
        let ids: BTreeSet<_> = expected.iter().map(|(id, _)| *id).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let standing = self.look_up(connection, change.team, &ids, Hold::ForWriting).await?;
        for (id, expected) in expected {
            let found = standing.get(&id).map(|standing| standing.version);
            if found != Some(expected) {
                return Err(StoreError::Conflict { expected, found }.into());
            }
        }
        Ok(standing)
    }

    /// Everything referred to is there once the change is written, and held.
    async fn check_references(
        &self,
        connection: &mut PgConnection,
        change: &ChangeSet,
    ) -> Result<(), Trouble> {
        let imports = CounterKey::imports(change.team);
        let of_counters = change.issues.iter().map(|issue| issue.counter).filter(|key| *key != imports);
        let of_records = change.writes.iter().filter_map(Write::record).flat_map(references);
        let mut wanted: BTreeSet<AggregateId> =
            of_records.chain(of_counters.map(|key| AggregateId::Series(key.series))).collect();
        for write in &change.writes {
            let is_wanted = wanted.remove(&write.id());
            if is_wanted && write.record().is_none() {
                return Err(StoreError::NotFound.into());
            }
        }
        let wanted: Vec<_> = wanted.into_iter().collect();
        let found = self.look_up(connection, change.team, &wanted, Hold::ForReferring).await?;
        if found.len() == wanted.len() { Ok(()) } else { Err(StoreError::NotFound.into()) }
    }

    /// The documents that were live and are not any more, as they were written.
    async fn ended(
        &self,
        connection: &mut PgConnection,
        team: TeamId,
        change: &ResolvedChange,
        standing: &BTreeMap<AggregateId, Standing>,
    ) -> Result<Vec<Ended>, Trouble> {
        let text = "SELECT v.kind, v.data FROM {s}.documents AS d \
            JOIN {s}.versions AS v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal \
            WHERE d.team = $1 AND d.kind = $2 AND d.id = $3";
        let mut ended = Vec::new();
        for write in change.writes.iter().filter(|write| needs_care(write)) {
            let id = write.id();
            if !standing.get(&id).is_some_and(|standing| standing.live) {
                continue;
            }
            let row = sqlx::query(self.sql(text))
                .bind(team.as_uuid())
                .bind(id.kind().as_str())
                .bind(id.as_uuid())
                .fetch_one(&mut *connection)
                .await?;
            let record: Record = row.try_get::<Stored<'_>, _>(1)?.record(row.try_get(0)?)?;
            ended.push(Ended { record });
        }
        Ok(ended)
    }
}
