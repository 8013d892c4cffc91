//! The keys: one master key that seals, and a ring of keys that sign.

use std::sync::Arc;

use invoice_core::identity::{KeyAlgorithm, KeyId, SealedBytes};
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::ports::{Clock, IdGenerator};

use crate::checks::{Broadcast, Notice};
use crate::error::AuthError;
use crate::settings::Settings;

/// Seals private keys and session secrets at rest. Losing it logs everybody out.
pub struct MasterKey {}

impl MasterKey {
    /// Seals; `context` must be the same to open.
    pub(crate) fn seal(&self, _context: &[u8], _plain: &[u8]) -> Result<SealedBytes, AuthError> {
        unimplemented!()
    }

    /// A key for one use, derived by HKDF (RFC 5869).
    pub(crate) fn mac_key(&self, _label: &str) -> Result<MacKey, AuthError> {
        unimplemented!()
    }
}

/// A key for HMAC-SHA-256.
pub(crate) struct MacKey {}

impl MacKey {
    pub(crate) fn tag(&self, _message: &[&[u8]]) -> [u8; 32] {
        unimplemented!()
    }

    /// In equal time.
    pub(crate) fn is_tag(&self, _message: &[&[u8]], _tag: &[u8]) -> bool {
        unimplemented!()
    }
}

/// Signs tokens with one private key, which may live elsewhere.
pub trait Signer: Send + Sync {
    /// The key's identifier: its RFC 7638 thumbprint.
    fn kid(&self) -> &KeyId;

    /// How it signs.
    fn algorithm(&self) -> KeyAlgorithm;

    /// The public half as a JWK (RFC 7517), without `use` and `alg`.
    fn public_jwk(&self) -> serde_json::Value;

    /// Signs a JWS signing input; the raw signature (RFC 7518).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AuthError>;
}

/// Ed25519 (RFC 8037).
pub struct EdDsaSigner {}
/// ECDSA on P-256 with SHA-256.
pub struct Es256Signer {}

/// The ring of keys.
pub struct KeyRing {}

/// A public key of the ring, with the only algorithm it is good for.
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: KeyAlgorithm,
    pub(crate) key: jsonwebtoken::DecodingKey,
}

impl KeyRing {
    pub(crate) async fn open(
        _ports: IdentityPorts,
        _master: Arc<MasterKey>,
        _settings: Arc<Settings>,
        _clock: Arc<dyn Clock>,
        _ids: Arc<dyn IdGenerator>,
        _broadcast: Arc<dyn Broadcast>,
    ) -> Result<Self, AuthError> {
        unimplemented!()
    }

    /// The key that signs now.
    pub(crate) async fn signer(&self) -> Result<Arc<dyn Signer>, AuthError> {
        unimplemented!()
    }

    /// The key with this identifier, active or retiring; asks the store when it is unknown, but not often.
    pub(crate) async fn verifying(&self, _kid: &str) -> Result<Option<Arc<VerifyingKey>>, AuthError> {
        unimplemented!()
    }

    /// Counts up whenever a key was taken out of the ring: what was verified before is verified again.
    pub(crate) fn generation(&self) -> u64 {
        unimplemented!()
    }

    pub(crate) fn forget(&self, _notice: &Notice) {
        unimplemented!()
    }
}
