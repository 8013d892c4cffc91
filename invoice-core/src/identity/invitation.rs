use serde::{Deserialize, Serialize};

use super::{EmailAddress, Fingerprint};
use crate::{InvitationId, Role, TeamId, Timestamp, UserId, Version};

/// Who accepted an invitation, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The user who joined.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
}

/// An invitation to join a team, open until it is accepted, revoked or expired.
///
/// Accepting updates it at its expected version, so it is used at most once. Deleting the team deletes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    id: InvitationId,
    version: Version,
    team: TeamId,
    email: EmailAddress,
    role: Role,
    invited_by: UserId,
    fingerprint: Fingerprint,
    expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accepted: Option<Acceptance>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// A new, open invitation; `fingerprint` is that of the token in the mail.
    ///
    /// ```
    /// use invoice_core::identity::{EmailAddress, EmailKey, Fingerprint, Invitation};
    /// use invoice_core::{InvitationId, Role, TeamId, Timestamp, UserId};
    /// use uuid::Uuid;
    ///
    /// let invitation = Invitation::new(
    ///     InvitationId::from_uuid(Uuid::from_u128(1)),
    ///     TeamId::from_uuid(Uuid::from_u128(2)),
    ///     EmailAddress::new("ada@example.org", EmailKey::new("ada@example.org")?)?,
    ///     Role::Member,
    ///     UserId::from_uuid(Uuid::from_u128(3)),
    ///     Fingerprint::new([7; 32]),
    ///     Timestamp::from_millis(1_000),
    /// );
    /// assert!(invitation.is_open(Timestamp::from_millis(999)));
    /// assert!(!invitation.is_open(Timestamp::from_millis(1_000)));
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub const fn new(
        id: InvitationId,
        team: TeamId,
        email: EmailAddress,
        role: Role,
        invited_by: UserId,
        fingerprint: Fingerprint,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            id,
            version: Version::FIRST,
            team,
            email,
            role,
            invited_by,
            fingerprint,
            expires_at,
            accepted: None,
            revoked_at: None,
        }
    }

    /// The identifier.
    pub const fn id(&self) -> InvitationId {
        self.id
    }

    /// How often the invitation was written.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The team to join.
    pub const fn team(&self) -> TeamId {
        self.team
    }

    /// Who is invited.
    pub const fn email(&self) -> &EmailAddress {
        &self.email
    }

    /// The role that comes with accepting.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Who invited; the account may be gone by now.
    pub const fn invited_by(&self) -> UserId {
        self.invited_by
    }

    /// The fingerprint of the token in the mail.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The first instant at which it can't be accepted any more.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Who accepted it, and when.
    pub const fn accepted(&self) -> Option<Acceptance> {
        self.accepted
    }

    /// When it was taken back.
    pub const fn revoked_at(&self) -> Option<Timestamp> {
        self.revoked_at
    }

    /// Whether it can be accepted at an instant.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.accepted.is_none() && self.revoked_at.is_none() && now < self.expires_at
    }

    /// Accepted by a user.
    #[must_use]
    pub fn with_acceptance(self, acceptance: Acceptance) -> Self {
        Self { accepted: Some(acceptance), ..self }
    }

    /// Taken back.
    #[must_use]
    pub fn with_revoked_at(self, at: Timestamp) -> Self {
        Self { revoked_at: Some(at), ..self }
    }

    pub(crate) fn at_version(self, version: Version) -> Self {
        Self { version, ..self }
    }
}
