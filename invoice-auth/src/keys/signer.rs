use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use invoice_core::identity::{KeyAlgorithm, KeyId};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::jwk::thumbprint;
use crate::error::AuthError;
use crate::secret::base64url;

/// Signs tokens with one private key, which may live elsewhere.
pub trait Signer: Send + Sync {
    /// The key's identifier: its RFC 7638 thumbprint.
    fn kid(&self) -> &KeyId;

    /// How it signs.
    fn algorithm(&self) -> KeyAlgorithm;

    /// The public half as a JWK (RFC 7517), without `use` and `alg`.
    fn public_jwk(&self) -> Value;

    /// Signs a JWS signing input; the raw signature (RFC 7518).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AuthError>;
}

const DOES_NOT_SIGN: AuthError = AuthError::Crypto("it does not sign");
const NO_KEY_MADE: AuthError = AuthError::Crypto("no key could be made");
const NOT_ITS_KIND: AuthError = AuthError::Crypto("not a private key of its kind");

/// Ed25519 (RFC 8037).
pub struct EdDsaSigner {
    kid: KeyId,
    jwk: Value,
    pair: Ed25519KeyPair,
}

impl EdDsaSigner {
    /// Makes a key.
    ///
    /// ```
    /// use invoice_auth::{EdDsaSigner, Signer as _};
    ///
    /// let signer = EdDsaSigner::generate()?;
    /// assert_eq!(signer.sign(b"text")?.len(), 64);
    /// # Ok::<(), invoice_auth::AuthError>(())
    /// ```
    pub fn generate() -> Result<Self, AuthError> {
        Self::from_pair(Ed25519KeyPair::generate().map_err(|_| NO_KEY_MADE)?)
    }

    /// Takes a private key in PKCS#8 (RFC 5958), DER, not encrypted.
    ///
    /// ```
    /// assert!(invoice_auth::EdDsaSigner::from_pkcs8(b"no key").is_err());
    /// ```
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, AuthError> {
        Self::from_pair(Ed25519KeyPair::from_pkcs8(der).map_err(|_| NOT_ITS_KIND)?)
    }

    fn from_pair(pair: Ed25519KeyPair) -> Result<Self, AuthError> {
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref())});
        Ok(Self { kid: thumbprint(KeyAlgorithm::EdDsa, &jwk)?, jwk, pair })
    }

    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, AuthError> {
        let document = self.pair.to_pkcs8v1().map_err(|_| NO_KEY_MADE)?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }
}

impl Signer for EdDsaSigner {
    fn kid(&self) -> &KeyId {
        &self.kid
    }

    fn algorithm(&self) -> KeyAlgorithm {
        KeyAlgorithm::EdDsa
    }

    fn public_jwk(&self) -> Value {
        self.jwk.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AuthError> {
        let signature = self.pair.try_sign(message).map_err(|_| DOES_NOT_SIGN)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// ECDSA on P-256 with SHA-256 (RFC 7518, section 3.4).
pub struct Es256Signer {
    kid: KeyId,
    jwk: Value,
    pair: EcdsaKeyPair,
}

impl Es256Signer {
    /// Makes a key.
    ///
    /// ```
    /// use invoice_auth::{Es256Signer, Signer as _};
    ///
    /// let signer = Es256Signer::generate()?;
    /// assert_eq!(signer.sign(b"text")?.len(), 64);
    /// # Ok::<(), invoice_auth::AuthError>(())
    /// ```
    pub fn generate() -> Result<Self, AuthError> {
        Self::from_pair(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| NO_KEY_MADE)?)
    }

    /// Takes a private key in PKCS#8 (RFC 5958), DER, not encrypted.
    ///
    /// ```
    /// assert!(invoice_auth::Es256Signer::from_pkcs8(b"no key").is_err());
    /// ```
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, AuthError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
        Self::from_pair(pair.map_err(|_| NOT_ITS_KIND)?)
    }

    fn from_pair(pair: EcdsaKeyPair) -> Result<Self, AuthError> {
        // SEC 1, section 2.3.3: 4, then both coordinates.
        let point = pair.public_key().as_ref();
        let coordinates = point.strip_prefix(&[4]).filter(|rest| rest.len() == 64);
        let (x, y) = coordinates.ok_or(NO_KEY_MADE)?.split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)});
        Ok(Self { kid: thumbprint(KeyAlgorithm::Es256, &jwk)?, jwk, pair })
    }

    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, AuthError> {
        let document = self.pair.to_pkcs8v1().map_err(|_| NO_KEY_MADE)?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }
}

impl Signer for Es256Signer {
    fn kid(&self) -> &KeyId {
        &self.kid
    }

    fn algorithm(&self) -> KeyAlgorithm {
        KeyAlgorithm::Es256
    }

    fn public_jwk(&self) -> Value {
        self.jwk.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AuthError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| DOES_NOT_SIGN)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for EdDsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EdDsaSigner({})", self.kid)
    }
}

impl fmt::Debug for Es256Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Es256Signer({})", self.kid)
    }
}

impl fmt::Debug for dyn Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.kid())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    /// RFC 8037, appendix A: `d` in PKCS#8.
    fn rfc_8037() -> EdDsaSigner {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let head =
            [0x30, 0x2e, 0x02, 0x01, 0, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        EdDsaSigner::from_pkcs8(&[head.as_slice(), &seed].concat()).unwrap()
    }

    #[test]
    fn the_key_of_rfc_8037_has_its_thumbprint_and_makes_its_signature() {
        let signer = rfc_8037();
        assert_eq!(signer.kid().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(base64url(&signer.sign(input).unwrap()), signature);
    }

    #[test]
    fn a_key_survives_its_pkcs8() {
        let (one, other) = (EdDsaSigner::generate().unwrap(), Es256Signer::generate().unwrap());
        let again = EdDsaSigner::from_pkcs8(&one.to_pkcs8().unwrap()).unwrap();
        assert_eq!((again.kid(), again.public_jwk()), (one.kid(), one.public_jwk()));
        let again = Es256Signer::from_pkcs8(&other.to_pkcs8().unwrap()).unwrap();
        assert_eq!((again.kid(), again.public_jwk()), (other.kid(), other.public_jwk()));
    }

    #[test]
    fn a_key_of_the_other_kind_is_refused() {
        let (one, other) = (EdDsaSigner::generate().unwrap(), Es256Signer::generate().unwrap());
        assert!(Es256Signer::from_pkcs8(&one.to_pkcs8().unwrap()).is_err());
        assert!(EdDsaSigner::from_pkcs8(&other.to_pkcs8().unwrap()).is_err());
    }

    #[test]
    fn nothing_of_a_private_key_is_shown() {
        let signer = EdDsaSigner::generate().unwrap();
        assert_eq!(format!("{signer:?}"), format!("EdDsaSigner({})", signer.kid()));
    }
}
