//! The identity port: one write, and reads split by concern.
//!
//! Look-ups by e-mail address, session, fingerprint and user cross teams by nature. Every other read of a
//! team's records takes the team, and a foreign record is answered exactly like an absent one.
//!
//! Lists of members and of teams are in the order of their identifiers, oldest first; all other
//! lists are newest first. A cursor that is not one of the list's is `Refused`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Page, PageRequest, StoreError};
use crate::identity::{
    ApiKey, EmailKey, Fingerprint, IdentityChange, IdentityReceipt, Invitation, Member, Membership,
    OneTimeToken, SearchPrefix, SecurityEvent, Session, SessionCheck, SigningKey, Team, TokenPurpose, User,
    UserTeam,
};
use crate::{ApiKeyId, InvitationId, SessionId, TeamId, Timestamp, UserId};

/// The only write of records.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait IdentityCommits: Send + Sync {
    /// Writes all of a change, or nothing of it.
    ///
    /// - A change whose id was written before is not written again, whatever it holds now; its receipt
    ///   says so. A store remembers ids until [`Housekeeping::purge`] forgets them.
    /// - [`IdentityChange::check`] comes next: `Refused`.
    /// - A record or guard at another version than expected, or gone: `Conflict`.
    /// - Taken already: `Duplicate`, of an `Id` (a membership's is `Membership`, a signing key's `KeyId`),
    ///   of a user's `Email` key, or of a `Fingerprint`: those of invitations, one-time tokens and API keys
    ///   and the current and the previous ones of sessions are unique, each kind among itself.
    /// - A membership without its user or team, an invitation or API key without its team, a session or
    ///   one-time token without its user: `NotFound`. Other identifiers in records are not checked.
    /// - Deleting a team deletes its memberships, invitations and API keys. Deleting a user deletes
    ///   their sessions and one-time tokens; with a membership left: `InUse`.
    /// - A session's last use and an API key's are never moved back: the later of the stored and the
    ///   written one stays.
    ///
    /// With several things wrong, any of them is answered. A unique value that a change frees is surely
    /// free for the next change, not for the same one.
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError>;
}

/// Accounts.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Users: Send + Sync {
    /// The account.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The account with this address.
    async fn user_by_email(&self, key: &EmailKey) -> Result<Option<User>, StoreError>;
}

/// Teams and who is in them.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Teams: Send + Sync {
    /// The team.
    async fn team(&self, id: TeamId) -> Result<Option<Team>, StoreError>;

    /// All teams, whoever is in them: for whoever runs the deployment.
    async fn all_teams(&self, page: &PageRequest) -> Result<Page<Team>, StoreError>;

    /// The teams a user is in.
    async fn teams_of(&self, user: UserId, page: &PageRequest) -> Result<Page<UserTeam>, StoreError>;

    /// A user's place in a team.
    async fn membership(&self, team: TeamId, user: UserId) -> Result<Option<Membership>, StoreError>;

    /// The team's members, or those whose name or address starts with `prefix`.
    async fn members(
        &self,
        team: TeamId,
        prefix: Option<SearchPrefix>,
        page: &PageRequest,
    ) -> Result<Page<Member>, StoreError>;

    /// One of the team's invitations.
    async fn invitation(&self, team: TeamId, id: InvitationId) -> Result<Option<Invitation>, StoreError>;

    /// The team's invitations, whatever became of them.
    async fn invitations(&self, team: TeamId, page: &PageRequest) -> Result<Page<Invitation>, StoreError>;
}

/// Log-in sessions.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The session.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// The session whose current or previous refresh token has this fingerprint.
    async fn session_by_refresh(&self, fingerprint: Fingerprint) -> Result<Option<Session>, StoreError>;

    /// A user's sessions, ended ones too until they are purged.
    async fn sessions_of(&self, user: UserId, page: &PageRequest) -> Result<Page<Session>, StoreError>;

    /// What checking an access token needs, in one read, with the user's role in `team`. The hot path.
    async fn check_session(
        &self,
        id: SessionId,
        team: Option<TeamId>,
    ) -> Result<Option<SessionCheck>, StoreError>;

    /// Records that a session was used, if later than recorded. Not a version; nothing if it is gone.
    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError>;
}

