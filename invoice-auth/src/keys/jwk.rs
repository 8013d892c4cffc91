//! Public keys as JWKs (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use invoice_core::identity::{KeyAlgorithm, KeyId};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

use super::Signer;
use crate::error::AuthError;
use crate::secret::{base64url, fingerprint};

const NOT_A_PUBLIC_KEY: AuthError = AuthError::Crypto("not a public key of its algorithm");

/// The members of a public key that its algorithm requires.
enum Public<'a> {
    Ed25519 { x: &'a str },
    P256 { x: &'a str, y: &'a str },
}

fn required(algorithm: KeyAlgorithm, jwk: &Value) -> Result<Public<'_>, AuthError> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let coordinate = |name: &str| {
        let is_whole = |text: &&str| URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
        text(name).filter(is_whole).ok_or(NOT_A_PUBLIC_KEY)
    };
    match (algorithm, text("kty"), text("crv")) {
        (KeyAlgorithm::EdDsa, Some("OKP"), Some("Ed25519")) => Ok(Public::Ed25519 { x: coordinate("x")? }),
        (KeyAlgorithm::Es256, Some("EC"), Some("P-256")) => {
            Ok(Public::P256 { x: coordinate("x")?, y: coordinate("y")? })
        }
        _ => Err(NOT_A_PUBLIC_KEY),
    }
}

/// The thumbprint by SHA-256 (RFC 7638, section 3).
pub(super) fn thumbprint(algorithm: KeyAlgorithm, jwk: &Value) -> Result<KeyId, AuthError> {
    let members = match required(algorithm, jwk)? {
        Public::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
        Public::P256 { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
    };
    let hash = base64url(fingerprint(members.as_bytes()).as_bytes());
    KeyId::new(hash).map_err(|_| NOT_A_PUBLIC_KEY)
}

/// What verifies a signer's signatures; refused unless its identifier is its key's thumbprint.
pub(super) fn decoding_key(signer: &dyn Signer) -> Result<DecodingKey, AuthError> {
    let jwk = signer.public_jwk();
    if thumbprint(signer.algorithm(), &jwk)? != *signer.kid() {
        return Err(AuthError::Crypto("its identifier is not its thumbprint"));
    }
    match required(signer.algorithm(), &jwk)? {
        Public::Ed25519 { x } => DecodingKey::from_ed_components(x),
        Public::P256 { x, y } => DecodingKey::from_ec_components(x, y),
    }
    .map_err(|_| NOT_A_PUBLIC_KEY)
}

/// As it is published (RFC 7517, section 4). Only what is required is taken from the signer.
pub(super) fn published(signer: &dyn Signer) -> Result<Value, AuthError> {
    let (jwk, kid) = (signer.public_jwk(), signer.kid().as_str());
    Ok(match required(signer.algorithm(), &jwk)? {
        Public::Ed25519 { x } => {
            json!({"kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig", "alg": "EdDSA", "kid": kid})
        }
        Public::P256 { x, y } => {
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": kid})
        }
    })
}
