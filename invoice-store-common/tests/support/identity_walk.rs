//! The same random changes of identities on two stores: both answer alike, and end alike.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::mem::discriminant;

use invoice_core::identity::{
    Acceptance, ApiKey, EmailAddress, EmailKey, Fingerprint, IdentityChange, IdentityKey, IdentityRecord,
    IdentityWrite, Invitation, KeyAlgorithm, KeyId, Membership, OneTimeToken, SealedBytes, SearchPrefix,
    SecurityAction, SecurityEvent, Session, SigningKey, Team, TokenPurpose, User,
};
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::ports::{PageRequest, StoreError};
use invoice_core::{
    ApiKeyId, AuditId, CommitId, InvitationId, OneTimeTokenId, Role, SessionId, TeamId, Timestamp, UserId,
};
use uuid::Uuid;

/// Few enough that identifiers, addresses and fingerprints often collide.
const IDS: u64 = 4;
const HASHES: u64 = 8;
const NAMES: [&str; 5] = ["Ada", "Adele", "\u{10FFFF}\u{10FFFF}", "Ådne", "a_da%"];

/// Walks `steps` changes; a failure names the seed.
pub(crate) async fn walk(model: &IdentityPorts, store: &IdentityPorts, seed: u64, steps: u32) {
    let mut walk = Walk {
        random: Random(seed),
        seed,
        now: 0,
        count: 0,
        known: Vec::new(),
        latest: BTreeMap::new(),
        done: Vec::new(),
    };
    for step in 0..steps {
        walk.step(model, store).await;
        if step % 25 == 0 || step + 1 == steps {
            walk.compare(model, store).await;
        }
    }
    assert!(walk.done.len() > usize::try_from(steps / 8).unwrap(), "seed {seed}: enough changes succeed");
}

/// Numbers by the `SplitMix64` rule.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(u128::from(self.below(IDS)) + 1)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let count = u64::try_from(from.len()).unwrap();
        let index = self.next().checked_rem(count)?;
        from.get(usize::try_from(index).unwrap()).cloned()
    }
}

struct Walk {
    random: Random,
    seed: u64,
    now: i64,
    count: u64,
    /// Every version of every record that was written.
    known: Vec<IdentityRecord>,
    /// The last version of each record that was not deleted, as far as changes say so.
    latest: BTreeMap<IdentityKey, IdentityRecord>,
    /// Every change that was written.
    done: Vec<IdentityChange>,
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn fingerprint(number: u64) -> Fingerprint {
    Fingerprint::new([u8::try_from(number).unwrap(); 32])
}

fn email(number: u64) -> EmailAddress {
    let text = format!("ad{number}@example.org");
    EmailAddress::new(text.clone(), EmailKey::new(text).unwrap()).unwrap()
}

/// Takes records along that have values of their own.
fn frees(write: &IdentityWrite) -> bool {
    matches!(write, IdentityWrite::Delete { key: IdentityKey::User(_) | IdentityKey::Team(_), .. })
}

impl Walk {
    fn name(&mut self) -> &'static str {
        self.random.pick(&NAMES).unwrap()
    }

    async fn step(&mut self, model: &IdentityPorts, store: &IdentityPorts) {
        self.now += 1;
        let (now, id) = (at(self.now), self.random.id());
        match self.random.below(20) {
            0 => {
                let before = at(self.now - 100);
                let counts = (model.housekeeping.purge(before).await, store.housekeeping.purge(before).await);
                self.same("purge", counts);
            }
            1 => {
                let id = SessionId::from_uuid(id);
                model.sessions.touch_session(id, now).await.unwrap();
                store.sessions.touch_session(id, now).await.unwrap();
            }
            2 => {
                let (team, key) = (TeamId::from_uuid(id), ApiKeyId::from_uuid(self.random.id()));
                model.api_keys.touch_api_key(team, key, now).await.unwrap();
                store.api_keys.touch_api_key(team, key, now).await.unwrap();
            }
            _ => {
                let retried = if self.random.below(20) == 0 { self.random.pick(&self.done) } else { None };
                let change = retried.unwrap_or_else(|| self.change());
                let expected = model.commits.commit_identity(change.clone()).await;
                let found = store.commits.commit_identity(change.clone()).await;
                self.alike(&change, &expected, &found);
                if expected.is_ok_and(|receipt| !receipt.replayed) {
                    for write in &change.writes {
                        self.written(write);
                    }
                    self.done.push(change);
                }
            }
        }
    }

