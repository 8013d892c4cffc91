//! What a store answers when it can't do what was asked.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::{Version, Violation};

/// What was found to exist already.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unique {
    /// An aggregate's own identifier.
    Id,
    /// A document number within the team.
    Number,
    /// A payment's external reference within the team.
    ExternalReference,
    /// An idempotency key that was used with another request body.
    IdempotencyKey,
    /// A series in use of this name for this document type.
    SeriesName,
    /// The supplier profile of a team that has one.
    Supplier,
    /// An item's code within the team.
    ItemCode,
    /// A user's e-mail address.
    Email,
    /// A user's membership in a team.
    Membership,
    /// The fingerprint of a token or key.
    Fingerprint,
    /// A signing key's identifier.
    KeyId,
}

impl fmt::Display for Unique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "identifier",
            Self::Number => "document number",
            Self::ExternalReference => "external reference",
            Self::IdempotencyKey => "idempotency key",
            Self::SeriesName => "series name",
            Self::Supplier => "supplier profile",
            Self::ItemCode => "item code",
            Self::Email => "e-mail address",
            Self::Membership => "membership",
            Self::Fingerprint => "fingerprint",
            Self::KeyId => "key identifier",
        })
    }
}

/// Why a store did not do what was asked. Unless it says otherwise, nothing was written.
///
/// | variant | retry? | HTTP status |
/// | --- | --- | --- |
/// | `Conflict` | after loading and deciding again | 409, or 412 for a failed `If-Match` |
/// | `Duplicate` | no | 409; 422 for an idempotency key |
/// | `NotFound` | no | 404 |
/// | `InUse` | no | 409 |
/// | `Refused` | after correcting the input | 422 |
/// | `Unavailable` | later | 503 |
/// | `UnknownOutcome` | the same change set, with its commit id | 503 |
/// | `Backend` | no | 500 |
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// An aggregate is not at the version the write was decided on.
    #[error("conflict: expected version {expected}, found {}", found.map_or_else(|| "none".to_owned(), |v| v.to_string()))]
    Conflict {
        /// The version the write was decided on.
        expected: Version,
        /// The version in the store; `None` if the aggregate is gone.
        found: Option<Version>,
    },
    /// Something that must be unique exists already.
    #[error("duplicate {what}")]
    Duplicate {
        /// What exists already.
        what: Unique,
    },
    /// Something the write refers to does not exist in this team.
    #[error("not found")]
    NotFound,
    /// Something to be deleted is still referred to.
    #[error("still in use")]
    InUse,
    /// The request can't be carried out as it is: a pending document's date goes back at its counter, a
    /// change contradicts itself, a cursor belongs to another list.
    #[error("refused: {0}")]
    Refused(Violation),
    /// The store can't be reached or is overloaded.
    #[error("the store is unavailable")]
    Unavailable,
    /// The connection was lost while committing: the write may or may not have happened.
    /// Committing the same change set again is safe: its commit id makes it one write.
    #[error("the outcome of the commit is unknown")]
    UnknownOutcome,
    /// Anything else that went wrong in the store.
    #[error("the store failed: {0}")]
    Backend(#[source] Arc<dyn StdError + Send + Sync>),
}

impl StoreError {
    /// Wraps an adapter's own error, keeping it as the source.
    ///
    /// ```
    /// use invoice_core::ports::StoreError;
    ///
    /// let error = StoreError::backend(std::io::Error::other("disk on fire"));
    /// assert_eq!(error.to_string(), "the store failed: disk on fire");
    /// ```
    pub fn backend(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::Backend(Arc::new(source))
    }

    /// Whether loading and deciding again may succeed.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// Whether committing the very same change set later may succeed.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable | Self::UnknownOutcome)
    }
}
