//! Access tokens: issued, taken apart without trust, and verified.

mod cache;
mod checklist;
mod claims;
mod compact;
mod desk;
mod error;
mod issued;
mod json;
#[cfg(any(test, feature = "testing"))]
mod jwk;
mod signature;
#[cfg(any(test, feature = "testing"))]
mod trial;
#[cfg(test)]
mod weak;

use std::fmt;

use async_trait::async_trait;
use invoice_core::ports::StoreError;
use invoice_core::{ApiKeyId, TeamId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

pub(crate) use desk::TokenDesk;
pub use error::TokenError;
#[cfg(any(test, feature = "testing"))]
pub use trial::{issue, read_token, verify_jws};

/// No claims of the application's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoClaims {}

/// Tells the application's own claims for an access token or an API key, an object that it reads back as a type of its
/// own.
///
/// It is asked each time a token is made, on logging in, refreshing and switching teams, and when an API key is read from
/// the store. An error of it is their answer. [`Authenticated::claims`](crate::Authenticated::claims) reads the claims back.
///
/// In a token they are the value of one claim, `app`, so that none can shadow a claim of ours. A token is signed, not
/// secret: no personal data. And what it says holds until it expires.
///
/// What the type asks for has to be in both: an API key whose claims lack a field of it is refused with
/// [`TokenError::AppClaims`], and so is a token that is older than the source.
#[async_trait]
pub trait ClaimsSource: Send + Sync {
    /// The claims for this user in this team; at most 2 KiB as JSON.
    async fn claims(
        &self,
        user: UserId,
        team: Option<TeamId>,
    ) -> Result<serde_json::Map<String, serde_json::Value>, StoreError>;

    /// The claims for the program that shows this key of a team; at most 2 KiB as JSON. It is asked when the key is read
    /// from the store, so the answer is believed for at most ten seconds.
    async fn api_key_claims(
        &self,
        key: ApiKeyId,
        team: TeamId,
    ) -> Result<serde_json::Map<String, serde_json::Value>, StoreError>;
}

/// A signed access token, to be sent as `Authorization: Bearer`.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    text: zeroize::Zeroizing<String>,
    expires_at: Timestamp,
}

impl AccessToken {
    pub(crate) fn new(text: String, expires_at: Timestamp) -> Self {
        Self { text: zeroize::Zeroizing::new(text), expires_at }
    }

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

#[cfg(test)]
mod tests;
