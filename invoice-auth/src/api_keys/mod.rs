//! Keys with which programs act in a team: made and revoked by people, shown once, kept as fingerprints.

mod checks;
mod manage;

pub(crate) use checks::{ApiKeyChecks, Maker};
pub use manage::{ApiKeyData, NewApiKey};

use std::sync::Arc;

use invoice_core::Timestamp;
use serde::de::DeserializeOwned;

use crate::auth::Auth;
use crate::caller::{Authenticated, Caller};
use crate::client::ClientInfo;
use crate::secret::OpaqueToken;
use crate::token::{NoClaims, TokenError};

/// Starts every API key, so that people and scanners know one when they see it.
const PREFIX: &str = "ivk_";
/// The prefix, and 32 bytes in base64url.
const LENGTH: usize = 47;

impl Auth {
    /// Who holds what a request shows as its bearer token: an access token, or an API key.
    ///
    /// `C` are the application's own claims, as a [`ClaimsSource`](crate::ClaimsSource) tells them for users and for API
    /// keys; without one they are an empty object. The cause of a refusal is for logs: callers learn the status alone,
    /// 401, or 503 for [`TokenError::Store`].
    pub async fn authenticate<C: DeserializeOwned>(
        &self,
        bearer: &str,
        client: ClientInfo,
    ) -> Result<Authenticated<C>, TokenError> {
        if !bearer.starts_with(PREFIX) {
            let found = self.parts().tokens.authenticate(bearer, client).await?;
            if let Some(session) = found.caller().session_id() {
                self.saw(session);
            }
            return Ok(found);
        }
        let (caller, app, ends) = self.program(bearer, client).await?;
        let claims = serde_json::from_str(app.as_deref().unwrap_or("{}"));
        Ok(Authenticated::new(caller, claims.map_err(|_| TokenError::AppClaims)?, ends))
    }

    /// Who holds what a request shows as its bearer token, for what needs no team, such as a list of one's teams.
    ///
    /// Who is not in the token's team any more is found in none, where [`Auth::authenticate`] refuses them; the
    /// application's own claims may be of that team and are left out. Otherwise the two find the same.
    pub async fn identify(&self, bearer: &str, client: ClientInfo) -> Result<Caller, TokenError> {
        if bearer.starts_with(PREFIX) {
            return Ok(self.program(bearer, client).await?.0);
        }
        let caller = self.parts().tokens.identify(bearer, client).await?;
        if let Some(session) = caller.session_id() {
            self.saw(session);
        }
        Ok(caller)
    }

    /// Which program holds this API key.
    ///
    /// A key acts for who made it: with its own role or theirs, whichever is less now, and not at all while their
    /// account is disabled or they are no member of its team.
    ///
    /// What the store says of a key and its maker is believed for at most ten seconds, and not at all once this
    /// process, or another one that tells it, changed it. When the key was last used is recorded once a minute.
    pub async fn authenticate_api_key(
        &self,
        key: &str,
        client: ClientInfo,
    ) -> Result<Authenticated<NoClaims>, TokenError> {
        let (caller, _, ends) = self.program(key, client).await?;
        Ok(Authenticated::new(caller, NoClaims {}, ends))
    }

    /// The program that shows this key, the application's claims for it as JSON, and until when the key is good.
    async fn program(
        &self,
        key: &str,
        client: ClientInfo,
    ) -> Result<(Caller, Option<Arc<str>>, Option<Timestamp>), TokenError> {
        if !is_well_formed(key) {
            return Err(TokenError::UnknownApiKey);
        }
        let (parts, now) = (self.parts(), self.parts().now());
        let known = parts.api_keys.check(parts, OpaqueToken::new(key).fingerprint(), now).await?;
        let Some(key) = known.key() else { return Err(TokenError::UnknownApiKey) };
        if key.revoked_at().is_some() {
            return Err(TokenError::ApiKeyRevoked);
        }
        if !key.is_open(now) {
            return Err(TokenError::ApiKeyExpired);
        }
        let role = match known.maker() {
            Maker::Member(role) => role.min(key.role()),
            Maker::Disabled => return Err(TokenError::Disabled),
            Maker::Gone => return Err(TokenError::NotInTeam),
        };
        if known.is_to_be_touched(now)
            && let Err(error) = parts.ports.api_keys.touch_api_key(key.team(), key.id(), now).await
        {
            tracing::warn!(api_key = %key.id(), %error, "the last use of an API key was not recorded");
        }
        let caller = Caller::api_key(key.id(), key.created_by(), key.team(), role).from_client(client);
        Ok((caller, known.app(), key.expires_at()))
    }
}

fn is_well_formed(key: &str) -> bool {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    key.len() == LENGTH && key.starts_with(PREFIX) && key.bytes().all(is_base64url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_a_key_is_looked_up() {
        let key = OpaqueToken::random(PREFIX).unwrap();
        assert!(is_well_formed(key.expose()));
        for wrong in ["", "ivk_", &key.expose()[1..], &format!("{}A", key.expose())] {
            assert!(!is_well_formed(wrong), "{wrong}");
        }
        assert!(!is_well_formed(&key.expose().replace("ivk_", "ivr_")));
        assert!(!is_well_formed(&format!("ivk_{}", "=".repeat(43))));
    }
}
