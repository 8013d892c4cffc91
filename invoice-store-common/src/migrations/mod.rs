//! Migrations as data: what a database has, what this release knows, and what follows.
//!
//! A release only appends to its list, and never edits what it shipped: a database tells what was applied to
//! it by version and checksum, and one that this release can't have made is refused.

mod checksum;
mod error;
mod plan;

#[cfg(test)]
mod tests;

pub use checksum::Checksum;
pub use error::MigrationError;
pub use plan::{plan_down, plan_up};

/// One step of a schema, forth and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    version: u32,
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

impl Migration {
    /// A step to `version`, which counts from 1 without a gap; `up` leads to it and `down` back.
    ///
    /// ```
    /// use invoice_store_common::migrations::Migration;
    ///
    /// const KNOWN: &[Migration] = &[Migration::new(1, "notes", "CREATE TABLE notes (t text)", "DROP TABLE notes")];
    /// assert_eq!(KNOWN[0].version(), 1);
    /// ```
    pub const fn new(version: u32, name: &'static str, up: &'static str, down: &'static str) -> Self {
        Self { version, name, up, down }
    }

    /// Its place, from 1.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// What it is called in files and logs.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The statements that lead to it.
    pub const fn up(&self) -> &'static str {
        self.up
    }

    /// The statements that lead back.
    pub const fn down(&self) -> &'static str {
        self.down
    }

    /// The checksum of `up`, which a database keeps.
    pub fn checksum(&self) -> Checksum {
        Checksum::of(self.up)
    }
}

/// A migration that a database says was applied to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    version: u32,
    checksum: Checksum,
}

impl Applied {
    /// What a row of the table of migrations says.
    ///
    /// ```
    /// use invoice_store_common::migrations::{Applied, Checksum};
    ///
    /// let applied = Applied::new(1, Checksum::of("CREATE TABLE notes (t text)"));
    /// assert_eq!(applied.version(), 1);
    /// ```
    pub const fn new(version: u32, checksum: Checksum) -> Self {
        Self { version, checksum }
    }

    /// Its place.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The checksum of the statements that were applied.
    pub const fn checksum(&self) -> Checksum {
        self.checksum
    }
}

/// How far a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    current: u32,
    newest: u32,
}

impl Status {
    /// Compares what was applied with what is known, and refuses what [`plan_up`] refuses.
    ///
    /// ```
    /// use invoice_store_common::migrations::{Applied, Migration, Status};
    ///
    /// let known = [Migration::new(1, "one", "up", "down"), Migration::new(2, "two", "up", "down")];
    /// let status = Status::new(&[Applied::new(1, known[0].checksum())], &known)?;
    /// assert_eq!((status.current(), status.newest(), status.is_current()), (1, 2, false));
    /// # Ok::<(), invoice_store_common::migrations::MigrationError>(())
    /// ```
    pub fn new(applied: &[Applied], known: &[Migration]) -> Result<Self, MigrationError> {
        let pending = plan_up(applied, known)?;
        let newest = known.last().map_or(0, Migration::version);
        Ok(Self { current: pending.first().map_or(newest, |next| next.version() - 1), newest })
    }

    /// The version the database is at; 0 before the first migration.
    pub const fn current(self) -> u32 {
        self.current
    }

    /// The newest version that this release knows.
    pub const fn newest(self) -> u32 {
        self.newest
    }

    /// Whether nothing is left to apply.
    pub const fn is_current(self) -> bool {
        self.current == self.newest
    }
}
