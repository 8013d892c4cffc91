//! What is stored and can't be read.

use std::fmt::Display;

use invoice_core::ports::StoreError;

/// It does not read back as what was written.
#[derive(Debug, thiserror::Error)]
#[error("a stored {what} is not as this release writes it: {detail}")]
struct Unreadable {
    what: &'static str,
    detail: String,
}

/// The error for a stored value that can't be read, which no retry mends.
///
/// ```
/// use invoice_core::ports::StoreError;
/// use invoice_store_common::unreadable::unreadable;
///
/// let Err(error) = "x".parse::<u64>() else { return };
/// let StoreError::Backend(source) = unreadable("version", error) else { panic!("nobody's fault but the store's") };
/// assert_eq!(
///     source.to_string(),
///     "a stored version is not as this release writes it: invalid digit found in string"
/// );
/// ```
pub fn unreadable(what: &'static str, detail: impl Display) -> StoreError {
    StoreError::backend(Unreadable { what, detail: detail.to_string() })
}
