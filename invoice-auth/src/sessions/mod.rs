//! Sessions: opened by logging in, kept by refreshing, listed and ended.

mod end;
mod ending;
mod list;
mod open;
mod refresh;
mod refresh_token;
mod seen;
mod switch;

use invoice_core::identity::Session;
use invoice_core::{SessionId, TeamId, Timestamp, UserId};

use crate::secret::OpaqueToken;
use crate::token::AccessToken;

pub(crate) use ending::Ending;
pub(crate) use seen::LastSeen;

/// What logging in and refreshing give.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For each request.
    pub access: AccessToken,
    /// To be exchanged, once, for new tokens by [`Auth::refresh`](crate::Auth::refresh).
    pub refresh: OpaqueToken,
    /// Whose they are.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// When the session ends unless it is refreshed before.
    pub session_expires_at: Timestamp,
}

/// A session that is open, as its user sees it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The device's name, or what its program calls itself; may be empty.
    pub device: String,
    /// The active team; the user may have left it since.
    pub team: Option<TeamId>,
    /// When the user logged in.
    pub created_at: Timestamp,
    /// When it was last used, to about a minute.
    pub last_seen_at: Timestamp,
    /// When it ends unless it is refreshed before.
    pub expires_at: Timestamp,
}

impl SessionView {
    fn of(session: &Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id(),
            current: current == Some(session.id()),
            device: session.device().to_owned(),
            team: session.team(),
            created_at: session.created_at(),
            last_seen_at: session.last_seen_at(),
            expires_at: session.idle_expires_at(),
        }
    }
}
