/// Why a database is not migrated. Nothing was changed.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MigrationError {
    /// The database was migrated by a newer release: use that one, or roll back with it.
    #[error("the database is at version {found}, newer than version {newest} of this release")]
    Newer {
        /// The newest version applied.
        found: u32,
        /// The newest version this release knows.
        newest: u32,
    },
    /// The statements applied are not those of this release.
    #[error("migration {version} ({name}) was changed after it was applied")]
    Changed {
        /// Of the migration.
        version: u32,
        /// Of the migration, in this release.
        name: &'static str,
    },
    /// The database lacks a migration below one that it has.
    #[error("migration {version} ({name}) is missing among those applied")]
    Missing {
        /// Of the migration.
        version: u32,
        /// Of the migration, in this release.
        name: &'static str,
    },
    /// The database says of one migration twice that it was applied, or has one before the first.
    #[error("version {version} is not a migration, or was applied twice")]
    Malformed {
        /// As found.
        version: u32,
    },
    /// The list of this release does not count from 1 without a gap.
    #[error("the release's own list of migrations is out of order at version {version}")]
    OutOfOrder {
        /// The first that is at a wrong place.
        version: u32,
    },
}