    fn alike<T: Debug + PartialEq>(
        &self,
        change: &IdentityChange,
        expected: &Result<T, StoreError>,
        found: &Result<T, StoreError>,
    ) {
        let alike = match (expected, found) {
            (Ok(expected), Ok(found)) => expected == found,
            // With several things wrong, any of them is answered.
            (Err(_), Err(found)) => !matches!(found, StoreError::Backend(_) | StoreError::Unavailable),
            _ => false,
        };
        assert!(alike, "seed {}: {change:#?}\nexpected {expected:?}\nfound {found:?}", self.seed);
    }

    fn same<T: Debug + PartialEq>(
        &self,
        what: &str,
        (expected, found): (Result<T, StoreError>, Result<T, StoreError>),
    ) {
        assert_eq!(found.unwrap(), expected.unwrap(), "seed {}: {what}", self.seed);
    }

    fn change(&mut self) -> IdentityChange {
        self.count += 1;
        let made = u128::try_from(self.now).unwrap() << 80;
        let mut change =
            IdentityChange::new(CommitId::from_uuid(Uuid::from_u128(made + u128::from(self.count))));
        for _ in 0..=self.random.below(2) {
            let write = self.write();
            if let IdentityKey::Membership(team, _) = write.key() {
                change = self.with_team(change, team);
            }
            // Whether a value that one write frees may be taken by another of the same change is left open.
            let may_take = |other: &IdentityWrite| {
                discriminant(&other.key()) == discriminant(&write.key()) || frees(other) || frees(&write)
            };
            if !change.writes.iter().any(may_take) {
                change.writes.push(write);
            }
        }
        if self.random.below(4) == 0
            && let Some(record) = self.some()
        {
            change = change.guard(record);
        }
        if self.random.below(3) == 0 {
            let id = AuditId::from_uuid(Uuid::from_u128(u128::from(self.random.below(1_000))));
            let event = SecurityEvent::new(id, at(self.now), SecurityAction::RoleChanged);
            let (team, user) = (TeamId::from_uuid(self.random.id()), UserId::from_uuid(self.random.id()));
            change = change.audit(event.in_team(team).by_user(user));
        }
        change
    }

    /// Whoever writes a membership writes its team.
    fn with_team(&mut self, change: IdentityChange, team: TeamId) -> IdentityChange {
        let key = IdentityKey::Team(team);
        if change.writes.iter().any(|write| write.key() == key) {
            return change;
        }
        match self.latest.get(&key) {
            Some(record) => change.update(record.clone()),
            None => change.insert(Team::new(team, "Engines", at(0)).unwrap()),
        }
    }

    /// Mostly the latest version of some record.
    fn some(&mut self) -> Option<IdentityRecord> {
        if self.random.below(8) == 0 {
            return self.random.pick(&self.known);
        }
        let latest: Vec<_> = self.latest.values().cloned().collect();
        self.random.pick(&latest)
    }

    fn written(&mut self, write: &IdentityWrite) {
        match write {
            IdentityWrite::Insert(record) | IdentityWrite::Update { record, .. } => {
                self.known.push(record.clone());
                self.latest.insert(record.key(), record.clone());
            }
            IdentityWrite::Delete { key, .. } => drop(self.latest.remove(key)),
        }
    }

    fn write(&mut self) -> IdentityWrite {
        match (self.random.below(10), self.some()) {
            (0, Some(record)) if self.random.below(2) == 0 => IdentityWrite::delete(record),
            (1..=5, Some(record)) => IdentityWrite::update(self.changed(record)),
            _ => IdentityWrite::Insert(self.new_record()),
        }
    }

    fn new_record(&mut self) -> IdentityRecord {
        let (team, user) = (TeamId::from_uuid(self.random.id()), UserId::from_uuid(self.random.id()));
        let (id, hash) = (self.random.id(), fingerprint(self.random.below(HASHES)));
        let (now, end) = (at(self.now), at(self.now + 200));
        match self.random.below(10) {
            0 => User::new(user, email(self.random.below(6)), self.name(), now).unwrap().into(),
            1 => Team::new(team, "Engines", now).unwrap().into(),
            2..=3 => Membership::new(team, user, Role::Owner, now).into(),
            5 => {
                let id = InvitationId::from_uuid(id);
                Invitation::new(id, team, email(1), Role::Viewer, user, hash, end).into()
            }
            4 | 6 => {
                let session = Session::new(SessionId::from_uuid(id), user, hash, now, end, end).unwrap();
                session.with_secret(SealedBytes::new([7; 3]).ok()).into()
            }
            7 => {
                let purpose = self.random.pick(&TokenPurpose::ALL).unwrap();
                OneTimeToken::new(OneTimeTokenId::from_uuid(id), user, purpose, hash, end).into()
            }
            8 => ApiKey::new(ApiKeyId::from_uuid(id), team, "Shop", "ik", hash, Role::Viewer, user)
                .unwrap()
                .into(),
            _ => {
                let kid = KeyId::new(format!("k{}", self.random.below(IDS))).unwrap();
                SigningKey::new(kid, KeyAlgorithm::EdDsa, SealedBytes::new([1]).unwrap(), now).into()
            }
        }
    }

