use invoice_core::Timestamp;
use invoice_core::identity::{KeyId, KeyState, SecurityAction, SigningKey};

use super::KeyRing;
use super::change::Draft;
use super::plan::{Step, active, next_step, pending};
use super::ring_key::{RingKey, generate, sealing_context};
use crate::caller::Caller;
use crate::error::AuthError;

/// More steps than a ring that was left alone for long can need at once.
const STEPS: usize = 32;

const ADDED: &[SecurityAction] = &[SecurityAction::SigningKeyAdded];
const STARTED: &[SecurityAction] = &[SecurityAction::SigningKeyAdded, SecurityAction::SigningKeyActivated];
const ACTIVATED: &[SecurityAction] = &[SecurityAction::SigningKeyActivated];
const RETIRED: &[SecurityAction] = &[SecurityAction::SigningKeyRetired];
const DESTROYED: &[SecurityAction] = &[SecurityAction::SigningKeyDestroyed];

impl KeyRing {
    /// Does all that is due: publishes the next key, lets it sign, retires the one before and destroys those
    /// whose tokens are over. Calling it every few minutes in each process keeps tokens from waiting for it;
    /// calling it at once in several is harmless.
    pub async fn maintain(&self) -> Result<(), AuthError> {
        let _one = self.maintaining.lock().await;
        self.maintain_alone().await
    }

    /// Only for who holds `maintaining`.
    pub(super) async fn maintain_alone(&self) -> Result<(), AuthError> {
        for _ in 0..STEPS {
            let next = |keys: &[RingKey], now| {
                let step = next_step(keys, &self.rules, now);
                step.map(|step| self.draft(keys, step, now)).transpose()
            };
            if !self.change(None, next).await? {
                break;
            }
        }
        Ok(())
    }

    /// Lets the next key sign in ten seconds, when every process has read of it: no token is refused for it. Does
    /// nothing in these ten seconds, so of several calls at once one counts. An active key of which a wrong clock said
    /// that it begins later than that is replaced too.
    ///
    /// The audit names who did it, if that is told.
    pub async fn rotate_now(&self, by: Option<&Caller>) -> Result<(), AuthError> {
        let first = self.read().await?;
        let before = active(&first.keys, self.rules.algorithm).map(|key| key.kid().clone());
        self.change(by, |keys, now| {
            let Some(active) = active(keys, self.rules.algorithm) else {
                let step = next_step(keys, &self.rules, now);
                return step.map(|step| self.draft(keys, step, now)).transpose();
            };
            if self.rules.is_about_to_sign(active, now) || Some(active.kid()) != before.as_ref() {
                return Ok(None);
            }
            let next = match pending(keys, self.rules.algorithm) {
                Some(next) => Next::Known(next.clone()),
                None => Next::New(self.generate(now)?),
            };
            let at = self.rules.begins(next.key(), now);
            let draft = next.activate(Draft::new(keys), at)?;
            Ok(Some(draft.update(active.clone().retired(at)?, RETIRED)))
        })
        .await
        .map(drop)
    }

    /// An emergency: destroys a key at once, and every token it signed with it. If it was the active one, the
    /// next signs at once, and no process that reaches the store signs with it again. Other processes refuse it when they
    /// are told, ten seconds later at the latest, or ten minutes if they can't reach the store.
    ///
    /// The audit names who did it, if that is told. [`AuthError::NotFound`] if there is no such key; nothing happens to
    /// one that is destroyed already.
    pub async fn revoke(&self, kid: &KeyId, by: Option<&Caller>) -> Result<(), AuthError> {
        self.change(by, |keys, now| {
            let key = keys.iter().map(|key| &key.record).find(|key| key.kid() == kid);
            let key = key.ok_or(AuthError::NotFound)?;
            if key.state() == KeyState::Destroyed {
                return Ok(None);
            }
            let draft = Draft::new(keys).revoke(key.clone(), now);
            if key.state() != KeyState::Active || key.algorithm() != self.rules.algorithm {
                return Ok(Some(draft));
            }
            let next = match pending(keys, self.rules.algorithm) {
                Some(next) => Next::Known(next.clone()),
                None => Next::New(self.generate(now)?),
            };
            next.activate(draft, now).map(Some)
        })
        .await
        .map(drop)
    }

    /// Seals every key with the present master key that a previous one sealed.
    pub async fn reseal(&self) -> Result<(), AuthError> {
        loop {
            let next = |keys: &[RingKey], _| {
                let stale =
                    |key: &&SigningKey| key.private().is_some_and(|sealed| !self.master.sealed(sealed));
                let key = keys.iter().map(|key| &key.record).find(stale);
                key.map(|key| Ok(Draft::new(keys).update(self.resealed(key)?, &[]))).transpose()
            };
            if !self.change(None, next).await? {
                return Ok(());
            }
        }
    }

    fn resealed(&self, key: &SigningKey) -> Result<SigningKey, AuthError> {
        let Some(sealed) = key.private() else { return Ok(key.clone()) };
        let context = sealing_context(key.kid(), key.algorithm())?;
        let plain = self.master.open(&context, sealed)?;
        Ok(key.clone().resealed(self.master.seal(&context, &plain)?))
    }

    fn generate(&self, now: Timestamp) -> Result<SigningKey, AuthError> {
        generate(self.rules.algorithm, &self.master, now)
    }

    fn draft(&self, keys: &[RingKey], step: Step, now: Timestamp) -> Result<Draft, AuthError> {
        let draft = Draft::new(keys);
        Ok(match step {
            Step::Start(Some(next)) => Next::Known(next).activate(draft, now)?,
            Step::Start(None) => Next::New(self.generate(now)?).activate(draft, now)?,
            Step::Publish => draft.insert(self.generate(now)?, ADDED),
            Step::Rotate { next, active } => {
                let at = self.rules.begins(&next, now);
                Next::Known(next).activate(draft, at)?.update(active.retired(at)?, RETIRED)
            }
            Step::Retire(key) => draft.update(key.retired(now)?, RETIRED),
            Step::Destroy(key) => draft.update(key.destroyed(now), DESTROYED),
        })
    }
}

/// The key that signs next.
enum Next {
    Known(SigningKey),
    New(SigningKey),
}

impl Next {
    const fn key(&self) -> &SigningKey {
        match self {
            Self::Known(key) | Self::New(key) => key,
        }
    }

    fn activate(self, draft: Draft, at: Timestamp) -> Result<Draft, AuthError> {
        Ok(match self {
            Self::Known(key) => draft.update(key.activated(at)?, ACTIVATED),
            Self::New(key) => draft.insert(key.activated(at)?, STARTED),
        })
    }
}
