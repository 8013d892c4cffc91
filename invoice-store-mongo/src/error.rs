//! What the driver says, in the words of the port: told by code, label and key, never by text.

pub(crate) use invoice_store_common::unreadable::unreadable;

use invoice_core::ports::{StoreError, Unique};
use invoice_core::{Code, Violation};
use mongodb::bson::Document;
use mongodb::error::{
    Error, ErrorKind, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure,
};

/// A key that is taken.
pub(crate) const DUPLICATE_KEY: i32 = 11_000;

/// A value could not be made one of another type. Only statements that are to fail try that.
pub(crate) const NO_CONVERSION: i32 = 241;

/// Another transaction was first.
const WRITE_CONFLICT: i32 = 112;

/// The server's code, if it answered with one.
pub(crate) fn code(error: &Error) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(error) => Some(error.code),
        ErrorKind::Write(WriteFailure::WriteError(error)) => Some(error.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => Some(error.code),
        _ => None,
    }
}

/// The whole transaction may be tried again.
pub(crate) fn is_transient(error: &Error) -> bool {
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
}

/// The commit may have been done.
pub(crate) fn is_unknown(error: &Error) -> bool {
    error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT)
}

/// Nobody answered, or whoever did is not, or no longer, the one to ask.
pub(crate) fn is_lost(error: &Error) -> bool {
    matches!(
        *error.kind,
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::ServerSelection { .. }
    ) || code(error).is_some_and(is_passing)
}

/// A state of the cluster that passes: no primary, shutting down, a write conflict, out of time.
pub(crate) fn is_passing(code: i32) -> bool {
    matches!(
        code,
        6 | 7
            | 24
            | 50
            | 64
            | 89
            | 91
            | 112
            | 134
            | 189
            | 202
            | 251
            | 262
            | 9001
            | 10_107
            | 11_600
            | 11_602
            | 13_435
            | 13_436
    )
}

/// More than a document or a message holds.
pub(crate) fn is_too_large(code: i32) -> bool {
    matches!(code, 10_334 | 17_419 | 17_420 | 257)
}

/// What a unique index keeps unique: told by the key it is over.
pub(crate) fn unique(pattern: &Document, value: &Document) -> Option<Unique> {
    let over = |name: &str| pattern.contains_key(name);
    if over("_id") {
        let kind = value.get_document("_id").ok()?.get_str("kind").ok()?;
        return Some(match kind {
            "supplier" => Unique::Supplier,
            "membership" => Unique::Membership,
            "signing_key" => Unique::KeyId,
            _ => Unique::Id,
        });
    }
    let known = [
        ("number", Unique::Number),
        ("seq", Unique::Number),
        ("external_reference", Unique::ExternalReference),
        ("idempotency_key", Unique::IdempotencyKey),
        ("name_in_use", Unique::SeriesName),
        ("code", Unique::ItemCode),
        ("email_key", Unique::Email),
        ("fingerprint", Unique::Fingerprint),
        ("refresh", Unique::Fingerprint),
        ("previous_refresh", Unique::Fingerprint),
    ];
    known.into_iter().find(|(name, _)| over(name)).map(|(_, what)| what)
}

/// For what no document holds.
pub(crate) fn too_large() -> StoreError {
    let detail = "more than MongoDB holds in one document, 16 MiB";
    StoreError::Refused(Violation::new("", Code::TooLong, detail))
}

/// The error of the port for one of the driver, where nothing was to be written or certainly nothing was.
pub(crate) fn store_error(error: Error) -> StoreError {
    if code(&error).is_some_and(is_too_large) {
        return too_large();
    }
    if is_lost(&error) || is_transient(&error) || is_unknown(&error) {
        tell(&error);
        return StoreError::Unavailable;
    }
    StoreError::backend(error)
}

/// Logs why the port answers no more than that the store is unavailable: by code if the server answered, since its text
/// may hold what is stored.
fn tell(error: &Error) {
    match (code(error), &*error.kind) {
        (Some(WRITE_CONFLICT), _) => tracing::debug!("others wrote the same documents"),
        (Some(code), _) => tracing::warn!(code, "MongoDB can't do it now"),
        (None, ErrorKind::Io(cause)) => tracing::warn!(%cause, "MongoDB can't be reached"),
        // It names hosts, and what is the matter with each.
        (None, ErrorKind::ServerSelection { message, .. }) => {
            tracing::warn!(cause = message, "MongoDB can't be reached");
        }
        (None, _) => tracing::warn!("MongoDB can't be reached"),
    }
}
