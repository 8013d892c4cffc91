//! Secrets: made from the system's randomness, wiped when dropped, never shown.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use invoice_core::identity::Fingerprint;
use zeroize::Zeroizing;

use crate::error::AuthError;

/// A token that means nothing by itself, handed out once; the store keeps its fingerprint.
#[derive(Clone, PartialEq, Eq)]
pub struct OpaqueToken(Zeroizing<String>);

impl OpaqueToken {
    /// Takes a token as it came in. Nothing is checked yet.
    ///
    /// ```
    /// let token = invoice_auth::OpaqueToken::new("secret");
    /// assert_eq!((token.expose(), format!("{token:?}").as_str()), ("secret", "OpaqueToken(…)"));
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, to be handed to whom it belongs.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A new one of 256 random bits behind a prefix that tells scanners and people what it is.
    pub(crate) fn random(prefix: &str) -> Result<Self, AuthError> {
        Ok(Self::new(format!("{prefix}{}", base64url(&*random::<32>()?))))
    }

    /// What the store knows it by.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        fingerprint(self.0.as_bytes())
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueToken(…)")
    }
}

/// SHA-256. Enough for secrets of 256 random bits, which nobody can guess; not for passwords.
pub(crate) fn fingerprint(bytes: &[u8]) -> Fingerprint {
    let mut hash = [0; 32];
    hash.iter_mut().zip(digest(&SHA256, bytes).as_ref()).for_each(|(to, from)| *to = *from);
    Fingerprint::new(hash)
}

/// Bytes of the system's randomness.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, AuthError> {
    let mut bytes = Zeroizing::new([0; N]);
    SystemRandom::new()
        .fill(bytes.as_mut_slice())
        .map_err(|_| AuthError::Crypto("the system gives no randomness"))?;
    Ok(bytes)
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tokens_are_alike_and_none_is_shown() {
        let (one, other) = (OpaqueToken::random("t_").unwrap(), OpaqueToken::random("t_").unwrap());
        assert_ne!(one, other);
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert_eq!(one.expose().len(), 2 + 43);
        assert!(!format!("{one:?}").contains(one.expose()));
    }

    #[test]
    fn a_fingerprint_is_sha_256() {
        let shown = serde_json::to_string(&fingerprint(b"abc")).unwrap();
        assert_eq!(shown, "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
    }
}
