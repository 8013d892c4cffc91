use invoice_auth::{AccessToken, SessionView, Tokens};
use invoice_core::{SessionId, TeamId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::schema;

/// What who logged in gets.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensView<'a> {
    /// For each request, as `Authorization: Bearer`.
    #[schema(value_type = schema::SecretToken)]
    access_token: &'a str,
    /// When the access token ends.
    #[schema(value_type = schema::Instant)]
    access_expires_at: Timestamp,
    /// To be exchanged, once, for new tokens.
    #[schema(value_type = schema::SecretToken)]
    refresh_token: &'a str,
    #[schema(value_type = schema::UserId)]
    user: UserId,
    #[schema(value_type = schema::SessionId)]
    session: SessionId,
    /// When the session ends unless it is refreshed before.
    #[schema(value_type = schema::Instant)]
    session_expires_at: Timestamp,
}

impl<'a> From<&'a Tokens> for TokensView<'a> {
    fn from(tokens: &'a Tokens) -> Self {
        Self {
            access_token: tokens.access.expose(),
            access_expires_at: tokens.access.expires_at(),
            refresh_token: tokens.refresh.expose(),
            user: tokens.user,
            session: tokens.session,
            session_expires_at: tokens.session_expires_at,
        }
    }
}

/// An access token for another team. The refresh token stays.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessToken)]
pub(crate) struct AccessTokenView<'a> {
    /// For each request, as `Authorization: Bearer`.
    #[schema(value_type = schema::SecretToken)]
    access_token: &'a str,
    /// When it ends.
    #[schema(value_type = schema::Instant)]
    access_expires_at: Timestamp,
    /// The team it is for.
    #[schema(value_type = schema::TeamId)]
    team: TeamId,
}

impl<'a> AccessTokenView<'a> {
    pub(crate) fn new(token: &'a AccessToken, team: TeamId) -> Self {
        Self { access_token: token.expose(), access_expires_at: token.expires_at(), team }
    }
}

/// An open session.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionRow<'a> {
    #[schema(value_type = schema::SessionId)]
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// The device's name, or what its program calls itself; may be empty.
    device: &'a str,
    /// The active team; the user may have left it since.
    #[schema(value_type = Option<schema::TeamId>)]
    team: Option<TeamId>,
    /// When the user logged in.
    #[schema(value_type = schema::Instant)]
    created_at: Timestamp,
    /// When it was last used, to about a minute.
    #[schema(value_type = schema::Instant)]
    last_seen_at: Timestamp,
    /// When it ends unless it is refreshed before.
    #[schema(value_type = schema::Instant)]
    expires_at: Timestamp,
}

impl<'a> From<&'a SessionView> for SessionRow<'a> {
    fn from(session: &'a SessionView) -> Self {
        Self {
            id: session.id,
            current: session.current,
            device: &session.device,
            team: session.team,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
        }
    }
}
