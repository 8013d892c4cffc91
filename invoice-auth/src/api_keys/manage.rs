use std::fmt;

use invoice_core::identity::{ApiKey, SecurityAction};
use invoice_core::ports::{Page, PageRequest};
use invoice_core::{ApiKeyId, Code, Permission, Role, Timestamp, Violation};

use super::PREFIX;
use crate::auth::Auth;
use crate::caller::Caller;
use crate::checks::Notice;
use crate::error::AuthError;
use crate::secret::OpaqueToken;
use crate::teams::again;

/// How much of a key is kept to be shown: its prefix and 48 of its 256 bits.
const SHOWN: usize = 12;

/// What a new API key is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyData {
    name: String,
    role: Role,
    expires_at: Option<Timestamp>,
}

impl ApiKeyData {
    /// A key of this name, 1 to 500 characters, with this role and without an end.
    ///
    /// ```
    /// use invoice_auth::ApiKeyData;
    /// use invoice_core::{Role, Timestamp};
    ///
    /// let data = ApiKeyData::new("Web shop", Role::Accountant).expires_at(Timestamp::from_millis(2_000_000_000_000));
    /// # let _ = data;
    /// ```
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self { name: name.into(), role, expires_at: None }
    }

    /// With the first instant at which it does not work any more.
    #[must_use]
    pub fn expires_at(self, expires_at: Timestamp) -> Self {
        Self { expires_at: Some(expires_at), ..self }
    }
}

/// An API key that was just made: what the store keeps of it, and its text, which nobody can show again.
#[derive(Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// What the store keeps.
    pub key: ApiKey,
    /// The key's text, to be sent as `Authorization: Bearer`.
    pub secret: OpaqueToken,
}

impl fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApiKey").field("id", &self.key.id()).finish_non_exhaustive()
    }
}

impl Auth {
    /// Makes an API key for the active team. It takes [`Permission::ManageApiKeys`], a role not above the
    /// caller's own, and a person: a key that leaked can't make more of them.
    ///
    /// A key acts for who made it. In billing, what they created by hand is its own as well. It can do no more than
    /// they can: with a lesser role of theirs its own is less, and once they are no member, or their account is
    /// disabled, it is refused; not for good, if they come back. Another password of theirs changes nothing: whoever
    /// fears that somebody else made keys looks through [`Auth::api_keys`].
    ///
    /// An end that is not in the future is refused at `/expires_at`.
    pub async fn create_api_key(&self, caller: &Caller, data: ApiKeyData) -> Result<NewApiKey, AuthError> {
        let secret = OpaqueToken::random(PREFIX)?;
        let key = again(|| self.try_create_api_key(caller, &data, &secret)).await?;
        Ok(NewApiKey { key, secret })
    }

    async fn try_create_api_key(
        &self,
        caller: &Caller,
        data: &ApiKeyData,
        secret: &OpaqueToken,
    ) -> Result<ApiKey, AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let seat = parts.seat(caller).await?;
        seat.need(Permission::ManageApiKeys)?;
        seat.reach(data.role)?;
        if data.expires_at.is_some_and(|end| end <= now) {
            return Err(Violation::new("/expires_at", Code::OutOfRange, "not in the future").into());
        }
        let (id, team, user) = (parts.id(ApiKeyId::from_uuid, now), seat.team.id(), caller.user_id());
        let shown: String = secret.expose().chars().take(SHOWN).collect();
        let key = ApiKey::new(id, team, &data.name, shown, secret.fingerprint(), data.role, user)?;
        let key = key.with_expires_at(data.expires_at);
        let event = parts.event(now, SecurityAction::ApiKeyCreated, caller.client());
        let change = parts
            .change_by(&seat.who, now)
            .insert(key.clone())
            .guard(seat.me)
            .audit(event.in_team(team).by_user(user).on(&id.to_string()));
        parts.commit(change).await?;
        Ok(key)
    }

    /// The active team's API keys, ended ones too, newest first. It takes [`Permission::ManageApiKeys`].
    pub async fn api_keys(&self, caller: &Caller, page: &PageRequest) -> Result<Page<ApiKey>, AuthError> {
        let team = self.parts().place(caller, Permission::ManageApiKeys).await?;
        Ok(self.parts().ports.api_keys.api_keys(team, page).await?)
    }

    /// Ends an API key of the active team, at once. It takes [`Permission::ManageApiKeys`], whatever the key's
    /// role: whoever sees that a key leaked can stop it. Ending it again changes nothing.
    pub async fn revoke_api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<(), AuthError> {
        again(|| self.try_revoke_api_key(caller, id)).await
    }

    async fn try_revoke_api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<(), AuthError> {
        let (parts, now) = (self.parts(), self.parts().now());
        let seat = parts.seat(caller).await?;
        seat.need(Permission::ManageApiKeys)?;
        let team = seat.team.id();
        let key = parts.ports.api_keys.api_key(team, id).await?.ok_or(AuthError::NotFound)?;
        if key.revoked_at().is_some() {
            // Whoever missed it the first time hears of it now.
            parts.tell(Notice::ApiKey(team, id)).await;
            return Ok(());
        }
        let event = parts.event(now, SecurityAction::ApiKeyRevoked, caller.client());
        let change = parts
            .change_by(&seat.who, now)
            .update(key.with_revoked_at(now))
            .guard(seat.me)
            .audit(event.in_team(team).by_user(caller.user_id()).on(&id.to_string()));
        self.commit_and_tell(change, Notice::ApiKey(team, id)).await
    }
}
