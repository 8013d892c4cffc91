//! Access tokens: issued, taken apart without trust, and verified.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use invoice_core::identity::Session;
use invoice_core::ports::{Clock, IdGenerator, StoreError};
use invoice_core::{TeamId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::caller::Authenticated;
use crate::checks::SessionChecks;
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::keys::KeyRing;
use crate::settings::Settings;

/// No claims of the application's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoClaims {}

/// Tells the application's own claims for an access token, an object that it reads back as a type of its own.
///
/// They are the value of one claim, `app`, so that none can shadow a claim of ours. A token is signed, not secret:
/// no personal data.
#[async_trait]
pub trait ClaimsSource: Send + Sync {
    /// The claims for this user in this team; at most 2 KiB as JSON.
    async fn claims(
        &self,
        user: UserId,
        team: Option<TeamId>,
    ) -> Result<serde_json::Map<String, serde_json::Value>, StoreError>;
}

/// A signed access token, to be sent as `Authorization: Bearer`.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    text: zeroize::Zeroizing<String>,
    expires_at: Timestamp,
}

/// Why an access token or API key was refused: for logs and metrics. Callers are told the status alone.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    /// The application's own claims are not of the shape that it expects.
    #[error("the application's claims have another shape")]
    AppClaims,
    /// There is no such API key.
    #[error("no such API key")]
    UnknownApiKey,
    /// The API key was revoked.
    #[error("the API key was revoked")]
    ApiKeyRevoked,
    /// The API key's time is over.
    #[error("the API key expired")]
    ApiKeyExpired,
    /// The store can't say.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TokenError {
    /// Whether the token was found wanting: 401. Otherwise nobody knows, and it is not the caller's fault: 503.
    pub const fn is_refusal(&self) -> bool {
        !matches!(self, Self::Store(_))
    }
}

pub(crate) struct TokenDesk {}

impl TokenDesk {
    pub(crate) fn new(
        _settings: Arc<Settings>,
        _ring: Arc<KeyRing>,
        _checks: Arc<SessionChecks>,
        _clock: Arc<dyn Clock>,
        _ids: Arc<dyn IdGenerator>,
        _claims: Option<Arc<dyn ClaimsSource>>,
    ) -> Self {
        Self {}
    }

    /// A token for a session as it is in the store, of a user at this epoch.
    pub(crate) async fn issue(&self, _session: &Session, _uv: u32) -> Result<AccessToken, AuthError> {
        unimplemented!()
    }

    /// Who holds this token.
    pub(crate) async fn authenticate<C: serde::de::DeserializeOwned>(
        &self,
        _token: &str,
        _client: ClientInfo,
    ) -> Result<Authenticated<C>, TokenError> {
        unimplemented!()
    }
}

impl AccessToken {
    /// The text, to be handed to whom it belongs.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Until when it is good.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}
