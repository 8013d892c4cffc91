//! All records by their keys, and who holds which unique value.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use crate::identity::{EmailKey, Fingerprint, IdentityKey, IdentityRecord, SecurityEvent};
use crate::ports::{StoreError, Unique};
use crate::{AuditId, CommitId, TeamId};

#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct State {
    pub(super) records: BTreeMap<IdentityKey, IdentityRecord>,
    pub(super) unique: HashMap<UniqueValue, IdentityKey>,
    pub(super) events: BTreeMap<AuditId, SecurityEvent>,
    pub(super) commits: HashSet<CommitId>,
}

/// What at most one record may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum UniqueValue {
    Email(EmailKey),
    Invitation(Fingerprint),
    Refresh(Fingerprint),
    PreviousRefresh(Fingerprint),
    OneTimeToken(Fingerprint),
    ApiKey(Fingerprint),
}

impl UniqueValue {
    fn kind(&self) -> Unique {
        match self {
            Self::Email(_) => Unique::Email,
            Self::Invitation(_)
            | Self::Refresh(_)
            | Self::PreviousRefresh(_)
            | Self::OneTimeToken(_)
            | Self::ApiKey(_) => Unique::Fingerprint,
        }
    }

    pub(super) fn all_of(record: &IdentityRecord) -> Vec<Self> {
        match record {
            IdentityRecord::User(user) => vec![Self::Email(user.email().key().clone())],
            IdentityRecord::Invitation(invitation) => vec![Self::Invitation(invitation.fingerprint())],
            IdentityRecord::Session(session) => {
                let previous = session.refresh().previous().map(|it| Self::PreviousRefresh(it.fingerprint));
                previous.into_iter().chain([Self::Refresh(session.refresh().current())]).collect()
            }
            IdentityRecord::OneTimeToken(token) => vec![Self::OneTimeToken(token.fingerprint())],
            IdentityRecord::ApiKey(key) => vec![Self::ApiKey(key.fingerprint())],
            IdentityRecord::Team(_) | IdentityRecord::Membership(_) | IdentityRecord::SigningKey(_) => vec![],
        }
    }
}

impl State {
    /// Puts a record in the place of `key`, or nothing, and gives what was there.
    pub(super) fn replace(
        &mut self,
        key: &IdentityKey,
        record: Option<IdentityRecord>,
    ) -> Result<Option<IdentityRecord>, StoreError> {
        let values = record.as_ref().map(UniqueValue::all_of).unwrap_or_default();
        if let Some(taken) = values.iter().find(|value| self.unique.get(value).is_some_and(|it| it != key)) {
            return Err(StoreError::Duplicate { what: taken.kind() });
        }
        let before = match record {
            Some(record) => self.records.insert(key.clone(), record),
            None => self.records.remove(key),
        };
        for freed in before.iter().flat_map(UniqueValue::all_of) {
            self.unique.remove(&freed);
        }
        self.unique.extend(values.into_iter().map(|value| (value, key.clone())));
        Ok(before)
    }

    /// The record that holds a unique value.
    pub(super) fn holder(&self, value: &UniqueValue) -> Option<&IdentityRecord> {
        self.records.get(self.unique.get(value)?)
    }

    /// All records of one kind, in the order of their identifiers; `key` makes a key out of a UUID.
    pub(super) fn kind(
        &self,
        key: impl Fn(Uuid) -> IdentityKey,
    ) -> impl DoubleEndedIterator<Item = (&IdentityKey, &IdentityRecord)> {
        self.records.range(key(Uuid::nil())..=key(Uuid::max()))
    }

    /// All memberships of all teams, by team and user.
    pub(super) fn memberships(&self) -> impl DoubleEndedIterator<Item = (&IdentityKey, &IdentityRecord)> {
        let bound = |uuid| IdentityKey::Membership(TeamId::from_uuid(uuid), crate::UserId::from_uuid(uuid));
        self.kind(bound)
    }
}
