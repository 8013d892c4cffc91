use std::sync::Arc;

use invoice_core::Timestamp;
use invoice_core::identity::{ApiKey, KeyAlgorithm, Session};
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
use crate::checks::{Checked, Notice, SessionChecks};
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
        let signer = self.ring.signer_of(session).await?;
        let signed = draft.signing_input(signer.algorithm(), signer.kid())?;
        let signature = signer.sign(signed.as_bytes())?;
        draft.sealed(&signed, &signature)
    }

    /// The application's claims for a program that shows this key, as JSON.
    pub(crate) async fn claims_of(&self, key: &ApiKey) -> Result<Option<Arc<str>>, TokenError> {
        let Some(source) = &self.claims else { return Ok(None) };
        let claims = checked_app(source.api_key_claims(key.id(), key.team()).await?).map_err(|error| {
            tracing::error!(api_key = %key.id(), %error, "the application's claims for an API key are not taken");
            TokenError::AppClaims
        })?;
        let text = claims.map(|claims| serde_json::to_string(&claims)).transpose();
        Ok(text.map_err(|_| TokenError::AppClaims)?.map(Arc::from))
    }

    /// Who holds this token, in its team.
    pub(crate) async fn authenticate<C: DeserializeOwned>(
        &self,
        token: &str,
        client: ClientInfo,
    ) -> Result<Authenticated<C>, TokenError> {
        let (claims, checked) = self.proven(token).await?;
        let of_team = claims.team.is_none() || checked.role.is_some();
        self.list.require(Check::TeamMember, of_team, TokenError::NotInTeam)?;
        let app = self.app(&claims)?;
        let caller = holder(&claims, client);
        let caller = match claims.team {
            Some(team) => caller.in_team(team, checked.role),
            None => caller,
        };
        Ok(Authenticated::new(caller, app, Some(claims.expires_at)))
    }

    /// Who holds this token: in its team, or in none if they are not in that any more.
    pub(crate) async fn identify(&self, token: &str, client: ClientInfo) -> Result<Caller, TokenError> {
        let (claims, checked) = self.proven(token).await?;
        let caller = holder(&claims, client);
        Ok(match claims.team.zip(checked.role) {
            Some((team, role)) => caller.in_team(team, Some(role)),
            None => caller,
        })
    }

    /// What a token says, proven and found to hold for its session and its user.
    async fn proven(&self, token: &str) -> Result<(Arc<Claims>, Arc<Checked>), TokenError> {
        let now = self.clock.now();
        let (claims, checked) = if self.settings.mode == TokenMode::Derived {
            self.read_derived(token).await?
        } else {
            let claims = self.read_signed(token).await?;
            let checked = self.session(&claims).await?;
            (claims, checked)
        };
        claims.check_time(now, &self.settings, &self.list)?;
        let checked = match self.check_session(&claims, &checked, now) {
            // Refreshed since it was read, perhaps by another process, of which nobody tells.
            Err(TokenError::SessionEnded) => {
                self.checks.forget(&Notice::Session(claims.session));
                let checked = self.session(&claims).await?;
                self.check_session(&claims, &checked, now)?;
                checked
            }
            answer => answer.map(|()| checked)?,
        };
        Ok((claims, checked))
    }

    /// What a key of the ring signed. The signature comes first: nobody else's JSON is read.
    async fn read_signed(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        // Before the key is asked for: if one is taken out meanwhile, what is remembered below counts for nothing.
        let generation = self.ring.generation().await.map_err(TokenError::of_keys)?;
        if let Some(claims) = self.verified.find(token, generation) {
            return Ok(claims);
        }
        let parts = Parts::split(token, &self.list)?;
        let header = parts.header(&self.list)?;
        self.check_signature(&parts, &header).await?;
        let claims = Arc::new(Claims::read(parts.payload()?, &self.settings, &self.list)?);
        self.verified.remember(token, generation, &claims);
        Ok(claims)
    }

    async fn check_signature(&self, parts: &Parts<'_>, header: &Header<'_>) -> Result<(), TokenError> {
        let key_id = header.key_id(&self.list)?;
        #[cfg(test)]
        if let Some((algorithm, key)) = self.list.planted(header, key_id) {
            let signed = is_signed(algorithm, &key, parts.signed, &parts.signature);
            return self.list.require(Check::Signature, signed, TokenError::Signature);
        }
        let key = self.verifying(key_id).await?;
        self.check_algorithm(header, &key)?;
        let signed = is_signed(key.algorithm, &key.key, parts.signed, &parts.signature);
        #[cfg(test)]
        let signed = signed || self.list.signed_as_told(&header.algorithm, parts.signed, &parts.signature);
        self.list.require(Check::Signature, signed, TokenError::Signature)
    }

    async fn verifying(&self, key_id: &str) -> Result<Arc<VerifyingKey>, TokenError> {
        self.ring.verifying(key_id).await.map_err(TokenError::of_keys)?.ok_or(TokenError::UnknownKey)
    }

    /// The key says how it signs, and the deployment which keys it takes; the header has to agree.
    fn check_algorithm(&self, header: &Header<'_>, key: &VerifyingKey) -> Result<(), TokenError> {
        let of_mode = match self.settings.mode {
            TokenMode::EdDsa => KeyAlgorithm::EdDsa,
            TokenMode::Es256 => KeyAlgorithm::Es256,
            TokenMode::Derived => KeyAlgorithm::Hs256,
        };
        let agreed = key.algorithm == of_mode && name(of_mode) == Some(header.algorithm.as_ref());
        self.list.require(Check::Algorithm, agreed, TokenError::Algorithm)
    }

    /// What the session's own key signed. Which session that is the claims have to say, so they are read first, and
    /// believed afterwards.
    async fn read_derived(&self, token: &str) -> Result<(Arc<Claims>, Arc<Checked>), TokenError> {
        let generation = self.ring.generation().await.map_err(TokenError::of_keys)?;
        if let Some(claims) = self.verified.find(token, generation) {
            let checked = self.session(&claims).await?;
            // A session gets its secret once, so what was signed with its key is still; but not once it is destroyed.
            self.list.require(Check::Signature, checked.keys.is_some(), TokenError::Signature)?;
            return Ok((claims, checked));
        }
        let parts = Parts::split(token, &self.list)?;
        let header = parts.header(&self.list)?;
        let ring_key = self.verifying(header.key_id(&self.list)?).await?;
        self.check_algorithm(&header, &ring_key)?;
        let claims = Arc::new(Claims::read(parts.payload()?, &self.settings, &self.list)?);
        let checked = self.session_unproven(&claims).await?;
        let key = checked.derived(&ring_key).map_err(TokenError::of_keys)?.ok_or(TokenError::Signature)?;
        let signed = key.is_tag(&[parts.signed.as_bytes()], &parts.signature);
        #[cfg(test)]
        let signed = signed || self.list.signed_by_planted(&header, parts.signed, &parts.signature);
        self.list.require(Check::Signature, signed, TokenError::Signature)?;
        self.verified.remember(token, generation, &claims);
        Ok((claims, checked))
    }

    async fn session(&self, claims: &Claims) -> Result<Arc<Checked>, TokenError> {
        let checked = self.checks.check(claims.session, claims.team).await?;
        #[cfg(test)]
        if checked.is_none() && self.list.lacks(Check::SessionKnown) {
            return Ok(super::weak::as_claimed(claims));
        }
        checked.ok_or(TokenError::UnknownSession)
    }

    /// The session that a token names whose signature is not checked yet.
    async fn session_unproven(&self, claims: &Claims) -> Result<Arc<Checked>, TokenError> {
        match self.checks.check_unproven(claims.session, claims.team).await? {
            Some(checked) => Ok(checked),
            #[cfg(test)]
            None if self.list.lacks(Check::SessionKnown) => Ok(super::weak::as_claimed(claims)),
            None => Err(TokenError::UnknownSession),
        }
    }

    /// What the store says of the session, against what the token says.
    fn check_session(&self, claims: &Claims, checked: &Checked, now: Timestamp) -> Result<(), TokenError> {
        let list = &self.list;
        list.require(Check::SessionUser, checked.user == claims.user, TokenError::OtherUser)?;
        list.require(Check::SessionRevoked, !checked.revoked, TokenError::Revoked)?;
        list.require(Check::UserDisabled, !checked.disabled, TokenError::Disabled)?;
        list.require(Check::SessionIdle, now < checked.idle_expires_at, TokenError::SessionEnded)?;
        list.require(Check::SessionVersion, checked.sv == claims.sv, TokenError::SessionVersion)?;
        list.require(Check::UserEpoch, checked.uv == claims.uv, TokenError::UserEpoch)
    }

    fn app<C: DeserializeOwned>(&self, claims: &Claims) -> Result<C, TokenError> {
        let none = "{}";
        let read = serde_json::from_str(claims.app.as_deref().unwrap_or(none));
        let read = if self.list.lacks(Check::AppShape) {
            read.or_else(|_| serde_json::from_str(none))
        } else {
            read
        };
        read.map_err(|_| TokenError::AppClaims)
    }
}

/// The user in their session, in no team yet.
fn holder(claims: &Claims, client: ClientInfo) -> Caller {
    Caller::user(claims.user).in_session(claims.session).of_epoch(claims.uv).from_client(client)
}
