use async_trait::async_trait;

use super::MemoryIdentity;
use super::state::State;
use crate::identity::{
    IdentityChange, IdentityKey, IdentityReceipt, IdentityRecord, IdentityWrite, SecurityEvent,
};
use crate::ports::identity::IdentityCommits;
use crate::ports::{StoreError, Unique};
use crate::{ApiKeyId, InvitationId, OneTimeTokenId, SessionId, UserId, Version};

/// What was in a record's place before a write.
type Undo = Vec<(IdentityKey, Option<IdentityRecord>)>;

#[async_trait]
impl IdentityCommits for MemoryIdentity {
    async fn commit_identity(&self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        self.state().commit(change)
    }
}

impl State {
    fn commit(&mut self, change: IdentityChange) -> Result<IdentityReceipt, StoreError> {
        if self.commits.contains(&change.id) {
            return Ok(IdentityReceipt { id: change.id, replayed: true });
        }
        change.check().map_err(StoreError::Refused)?;
        let IdentityChange { id, writes, guards, audit } = change;
        let mut undo = Undo::new();
        let done = self
            .check_guards(&guards)
            .and_then(|()| self.check_events(&audit))
            .and_then(|()| self.apply(writes, &mut undo))
            .and_then(|()| self.check_references(&undo));
        if let Err(error) = done {
            for (key, before) in undo.into_iter().rev() {
                self.replace(&key, before)?;
            }
            return Err(error);
        }
        self.events.extend(audit.into_iter().map(|event| (event.id(), event)));
        self.commits.insert(id);
        Ok(IdentityReceipt { id, replayed: false })
    }

    fn check_guards(&self, guards: &[(IdentityKey, Version)]) -> Result<(), StoreError> {
        guards.iter().try_for_each(|(key, expected)| self.check_version(key, *expected))
    }

    fn check_version(&self, key: &IdentityKey, expected: Version) -> Result<(), StoreError> {
        let found = self.records.get(key).map(IdentityRecord::version);
        if found == Some(expected) { Ok(()) } else { Err(StoreError::Conflict { expected, found }) }
    }

    fn check_events(&self, events: &[SecurityEvent]) -> Result<(), StoreError> {
        let taken = |(index, event): (usize, &SecurityEvent)| {
            self.events.contains_key(&event.id())
                || events.iter().take(index).any(|other| other.id() == event.id())
        };
        if events.iter().enumerate().any(taken) {
            return Err(StoreError::Duplicate { what: Unique::Id });
        }
        Ok(())
    }

    fn apply(&mut self, writes: Vec<IdentityWrite>, undo: &mut Undo) -> Result<(), StoreError> {
        for write in writes {
            match write {
                IdentityWrite::Insert(record) => {
                    let key = record.key();
                    if self.records.contains_key(&key) {
                        return Err(StoreError::Duplicate { what: unique_key(&key) });
                    }
                    self.put(key, Some(record), undo)?;
                }
                IdentityWrite::Update { expected, record } => {
                    let key = record.key();
                    self.check_version(&key, expected)?;
                    let record = self.with_latest_use(record);
                    self.put(key, Some(record), undo)?;
                }
                IdentityWrite::Delete { key, expected } => {
                    self.check_version(&key, expected)?;
                    for owned in self.owned_by(&key) {
                        self.put(owned, None, undo)?;
                    }
                    self.put(key, None, undo)?;
                }
            }
        }
        Ok(())
    }

    fn put(
        &mut self,
        key: IdentityKey,
        record: Option<IdentityRecord>,
        undo: &mut Undo,
    ) -> Result<(), StoreError> {
        let before = self.replace(&key, record)?;
        undo.push((key, before));
        Ok(())
    }

    /// A touch between loading and writing a record must not be undone by the write.
    fn with_latest_use(&self, record: IdentityRecord) -> IdentityRecord {
        match (self.records.get(&record.key()), record) {
            (Some(IdentityRecord::Session(stored)), IdentityRecord::Session(session)) => {
                session.seen(stored.last_seen_at()).into()
            }
            (Some(IdentityRecord::ApiKey(stored)), IdentityRecord::ApiKey(key)) => {
                let key = match stored.last_used_at() {
                    Some(at) => key.used(at),
                    None => key,
                };
                key.into()
            }
            (_, record) => record,
        }
    }

    /// What goes when the record goes.
    fn owned_by(&self, key: &IdentityKey) -> Vec<IdentityKey> {
        match *key {
            IdentityKey::Team(team) => {
                let members = self.kind(|id| IdentityKey::Membership(team, UserId::from_uuid(id)));
                let invitations = self.kind(|id| IdentityKey::Invitation(team, InvitationId::from_uuid(id)));
                let keys = self.kind(|id| IdentityKey::ApiKey(team, ApiKeyId::from_uuid(id)));
                members.chain(invitations).chain(keys).map(|(key, _)| key.clone()).collect()
            }
            IdentityKey::User(user) => {
                let sessions = self.kind(|id| IdentityKey::Session(SessionId::from_uuid(id)));
                let tokens = self.kind(|id| IdentityKey::OneTimeToken(OneTimeTokenId::from_uuid(id)));
                let theirs = |record: &IdentityRecord| match record {
                    IdentityRecord::Session(session) => session.user() == user,
                    IdentityRecord::OneTimeToken(token) => token.user() == user,
                    _ => false,
                };
                let owned = sessions.chain(tokens).filter(|(_, record)| theirs(record));
                owned.map(|(key, _)| key.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Once all is written, in whatever order: nothing written refers to what is not there, and nobody
    /// who was deleted is still a member.
    fn check_references(&self, written: &Undo) -> Result<(), StoreError> {
        for (key, _) in written {
            match (key, self.records.get(key)) {
                (IdentityKey::User(user), None) => {
                    let still =
                        |key: &IdentityKey| matches!(key, IdentityKey::Membership(_, it) if it == user);
                    if self.memberships().any(|(key, _)| still(key)) {
                        return Err(StoreError::InUse);
                    }
                }
                (_, Some(record)) if !self.has_all(&references(record)) => return Err(StoreError::NotFound),
                _ => {}
            }
        }
        Ok(())
    }

    fn has_all(&self, keys: &[IdentityKey]) -> bool {
        keys.iter().all(|key| self.records.contains_key(key))
    }
}

fn references(record: &IdentityRecord) -> Vec<IdentityKey> {
    match record {
        IdentityRecord::Membership(member) => {
            vec![IdentityKey::Team(member.team()), IdentityKey::User(member.user())]
        }
        IdentityRecord::Invitation(invitation) => vec![IdentityKey::Team(invitation.team())],
        IdentityRecord::ApiKey(key) => vec![IdentityKey::Team(key.team())],
        IdentityRecord::Session(session) => vec![IdentityKey::User(session.user())],
        IdentityRecord::OneTimeToken(token) => vec![IdentityKey::User(token.user())],
        IdentityRecord::User(_) | IdentityRecord::Team(_) | IdentityRecord::SigningKey(_) => Vec::new(),
    }
}

const fn unique_key(key: &IdentityKey) -> Unique {
    match key {
        IdentityKey::Membership(..) => Unique::Membership,
        IdentityKey::SigningKey(_) => Unique::KeyId,
        _ => Unique::Id,
    }
}
