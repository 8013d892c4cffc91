//! Versions of stored aggregates.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How often an aggregate has been written: 1 when new, one more with each update.
///
/// A write names the version it was decided on; a store refuses it once the aggregate has moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// The version of a new aggregate.
    pub const FIRST: Self = Self(1);

    /// A version read back from a store or an entity tag.
    ///
    /// ```
    /// use invoice_core::Version;
    ///
    /// assert_eq!(Version::new(1), Version::FIRST);
    /// assert_eq!(Version::FIRST.next().get(), 2);
    /// ```
    pub const fn new(version: u64) -> Self {
        Self(version)
    }

    /// The count of writes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version after one more write.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
