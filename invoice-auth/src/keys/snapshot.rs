use std::sync::Arc;

use invoice_core::Timestamp;
use invoice_core::identity::{KeyAlgorithm, KeyState, SigningKey};

use super::VerifyingKey;
use super::ring_key::{Opened, RingKey};

/// The ring as it was read at one instant.
pub(super) struct Snapshot {
    pub(super) keys: Vec<RingKey>,
    /// When reading it began.
    pub(super) read_at: Timestamp,
    /// How many notices had come by then.
    pub(super) told: u64,
    /// Which of all reads it was.
    pub(super) number: u64,
    /// Counts up whenever a key left the verifying ones.
    pub(super) generation: u64,
}

impl Snapshot {
    pub(super) fn is_fresh(&self, now: Timestamp, told: u64, ttl: i64) -> bool {
        self.told == told && self.read_at <= now && now < self.read_at.plus_millis(ttl)
    }

    pub(super) fn verifying(&self, kid: &str, algorithm: KeyAlgorithm) -> Option<&Arc<VerifyingKey>> {
        let key = self.keys.iter().find(|key| key.record.kid().as_str() == kid)?;
        key.opened.as_ref().filter(|_| key.verifies(algorithm)).map(|opened| &opened.verifying)
    }

    /// The key that signs at an instant: the active one, or the one before it until the active one begins. A key
    /// may be the active one a little before it signs, so that every process knows it by then; with nobody else left it
    /// signs at once.
    pub(super) fn signing(&self, algorithm: KeyAlgorithm, now: Timestamp) -> Option<&Opened> {
        let usable = || self.keys.iter().filter(|key| key.verifies(algorithm));
        let begun = |key: &&RingKey| key.record.activated_at().is_some_and(|at| at <= now);
        let active = |key: &&RingKey| key.record.state() == KeyState::Active;
        let not_stopped = |key: &&RingKey| key.record.retired_at().is_some_and(|at| at > now);
        let key = greatest(usable().filter(active).filter(begun));
        key.or_else(|| greatest(usable().filter(begun).filter(not_stopped)))
            .or_else(|| greatest(usable().filter(active)))
            .and_then(|key| key.opened.as_ref())
    }

    /// Whether all that verified in an older one still verifies.
    pub(super) fn keeps(&self, older: &Self, algorithm: KeyAlgorithm) -> bool {
        older
            .keys
            .iter()
            .filter(|key| key.verifies(algorithm))
            .all(|key| self.verifying(key.record.kid().as_str(), algorithm).is_some())
    }
}

fn greatest<'a>(keys: impl Iterator<Item = &'a RingKey>) -> Option<&'a RingKey> {
    keys.max_by_key(|key| seniority(&key.record))
}

/// Of several active keys the greatest is the one: activated last, then by identifier.
pub(super) fn seniority(key: &SigningKey) -> (Option<Timestamp>, &str) {
    (key.activated_at(), key.kid().as_str())
}
