//! The schema's versions: forth, back, and how far.

use invoice_core::ports::StoreError;
use invoice_store_common::migrations::{
    Applied, Checksum, Migration, MigrationError, Status, plan_down, plan_up,
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::PostgresStore;
use crate::error::{store_error, unreadable};
use crate::pool::BEGIN;

macro_rules! migration {
    ($version:literal, $name:literal, $file:literal) => {
        Migration::new(
            $version,
            $name,
            include_str!(concat!("migrations/", $file, ".up.sql")),
            include_str!(concat!("migrations/", $file, ".down.sql")),
        )
    };
}

/// All migrations. Only ever appended to.
pub(crate) const MIGRATIONS: &[Migration] =
    &[migration!(1, "billing", "0001_billing"), migration!(2, "identity", "0002_identity")];

/// Why a database was not migrated. Nothing was changed, and the same again fails again unless the source is
/// [`StoreError::Unavailable`].
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum MigrateError {
    /// What was applied to the database is not what this release would have applied.
    #[error(transparent)]
    Plan(#[from] MigrationError),
    /// A table that a rollback would drop has rows.
    #[error("table {table} has rows, which rolling back migration {version} would destroy")]
    NotEmpty {
        /// The migration that made the table.
        version: u32,
        /// The table.
        table: String,
    },
    /// The database could not be asked, or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for MigrateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(store_error(error))
    }
}

impl PostgresStore {
    /// Makes the schema, or brings it to the version of this release. All of it or nothing.
    ///
    /// Processes that call it at the same time wait for each other, and the first does the work. A database
    /// migrated by a newer release, or by other statements than those of this one, is refused. The user must
    /// be allowed to create schemas in the database, or own the one named.
    ///
    /// ```no_run
    /// # async fn start(store: invoice_store_postgres::PostgresStore) -> Result<(), Box<dyn std::error::Error>> {
    /// let before = store.status().await?.current();
    /// let after = store.migrate().await?;
    /// assert!(after.is_current());
    /// println!("from version {before} to {}", after.current());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn migrate(&self) -> Result<Status, MigrateError> {
        let mut connection = self.connection().await?;
        let result = self.migrate_on(&mut connection).await;
        give_back(connection, result)
    }

    /// Takes the last `count` migrations back, all of them or none. Refused while a table that would go has
    /// rows, unless `force` says that they may be lost.
    pub async fn rollback(&self, count: usize, force: bool) -> Result<Status, MigrateError> {
        let mut connection = self.connection().await?;
        let result = self.rollback_on(&mut connection, count, force).await;
        give_back(connection, result)
    }

    /// Which version the database is at, and which this release would bring it to.
    pub async fn status(&self) -> Result<Status, MigrateError> {
        let mut connection = self.connection().await?;
        let result = self.status_on(&mut connection).await;
        give_back(connection, result)
    }

    async fn migrate_on(&self, connection: &mut PgConnection) -> Result<Status, MigrateError> {
        let mut transaction = connection.begin_with(BEGIN).await?;
        self.lock(&mut transaction).await?;
        if !self.has(&mut transaction, self.schema(), "to_regnamespace").await? {
            run(&mut transaction, &self.fill("CREATE SCHEMA {s}")).await?;
        }
        let applied = self.applied(&mut transaction).await?;
        if applied.is_empty() {
            let table = "CREATE TABLE IF NOT EXISTS {s}.migrations (version integer PRIMARY KEY, \
                         name text NOT NULL, checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";
            run(&mut transaction, &self.fill(table)).await?;
        }
        for migration in plan_up(&applied, MIGRATIONS)? {
            run(&mut transaction, &self.fill(migration.up())).await?;
            let insert = self.sql("INSERT INTO {s}.migrations (version, name, checksum) VALUES ($1, $2, $3)");
            sqlx::query(insert)
                .bind(i64::from(migration.version()))
                .bind(migration.name())
                .bind(migration.checksum().as_bytes().as_slice())
                .execute(&mut *transaction)
                .await?;
        }
        let applied = self.applied(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Status::new(&applied, MIGRATIONS)?)
    }

    async fn rollback_on(
        &self,
        connection: &mut PgConnection,
        count: usize,
        force: bool,
    ) -> Result<Status, MigrateError> {
        let mut transaction = connection.begin_with(BEGIN).await?;
        self.lock(&mut transaction).await?;
        let applied = self.applied(&mut transaction).await?;
        for migration in plan_down(&applied, MIGRATIONS, count)? {
            if !force {
                self.check_empty(&mut transaction, migration).await?;
            }
            run(&mut transaction, &self.fill(migration.down())).await?;
            sqlx::query(self.sql("DELETE FROM {s}.migrations WHERE version = $1"))
                .bind(i64::from(migration.version()))
                .execute(&mut *transaction)
                .await?;
        }
        let applied = self.applied(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Status::new(&applied, MIGRATIONS)?)
    }

    async fn status_on(&self, connection: &mut PgConnection) -> Result<Status, MigrateError> {
        Ok(Status::new(&self.applied(connection).await?, MIGRATIONS)?)
    }

    /// One process at a time, until the end of the transaction.
    async fn lock(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('invoicing migrations of ' || $1, 0))")
            .bind(self.schema())
            .execute(connection)
            .await
            .map(drop)
    }

    async fn has(
        &self,
        connection: &mut PgConnection,
        name: &str,
        look_up: &'static str,
    ) -> Result<bool, sqlx::Error> {
        let text = format!("SELECT {look_up}($1) IS NOT NULL");
        sqlx::query_scalar(AssertSqlSafe(text)).bind(name).fetch_one(connection).await
    }

    async fn applied(&self, connection: &mut PgConnection) -> Result<Vec<Applied>, MigrateError> {
        if !self.has(connection, &self.fill("{s}.migrations"), "to_regclass").await? {
            return Ok(Vec::new());
        }
        let rows =
            sqlx::query(self.sql("SELECT version::bigint, checksum FROM {s}.migrations ORDER BY version"))
                .fetch_all(connection)
                .await?;
        let read = |row: &sqlx::postgres::PgRow| -> Result<Applied, MigrateError> {
            let (version, checksum): (i64, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
            let version = u32::try_from(version).map_err(|error| unreadable("migration", error))?;
            let checksum = checksum.try_into().map_err(|error| unreadable("migration", error))?;
            Ok(Applied::new(version, Checksum::from_bytes(checksum)))
        };
        rows.iter().map(read).collect()
    }

    async fn check_empty(
        &self,
        connection: &mut PgConnection,
        migration: &Migration,
    ) -> Result<(), MigrateError> {
        for table in dropped_tables(migration) {
            let text = self.fill(&format!("SELECT EXISTS (SELECT FROM {{s}}.{table})"));
            if sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&mut *connection).await? {
                return Err(MigrateError::NotEmpty { version: migration.version(), table: table.to_owned() });
            }
        }
        Ok(())
    }
}

/// The tables that going back drops, read from the statements that do it.
fn dropped_tables(migration: &Migration) -> impl Iterator<Item = &str> {
    let statements = migration.down().split(';');
    statements.filter_map(|statement| statement.trim().strip_prefix("DROP TABLE {s}."))
}

async fn run(connection: &mut PgConnection, text: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(text)).execute(connection).await.map(drop)
}

/// A connection whose transaction failed is not used again: migrations are rare.
fn give_back<T>(
    connection: crate::pool::Connection,
    result: Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    if result.is_ok() {
        connection.done(Ok(()))?;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_made_is_dropped_and_looked_at_before() {
        for migration in MIGRATIONS {
            let made = migration.up().matches("CREATE TABLE {s}.").count();
            assert_eq!(dropped_tables(migration).count(), made, "{}", migration.name());
        }
    }
}
