//! Sessions: opened by logging in, kept by refreshing, listed and ended.

use invoice_core::{SessionId, Timestamp, UserId};

use crate::secret::OpaqueToken;
use crate::token::AccessToken;

/// What who logged in gets.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For each request.
    pub access: AccessToken,
    /// To be exchanged, once, for new tokens.
    pub refresh: OpaqueToken,
    /// Whose they are.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// When the session ends unless it is refreshed before.
    pub session_expires_at: Timestamp,
}
