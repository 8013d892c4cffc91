use std::sync::Arc;

use invoice_core::Timestamp;
use invoice_core::identity::Session;
use invoice_core::ports::{Clock, IdGenerator};
use serde::de::DeserializeOwned;

use super::cache::VerifiedTokens;
use super::checklist::{Check, Checklist};
use super::claims::Claims;
use super::compact::{Header, Parts};
use super::error::TokenError;
use super::issued::{Draft, checked_app};
use super::signature::{is_signed, name};
use super::{AccessToken, ClaimsSource};
use crate::caller::{Authenticated, Caller};
use crate::checks::{Checked, SessionChecks};
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::keys::{KeyRing, VerifyingKey};
use crate::settings::{Settings, TokenMode};

/// Issues access tokens and finds out who holds them.
pub(crate) struct TokenDesk {
    settings: Arc<Settings>,
    ring: Arc<KeyRing>,
    checks: Arc<SessionChecks>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    claims: Option<Arc<dyn ClaimsSource>>,
    verified: VerifiedTokens,
    list: Checklist,
}

impl TokenDesk {
    pub(crate) fn new(
        settings: Arc<Settings>,
        ring: Arc<KeyRing>,
        checks: Arc<SessionChecks>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
        claims: Option<Arc<dyn ClaimsSource>>,
    ) -> Self {
        let verified = VerifiedTokens::new(&settings);
        Self { settings, ring, checks, clock, ids, claims, verified, list: Checklist::default() }
    }

    /// The same desk with a check switched off.
    #[cfg(test)]
    pub(super) fn weakened(mut self, weakness: super::weak::Weakness) -> Self {
        self.list = Checklist { weakness: Some(weakness) };
        self
    }

    /// A token for a session as it is in the store, of a user at this epoch.
    ///
    /// It lasts for the time the settings say, and no longer than the session does if nobody refreshes it.
    pub(crate) async fn issue(&self, session: &Session, uv: u32) -> Result<AccessToken, AuthError> {
        let now = self.clock.now();
        let app = match &self.claims {
            Some(source) => checked_app(source.claims(session.user(), session.team()).await?)?,
            None => None,
        };
        let token_id = self.ids.uuid(now).simple().to_string();
        let draft = Draft::new(&self.settings, session, uv, now, &token_id, app.as_ref());
        let signer = self.ring.signer().await?;
        let signed = draft.signing_input(signer.algorithm(), signer.kid())?;
        let signature = if self.settings.mode == TokenMode::Derived {
            let checked = self.checks.check(session.id(), session.team()).await?;
            let key = checked.as_ref().and_then(|checked| checked.derived.as_ref());
            key.ok_or(AuthError::Crypto("the session has no secret"))?.tag(&[signed.as_bytes()]).to_vec()
        } else {
            signer.sign(signed.as_bytes())?
        };
        draft.sealed(&signed, &signature)
    }

    /// Who holds this token.
    pub(crate) async fn authenticate<C: DeserializeOwned>(
        &self,
        token: &str,
        client: ClientInfo,
    ) -> Result<Authenticated<C>, TokenError> {
        let now = self.clock.now();
        let (claims, checked) = if self.settings.mode == TokenMode::Derived {
            self.read_derived(token).await?
        } else {
            let claims = self.read_signed(token).await?;
            let checked = self.session(&claims).await?;
            (claims, checked)
        };
        claims.check_time(now, &self.settings, &self.list)?;
        self.check_session(&claims, &checked, now)?;
        let app = self.app(&claims)?;
        let caller = Caller::user(claims.user).in_session(claims.session).from_client(client);
        let caller = match claims.team {
            Some(team) => caller.in_team(team, checked.role),
            None => caller,
        };
        Ok(Authenticated::new(caller, app, Some(claims.expires_at)))
    }

