//! Defects in writing.

use async_trait::async_trait;
use invoice_core::Version;
use invoice_core::identity::{
    IdentityChange, IdentityKey, IdentityReceipt, IdentityRecord, IdentityWrite, SigningKey,
};
use invoice_core::ports::identity::{
    ApiKeys as _, IdentityCommits, MailedTokens as _, Sessions as _, SigningKeys as _, Teams as _, Users as _,
};
use invoice_core::ports::{StoreError, Unique};

use crate::faults::Fault;
use crate::store::Broken;

type Answer = Result<IdentityReceipt, StoreError>;

#[async_trait]
impl IdentityCommits for Broken {
    async fn commit_identity(&self, mut change: IdentityChange) -> Answer {
        self.note(&change);
        let id = change.id;
        let fresh = IdentityReceipt { id, replayed: false };
        match self.fault {
            Fault::LosesWrites => return Ok(fresh),
            Fault::Blocks => loop {
                std::thread::park();
            },
            Fault::IgnoresVersions => return self.overwrite(change).await,
            Fault::SplitsChanges => return self.split(change).await,
            Fault::IgnoresGuards => change.guards.clear(),
            Fault::GuardsAreWrites => {
                for (key, _) in std::mem::take(&mut change.guards) {
                    let IdentityKey::User(user) = key else { continue };
                    let user = self.inner.user(user).await?;
                    change.writes.extend(user.map(IdentityWrite::update));
                }
            }
            Fault::ForgetsCommits => change.id = self.fresh_commit(),
            Fault::RemembersFailures if self.notes(|notes| notes.failed.contains(&id)) => {
                return Ok(IdentityReceipt { id, replayed: true });
            }
            Fault::KeepsAddresses => self.keep_addresses(&change)?,
            Fault::IgnoresDeletions => {
                change.writes.retain(|write| !matches!(write, IdentityWrite::Delete { .. }));
            }
            Fault::DeletesAcrossTeams => self.forget_teams(&mut change),
            Fault::DropsTheAudit => change.audit.clear(),
            Fault::AuditsWhatFails => {
                let mut early = IdentityChange::new(self.fresh_commit());
                early.audit = std::mem::take(&mut change.audit);
                // A retry finds its entries written.
                let _ = self.inner.commit_identity(early).await;
            }
            Fault::MovesTheLastUseBack => self.forget_touches(&change),
            _ => {}
        }
        let answer = self.inner.commit_identity(change).await;
        match (self.fault, answer) {
            (Fault::ForgetsCommits, Ok(receipt)) => Ok(IdentityReceipt { id, ..receipt }),
            (Fault::RemembersFailures, Err(error)) => {
                self.notes(|notes| notes.failed.insert(id));
                Err(error)
            }
            (Fault::HidesReplays, Ok(_))
            | (Fault::AcceptsContradictions, Err(StoreError::Refused(_)))
            | (Fault::AcceptsOrphans, Err(StoreError::NotFound))
            | (Fault::AcceptsDuplicates, Err(StoreError::Duplicate { .. }))
            | (Fault::DeletesMembers, Err(StoreError::InUse)) => Ok(fresh),
            (Fault::TakesDuplicatesForConflicts, Err(StoreError::Duplicate { .. })) => {
                Err(StoreError::Conflict { expected: Version::FIRST, found: Some(Version::FIRST) })
            }
            (Fault::NamesTheWrongDuplicate, Err(StoreError::Duplicate { .. })) => {
                Err(StoreError::Duplicate { what: Unique::Id })
            }
            (Fault::HidesTheVersionFound, Err(StoreError::Conflict { expected, .. })) => {
                Err(StoreError::Conflict { expected, found: None })
            }
            (Fault::CallsGoneNotFound, Err(StoreError::Conflict { found: None, .. })) => {
                Err(StoreError::NotFound)
            }
            (_, answer) => answer,
        }
    }
}

