//! What the ring needs next, decided by the clock alone.

use invoice_core::Timestamp;
use invoice_core::identity::{KeyAlgorithm, KeyState, SigningKey};

use super::ring_key::RingKey;
use super::snapshot::seniority;
use crate::settings::{Settings, TokenMode, millis};

/// The times a ring goes by, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) algorithm: KeyAlgorithm,
    rotate_after: i64,
    publish_before: i64,
    /// How long it takes until every process has read of a change.
    settle: i64,
    /// How much the clocks of two processes may differ.
    leeway: i64,
    /// How long a key that signs no more is still needed: until the last token it signed is over, signed by
    /// a process that had not read of its retirement yet.
    keep: i64,
}

impl Rules {
    pub(super) fn new(settings: &Settings) -> Self {
        let algorithm = match settings.mode {
            TokenMode::EdDsa => KeyAlgorithm::EdDsa,
            TokenMode::Es256 => KeyAlgorithm::Es256,
            TokenMode::Derived => KeyAlgorithm::Hs256,
        };
        let settle = millis(settings.ring_ttl);
        let token = millis(settings.access_ttl).saturating_add(millis(settings.leeway));
        Self {
            algorithm,
            rotate_after: millis(settings.rotate_after),
            publish_before: millis(settings.publish_before),
            settle,
            leeway: millis(settings.leeway),
            keep: token.saturating_add(settle),
        }
    }

    /// When a key can begin to sign, so that nobody meets it unknown.
    pub(super) fn begins(&self, key: &SigningKey, now: Timestamp) -> Timestamp {
        let known = key.created_at().plus_millis(self.settle);
        known.clamp(now, now.plus_millis(self.settle))
    }

    /// Whether an active key is about to sign, put in its place a moment ago.
    pub(super) fn is_about_to_sign(&self, active: &SigningKey, now: Timestamp) -> bool {
        let soon = now.plus_millis(self.settle.saturating_add(self.leeway));
        active.activated_at().is_some_and(|at| now < at && at <= soon)
    }

    /// Whether an instant can't be waited for: the clock that told it was wrong, or the one that tells the present is.
    /// What lies less far ahead comes in its time.
    fn is_absurd(&self, at: Timestamp, now: Timestamp) -> bool {
        at > now.plus_millis(self.publish_before)
    }

    /// Whether something that began then has lasted so long, or began at an instant that can't be believed.
    fn is_up(&self, since: Timestamp, lasts: i64, now: Timestamp) -> bool {
        self.is_absurd(since, now) || has_passed(since, lasts, now)
    }
}

/// Not by adding to `since`: at the end of time everything would be over at once.
fn has_passed(since: Timestamp, millis: i64, now: Timestamp) -> bool {
    now.as_millis().saturating_sub(since.as_millis()) >= millis
}

/// One change of the ring.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing signs: a key begins at once, the pending one if there is one.
    Start(Option<SigningKey>),
    /// A pending key is added.
    Publish,
    /// The pending key takes the active one's place.
    Rotate { next: SigningKey, active: SigningKey },
    /// A key signs no more.
    Retire(SigningKey),
    /// Nothing that a key signed is good any more, or it never signed anything.
    Destroy(SigningKey),
}

/// The next step that is due, if any.
pub(super) fn next_step(keys: &[RingKey], rules: &Rules, now: Timestamp) -> Option<Step> {
    let Some(active) = active(keys, rules.algorithm) else {
        return Some(Step::Start(pending(keys, rules.algorithm).cloned()));
    };
    surplus(keys, rules, active, now)
        .map(|key| Step::Retire(key.clone()))
        .or_else(|| misdated(keys, rules, active, now).map(|key| Step::Destroy(key.clone())))
        .or_else(|| rotation(keys, rules, active, now))
        .or_else(|| over(keys, rules, now).map(|key| Step::Destroy(key.clone())))
}