    fn changed(&mut self, record: IdentityRecord) -> IdentityRecord {
        let (now, hash) = (at(self.now), fingerprint(self.random.below(HASHES)));
        match record {
            IdentityRecord::User(user) => match self.random.below(3) {
                0 => user.with_name(self.name()).unwrap().into(),
                1 => user.with_email(email(self.random.below(6)), Some(now)).into(),
                _ => user.with_next_uv().with_disabled_at(Some(now)).into(),
            },
            IdentityRecord::Team(team) => team.with_name(self.name()).unwrap().into(),
            IdentityRecord::Membership(member) => {
                member.with_role(self.random.pick(&Role::ALL).unwrap()).into()
            }
            IdentityRecord::Invitation(invitation) => {
                let user = UserId::from_uuid(self.random.id());
                invitation.with_acceptance(Acceptance { user, at: now }).into()
            }
            IdentityRecord::Session(session) => match self.random.below(3) {
                0 => session.revoked(now).into(),
                _ => session.rotated(hash, now, at(self.now + 100)).into(),
            },
            IdentityRecord::OneTimeToken(token) => token.with_used_at(now).into(),
            IdentityRecord::ApiKey(key) => key.used(now).with_revoked_at(now).into(),
            IdentityRecord::SigningKey(key) => key.destroyed(now).into(),
        }
    }

    async fn compare(&self, one: &IdentityPorts, two: &IdentityPorts) {
        macro_rules! both {
            ($port:ident . $call:ident ( $($argument:expr),* )) => {
                self.same(stringify!($call), (one.$port.$call($($argument),*).await, two.$port.$call($($argument),*).await))
            };
        }
        let ids = || (0..=IDS).map(|id| Uuid::from_u128(u128::from(id) + 1));
        let first = PageRequest::first(2).unwrap();
        let page = |cursor: String| first.clone().after(cursor.parse().unwrap());
        for id in ids() {
            let (team, user, session) =
                (TeamId::from_uuid(id), UserId::from_uuid(id), SessionId::from_uuid(id));
            both!(users.user(user));
            both!(teams.team(team));
            both!(sessions.session(session));
            both!(sessions.check_session(session, None));
            for list in [first.clone(), page(user.to_string())] {
                both!(teams.members(team, None, &list));
                for text in ["ad", "ad1@", "a_", "\u{10FFFF}", "å"] {
                    both!(teams.members(team, SearchPrefix::new(text).ok(), &list));
                }
            }
            for list in [first.clone(), page(team.to_string())] {
                both!(teams.teams_of(user, &list));
            }
            both!(teams.invitations(team, &first));
            both!(api_keys.api_keys(team, &page(ApiKeyId::from_uuid(id).to_string())));
            both!(sessions.sessions_of(user, &page(session.to_string())));
            both!(sessions.sessions_of(user, &first));
            both!(audit.events_of_team(team, &first));
            both!(audit.events_of_user(user, &first));
            for purpose in TokenPurpose::ALL {
                both!(mailed_tokens.unused_tokens(user, purpose, &first));
            }
            for other in ids() {
                both!(teams.membership(team, UserId::from_uuid(other)));
                both!(teams.invitation(team, InvitationId::from_uuid(other)));
                both!(api_keys.api_key(team, ApiKeyId::from_uuid(other)));
                both!(sessions.check_session(session, Some(TeamId::from_uuid(other))));
            }
        }
        for number in 0..HASHES {
            both!(mailed_tokens.invitation_by_fingerprint(fingerprint(number)));
            both!(mailed_tokens.one_time_token(fingerprint(number)));
            both!(api_keys.api_key_by_fingerprint(fingerprint(number)));
            both!(sessions.session_by_refresh(fingerprint(number)));
            both!(users.user_by_email(email(number).key()));
        }
        both!(signing_keys.signing_keys());
    }
}
