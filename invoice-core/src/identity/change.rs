use std::collections::HashSet;

use super::{IdentityKey, IdentityRecord, SecurityEvent};
use crate::{Code, CommitId, Version, Violation};

/// One record written by an [`IdentityChange`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityWrite {
    /// A record that was not there.
    Insert(IdentityRecord),
    /// A record that was there at version `expected`; `record` holds the next version.
    Update {
        /// The version the update was decided on.
        expected: Version,
        /// The record as it shall be.
        record: IdentityRecord,
    },
    /// A record that was there at version `expected`, with all that belongs to it: a team with its
    /// memberships, invitations and API keys; a user with their sessions and one-time tokens.
    Delete {
        /// What names it.
        key: IdentityKey,
        /// The version the deletion was decided on.
        expected: Version,
    },
}

impl IdentityWrite {
    /// An update of a record that was loaded and then changed: moves it on to its next version.
    ///
    /// ```
    /// use invoice_core::identity::{IdentityWrite, Team};
    /// use invoice_core::{TeamId, Timestamp, Version};
    /// use uuid::Uuid;
    ///
    /// let team = Team::new(TeamId::from_uuid(Uuid::from_u128(1)), "Engines", Timestamp::from_millis(0))?;
    /// let write = IdentityWrite::update(team.with_name("Engines Ltd")?);
    /// let IdentityWrite::Update { expected, record } = write else { unreachable!() };
    /// assert_eq!((expected, record.version()), (Version::FIRST, Version::new(2)));
    /// # Ok::<(), invoice_core::Violations>(())
    /// ```
    pub fn update(record: impl Into<IdentityRecord>) -> Self {
        let record = record.into();
        let expected = record.version();
        Self::Update { expected, record: record.at_version(expected.next()) }
    }

    /// A deletion of a record that was loaded.
    ///
    /// ```
    /// use invoice_core::identity::{IdentityKey, IdentityWrite, Team};
    /// use invoice_core::{TeamId, Timestamp, Version};
    /// use uuid::Uuid;
    ///
    /// let id = TeamId::from_uuid(Uuid::from_u128(1));
    /// let team = Team::new(id, "Engines", Timestamp::from_millis(0))?;
    /// let expected = Version::FIRST;
    /// assert_eq!(
    ///     IdentityWrite::delete(team),
    ///     IdentityWrite::Delete { key: IdentityKey::Team(id), expected }
    /// );
    /// # Ok::<(), invoice_core::Violations>(())
    /// ```
    pub fn delete(record: impl Into<IdentityRecord>) -> Self {
        let record = record.into();
        Self::Delete { key: record.key(), expected: record.version() }
    }

    /// What names the record.
    pub fn key(&self) -> IdentityKey {
        match self {
            Self::Insert(record) | Self::Update { record, .. } => record.key(),
            Self::Delete { key, .. } => key.clone(),
        }
    }
}

/// All that is written together: the whole of it, or nothing.
///
/// Plain data, decided beforehand; a store only checks and writes it. Stores take it apart without `..`, so
/// that a new field breaks their build until they handle it. Committing the same `id` again is one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityChange {
    /// The commit; a retry keeps it.
    pub id: CommitId,
    /// The records, each at most once.
    pub writes: Vec<IdentityWrite>,
    /// Records that are only read but must still be at the version they were read at.
    pub guards: Vec<(IdentityKey, Version)>,
    /// What the security audit is to say.
    pub audit: Vec<SecurityEvent>,
}

impl IdentityChange {
    /// A change that writes nothing yet.
    ///
    /// ```
    /// use invoice_core::identity::{IdentityChange, Team};
    /// use invoice_core::{CommitId, TeamId, Timestamp};
    /// use uuid::Uuid;
    ///
    /// let team = Team::new(TeamId::from_uuid(Uuid::from_u128(1)), "Engines", Timestamp::from_millis(0))?;
    /// let change = IdentityChange::new(CommitId::from_uuid(Uuid::from_u128(2))).insert(team);
    /// assert_eq!(change.writes.len(), 1);
    /// assert_eq!(change.check(), Ok(()));
    /// # Ok::<(), invoice_core::Violations>(())
    /// ```
    pub const fn new(id: CommitId) -> Self {
        Self { id, writes: Vec::new(), guards: Vec::new(), audit: Vec::new() }
    }

    /// Also inserts a record.
    #[must_use]
    pub fn insert(mut self, record: impl Into<IdentityRecord>) -> Self {
        self.writes.push(IdentityWrite::Insert(record.into()));
        self
    }

    /// Also updates a record that was loaded and then changed.
    #[must_use]
    pub fn update(mut self, record: impl Into<IdentityRecord>) -> Self {
        self.writes.push(IdentityWrite::update(record));
        self
    }

    /// Also deletes a record that was loaded.
    #[must_use]
    pub fn delete(mut self, record: impl Into<IdentityRecord>) -> Self {
        self.writes.push(IdentityWrite::delete(record));
        self
    }

    /// Also needs a record that was loaded to be unchanged.
    #[must_use]
    pub fn guard(mut self, record: impl Into<IdentityRecord>) -> Self {
        let record = record.into();
        self.guards.push((record.key(), record.version()));
        self
    }

    /// Also tells the security audit.
    #[must_use]
    pub fn audit(mut self, event: SecurityEvent) -> Self {
        self.audit.push(event);
        self
    }