impl Broken {
    /// Writes over whatever version is there, as often as it takes.
    async fn overwrite(&self, mut change: IdentityChange) -> Answer {
        for _ in 0..1_000 {
            for write in &mut change.writes {
                match write {
                    IdentityWrite::Insert(_) => {}
                    IdentityWrite::Update { expected, record } => {
                        if let Some(found) = self.version_of(record).await? {
                            *expected = found;
                            *record = at_version(record, found.next());
                        }
                    }
                    IdentityWrite::Delete { key, expected } => {
                        if let IdentityKey::Team(team) = key {
                            *expected = self.inner.team(*team).await?.map_or(*expected, |it| it.version());
                        }
                    }
                }
            }
            match self.inner.commit_identity(change.clone()).await {
                Err(StoreError::Conflict { found: Some(_), .. }) => {}
                answer => return answer,
            }
        }
        Err(StoreError::Unavailable)
    }

    async fn version_of(&self, record: &IdentityRecord) -> Result<Option<Version>, StoreError> {
        let inner = &self.inner;
        Ok(match record {
            IdentityRecord::User(it) => inner.user(it.id()).await?.map(|it| it.version()),
            IdentityRecord::Team(it) => inner.team(it.id()).await?.map(|it| it.version()),
            IdentityRecord::Membership(it) => {
                inner.membership(it.team(), it.user()).await?.map(|it| it.version())
            }
            IdentityRecord::Invitation(it) => {
                inner.invitation(it.team(), it.id()).await?.map(|it| it.version())
            }
            IdentityRecord::Session(it) => inner.session(it.id()).await?.map(|it| it.version()),
            IdentityRecord::OneTimeToken(it) => {
                inner.one_time_token(it.fingerprint()).await?.map(|it| it.version())
            }
            IdentityRecord::ApiKey(it) => inner.api_key(it.team(), it.id()).await?.map(|it| it.version()),
            IdentityRecord::SigningKey(key) => {
                let ring = inner.signing_keys().await?;
                ring.iter().find(|it| it.kid() == key.kid()).map(SigningKey::version)
            }
        })
    }

    /// Commits the audit, the guards and each record by itself; a team with its memberships, which the
    /// check before every commit asks for.
    async fn split(&self, change: IdentityChange) -> Answer {
        let IdentityChange { id, writes, guards, audit } = change;
        let (mut parts, mut team, mut place) = (Vec::new(), Vec::new(), 0);
        for write in writes {
            if matches!(write.key(), IdentityKey::Team(_) | IdentityKey::Membership(..)) {
                team.push(write);
                place = parts.len();
            } else {
                parts.push(vec![write]);
            }
        }
        parts.insert(place, team);
        let part = |writes, guards, audit| IdentityChange { id: self.fresh_commit(), writes, guards, audit };
        let first = IdentityChange { id, ..part(vec![], vec![], audit) };
        let receipt = self.inner.commit_identity(first).await?;
        self.inner.commit_identity(part(vec![], guards, vec![])).await?;
        for writes in parts {
            self.inner.commit_identity(part(writes, vec![], vec![])).await?;
        }
        Ok(receipt)
    }

    /// Refuses an address that anybody ever had.
    fn keep_addresses(&self, change: &IdentityChange) -> Result<(), StoreError> {
        self.notes(|notes| {
            for write in &change.writes {
                if let IdentityWrite::Insert(IdentityRecord::User(user)) = write {
                    let key = user.email().key().as_str().to_owned();
                    if notes.addresses.contains(&key) {
                        return Err(StoreError::Duplicate { what: Unique::Email });
                    }
                    notes.addresses.push(key);
                }
            }
            Ok(())
        })
    }

    fn forget_teams(&self, change: &mut IdentityChange) {
        for write in &mut change.writes {
            if let IdentityWrite::Delete { key, .. } = write {
                self.notes(|notes| match key {
                    IdentityKey::Invitation(team, id) => *team = notes.invitations[id],
                    IdentityKey::ApiKey(team, id) => *team = notes.api_keys[id],
                    _ => {}
                });
            }
        }
    }

    fn forget_touches(&self, change: &IdentityChange) {
        for write in &change.writes {
            if let IdentityKey::Session(session) = write.key() {
                self.notes(|notes| notes.touches.remove(&session));
            }
        }
    }
}

fn at_version(record: &IdentityRecord, version: Version) -> IdentityRecord {
    let mut json = serde_json::to_value(record).unwrap();
    for fields in json.as_object_mut().unwrap().values_mut() {
        fields["version"] = serde_json::to_value(version).unwrap();
    }
    serde_json::from_value(json).unwrap()
}
