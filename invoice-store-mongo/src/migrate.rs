//! The schema's versions: forth, back, and how far.
//!
//! MongoDB has no transactions over collections and indexes. So each command of a migration may be run again,
//! what was applied is written down when all of it was, and who works holds a lease.

mod commands;
mod lease;

use std::time::Duration;

use invoice_core::ports::StoreError;
use invoice_store_common::migrations::{
    Applied, Checksum, Migration, MigrationError, Status, plan_down, plan_up,
};
use mongodb::Collection;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::options::{CollectionOptions, ReadConcern};

use crate::MongoStore;
use crate::error::unreadable;
use crate::layout::bytes;
use lease::{JOURNAL, Lease};

macro_rules! migration {
    ($version:literal, $name:literal, $file:literal) => {
        Migration::new(
            $version,
            $name,
            include_str!(concat!("migrations/", $file, ".up.json")),
            include_str!(concat!("migrations/", $file, ".down.json")),
        )
    };
}

/// All migrations. Only ever appended to.
pub(crate) const MIGRATIONS: &[Migration] =
    &[migration!(1, "billing", "0001_billing"), migration!(2, "identity", "0002_identity")];

/// Why a database was not migrated. The same again fails again unless it is [`MigrateError::Busy`] or the source is
/// [`StoreError::Unavailable`]; then it goes on where it ended.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum MigrateError {
    /// What was applied to the database is not what this release would have applied. Nothing was changed.
    #[error(transparent)]
    Plan(#[from] MigrationError),
    /// A collection that a rollback would drop has documents. Nothing was changed.
    #[error("collection {collection} has documents, which rolling back migration {version} would destroy")]
    NotEmpty {
        /// The migration that made the collection.
        version: u32,
        /// The collection, with its prefix.
        collection: String,
    },
    /// Another process is migrating the database, or stopped in the middle of it without ending: it holds the lease
    /// still. Nothing was changed.
    #[error("another process has been migrating the database for more than {} s and is not done", .waited.as_secs())]
    Busy {
        /// How long it was waited for.
        waited: Duration,
    },
    /// The database could not be asked, or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MongoStore {
    /// Makes the collections with their validators and indexes, or brings them to the version of this release.
    ///
    /// Processes that call it at the same time wait for each other, and the first does the work; one that dies
    /// over it is waited for no longer than ten seconds, and one that works on as long as
    /// [`Settings::turn`](crate::Settings::turn) says. What was interrupted is taken up by the next call. A
    /// database migrated by a newer release, or by other commands than those of this one, is refused. The user
    /// needs the role `dbAdmin` or `dbOwner` beside `readWrite`.
    ///
    /// A collection that is there already, because it was sharded beforehand, keeps what it has and gets the
    /// rest.
    ///
    /// ```no_run
    /// # async fn start(store: invoice_store_mongo::MongoStore) -> Result<(), Box<dyn std::error::Error>> {
    /// let before = store.status().await?.current();
    /// let after = store.migrate().await?;
    /// assert!(after.is_current());
    /// println!("from version {before} to {}", after.current());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn migrate(&self) -> Result<Status, MigrateError> {
        let status = self.status().await?;
        if status.is_current() {
            return Ok(status);
        }
        let lease = Lease::take(self).await?;
        lease.hold(self.migrate_under(&lease, MIGRATIONS)).await
    }

    /// Takes the last `count` migrations back, the newest first. Refused while a collection that would go has
    /// documents, unless `force` says that they may be lost. Nobody may write meanwhile.
    ///
    /// One that was interrupted has forgotten what it was dropping; the next [`MongoStore::migrate`] takes what
    /// is left of it as it is.
    pub async fn rollback(&self, count: usize, force: bool) -> Result<Status, MigrateError> {
        self.status().await?;
        let lease = Lease::take(self).await?;
        lease.hold(self.rollback_under(&lease, count, force)).await
    }

    /// Which version the database is at, and which this release would bring it to.
    pub async fn status(&self) -> Result<Status, MigrateError> {
        Ok(Status::new(&self.applied().await?, MIGRATIONS)?)
    }

    async fn migrate_under(&self, lease: &Lease<'_>, known: &[Migration]) -> Result<Status, MigrateError> {
        for migration in plan_up(&self.applied().await?, known)? {
            for command in commands::read(migration.up(), self.prefix())? {
                self.define(command).await?;
            }
            lease.write_down(migration).await?;
        }
        Ok(Status::new(&self.applied().await?, known)?)
    }

    async fn rollback_under(
        &self,
        lease: &Lease<'_>,
        count: usize,
        force: bool,
    ) -> Result<Status, MigrateError> {
        let mut steps = Vec::new();
        for migration in plan_down(&self.applied().await?, MIGRATIONS, count)? {
            let commands = commands::read(migration.down(), self.prefix())?;
            if !force {
                self.check_empty(migration, &commands).await?;
            }
            steps.push((migration, commands));
        }
        for (migration, commands) in steps {
            // Forgotten first: collections that are written down are relied upon.
            lease.forget(migration).await?;
            for command in commands {
                self.define(command).await?;
            }
        }
        self.status().await
    }

    async fn check_empty(&self, migration: &Migration, commands: &[Document]) -> Result<(), MigrateError> {
        for name in commands::dropped(commands) {
            let options = CollectionOptions::builder().read_concern(ReadConcern::local()).build();
            let collection: Collection<RawDocumentBuf> =
                self.database().collection_with_options(name, options);
            let any = self.limit().persist(|| async { collection.find_one(doc! {}).await }).await?;
            if any.is_some() {
                return Err(MigrateError::NotEmpty {
                    version: migration.version(),
                    collection: name.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// What is written down.
    async fn applied(&self) -> Result<Vec<Applied>, StoreError> {
        let journal = self.journal();
        let found =
            self.limit().persist(|| async { journal.find_one(doc! { "_id": JOURNAL }).await }).await?;
        let Some(found) = found else { return Ok(Vec::new()) };
        match found.get("applied") {
            None => Ok(Vec::new()),
            Some(Bson::Array(rows)) => rows.iter().map(read_applied).collect(),
            Some(_) => Err(unreadable("migration", "the list of those applied is none")),
        }
    }
}

fn read_applied(row: &Bson) -> Result<Applied, StoreError> {
    let bad = |part: &str| unreadable("migration", format_args!("its {part} can't be read"));
    let row = row.as_document().ok_or_else(|| bad("entry"))?;
    let version = match row.get("version") {
        Some(Bson::Int32(version)) => i64::from(*version),
        Some(Bson::Int64(version)) => *version,
        _ => return Err(bad("version")),
    };
    let version = u32::try_from(version).map_err(|_| bad("version"))?;
    let checksum = row.get_binary_generic("checksum").map_err(|_| bad("checksum"))?;
    let checksum = <[u8; 32]>::try_from(checksum.as_slice()).map_err(|_| bad("checksum"))?;
    Ok(Applied::new(version, Checksum::from_bytes(checksum)))
}

/// How a migration is written down; `$$NOW` is the server's clock.
fn row(migration: &Migration) -> Document {
    doc! {
        "version": i64::from(migration.version()),
        "name": migration.name(),
        "checksum": bytes(migration.checksum().as_bytes().as_slice()),
        "at": "$$NOW",
    }
}
