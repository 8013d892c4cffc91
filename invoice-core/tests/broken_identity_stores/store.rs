//! The in-memory store with one defect.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use invoice_core::identity::{
    ApiKey, Fingerprint, IdentityChange, IdentityRecord, IdentityWrite, SessionCheck, User,
};
use invoice_core::memory::MemoryIdentity;
use invoice_core::{ApiKeyId, CommitId, InvitationId, SessionId, TeamId, Timestamp, UserId};
use uuid::Uuid;

use crate::faults::Fault;

pub(crate) struct Broken {
    pub(crate) inner: MemoryIdentity,
    pub(crate) fault: Fault,
    pub(crate) notes: Mutex<Notes>,
    commits: AtomicU64,
}

/// What a defect needs to remember.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) users: Vec<UserId>,
    pub(crate) teams: Vec<TeamId>,
    pub(crate) addresses: Vec<String>,
    pub(crate) invitations: HashMap<InvitationId, TeamId>,
    pub(crate) api_keys: HashMap<ApiKeyId, TeamId>,
    pub(crate) refreshes: HashMap<Fingerprint, SessionId>,
    pub(crate) touches: HashMap<SessionId, Timestamp>,
    pub(crate) failed: HashSet<CommitId>,
    pub(crate) cached_users: HashMap<UserId, Option<User>>,
    pub(crate) cached_keys: HashMap<Fingerprint, Option<ApiKey>>,
    pub(crate) cached_checks: HashMap<(SessionId, Option<TeamId>), Option<SessionCheck>>,
}

impl Broken {
    pub(crate) fn new(fault: Fault) -> Self {
        let (inner, notes, commits) = (MemoryIdentity::new(), Mutex::default(), AtomicU64::new(0));
        Self { inner, fault, notes, commits }
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    pub(crate) fn notes<T>(&self, work: impl FnOnce(&mut Notes) -> T) -> T {
        work(&mut self.notes.lock().unwrap())
    }

    pub(crate) fn fresh_commit(&self) -> CommitId {
        let count = self.commits.fetch_add(1, Ordering::SeqCst);
        CommitId::from_uuid(Uuid::from_u128(u128::MAX - u128::from(count)))
    }

    /// Takes down who and what a change speaks of.
    pub(crate) fn note(&self, change: &IdentityChange) {
        self.notes(|notes| {
            for write in &change.writes {
                let (IdentityWrite::Insert(record) | IdentityWrite::Update { record, .. }) = write else {
                    continue;
                };
                match record {
                    IdentityRecord::User(user) => notes.users.push(user.id()),
                    IdentityRecord::Team(team) => notes.teams.push(team.id()),
                    IdentityRecord::Invitation(it) => _ = notes.invitations.insert(it.id(), it.team()),
                    IdentityRecord::ApiKey(key) => _ = notes.api_keys.insert(key.id(), key.team()),
                    IdentityRecord::Session(session) => {
                        notes.refreshes.insert(session.refresh().current(), session.id());
                    }
                    _ => {}
                }
            }
            notes.users.sort_unstable();
            notes.users.dedup();
            notes.teams.sort_unstable();
            notes.teams.dedup();
        });
    }
}
