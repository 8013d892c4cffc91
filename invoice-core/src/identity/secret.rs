use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hex;
use crate::{Code, Violation};

/// A text nobody should read in a log: a password hash with its parameters. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretText(String);

impl SecretText {
    /// Longest text, in bytes.
    pub const MAX_LEN: usize = 1_024;

    /// Takes a text of 1 to 1,024 visible ASCII characters, such as a PHC string.
    ///
    /// ```
    /// use invoice_core::identity::SecretText;
    ///
    /// let hash = SecretText::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")?;
    /// assert_eq!(format!("{hash:?}"), "SecretText(…)");
    /// assert!(SecretText::new("").is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Violation::new("", Code::Malformed, "not 1 to 1,024 visible ASCII characters"));
        }
        Ok(Self(text))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl TryFrom<String> for SecretText {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        Self::new(text)
    }
}

impl From<SecretText> for String {
    fn from(secret: SecretText) -> Self {
        secret.0
    }
}

/// Bytes that were encrypted before they came here: a signing key's private half, a session's secret.
///
/// Core never sees the plain bytes. Stored as lower-case hexadecimal digits; `Debug` shows the length.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedBytes(Vec<u8>);

impl SealedBytes {
    /// Most bytes.
    pub const MAX_LEN: usize = 8_192;

    /// Takes 1 to 8,192 encrypted bytes.
    ///
    /// ```
    /// use invoice_core::identity::SealedBytes;
    ///
    /// let sealed = SealedBytes::new(vec![7; 48])?;
    /// assert_eq!(format!("{sealed:?}"), "SealedBytes(48 bytes)");
    /// assert!(SealedBytes::new(Vec::new()).is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, Violation> {
        let bytes = bytes.into();
        if bytes.is_empty() || bytes.len() > Self::MAX_LEN {
            return Err(Violation::new("", Code::OutOfRange, "not 1 to 8,192 bytes"));
        }
        Ok(Self(bytes))
    }

    /// The encrypted bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedBytes({} bytes)", self.0.len())
    }
}

impl Serialize for SealedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hex::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for SealedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(hex::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