/// The active key; of several the greatest.
pub(super) fn active(keys: &[RingKey], algorithm: KeyAlgorithm) -> Option<&SigningKey> {
    in_state(keys, algorithm, KeyState::Active).max_by_key(|key| seniority(key))
}

/// The pending key that was made first.
pub(super) fn pending(keys: &[RingKey], algorithm: KeyAlgorithm) -> Option<&SigningKey> {
    in_state(keys, algorithm, KeyState::Pending).min_by_key(|key| (key.created_at(), key.kid()))
}

fn in_state(keys: &[RingKey], algorithm: KeyAlgorithm, state: KeyState) -> impl Iterator<Item = &SigningKey> {
    let usable = keys.iter().filter(move |key| key.is_usable(algorithm));
    usable.map(|key| &key.record).filter(move |key| key.state() == state)
}

/// An active key beside the one, or of a mode that nobody has used for longer than a key lasts: a process in
/// that mode would have rotated it.
fn surplus<'a>(
    keys: &'a [RingKey],
    rules: &Rules,
    active: &SigningKey,
    now: Timestamp,
) -> Option<&'a SigningKey> {
    let unused = rules.rotate_after.saturating_add(rules.publish_before).saturating_add(rules.keep);
    let is_surplus = |key: &&SigningKey| {
        let same = key.algorithm() == rules.algorithm;
        same || key.activated_at().is_none_or(|at| rules.is_up(at, unused, now))
    };
    let mut others = keys.iter().filter(|key| key.opened.is_some()).map(|key| &key.record);
    others.find(|key| key.state() == KeyState::Active && key.kid() != active.kid() && is_surplus(key))
}

/// A pending key of which nobody knows how long it has been published, once the next one is needed. Not before: of two
/// processes whose clocks differ by days one would publish and the other destroy, again and again.
fn misdated<'a>(
    keys: &'a [RingKey],
    rules: &Rules,
    active: &SigningKey,
    now: Timestamp,
) -> Option<&'a SigningKey> {
    let ahead = rules.rotate_after.saturating_sub(rules.publish_before);
    if !active.activated_at().is_some_and(|since| rules.is_up(since, ahead, now)) {
        return None;
    }
    let is_misdated =
        |key: &&SigningKey| key.state() == KeyState::Pending && rules.is_absurd(key.created_at(), now);
    keys.iter().map(|key| &key.record).find(is_misdated)
}

fn rotation(keys: &[RingKey], rules: &Rules, active: &SigningKey, now: Timestamp) -> Option<Step> {
    let since = active.activated_at()?;
    let ahead = rules.rotate_after.saturating_sub(rules.publish_before);
    match pending(keys, rules.algorithm) {
        None if rules.is_up(since, ahead, now) => Some(Step::Publish),
        Some(next)
            if rules.is_up(since, rules.rotate_after, now)
                && has_passed(next.created_at(), rules.publish_before, now) =>
        {
            Some(Step::Rotate { next: next.clone(), active: active.clone() })
        }
        _ => None,
    }
}

fn over<'a>(keys: &'a [RingKey], rules: &Rules, now: Timestamp) -> Option<&'a SigningKey> {
    let is_over = |key: &&SigningKey| {
        key.state() == KeyState::Retiring && has_passed(last_signed(keys, key, rules, now), rules.keep, now)
    };
    keys.iter().map(|key| &key.record).find(is_over)
}

/// Until when a retiring key may have signed: until it was retired, and if that can't be believed until the active one
/// began. With nobody to sign in its mode it did so long ago.
fn last_signed(keys: &[RingKey], key: &SigningKey, rules: &Rules, now: Timestamp) -> Timestamp {
    match key.retired_at() {
        Some(at) if !rules.is_absurd(at, now) => at,
        _ => {
            let next = active(keys, key.algorithm()).and_then(SigningKey::activated_at);
            next.unwrap_or(Timestamp::from_millis(0))
        }
    }
}