/// What was mailed: invitations and one-time tokens.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait MailedTokens: Send + Sync {
    /// The invitation whose token has this fingerprint.
    async fn invitation_by_fingerprint(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Invitation>, StoreError>;

    /// The one-time token with this fingerprint, used or not.
    async fn one_time_token(&self, fingerprint: Fingerprint) -> Result<Option<OneTimeToken>, StoreError>;

    /// A user's unused tokens for one purpose, expired ones too until they are purged.
    async fn unused_tokens(
        &self,
        user: UserId,
        purpose: TokenPurpose,
        page: &PageRequest,
    ) -> Result<Page<OneTimeToken>, StoreError>;
}

/// Keys with which programs act in a team.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// One of the team's keys.
    async fn api_key(&self, team: TeamId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;

    /// The key with this fingerprint, open or not. The hot path.
    async fn api_key_by_fingerprint(&self, fingerprint: Fingerprint) -> Result<Option<ApiKey>, StoreError>;

    /// The team's keys, ended ones too.
    async fn api_keys(&self, team: TeamId, page: &PageRequest) -> Result<Page<ApiKey>, StoreError>;

    /// Records that a key was used, if later than recorded. Not a version; nothing if it is gone or foreign.
    async fn touch_api_key(&self, team: TeamId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError>;
}

/// The ring of keys that sign access tokens.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait SigningKeys: Send + Sync {
    /// All keys in every state, by creation and then by identifier. There are few.
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError>;
}

/// What the security audit says.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait SecurityAudit: Send + Sync {
    /// What concerns a team, even after it was deleted.
    async fn events_of_team(
        &self,
        team: TeamId,
        page: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError>;

    /// What concerns a user, even after they were deleted.
    async fn events_of_user(
        &self,
        user: UserId,
        page: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError>;
}

/// Forgetting what is of no more use.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Housekeeping: Send + Sync {
    /// Deletes sessions and one-time tokens that expired before an instant (sessions: absolutely), forgets
    /// commits whose ids were made before it, and gives the count of deleted records.
    ///
    /// Keep well away from the present: a forgotten commit can be written again by a late retry.
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// A store of identities, as the parts that use it see it.
#[derive(Clone)]
pub struct IdentityPorts {
    /// Writes.
    pub commits: Arc<dyn IdentityCommits>,
    /// Accounts.
    pub users: Arc<dyn Users>,
    /// Teams, memberships and invitations.
    pub teams: Arc<dyn Teams>,
    /// Log-in sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Invitations and one-time tokens by what was mailed.
    pub mailed_tokens: Arc<dyn MailedTokens>,
    /// API keys.
    pub api_keys: Arc<dyn ApiKeys>,
    /// Signing keys.
    pub signing_keys: Arc<dyn SigningKeys>,
    /// The security audit.
    pub audit: Arc<dyn SecurityAudit>,
    /// Forgetting.
    pub housekeeping: Arc<dyn Housekeeping>,
}

impl IdentityPorts {
    /// The ports of one store that has them all.
    ///
    /// ```
    /// # #[cfg(feature = "memory")] {
    /// use std::sync::Arc;
    ///
    /// use invoice_core::memory::MemoryIdentity;
    /// use invoice_core::ports::identity::IdentityPorts;
    ///
    /// let ports = IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()));
    /// # let _ = ports;
    /// # }
    /// ```
    pub fn from_store<S>(store: &Arc<S>) -> Self
    where
        S: IdentityCommits
            + Users
            + Teams
            + Sessions
            + MailedTokens
            + ApiKeys
            + SigningKeys
            + SecurityAudit
            + Housekeeping
            + 'static,
    {
        Self {
            commits: store.clone(),
            users: store.clone(),
            teams: store.clone(),
            sessions: store.clone(),
            mailed_tokens: store.clone(),
            api_keys: store.clone(),
            signing_keys: store.clone(),
            audit: store.clone(),
            housekeeping: store.clone(),
        }
    }
}

impl fmt::Debug for IdentityPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityPorts").finish_non_exhaustive()
    }
}
