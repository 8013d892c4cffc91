//! What the driver says, in the words of the port: told by SQLSTATE and constraint name, never by text.

pub(crate) use invoice_store_common::unreadable::unreadable;

use invoice_core::ports::{StoreError, Unique};
use sqlx::postgres::PgDatabaseError;

/// The database's own answer, if it is one.
pub(crate) fn database(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    match error {
        sqlx::Error::Database(error) => error.try_downcast_ref::<PgDatabaseError>(),
        _ => None,
    }
}

/// What the constraint with this name keeps unique.
fn unique(constraint: &str) -> Option<Unique> {
    Some(match constraint {
        "documents_number" => Unique::Number,
        "payments_external_reference" => Unique::ExternalReference,
        "commits_idempotency_key" => Unique::IdempotencyKey,
        "series_name" => Unique::SeriesName,
        "suppliers_pkey" => Unique::Supplier,
        "items_code" => Unique::ItemCode,
        "users_email" => Unique::Email,
        "memberships_pkey" => Unique::Membership,
        "sessions_refresh"
        | "sessions_previous_refresh"
        | "invitations_fingerprint"
        | "one_time_tokens_fingerprint"
        | "api_keys_fingerprint" => Unique::Fingerprint,
        "signing_keys_pkey" => Unique::KeyId,
        "clients_pkey"
        | "items_pkey"
        | "series_pkey"
        | "documents_pkey"
        | "payments_pkey"
        | "audit_pkey"
        | "outbox_event"
        | "users_pkey"
        | "teams_pkey"
        | "invitations_pkey"
        | "sessions_pkey"
        | "one_time_tokens_pkey"
        | "api_keys_pkey"
        | "security_events_pkey" => Unique::Id,
        _ => return None,
    })
}

/// The error of the port for one of the driver, where nothing was to be written or the database answered.
pub(crate) fn store_error(error: sqlx::Error) -> StoreError {
    if let Some(database) = database(&error) {
        let what = database.constraint().and_then(unique);
        return match (database.code(), what) {
            ("23505", Some(what)) => StoreError::Duplicate { what },
            ("23503", _) => StoreError::NotFound,
            (code, _) if is_passing(code) => {
                tell(&error);
                StoreError::Unavailable
            }
            _ => StoreError::backend(error),
        };
    }
    if !is_lost(&error) {
        return StoreError::backend(error);
    }
    tell(&error);
    StoreError::Unavailable
}

/// Logs why the port answers no more than that the store is unavailable: by code, since the server's text may hold what
/// is stored.
pub(crate) fn tell(error: &sqlx::Error) {
    match (database(error), error) {
        (Some(database), _) if is_contention(error) => {
            tracing::debug!(sqlstate = database.code(), "others wrote the same rows");
        }
        (Some(database), _) => tracing::warn!(sqlstate = database.code(), "PostgreSQL can't do it now"),
        (None, sqlx::Error::Io(cause)) => tracing::warn!(%cause, "PostgreSQL can't be reached"),
        (None, cause) => tracing::warn!(%cause, "PostgreSQL can't be reached"),
    }
}

/// A state of the server that passes: contention, shutdown, too few resources.
fn is_passing(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    matches!(class, "08" | "40" | "53") || matches!(code, "55P03" | "57014" | "57P01" | "57P02" | "57P03")
}

/// Serialization failure or deadlock: the same again may succeed at once.
pub(crate) fn is_contention(error: &sqlx::Error) -> bool {
    database(error).is_some_and(|error| matches!(error.code(), "40001" | "40P01"))
}

/// The connection is gone, or can't be trusted to be where it should be.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // The server says that it ends this connection.
        error => database(error).is_some_and(|error| {
            matches!(error.code(), "57P01" | "57P02" | "57P03" | "57P05" | "25P03")
                || error.code().starts_with("08")
        }),
    }
}
