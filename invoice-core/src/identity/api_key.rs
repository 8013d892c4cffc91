use serde::{Deserialize, Serialize};

use super::{Fingerprint, MAX_TEXT};
use crate::text;
use crate::{ApiKeyId, Code, Role, TeamId, Timestamp, UserId, Version, Violations};

/// A key with which a program acts in one team. It belongs to the team, not to who made it.
///
/// Deleting the team deletes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    id: ApiKeyId,
    version: Version,
    team: TeamId,
    name: String,
    prefix: String,
    fingerprint: Fingerprint,
    role: Role,
    created_by: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// A new key that does not expire.
    ///
    /// `name` has 1 to 500 characters. `prefix` is the start of the key that may be shown to tell keys
    /// apart: 1 to 32 visible ASCII characters.
    ///
    /// ```
    /// use invoice_core::identity::{ApiKey, Fingerprint};
    /// use invoice_core::{ApiKeyId, Role, TeamId, Timestamp, UserId};
    /// use uuid::Uuid;
    ///
    /// let key = ApiKey::new(
    ///     ApiKeyId::from_uuid(Uuid::from_u128(1)),
    ///     TeamId::from_uuid(Uuid::from_u128(2)),
    ///     "Web shop",
    ///     "ik_4fR2",
    ///     Fingerprint::new([7; 32]),
    ///     Role::Accountant,
    ///     UserId::from_uuid(Uuid::from_u128(3)),
    /// )?;
    /// assert!(key.is_open(Timestamp::from_millis(0)));
    /// # Ok::<(), invoice_core::Violations>(())
    /// ```
    pub fn new(
        id: ApiKeyId,
        team: TeamId,
        name: impl Into<String>,
        prefix: impl Into<String>,
        fingerprint: Fingerprint,
        role: Role,
        created_by: UserId,
    ) -> Result<Self, Violations> {
        let (name, prefix, mut found) = (name.into(), prefix.into(), Violations::new());
        text::collect_required(&mut found, "/name", &name, MAX_TEXT);
        if !(1..=32).contains(&prefix.len()) || !prefix.bytes().all(|b| b.is_ascii_graphic()) {
            found.add("/prefix", Code::Malformed, "not 1 to 32 visible ASCII characters");
        }
        found.into_result()?;
        Ok(Self {
            id,
            version: Version::FIRST,
            team,
            name,
            prefix,
            fingerprint,
            role,
            created_by,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        })
    }

    /// The identifier.
    pub const fn id(&self) -> ApiKeyId {
        self.id
    }

    /// How often the key was written; being used does not count.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The team it acts in.
    pub const fn team(&self) -> TeamId {
        self.team
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The start of the key, to tell keys apart.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The whole key's fingerprint.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What it may do.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Who made it; the account may be gone by now.
    pub const fn created_by(&self) -> UserId {
        self.created_by
    }

    /// The first instant at which it does not work any more.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// When it was last used, as far as it was recorded.
    pub const fn last_used_at(&self) -> Option<Timestamp> {
        self.last_used_at
    }

    /// When it was ended before its time.
    pub const fn revoked_at(&self) -> Option<Timestamp> {
        self.revoked_at
    }

    /// Whether it is neither revoked nor expired at an instant.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// With an end, or without.
    #[must_use]
    pub fn with_expires_at(self, expires_at: Option<Timestamp>) -> Self {
        Self { expires_at, ..self }
    }

    /// Ended.
    #[must_use]
    pub fn with_revoked_at(self, at: Timestamp) -> Self {
        Self { revoked_at: Some(at), ..self }
    }

    /// Used at an instant; an earlier one changes nothing.
    #[must_use]
    pub fn used(self, at: Timestamp) -> Self {
        Self { last_used_at: self.last_used_at.max(Some(at)), ..self }
    }

    pub(crate) fn at_version(self, version: Version) -> Self {
        Self { version, ..self }
    }
}
