//! How the ring is written: a change is decided on a state of the ring that it then replaces, or nothing is
//! written.

use aws_lc_rs::digest::{Context, SHA256};
use invoice_core::identity::{
    IdentityChange, IdentityReceipt, KeyId, KeyState, SecurityAction, SecurityEvent, SigningKey,
};
use invoice_core::ports::StoreError;
use invoice_core::{AuditId, CommitId, Timestamp, Version};

use super::KeyRing;
use super::ring_key::RingKey;
use crate::caller::Caller;
use crate::checks::Notice;
use crate::error::AuthError;

/// How often a change is decided again because another process was faster.
const ATTEMPTS: usize = 5;

const REVOKED: &[SecurityAction] = &[SecurityAction::SigningKeyRevoked];

/// A change of the ring with what the audit is to say.
pub(super) struct Draft {
    change: IdentityChange,
    events: Vec<(SecurityAction, String)>,
    /// Keys that are destroyed while what they signed may still be good.
    revoked: Vec<KeyId>,
}

impl Draft {
    pub(super) fn new(keys: &[RingKey]) -> Self {
        Self { change: IdentityChange::new(commit_id(keys, 0)), events: Vec::new(), revoked: Vec::new() }
    }

    pub(super) fn insert(mut self, key: SigningKey, actions: &[SecurityAction]) -> Self {
        self.note(&key, actions);
        Self { change: self.change.insert(key), ..self }
    }

    pub(super) fn update(mut self, key: SigningKey, actions: &[SecurityAction]) -> Self {
        self.note(&key, actions);
        Self { change: self.change.update(key), ..self }
    }

    pub(super) fn revoke(mut self, key: SigningKey, now: Timestamp) -> Self {
        self.revoked.push(key.kid().clone());
        self.update(key.destroyed(now), REVOKED)
    }

    fn note(&mut self, key: &SigningKey, actions: &[SecurityAction]) {
        let subject = || key.kid().as_str().to_owned();
        self.events.extend(actions.iter().map(|action| (*action, subject())));
    }
}

/// One identifier for each state of the ring.
///
/// A store writes a commit's identifier once, so of all changes decided on one state one is written, also of
/// those that only insert and so could not conflict. States do not come back by themselves: versions only grow, and
/// no key is ever deleted. For one that does, since somebody deleted keys by hand, there are further rounds. The time
/// in it is the last there is, so that no purge forgets it.
fn commit_id(keys: &[RingKey], round: usize) -> CommitId {
    let mut state = Context::new(&SHA256);
    state.update(b"ring of signing keys\0");
    for RingKey { record, .. } in keys {
        state.update(format!("{} {}\0", record.kid(), record.version()).as_bytes());
    }
    if round > 0 {
        state.update(format!("round {round}\0").as_bytes());
    }
    let mut random = [0; 10];
    random.iter_mut().zip(state.finish().as_ref()).for_each(|(to, from)| *to = *from);
    let last = Timestamp::from_millis(i64::MAX).as_millis().unsigned_abs();
    CommitId::from_uuid(uuid::Builder::from_unix_timestamp_millis(last, &random).into_uuid())
}

impl KeyRing {
    /// Reads, decides and writes, again while others are faster, until there is nothing to write; tells
    /// whether anything was. `decide` is given the ring and the present instant.
    ///
    /// Once it is written that is the answer, whether the ring can be read again or not.
    pub(super) async fn change<D>(&self, by: Option<&Caller>, decide: D) -> Result<bool, AuthError>
    where
        D: Fn(&[RingKey], Timestamp) -> Result<Option<Draft>, AuthError> + Send,
    {
        let (mut changed, mut written) = (false, Vec::new());
        for _ in 0..ATTEMPTS {
            let (snapshot, now) = (self.read().await?, self.clock.now());
            let Some(mut draft) = decide(&snapshot.keys, now)? else {
                if changed {
                    self.tell_change().await;
                }
                return Ok(changed);
            };
            let ids = (0..=ATTEMPTS).map(|round| commit_id(&snapshot.keys, round));
            draft.change.id = ids.into_iter().find(|id| !written.contains(id)).unwrap_or(draft.change.id);
            let (id, revoked) = (draft.change.id, std::mem::take(&mut draft.revoked));
            let answer = self.commit(draft, by, now).await;
            if matches!(answer, Ok(_) | Err(StoreError::UnknownOutcome)) {
                for kid in &revoked {
                    self.leave_out(kid).await;
                }
            }
            match answer {
                Ok(receipt) if !receipt.replayed => {
                    self.tell_change().await;
                    return Ok(true);
                }
                // Somebody was faster; or it was written, and only the answer got lost.
                Ok(_) => {
                    changed = true;
                    written.push(id);
                }
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let error = StoreError::Conflict { expected: Version::FIRST, found: None };
        Err(error.into())
    }

    /// Destroys every key that does not open, so that the next maintenance begins with another. It counts for the whole
    /// deployment.
    pub(crate) async fn abandon_lost(&self) -> Result<(), AuthError> {
        for _ in 0..ATTEMPTS {
            // Not from the ring as it is read otherwise: a ring with a lost key is not.
            let (records, now) = (self.ports.signing_keys.signing_keys().await?, self.clock.now());
            let keys: Vec<_> = records.into_iter().map(|key| RingKey::open(key, &self.master)).collect();
            let is_lost = |key: &&RingKey| key.opened.is_none() && key.record.state() != KeyState::Destroyed;
            let lost: Vec<_> = keys.iter().filter(is_lost).map(|key| key.record.clone()).collect();
            if lost.is_empty() {
                return Ok(());
            }
            tracing::warn!(keys = lost.len(), "signing keys that can't be opened are destroyed");
            let draft = lost.into_iter().fold(Draft::new(&keys), |draft, key| draft.revoke(key, now));
            match self.commit(draft, None, now).await {
                Ok(_) => self.broadcast.tell(&Notice::Keys).await,
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let error = StoreError::Conflict { expected: Version::FIRST, found: None };
        Err(error.into())
    }

    async fn tell_change(&self) {
        // What was read before counts for nothing, also if it can't be read again now.
        self.forget(&Notice::Keys);
        if let Err(error) = self.read().await {
            tracing::warn!(%error, "the ring of signing keys was changed, and could not be read again");
        }
        self.broadcast.tell(&Notice::Keys).await;
    }

    async fn commit(
        &self,
        draft: Draft,
        by: Option<&Caller>,
        now: Timestamp,
    ) -> Result<IdentityReceipt, StoreError> {
        let Draft { change, events, revoked: _ } = draft;
        let event = |(action, subject): &(SecurityAction, String)| {
            let event = SecurityEvent::new(AuditId::from_uuid(self.ids.uuid(now)), now, *action).on(subject);
            let Some(by) = by else { return event };
            let (client, address) = (by.client(), by.client().address().map(|it| it.to_string()));
            event.by_user(by.user_id()).from_client(&address.unwrap_or_default(), client.user_agent())
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
