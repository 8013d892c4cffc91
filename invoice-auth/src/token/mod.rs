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
use invoice_core::{TeamId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

pub(crate) use desk::TokenDesk;
pub use error::TokenError;
#[cfg(any(test, feature = "testing"))]
pub use trial::{issue, read_token, verify_jws};

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
