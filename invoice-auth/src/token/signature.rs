//! Whether a signature is a key's, by the only algorithm that the key is for.

use invoice_core::identity::KeyAlgorithm;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey};

/// The algorithm's name in a header (RFC 7518 section 3.1, RFC 8037 section 3.1).
pub(super) const fn name(algorithm: KeyAlgorithm) -> Option<&'static str> {
    match algorithm {
        KeyAlgorithm::EdDsa => Some("EdDSA"),
        KeyAlgorithm::Es256 => Some("ES256"),
        KeyAlgorithm::Hs256 => Some("HS256"),
        _ => None,
    }
}

/// Asks the provider by name and not the process' default one, which another crate may have chosen.
pub(super) fn is_signed(
    algorithm: KeyAlgorithm,
    key: &DecodingKey,
    signed: &str,
    signature: &Vec<u8>,
) -> bool {
    let algorithm = match algorithm {
        KeyAlgorithm::EdDsa => Algorithm::EdDSA,
        KeyAlgorithm::Es256 => Algorithm::ES256,
        KeyAlgorithm::Hs256 => Algorithm::HS256,
        _ => return false,
    };
    (DEFAULT_PROVIDER.verifier_factory)(&algorithm, key)
        .is_ok_and(|verifier| verifier.verify(signed.as_bytes(), signature).is_ok())
}
