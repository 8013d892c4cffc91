use invoice_core::{Actor, ApiKeyId, Role, SessionId, TeamId, Timestamp, UserId};

use crate::client::ClientInfo;
use crate::error::{AuthError, Rule};
use crate::token::NoClaims;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    User { user: UserId, session: Option<SessionId> },
    ApiKey { key: ApiKeyId, created_by: UserId },
}

/// Who calls, in which team and from where. Whoever builds one vouches for it.
///
/// Use cases that decide about people and teams read the caller's role from the store again; [`Caller::role`] is
/// what the store said at most ten seconds ago. They read the account and the session again too, if it is in one:
/// who was shut out meanwhile is answered [`AuthError::Unauthenticated`], and for a disabled account nobody can vouch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    who: Who,
    team: Option<TeamId>,
    role: Option<Role>,
    /// The user epoch that was proven; `None` for whom the application vouches.
    epoch: Option<u32>,
    client: ClientInfo,
}

impl Caller {
    /// A user.
    ///
    /// ```
    /// use invoice_auth::Caller;
    /// use invoice_core::{Role, TeamId, UserId};
    /// use uuid::Uuid;
    ///
    /// let caller = Caller::user(UserId::from_uuid(Uuid::from_u128(1)));
    /// assert!(caller.actor().is_err());
    /// let caller = caller.in_team(TeamId::from_uuid(Uuid::from_u128(2)), Some(Role::Member));
    /// assert_eq!(caller.actor()?.role(), Role::Member);
    /// # Ok::<(), invoice_auth::AuthError>(())
    /// ```
    pub fn user(user: UserId) -> Self {
        let who = Who::User { user, session: None };
        Self { who, team: None, role: None, epoch: None, client: ClientInfo::new() }
    }

    /// A program that holds an API key of a team; what it makes is its creator's.
    ///
    /// ```
    /// use invoice_auth::Caller;
    /// use invoice_core::{ApiKeyId, Role, TeamId, UserId};
    /// use uuid::Uuid;
    ///
    /// let (key, user) = (ApiKeyId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)));
    /// let caller = Caller::api_key(key, user, TeamId::from_uuid(Uuid::from_u128(3)), Role::Viewer);
    /// assert_eq!(caller.api_key_id(), Some(key));
    /// ```
    pub fn api_key(key: ApiKeyId, created_by: UserId, team: TeamId, role: Role) -> Self {
        let who = Who::ApiKey { key, created_by };
        Self { who, team: Some(team), role: Some(role), epoch: None, client: ClientInfo::new() }
    }

    /// In a session. Nothing changes for an API key.
    #[must_use]
    pub fn in_session(self, session: SessionId) -> Self {
        let who = match self.who {
            Who::User { user, .. } => Who::User { user, session: Some(session) },
            key @ Who::ApiKey { .. } => key,
        };
        Self { who, ..self }
    }

    /// In a team, with the role the store knows; `None` if the user is not a member.
    #[must_use]
    pub fn in_team(self, team: TeamId, role: Option<Role>) -> Self {
        Self { team: Some(team), role, ..self }
    }

    /// Proven by a token of this user epoch.
    #[must_use]
    pub(crate) fn of_epoch(self, uv: u32) -> Self {
        Self { epoch: Some(uv), ..self }
    }

    /// Whether what proved the caller is of the user's present epoch.
    pub(crate) fn is_of_epoch(&self, uv: u32) -> bool {
        self.epoch.is_none_or(|proven| proven == uv)
    }

    /// From a client.
    #[must_use]
    pub fn from_client(self, client: ClientInfo) -> Self {
        Self { client, ..self }
    }

    /// The user; an API key's is who created it.
    pub const fn user_id(&self) -> UserId {
        match self.who {
            Who::User { user, .. } => user,
            Who::ApiKey { created_by, .. } => created_by,
        }
    }

    /// The session, if the user is in one.
    pub const fn session_id(&self) -> Option<SessionId> {
        match self.who {
            Who::User { session, .. } => session,
            Who::ApiKey { .. } => None,
        }
    }

    /// The API key, if it is a program that calls.
    pub const fn api_key_id(&self) -> Option<ApiKeyId> {
        match self.who {
            Who::User { .. } => None,
            Who::ApiKey { key, .. } => Some(key),
        }
    }

    /// The active team.
    pub const fn team(&self) -> Option<TeamId> {
        self.team
    }

    /// The role in the active team; `None` without a team, or for who is no member of it.
    pub const fn role(&self) -> Option<Role> {
        self.role
    }

    /// Where the request comes from.
    pub const fn client(&self) -> &ClientInfo {
        &self.client
    }

    /// On whose behalf billing's use cases run: refused without a team; who is no member finds no such team.
    pub fn actor(&self) -> Result<Actor, AuthError> {
        let team = self.team.ok_or(Rule::NoTeam)?;
        let role = self.role.ok_or(AuthError::NotFound)?;
        Ok(Actor::user(team, self.user_id(), role))
    }

    /// The user, if it is a person that calls.
    pub(crate) fn person(&self) -> Result<UserId, AuthError> {
        match self.who {
            Who::User { user, .. } => Ok(user),
            Who::ApiKey { .. } => Err(Rule::PersonOnly.into()),
        }
    }
}

/// Who was found to call, with the application's own claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated<C = NoClaims> {
    caller: Caller,
    claims: C,
    expires_at: Option<Timestamp>,
}

impl<C> Authenticated<C> {
    /// Who calls, until when what they showed is good, and what the application added to it.
    ///
    /// ```
    /// use invoice_auth::{Authenticated, Caller, NoClaims};
    /// use invoice_core::UserId;
    /// use uuid::Uuid;
    ///
    /// let caller = Caller::user(UserId::from_uuid(Uuid::from_u128(1)));
    /// let found = Authenticated::new(caller.clone(), NoClaims {}, None);
    /// assert_eq!(found.caller(), &caller);
    /// ```
    pub const fn new(caller: Caller, claims: C, expires_at: Option<Timestamp>) -> Self {
        Self { caller, claims, expires_at }
    }

    /// Who calls.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The application's own claims.
    pub const fn claims(&self) -> &C {
        &self.claims
    }

    /// Until when; an API key may have no end.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Both parts.
    pub fn into_parts(self) -> (Caller, C) {
        (self.caller, self.claims)
    }
}
