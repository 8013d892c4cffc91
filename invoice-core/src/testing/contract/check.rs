use std::fmt::Debug;

use crate::ports::{StoreError, Unique};
use crate::{Code, Version};

/// What the store answered; `sentence` says what should have worked.
///
/// # Panics
///
/// When the store refused.
#[track_caller]
pub fn must<T>(answer: Result<T, StoreError>, sentence: &str) -> T {
    answer.unwrap_or_else(|error| panic!("{sentence}, but the store said: {error}"))
}

/// The store must have found the aggregate at `found` instead of the version `expected`.
///
/// # Panics
///
/// When it answered anything else.
#[track_caller]
pub fn must_conflict<T: Debug>(
    answer: Result<T, StoreError>,
    expected: Version,
    found: Option<Version>,
    sentence: &str,
) {
    match answer {
        Err(StoreError::Conflict { expected: e, found: f }) if e == expected && f == found => {}
        other => panic!("{sentence}, but the store answered {other:?}"),
    }
}

/// The store must have found `what` to exist already.
///
/// # Panics
///
/// When it answered anything else.
#[track_caller]
pub fn must_duplicate<T: Debug>(answer: Result<T, StoreError>, what: Unique, sentence: &str) {
    match answer {
        Err(StoreError::Duplicate { what: found }) if found == what => {}
        other => panic!("{sentence}, but the store answered {other:?}"),
    }
}

/// The store must have answered that something referred to is not there.
///
/// # Panics
///
/// When it answered anything else.
#[track_caller]
pub fn must_not_be_found<T: Debug>(answer: Result<T, StoreError>, sentence: &str) {
    match answer {
        Err(StoreError::NotFound) => {}
        other => panic!("{sentence}, but the store answered {other:?}"),
    }
}

/// The store must have refused, naming `code`.
///
/// # Panics
///
/// When it answered anything else.
#[track_caller]
pub fn must_refuse<T: Debug>(answer: Result<T, StoreError>, code: Code, sentence: &str) {
    match answer {
        Err(StoreError::Refused(violation)) if violation.code() == code => {}
        other => panic!("{sentence}, but the store answered {other:?}"),
    }
}
