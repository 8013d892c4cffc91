use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use invoice_core::Timestamp;
use invoice_core::identity::{KeyAlgorithm, KeyId, KeyState, SealedBytes, SigningKey};
use jsonwebtoken::DecodingKey;
use zeroize::Zeroizing;

use super::derived::SessionSecret;
use super::jwk;
use super::master::expand;
use super::{EdDsaSigner, Es256Signer, MacKey, MasterKey, Signer};
use crate::error::AuthError;
use crate::secret::{base64url, random};

/// A key of the ring that verifies, with the only algorithm it is good for.
pub(crate) struct VerifyingKey {
    pub(crate) algorithm: KeyAlgorithm,
    /// The public key. Of a ring secret it is a key that nobody has: such a one verifies nothing itself, only
    /// the keys do that are derived from it for sessions.
    pub(crate) key: DecodingKey,
    kid: KeyId,
    secret: Option<Zeroizing<Vec<u8>>>,
}

impl VerifyingKey {
    fn of_signer(signer: &dyn Signer) -> Result<Self, AuthError> {
        let key = jwk::decoding_key(signer)?;
        Ok(Self { algorithm: signer.algorithm(), key, kid: signer.kid().clone(), secret: None })
    }

    fn of_secret(kid: KeyId, secret: Zeroizing<Vec<u8>>) -> Result<Self, AuthError> {
        let key = DecodingKey::from_secret(random::<32>()?.as_slice());
        Ok(Self { algorithm: KeyAlgorithm::Hs256, key, kid, secret: Some(secret) })
    }

    pub(crate) const fn kid(&self) -> &KeyId {
        &self.kid
    }

    /// The key of a session's own: HKDF of the ring's secret, with the session's as the salt.
    pub(super) fn derive(&self, session: &SessionSecret) -> Result<MacKey, AuthError> {
        let secret = self.secret.as_ref().ok_or(AuthError::Crypto("nothing is derived from it"))?;
        let prk = Salt::new(HKDF_SHA256, session.bytes()).extract(secret);
        let id = session.id().as_uuid();
        Ok(MacKey::new(&expand(&prk, &[b"session key\0", id.as_bytes()])?, &[]))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.kid)
    }
}

/// What can be done with a key whose private half could be opened.
#[derive(Clone)]
pub(super) struct Opened {
    /// A ring secret does not sign by itself.
    pub(super) signer: Option<Arc<dyn Signer>>,
    pub(super) verifying: Arc<VerifyingKey>,
}

/// A key as the store has it, and what it is good for here.
#[derive(Clone)]
pub(super) struct RingKey {
    pub(super) record: SigningKey,
    /// Absent when destroyed, and when its private half does not open.
    pub(super) opened: Option<Opened>,
}

impl RingKey {
    /// Opens the private half and believes nothing else: whoever writes to the store without the master key
    /// adds no key, not even a public one.
    pub(super) fn open(record: SigningKey, master: &MasterKey) -> Self {
        let opened = record.private().map(|sealed| Opened::new(&record, sealed, master));
        let opened = opened.and_then(|opened| match opened {
            Ok(opened) => Some(opened),
            Err(error) => {
                tracing::error!(kid = %record.kid(), %error, "a signing key can't be used");
                None
            }
        });
        Self { record, opened }
    }

    /// Whether it verifies tokens, of whatever age.
    pub(super) fn verifies(&self, algorithm: KeyAlgorithm) -> bool {
        self.is_usable(algorithm) && self.record.state() != KeyState::Destroyed
    }

    pub(super) fn is_usable(&self, algorithm: KeyAlgorithm) -> bool {
        self.record.algorithm() == algorithm && self.opened.is_some()
    }
}

impl Opened {
    /// A key that lives elsewhere; refused unless it is of this algorithm and named by its thumbprint.
    pub(super) fn external(signer: Arc<dyn Signer>, algorithm: KeyAlgorithm) -> Result<Self, AuthError> {
        if signer.algorithm() != algorithm {
            return Err(AuthError::Crypto("it does not sign as the mode of tokens says"));
        }
        Ok(Self { verifying: Arc::new(VerifyingKey::of_signer(&*signer)?), signer: Some(signer) })
    }

    fn new(record: &SigningKey, sealed: &SealedBytes, master: &MasterKey) -> Result<Self, AuthError> {
        let (kid, algorithm) = (record.kid(), record.algorithm());
        let private = master.open(&sealing_context(kid, algorithm)?, sealed)?;
        let signer: Arc<dyn Signer> = match algorithm {
            KeyAlgorithm::EdDsa => Arc::new(EdDsaSigner::from_pkcs8(&private)?),
            KeyAlgorithm::Es256 => Arc::new(Es256Signer::from_pkcs8(&private)?),
            KeyAlgorithm::Hs256 => {
                let verifying = Arc::new(VerifyingKey::of_secret(kid.clone(), private)?);
                return Ok(Self { signer: None, verifying });
            }
            _ => return Err(UNKNOWN),
        };
        if signer.kid() != kid {
            return Err(AuthError::Crypto("its identifier is not its thumbprint"));
        }
        Ok(Self { verifying: Arc::new(VerifyingKey::of_signer(&*signer)?), signer: Some(signer) })
    }
}

const UNKNOWN: AuthError = AuthError::Crypto("its algorithm is not known");

/// A key is opened as what it was sealed as.
pub(super) fn sealing_context(kid: &KeyId, algorithm: KeyAlgorithm) -> Result<Vec<u8>, AuthError> {
    let label = match algorithm {
        KeyAlgorithm::EdDsa => "signing key\0EdDSA\0",
        KeyAlgorithm::Es256 => "signing key\0ES256\0",
        KeyAlgorithm::Hs256 => "signing key\0HS256\0",
        _ => return Err(UNKNOWN),
    };
    Ok([label.as_bytes(), kid.as_str().as_bytes()].concat())
}

/// Makes a key that is pending.
pub(super) fn generate(
    algorithm: KeyAlgorithm,
    master: &MasterKey,
    now: Timestamp,
) -> Result<SigningKey, AuthError> {
    match algorithm {
        KeyAlgorithm::EdDsa => {
            let signer = EdDsaSigner::generate()?;
            pending(&signer, &signer.to_pkcs8()?, master, now)
        }
        KeyAlgorithm::Es256 => {
            let signer = Es256Signer::generate()?;
            pending(&signer, &signer.to_pkcs8()?, master, now)
        }
        KeyAlgorithm::Hs256 => {
            // Not a thumbprint, which would be a hash of the secret (RFC 7638, section 7).
            let kid = key_id(base64url(&*random::<16>()?))?;
            let sealed = master.seal(&sealing_context(&kid, algorithm)?, random::<32>()?.as_slice())?;
            Ok(SigningKey::new(kid, algorithm, sealed, now))
        }
        _ => Err(UNKNOWN),
    }
}

fn pending(
    signer: &dyn Signer,
    private: &[u8],
    master: &MasterKey,
    now: Timestamp,
) -> Result<SigningKey, AuthError> {
    let (kid, algorithm) = (signer.kid().clone(), signer.algorithm());
    let sealed = master.seal(&sealing_context(&kid, algorithm)?, private)?;
    let key = SigningKey::new(kid, algorithm, sealed, now);
    Ok(key.with_public_jwk(signer.public_jwk().to_string())?)
}

fn key_id(text: String) -> Result<KeyId, AuthError> {
    KeyId::new(text).map_err(AuthError::from)
}
