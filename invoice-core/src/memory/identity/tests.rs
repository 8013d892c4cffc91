use proptest::prelude::*;
use uuid::Uuid;

use super::state::{State, UniqueValue};
use crate::identity::{
    ApiKey, EmailAddress, EmailKey, Fingerprint, IdentityChange, IdentityKey, IdentityRecord, IdentityWrite,
    Invitation, KeyAlgorithm, KeyId, Membership, OneTimeToken, SealedBytes, Session, SigningKey, Team,
    TokenPurpose, User,
};
use crate::{
    ApiKeyId, CommitId, InvitationId, OneTimeTokenId, Role, SessionId, TeamId, Timestamp, UserId, Version,
};

/// A write out of few identifiers, addresses, fingerprints and versions, so that they often collide.
#[derive(Debug, Clone, Copy)]
struct Write {
    what: u8,
    kind: u8,
    one: u8,
    two: u8,
    value: u8,
    version: u64,
}

fn id(number: u8) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

impl Write {
    fn record(self) -> IdentityRecord {
        let (team, user) = (TeamId::from_uuid(id(self.one)), UserId::from_uuid(id(self.two)));
        let (start, end) = (Timestamp::from_millis(0), Timestamp::from_millis(9));
        let fingerprint = Fingerprint::new([self.value; 32]);
        let address = || {
            let text = format!("{}@example.org", self.value);
            EmailAddress::new(text.clone(), EmailKey::new(text).unwrap()).unwrap()
        };
        match self.kind {
            0 => User::new(user, address(), "Ada", start).unwrap().into(),
            1 => Team::new(team, "Engines", start).unwrap().into(),
            2 => Membership::new(team, user, Role::Owner, start).into(),
            3 => {
                let invitation = InvitationId::from_uuid(id(self.two));
                Invitation::new(invitation, team, address(), Role::Viewer, user, fingerprint, end).into()
            }
            4 => {
                let session = SessionId::from_uuid(id(self.one));
                let session = Session::new(session, user, fingerprint, start, end, end).unwrap();
                if self.what == 1 { session.rotated(fingerprint, end, end).into() } else { session.into() }
            }
            5 => {
                let token = OneTimeTokenId::from_uuid(id(self.one));
                OneTimeToken::new(token, user, TokenPurpose::VerifyEmail, fingerprint, end).into()
            }
            6 => {
                let key = ApiKeyId::from_uuid(id(self.two));
                ApiKey::new(key, team, "Shop", "ik", fingerprint, Role::Viewer, user).unwrap().into()
            }
            _ => {
                let (kid, sealed) =
                    (KeyId::new(self.one.to_string()).unwrap(), SealedBytes::new([1]).unwrap());
                SigningKey::new(kid, KeyAlgorithm::EdDsa, sealed, start).into()
            }
        }
    }

    fn write(self, stored: &State) -> IdentityWrite {
        let record = self.record();
        let found = stored.records.get(&record.key()).map(IdentityRecord::version);
        // Mostly the true version: a stale one is only one of the things to go wrong.
        let expected =
            if self.version < 4 { found.unwrap_or(Version::FIRST) } else { Version::new(self.version) };
        match self.what {
            0 => IdentityWrite::Insert(record),
            1 => IdentityWrite::update(record.at_version(expected)),
            _ => IdentityWrite::Delete { key: record.key(), expected },
        }
    }
}

prop_compose! {
    fn any_write()(what in 0..3_u8, kind in 0..8_u8, one in 0..3_u8, two in 0..3_u8, value in 0..4_u8,
                   version in 1..6_u64) -> Write {
        Write { what, kind, one, two, value, version }
    }
}

/// Memberships need their team beside them to get past the first check.
fn with_teams(writes: &mut Vec<IdentityWrite>, stored: &State) {
    let keys: Vec<_> = writes.iter().map(IdentityWrite::key).collect();
    for key in &keys {
        if let IdentityKey::Membership(team, _) = key
            && let Some(IdentityRecord::Team(team)) = stored.records.get(&IdentityKey::Team(*team))
            && !writes.iter().any(|write| write.key() == IdentityKey::Team(team.id()))
        {
            writes.push(IdentityWrite::update(team.clone()));
        }
    }
}

fn is_sound(state: &State) {
    let held: Vec<_> = state
        .records
        .iter()
        .flat_map(|(key, record)| UniqueValue::all_of(record).into_iter().map(move |value| (value, key)))
        .collect();
    assert_eq!(held.len(), state.unique.len(), "every unique value has one holder");
    for (value, key) in held {
        assert_eq!(state.unique.get(&value), Some(key), "the index knows the holder");
    }
    for (key, record) in &state.records {
        assert_eq!(key, &record.key(), "a record lies at its key");
        if let IdentityRecord::Membership(member) = record {
            assert!(state.records.contains_key(&IdentityKey::Team(member.team())), "its team is there");
            assert!(state.records.contains_key(&IdentityKey::User(member.user())), "its user is there");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_commit_that_fails_leaves_everything_as_it_was(
        commits in prop::collection::vec(prop::collection::vec(any_write(), 1..5), 1..40),
    ) {
        let mut state = State::default();
        for (count, writes) in (1_u128..).zip(commits) {
            let mut change = IdentityChange::new(CommitId::from_uuid(Uuid::from_u128(count)));
            change.writes = writes.into_iter().map(|write| write.write(&state)).collect();
            with_teams(&mut change.writes, &state);
            let before = state.clone();
            match state.commit(change.clone()) {
                Err(_) => prop_assert_eq!(&state, &before),
                Ok(_) => for write in change.writes {
                    match write {
                        IdentityWrite::Insert(record) | IdentityWrite::Update { record, .. } => {
                            let found = state.records.get(&record.key()).map(IdentityRecord::version);
                            prop_assert_eq!(found, Some(record.version()));
                        }
                        IdentityWrite::Delete { key, .. } => prop_assert!(!state.records.contains_key(&key)),
                    }
                }
            }
            is_sound(&state);
        }
    }
}
