//! Why a use case did not do what was asked.

use crate::change::AggregateKind;
use crate::invoice::Refusal;
use crate::ports::{StoreError, Unique};
use crate::{IllegalTransition, MoneyError, Permission, Version, Violation, Violations};

/// Why a use case did not do what was asked. Unless it says otherwise, nothing was written.
///
/// | variant | retry? | HTTP status |
/// | --- | --- | --- |
/// | `Forbidden` | no | 403 |
/// | `NotFound` | no | 404 |
/// | `Invalid` | after correcting the input | 422 |
/// | `Illegal` | no | 409 |
/// | `Conflict` | after reading again | 409, or 412 for a failed `If-Match` |
/// | `Duplicate` | no | 409 |
/// | `InUse` | no | 409 |
/// | `IdempotencyMismatch` | no | 422 |
/// | `Store` | as [`StoreError`] says | 503 or 500 |
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The actor's role lacks a permission.
    #[error("the role lacks the permission `{permission}`")]
    Forbidden {
        /// The permission.
        permission: Permission,
    },
    /// There is nothing of this identifier in the team; another team's answers just the same.
    #[error("no such {what}")]
    NotFound {
        /// What was looked for.
        what: AggregateKind,
    },
    /// The input is wrong; every violation names its field.
    #[error("invalid: {0}")]
    Invalid(#[source] Violations),
    /// The state does not allow the action.
    #[error(transparent)]
    Illegal(IllegalTransition),
    /// The aggregate is not at the version the call asked for, or others kept being faster.
    #[error("conflict: expected version {expected}")]
    Conflict {
        /// The version asked for or decided on.
        expected: Version,
        /// The version found; `None` if the aggregate is gone.
        found: Option<Version>,
    },
    /// Something that must be unique exists already.
    #[error("duplicate {what}")]
    Duplicate {
        /// What exists already.
        what: Unique,
    },
    /// Something to be deleted is still referred to: archive it instead.
    #[error("still in use")]
    InUse,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyMismatch,
    /// The store failed. After [`StoreError::UnknownOutcome`] the write may have happened.
    #[error(transparent)]
    Store(StoreError),
}

impl Error {
    /// A store answered with records of other kinds than were written.
    pub(super) fn foreign_answer() -> Self {
        Self::Store(StoreError::backend(std::io::Error::other(
            "the answer does not hold the records that were written",
        )))
    }

    pub(super) fn invalid(violation: Violation) -> Self {
        Self::Invalid(violation.into())
    }

    pub(super) fn money(pointer: &str, error: &MoneyError) -> Self {
        Self::invalid(Violation::new(pointer, error.code(), error.to_string()))
    }

    /// The same error with its pointers seen from an enclosing value.
    pub(super) fn under(self, parent: &str) -> Self {
        match self {
            Self::Invalid(violations) => {
                let mut seen = Violations::new();
                seen.absorb(parent, violations);
                Self::Invalid(seen)
            }
            error => error,
        }
    }

    /// The violations, if the input is wrong.
    pub fn violations(&self) -> Option<&Violations> {
        match self {
            Self::Invalid(violations) => Some(violations),
            _ => None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { expected, found } => Self::Conflict { expected, found },
            StoreError::Duplicate { what } => Self::Duplicate { what },
            StoreError::InUse => Self::InUse,
            StoreError::Refused(violation) => Self::invalid(violation),
            error => Self::Store(error),
        }
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::invalid(violation)
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

impl From<IllegalTransition> for Error {
    fn from(illegal: IllegalTransition) -> Self {
        Self::Illegal(illegal)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Illegal(illegal) => Self::Illegal(illegal),
            Refusal::Invalid(violations) => Self::Invalid(violations),
        }
    }
}
