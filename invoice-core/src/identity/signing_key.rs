use std::fmt;

use serde::{Deserialize, Serialize};

use super::SealedBytes;
use crate::{Code, Timestamp, Version, Violation};

/// A signing key's identifier, the `kid` of the tokens it signs: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

impl KeyId {
    /// Takes an identifier, such as an RFC 7638 thumbprint.
    ///
    /// ```
    /// use invoice_core::identity::KeyId;
    ///
    /// assert!(KeyId::new("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k").is_ok());
    /// assert!(KeyId::new("two words").is_err());
    /// ```
    pub fn new(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        if !(1..=128).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Violation::new("", Code::Malformed, "not 1 to 128 visible ASCII characters"));
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for KeyId {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        Self::new(text)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

/// How a key signs.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyAlgorithm {
    /// Ed25519 signatures (RFC 8037).
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA on P-256 with SHA-256 (RFC 7518).
    #[serde(rename = "ES256")]
    Es256,
    /// A ring secret that per-session HMAC-SHA-256 keys are derived from; it has no public half.
    #[serde(rename = "HS256")]
    Hs256,
}

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyState {
    /// Published, so that everybody knows it before it signs.
    Pending,
    /// Signs.
    Active,
    /// Signs no more; what it signed is still taken.
    Retiring,
    /// Neither signs nor verifies; its private half is gone.
    Destroyed,
}

/// A key of the ring that signs access tokens.
///
/// Two processes that rotate at once update the same active key, and one meets a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    kid: KeyId,
    version: Version,
    algorithm: KeyAlgorithm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_jwk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private: Option<SealedBytes>,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    activated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destroyed_at: Option<Timestamp>,
}

impl SigningKey {
    /// Longest public JWK, in bytes.
    pub const MAX_JWK: usize = 4_096;

    /// A new, pending key; `private` is its private half or secret, encrypted.
    ///
    /// ```
    /// use invoice_core::Timestamp;
    /// use invoice_core::identity::{KeyAlgorithm, KeyId, KeyState, SealedBytes, SigningKey};
    ///
    /// let sealed = SealedBytes::new([7; 48])?;
    /// let key = SigningKey::new(KeyId::new("k1")?, KeyAlgorithm::EdDsa, sealed, Timestamp::from_millis(0));
    /// assert_eq!(key.state(), KeyState::Pending);
    /// assert_eq!(key.activated(Timestamp::from_millis(1))?.state(), KeyState::Active);
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub const fn new(
        kid: KeyId,
        algorithm: KeyAlgorithm,
        private: SealedBytes,
        created_at: Timestamp,
    ) -> Self {
        Self {
            kid,
            version: Version::FIRST,
            algorithm,
            public_jwk: None,
            private: Some(private),
            created_at,
            activated_at: None,
            retired_at: None,
            destroyed_at: None,
        }
    }

    /// The identifier, `kid`.
    pub const fn kid(&self) -> &KeyId {
        &self.kid
    }

    /// How often the key was written.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// How it signs.
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The public half, a JWK (RFC 7517) as JSON text; a ring secret has none.
    pub fn public_jwk(&self) -> Option<&str> {
        self.public_jwk.as_deref()
    }

    /// The encrypted private half or secret; `None` once destroyed.
    pub const fn private(&self) -> Option<&SealedBytes> {
        self.private.as_ref()
    }

    /// When it was made.
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it began to sign.
    pub const fn activated_at(&self) -> Option<Timestamp> {
        self.activated_at
    }

    /// When it stopped signing.
    pub const fn retired_at(&self) -> Option<Timestamp> {
        self.retired_at
    }

    /// When its private half was destroyed.
    pub const fn destroyed_at(&self) -> Option<Timestamp> {
        self.destroyed_at
    }

    /// Where it is in its life.
    pub const fn state(&self) -> KeyState {
        match (self.destroyed_at, self.retired_at, self.activated_at) {
            (Some(_), _, _) => KeyState::Destroyed,
            (None, Some(_), _) => KeyState::Retiring,
            (None, None, Some(_)) => KeyState::Active,
            (None, None, None) => KeyState::Pending,
        }
    }

    /// With its public half as JSON text, at most 4,096 bytes.
    pub fn with_public_jwk(self, jwk: impl Into<String>) -> Result<Self, Violation> {
        let jwk = jwk.into();
        if jwk.len() > Self::MAX_JWK || jwk.contains('\0') {
            return Err(Violation::new("/public_jwk", Code::TooLong, "longer than 4,096 bytes, or with NUL"));
        }
        Ok(Self { public_jwk: Some(jwk), ..self })
    }

    /// Begins to sign; refused unless pending.
    pub fn activated(self, at: Timestamp) -> Result<Self, Violation> {
        self.in_state(KeyState::Pending, "activated").map(|key| Self { activated_at: Some(at), ..key })
    }

    /// Stops signing; refused unless active.
    pub fn retired(self, at: Timestamp) -> Result<Self, Violation> {
        self.in_state(KeyState::Active, "retired").map(|key| Self { retired_at: Some(at), ..key })
    }

    /// Destroys the private half, from any state: the end of a rotation, or an emergency.
    #[must_use]
    pub fn destroyed(self, at: Timestamp) -> Self {
        Self { destroyed_at: self.destroyed_at.or(Some(at)), private: None, ..self }
    }

    /// With its private half encrypted anew; nothing changes once that is destroyed.
    #[must_use]
    pub fn resealed(self, private: SealedBytes) -> Self {
        Self { private: self.private.is_some().then_some(private), ..self }
    }

    fn in_state(self, state: KeyState, wanted: &str) -> Result<Self, Violation> {
        if self.state() == state {
            return Ok(self);
        }
        let detail = format!("a {:?} key can't be {wanted}", self.state());
        Err(Violation::new("/state", Code::Inconsistent, detail.to_lowercase()))
    }

    pub(crate) fn at_version(self, version: Version) -> Self {
        Self { version, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn key() -> SigningKey {
        let sealed = SealedBytes::new([7; 48]).unwrap();
        SigningKey::new(KeyId::new("k1").unwrap(), KeyAlgorithm::EdDsa, sealed, at(0))
    }

    #[test]
    fn a_key_lives_from_pending_to_destroyed_in_order() {
        let active = key().activated(at(1)).unwrap();
        let retiring = active.clone().retired(at(2)).unwrap();
        assert_eq!(retiring.state(), KeyState::Retiring);
        assert!(key().retired(at(1)).is_err());
        assert!(active.activated(at(2)).is_err());
        assert!(retiring.clone().retired(at(3)).is_err());
        let destroyed = retiring.destroyed(at(4));
        assert_eq!((destroyed.state(), destroyed.private()), (KeyState::Destroyed, None));
        assert!(destroyed.clone().activated(at(5)).is_err());
        assert_eq!(destroyed.resealed(SealedBytes::new([8; 48]).unwrap()).private(), None);
    }

    #[test]
    fn an_emergency_destroys_a_key_that_still_signs() {
        let destroyed = key().activated(at(1)).unwrap().destroyed(at(2)).destroyed(at(3));
        assert_eq!((destroyed.state(), destroyed.destroyed_at()), (KeyState::Destroyed, Some(at(2))));
    }
}
