use std::sync::{Arc, PoisonError, RwLock};

use invoice_core::SessionId;
use invoice_core::identity::{KeyAlgorithm, KeyId, SealedBytes};
use zeroize::Zeroizing;

use super::{MacKey, MasterKey, Signer, VerifyingKey};
use crate::error::AuthError;
use crate::secret::random;

/// What a session's keys are derived from, besides the ring's secret.
pub(super) struct SessionSecret {
    id: SessionId,
    secret: Zeroizing<Vec<u8>>,
}

impl SessionSecret {
    pub(super) const fn id(&self) -> SessionId {
        self.id
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.secret
    }
}

fn context(session: SessionId) -> Vec<u8> {
    [b"session secret\0".as_slice(), session.as_uuid().as_bytes()].concat()
}

/// A secret for a new session.
pub(super) fn new_secret(master: &MasterKey, session: SessionId) -> Result<SealedBytes, AuthError> {
    master.seal(&context(session), random::<32>()?.as_slice())
}

/// The same secret, sealed with the present master key.
pub(super) fn resealed_secret(
    master: &MasterKey,
    session: SessionId,
    sealed: &SealedBytes,
) -> Result<SealedBytes, AuthError> {
    let context = context(session);
    master.seal(&context, &master.open(&context, sealed)?)
}

/// The keys of one session, each derived once: one for each ring secret that is met.
pub(crate) struct SessionKeys {
    secret: SessionSecret,
    made: RwLock<Vec<(KeyId, Arc<MacKey>)>>,
}

impl SessionKeys {
    pub(super) fn open(
        master: &MasterKey,
        session: SessionId,
        sealed: &SealedBytes,
    ) -> Result<Self, AuthError> {
        let secret = SessionSecret { id: session, secret: master.open(&context(session), sealed)? };
        Ok(Self { secret, made: RwLock::new(Vec::new()) })
    }

    /// The session's key under a secret of the ring.
    pub(crate) fn key(&self, ring: &VerifyingKey) -> Result<Arc<MacKey>, AuthError> {
        let of_ring = |made: &[(KeyId, Arc<MacKey>)]| {
            made.iter().find(|(kid, _)| kid == ring.kid()).map(|(_, key)| key.clone())
        };
        if let Some(key) = of_ring(&self.made.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(key);
        }
        let key = Arc::new(ring.derive(&self.secret)?);
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        if of_ring(&made).is_none() {
            made.push((ring.kid().clone(), key.clone()));
        }
        Ok(key)
    }
}

/// Signs the tokens of one session.
pub(super) struct SessionSigner {
    kid: KeyId,
    key: Arc<MacKey>,
}

impl SessionSigner {
    pub(super) fn new(keys: &SessionKeys, ring: &VerifyingKey) -> Result<Self, AuthError> {
        Ok(Self { kid: ring.kid().clone(), key: keys.key(ring)? })
    }
}

impl Signer for SessionSigner {
    fn kid(&self) -> &KeyId {
        &self.kid
    }

    fn algorithm(&self) -> KeyAlgorithm {
        KeyAlgorithm::Hs256
    }

    /// It has no public half.
    fn public_jwk(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AuthError> {
        Ok(self.key.tag(&[message]).to_vec())
    }
}
