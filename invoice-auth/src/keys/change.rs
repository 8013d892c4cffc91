//! How the ring is written: a change is decided on a state of the ring that it then replaces, or nothing is
//! written.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use invoice_core::identity::{IdentityChange, IdentityReceipt, SecurityAction, SecurityEvent, SigningKey};
use invoice_core::ports::StoreError;
use invoice_core::{AuditId, CommitId, Timestamp, Version};

use super::KeyRing;
use super::ring_key::RingKey;
use super::snapshot::Snapshot;
use crate::checks::Notice;
use crate::error::AuthError;

/// How often a change is decided again because another process was faster.
const ATTEMPTS: usize = 5;

/// A change of the ring with what the audit is to say.
pub(super) struct Draft {
    change: IdentityChange,
    events: Vec<(SecurityAction, String)>,
}

impl Draft {
    pub(super) fn new(keys: &[RingKey]) -> Self {
        Self { change: IdentityChange::new(commit_id(keys)), events: Vec::new() }
    }

    pub(super) fn insert(mut self, key: SigningKey, actions: &[SecurityAction]) -> Self {
        self.note(&key, actions);
        Self { change: self.change.insert(key), ..self }
    }

    pub(super) fn update(mut self, key: SigningKey, actions: &[SecurityAction]) -> Self {
        self.note(&key, actions);
        Self { change: self.change.update(key), ..self }
    }

    fn note(&mut self, key: &SigningKey, actions: &[SecurityAction]) {
        let subject = || key.kid().as_str().to_owned();
        self.events.extend(actions.iter().map(|action| (*action, subject())));
    }
}

/// One identifier for each state of the ring.
///
/// A store writes a commit's identifier once, so of all changes decided on one state one is written, also of
/// those that only insert and so could not conflict. States do not come back: versions only grow, and no key
/// is ever deleted. The time in it is the last there is, so that no purge forgets it.
fn commit_id(keys: &[RingKey]) -> CommitId {
    let mut state = Context::new(&SHA256);
    state.update(b"ring of signing keys\0");
    for RingKey { record, .. } in keys {
        state.update(format!("{} {}\0", record.kid(), record.version()).as_bytes());
    }
    let mut random = [0; 10];
    random.iter_mut().zip(state.finish().as_ref()).for_each(|(to, from)| *to = *from);
    let last = Timestamp::from_millis(i64::MAX).as_millis().unsigned_abs();
    CommitId::from_uuid(uuid::Builder::from_unix_timestamp_millis(last, &random).into_uuid())
}

impl KeyRing {
    /// Reads, decides and writes, again while others are faster, until there is nothing to write; tells
    /// whether anything was. `decide` is given the ring and the present instant.
    pub(super) async fn change<D>(&self, decide: D) -> Result<bool, AuthError>
    where
        D: Fn(&[RingKey], Timestamp) -> Result<Option<Draft>, AuthError> + Send,
    {
        let mut changed = false;
        for _ in 0..ATTEMPTS {
            let (snapshot, now) = (self.read().await?, self.clock.now());
            let Some(draft) = decide(&snapshot.keys, now)? else {
                if changed {
                    self.tell_change().await?;
                }
                return Ok(changed);
            };
            let answer = self.commit(draft, now).await;
            match answer {
                Ok(receipt) if !receipt.replayed => {
                    self.tell_change().await?;
                    return Ok(true);
                }
                // Somebody was faster; or it was written, and only the answer got lost.
                Ok(_) => changed = true,
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let error = StoreError::Conflict { expected: Version::FIRST, found: None };
        Err(error.into())
    }

    async fn tell_change(&self) -> Result<Arc<Snapshot>, AuthError> {
        let read = self.read().await;
        self.broadcast.tell(&Notice::Keys).await;
        read
    }

    async fn commit(&self, draft: Draft, now: Timestamp) -> Result<IdentityReceipt, StoreError> {
        let Draft { change, events } = draft;
        let event = |(action, subject): &(SecurityAction, String)| {
            SecurityEvent::new(AuditId::from_uuid(self.ids.uuid(now)), now, *action).on(subject)
        };
        let change = events.iter().map(event).fold(change, IdentityChange::audit);
        for _ in 0..2 {
            match self.ports.commits.commit_identity(change.clone()).await {
                Err(StoreError::UnknownOutcome) => {}
                answer => return answer,
            }
        }
        self.ports.commits.commit_identity(change).await
    }
}