    /// Checks what needs no store; every store calls it first and answers
    /// [`Refused`](crate::ports::StoreError::Refused).
    ///
    /// An insert is at the first version and an update at the one after the expected; no record is named
    /// twice; whoever writes a membership writes its team as well, because the team's version is what
    /// keeps two owners from leaving at once; and nothing is written that a deletion in the same change
    /// takes along.
    pub fn check(&self) -> Result<(), Violation> {
        let mut named = HashSet::new();
        for (index, write) in self.writes.iter().enumerate() {
            let wrong_version = match write {
                IdentityWrite::Insert(record) => record.version() != Version::FIRST,
                IdentityWrite::Update { expected, record } => record.version() != expected.next(),
                IdentityWrite::Delete { .. } => false,
            };
            if wrong_version {
                let detail = "an insert is at version 1, an update at the one after the expected";
                return Err(Violation::new(format!("/writes/{index}/version"), Code::Inconsistent, detail));
            }
            if !named.insert(write.key()) {
                return Err(repeated(format!("/writes/{index}")));
            }
        }
        for (index, write) in self.writes.iter().enumerate() {
            let wrong = match write.key() {
                IdentityKey::Membership(team, _) if !named.contains(&IdentityKey::Team(team)) => {
                    Some("a membership is written together with its team")
                }
                _ if self.deletes_owner_of(write) => Some("goes with what is deleted in the same change"),
                _ => None,
            };
            if let Some(detail) = wrong {
                return Err(Violation::new(format!("/writes/{index}"), Code::Inconsistent, detail));
            }
        }
        for (index, (key, _)) in self.guards.iter().enumerate() {
            if !named.insert(key.clone()) {
                return Err(repeated(format!("/guards/{index}")));
            }
        }
        Ok(())
    }

    /// Whether the record would go with a team or user that the change deletes.
    fn deletes_owner_of(&self, write: &IdentityWrite) -> bool {
        let owner = match (write.key(), write) {
            (
                IdentityKey::Membership(team, _)
                | IdentityKey::Invitation(team, _)
                | IdentityKey::ApiKey(team, _),
                _,
            ) => IdentityKey::Team(team),
            (_, IdentityWrite::Insert(record) | IdentityWrite::Update { record, .. }) => match record {
                IdentityRecord::Session(session) => IdentityKey::User(session.user()),
                IdentityRecord::OneTimeToken(token) => IdentityKey::User(token.user()),
                _ => return false,
            },
            _ => return false,
        };
        self.writes.iter().any(|other| matches!(other, IdentityWrite::Delete { key, .. } if *key == owner))
    }
}

fn repeated(pointer: String) -> Violation {
    Violation::new(pointer, Code::Repeated, "a record is named once in a change")
}

/// What came of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityReceipt {
    /// The commit.
    pub id: CommitId,
    /// Whether it had been written before, and this was a retry.
    pub replayed: bool,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::identity::{EmailAddress, EmailKey, Fingerprint, Membership, Session, Team, User};
    use crate::{Role, SessionId, TeamId, Timestamp, UserId};

    fn team() -> Team {
        Team::new(TeamId::from_uuid(Uuid::from_u128(1)), "Engines", Timestamp::from_millis(0)).unwrap()
    }

    fn member() -> Membership {
        let user = UserId::from_uuid(Uuid::from_u128(2));
        Membership::new(team().id(), user, Role::Owner, Timestamp::from_millis(0))
    }

    fn change() -> IdentityChange {
        IdentityChange::new(CommitId::from_uuid(Uuid::from_u128(3)))
    }

    #[test]
    fn a_membership_goes_with_its_team() {
        assert!(change().insert(team()).insert(member()).check().is_ok());
        assert!(change().update(team()).delete(member()).check().is_ok());
        let alone = change().update(member()).check().unwrap_err();
        assert_eq!((alone.pointer(), alone.code()), ("/writes/0", Code::Inconsistent));
        assert!(change().guard(team()).update(member()).check().is_err());
    }

    #[test]
    fn nothing_is_written_that_goes_with_a_deletion() {
        let at = Timestamp::from_millis;
        let user = member().user();
        let session = SessionId::from_uuid(Uuid::from_u128(4));
        let session = Session::new(session, user, Fingerprint::new([1; 32]), at(0), at(1), at(1)).unwrap();
        let email = EmailAddress::new("a@b", EmailKey::new("a@b").unwrap()).unwrap();
        let user = User::new(user, email, "Ada", at(0)).unwrap();
        let along = change().insert(session.clone()).delete(user.clone()).check().unwrap_err();
        assert_eq!((along.pointer(), along.code()), ("/writes/0", Code::Inconsistent));
        assert!(change().delete(team()).delete(member()).check().is_err());
        assert!(change().update(team()).delete(member()).delete(user.clone()).check().is_ok());
        assert!(change().insert(session).update(user).check().is_ok());
    }

    #[test]
    fn a_record_is_named_once() {
        let twice = change().update(team()).delete(team()).check().unwrap_err();
        assert_eq!((twice.pointer(), twice.code()), ("/writes/1", Code::Repeated));
        let guarded = change().update(team()).guard(team()).check().unwrap_err();
        assert_eq!((guarded.pointer(), guarded.code()), ("/guards/0", Code::Repeated));
    }

    #[test]
    fn a_write_holds_the_version_it_leads_to() {
        let mut stale = change().update(team());
        stale.writes = vec![IdentityWrite::Update { expected: Version::new(7), record: team().into() }];
        assert_eq!(stale.check().unwrap_err().pointer(), "/writes/0/version");
        stale.writes = vec![IdentityWrite::Insert(team().at_version(Version::new(2)).into())];
        assert_eq!(stale.check().unwrap_err().pointer(), "/writes/0/version");
    }
}
