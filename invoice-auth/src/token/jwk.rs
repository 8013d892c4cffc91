//! Public keys as JWKs (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use invoice_core::identity::KeyAlgorithm;
use jsonwebtoken::DecodingKey;

use super::error::TokenError;
use super::json::{Members, Strictness, Value, list, object};
use super::signature::name;

/// Fewest bytes of a key for HS256 (RFC 7518 section 3.2).
const MIN_SECRET: usize = 32;

/// A key and the one algorithm it is for.
pub(super) type PublicKey = (KeyAlgorithm, DecodingKey);

/// Reads a JWK.
pub(super) fn public_key(jwk: &str) -> Result<PublicKey, TokenError> {
    let unsound = TokenError::Crypto("the JWK is unsound");
    let members = object(jwk, Strictness::FULL).map_err(|_| unsound.clone())?;
    let bytes = |member: &str| {
        let encoded = text(&members, member).ok_or_else(|| unsound.clone())?;
        URL_SAFE_NO_PAD.decode(encoded).map_err(|_| unsound.clone())
    };
    let (algorithm, key) = match (text(&members, "kty"), text(&members, "crv")) {
        (Some("OKP"), Some("Ed25519")) => {
            let x: [u8; 32] = bytes("x")?.try_into().map_err(|_| unsound.clone())?;
            (KeyAlgorithm::EdDsa, DecodingKey::from_ed_der(&x))
        }
        (Some("EC"), Some("P-256")) => {
            let (x, y) = (bytes("x")?, bytes("y")?);
            if x.len() != 32 || y.len() != 32 {
                return Err(unsound);
            }
            (KeyAlgorithm::Es256, DecodingKey::from_ec_der(&[vec![4], x, y].concat()))
        }
        (Some("oct"), _) => {
            let secret = bytes("k")?;
            if secret.len() < MIN_SECRET {
                return Err(unsound);
            }
            (KeyAlgorithm::Hs256, DecodingKey::from_secret(&secret))
        }
        _ => return Err(TokenError::Algorithm),
    };
    if agrees(&members, algorithm) { Ok((algorithm, key)) } else { Err(TokenError::Algorithm) }
}

/// Whether what the key says of its use allows this one (RFC 7517 sections 4.2 to 4.4).
fn agrees(members: &Members<'_>, algorithm: KeyAlgorithm) -> bool {
    members.iter().all(|(member, value)| match (member.as_ref(), value) {
        ("alg", value) => matches!(value, Value::Text(text) if Some(text.as_ref()) == name(algorithm)),
        ("use", value) => matches!(value, Value::Text(text) if text == "sig"),
        ("key_ops", Value::List(raw)) => list(raw)
            .is_ok_and(|all| all.iter().any(|one| matches!(one, Value::Text(text) if text == "verify"))),
        ("key_ops", _) => false,
        _ => true,
    })
}

fn text<'a>(members: &'a Members<'_>, member: &str) -> Option<&'a str> {
    members.iter().find_map(|(name, value)| match value {
        Value::Text(text) if name == member => Some(text.as_ref()),
        _ => None,
    })
}
