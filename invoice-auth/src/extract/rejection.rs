use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use invoice_core::{Permission, Role};

use crate::error::Rule;
use crate::status::{BAD_REQUEST, FORBIDDEN, UNAUTHORIZED};
use crate::token::TokenError;

/// Why a request was not let in. The response tells the status and what RFC 6750, section 3.1 asks for; its body
/// is empty, so that nobody learns what was wrong with a token. The statuses are those of
/// [`AuthError`](crate::AuthError) for the same causes.
///
/// | variant | status | `WWW-Authenticate: Bearer` with |
/// | --- | --- | --- |
/// | `Missing`, `OtherScheme` | 401 | nothing |
/// | `Repeated`, `Malformed` | 400 | `error="invalid_request"` |
/// | `Refused` | 401 | `error="invalid_token"` |
/// | `NoTeam`, `RoleTooLow`, `NotPermitted` | 403 | `error="insufficient_scope"` |
/// | `Unavailable` | 503 | no such header |
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthRejection {
    /// There is no `Authorization` header.
    #[error("no authorization header")]
    Missing,
    /// There are several.
    #[error("several authorization headers")]
    Repeated,
    /// It is not of the scheme `Bearer`.
    #[error("an authorization header of another scheme")]
    OtherScheme,
    /// What follows the scheme is no token.
    #[error("no token in the authorization header")]
    Malformed,
    /// The token was refused. The cause is for logs.
    #[error("the token was refused: {0}")]
    Refused(#[source] TokenError),
    /// Nobody can say who it is: the store is away, or a key is damaged.
    #[error("who calls can't be found out now")]
    Unavailable(#[source] TokenError),
    /// There is a need of a role, and no team is active.
    #[error("no team is active")]
    NoTeam,
    /// The caller's role is below this one.
    #[error("the role is below {0}")]
    RoleTooLow(Role),
    /// The caller's role lacks this permission.
    #[error("not permitted: {0}")]
    NotPermitted(Permission),
}

impl From<TokenError> for AuthRejection {
    fn from(error: TokenError) -> Self {
        if error.is_refusal() { Self::Refused(error) } else { Self::Unavailable(error) }
    }
}

impl AuthRejection {
    /// The status it becomes.
    pub const fn status(&self) -> StatusCode {
        let status = match self {
            Self::Missing | Self::OtherScheme => UNAUTHORIZED,
            Self::Repeated | Self::Malformed => BAD_REQUEST,
            Self::Refused(cause) | Self::Unavailable(cause) => cause.status(),
            Self::NoTeam => Rule::NoTeam.status(),
            Self::RoleTooLow(_) | Self::NotPermitted(_) => FORBIDDEN,
        };
        match StatusCode::from_u16(status) {
            Ok(status) => status,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the header `WWW-Authenticate` says, for who makes a response of their own.
    pub const fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::OtherScheme => Some("Bearer"),
            Self::Refused(_) => Some("Bearer error=\"invalid_token\""),
            Self::Repeated | Self::Malformed => Some("Bearer error=\"invalid_request\""),
            Self::NoTeam | Self::RoleTooLow(_) | Self::NotPermitted(_) => {
                Some("Bearer error=\"insufficient_scope\"")
            }
            Self::Unavailable(_) => None,
        }
    }
}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        match &self {
            Self::Unavailable(error) => tracing::error!(%error, "a request could not be authenticated"),
            cause => tracing::debug!(%cause, "a request was not let in"),
        }
        let mut response = self.status().into_response();
        if let Some(challenge) = self.challenge() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
