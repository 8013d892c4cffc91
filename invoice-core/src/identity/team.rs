use serde::{Deserialize, Serialize};

use super::MAX_TEXT;
use crate::text;
use crate::{Role, TeamId, Timestamp, UserId, Version, Violations};

/// A team: who may work on one legal entity's documents.
///
/// Its version guards its memberships: every change of a membership also writes the team, so of two
/// changes that each leave one owner, but none together, the second meets a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    id: TeamId,
    version: Version,
    name: String,
    created_at: Timestamp,
}

impl Team {
    /// A new team; its first owner's membership belongs into the same change.
    ///
    /// ```
    /// use invoice_core::identity::Team;
    /// use invoice_core::{TeamId, Timestamp};
    /// use uuid::Uuid;
    ///
    /// let id = TeamId::from_uuid(Uuid::from_u128(1));
    /// assert_eq!(Team::new(id, "Engines Ltd", Timestamp::from_millis(0))?.name(), "Engines Ltd");
    /// assert!(Team::new(id, " ", Timestamp::from_millis(0)).is_err());
    /// # Ok::<(), invoice_core::Violations>(())
    /// ```
    pub fn new(id: TeamId, name: impl Into<String>, created_at: Timestamp) -> Result<Self, Violations> {
        let name = checked_name(name.into())?;
        Ok(Self { id, version: Version::FIRST, name, created_at })
    }

    /// The identifier.
    pub const fn id(&self) -> TeamId {
        self.id
    }

    /// How often the team or one of its memberships was written.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The team's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the team was made.
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// With another name, 1 to 500 characters.
    pub fn with_name(self, name: impl Into<String>) -> Result<Self, Violations> {
        Ok(Self { name: checked_name(name.into())?, ..self })
    }

    pub(crate) fn at_version(self, version: Version) -> Self {
        Self { version, ..self }
    }
}

fn checked_name(name: String) -> Result<String, Violations> {
    let mut found = Violations::new();
    text::collect_required(&mut found, "/name", &name, MAX_TEXT);
    found.into_result().map(|()| name)
}

/// A user's place in a team; a user has at most one in each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    team: TeamId,
    user: UserId,
    version: Version,
    role: Role,
    joined_at: Timestamp,
}

impl Membership {
    /// A new membership.
    ///
    /// ```
    /// use invoice_core::identity::Membership;
    /// use invoice_core::{Role, TeamId, Timestamp, UserId};
    /// use uuid::Uuid;
    ///
    /// let (team, user) = (TeamId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)));
    /// let member = Membership::new(team, user, Role::Owner, Timestamp::from_millis(0));
    /// assert_eq!(member.with_role(Role::Admin).role(), Role::Admin);
    /// ```
    pub const fn new(team: TeamId, user: UserId, role: Role, joined_at: Timestamp) -> Self {
        Self { team, user, version: Version::FIRST, role, joined_at }
    }

    /// The team.
    pub const fn team(&self) -> TeamId {
        self.team
    }

    /// The user.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// How often the membership was written.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// What the user may do in the team.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Since when.
    pub const fn joined_at(&self) -> Timestamp {
        self.joined_at
    }

    /// With another role.
    #[must_use]
    pub fn with_role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    pub(crate) fn at_version(self, version: Version) -> Self {
        Self { version, ..self }
    }
}