    /// What a key of the ring signed. The signature comes first: nobody else's JSON is read.
    async fn read_signed(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        if let Some(claims) = self.verified.find(token, &self.ring).await? {
            return Ok(claims);
        }
        // Before the key is asked for: if it is taken out meanwhile, what is remembered below counts for nothing.
        let generation = self.ring.generation();
        let parts = Parts::split(token, &self.list)?;
        let header = parts.header(&self.list)?;
        let key_id = header.key_id(&self.list)?;
        let key = self.key(&header, key_id).await?;
        let of_mode = match self.settings.mode {
            TokenMode::EdDsa => "EdDSA",
            TokenMode::Es256 => "ES256",
            TokenMode::Derived => "",
        };
        let of_key = name(key.algorithm).unwrap_or_default();
        self.list.require(Check::Mode, of_key == of_mode, TokenError::Algorithm)?;
        self.list.require(Check::Algorithm, header.algorithm == of_key, TokenError::Algorithm)?;
        let signed = is_signed(&key, parts.signed, &parts.signature);
        #[cfg(test)]
        let signed =
            signed || self.list.signed_as_told(&header.algorithm, &key, parts.signed, &parts.signature);
        self.list.require(Check::Signature, signed, TokenError::Signature)?;
        let claims = Arc::new(Claims::read(parts.payload()?, &self.settings, &self.list)?);
        self.verified.remember(token, key_id, generation, &claims);
        Ok(claims)
    }

    async fn key(&self, header: &Header<'_>, key_id: &str) -> Result<Arc<VerifyingKey>, TokenError> {
        #[cfg(test)]
        if let Some(key) = self.list.planted(header, key_id) {
            return Ok(key);
        }
        let _ = header;
        self.ring.verifying(key_id).await.map_err(TokenError::of_keys)?.ok_or(TokenError::UnknownKey)
    }

    /// What the session's own key signed. Which session that is the claims have to say, so they are read first, and
    /// believed afterwards. Such tokens are not remembered: the hash to find them by costs what their check does.
    async fn read_derived(&self, token: &str) -> Result<(Arc<Claims>, Arc<Checked>), TokenError> {
        let parts = Parts::split(token, &self.list)?;
        let header = parts.header(&self.list)?;
        header.key_id(&self.list)?;
        self.list.require(Check::Algorithm, header.algorithm == "HS256", TokenError::Algorithm)?;
        let claims = Claims::read(parts.payload()?, &self.settings, &self.list)?;
        let checked = self.session(&claims).await?;
        let signed = checked
            .derived
            .as_ref()
            .is_some_and(|key| key.is_tag(&[parts.signed.as_bytes()], &parts.signature));
        #[cfg(test)]
        let signed = signed || self.list.signed_by_planted(&header, parts.signed, &parts.signature);
        self.list.require(Check::Signature, signed, TokenError::Signature)?;
        Ok((Arc::new(claims), checked))
    }

    async fn session(&self, claims: &Claims) -> Result<Arc<Checked>, TokenError> {
        let checked = self.checks.check(claims.session, claims.team).await?;
        #[cfg(test)]
        if checked.is_none() && self.list.lacks(Check::SessionKnown) {
            return Ok(super::weak::as_claimed(claims));
        }
        checked.ok_or(TokenError::UnknownSession)
    }

    /// What the store says of the session, against what the token says.
    fn check_session(&self, claims: &Claims, checked: &Checked, now: Timestamp) -> Result<(), TokenError> {
        let list = &self.list;
        list.require(Check::SessionUser, checked.user == claims.user, TokenError::OtherUser)?;
        list.require(Check::SessionRevoked, !checked.revoked, TokenError::Revoked)?;
        list.require(Check::UserDisabled, !checked.disabled, TokenError::Disabled)?;
        list.require(Check::SessionIdle, now < checked.idle_expires_at, TokenError::SessionEnded)?;
        list.require(Check::SessionVersion, checked.sv == claims.sv, TokenError::SessionVersion)?;
        list.require(Check::UserEpoch, checked.uv == claims.uv, TokenError::UserEpoch)?;
        let of_team = claims.team.is_none() || checked.role.is_some();
        list.require(Check::TeamMember, of_team, TokenError::NotInTeam)
    }

    fn app<C: DeserializeOwned>(&self, claims: &Claims) -> Result<C, TokenError> {
        let none = "{}";
        let read = serde_json::from_str(claims.app.as_deref().unwrap_or(none));
        #[cfg(test)]
        let read = if self.list.lacks(Check::AppShape) {
            read.or_else(|_| serde_json::from_str(none))
        } else {
            read
        };
        read.map_err(|_| TokenError::AppClaims)
    }
}
