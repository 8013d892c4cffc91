//! The hash chain over issued documents: canonical bytes, links and verification.

mod canonical;
mod documents;
mod parts;
mod verify;

pub(crate) use canonical::{Canonical, Canonicalize};
pub use verify::{ChainFault, ChainReport, ChainVerifier};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Code, Violation};

/// A SHA-256 hash, written in lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash before the first link of a chain: all zeros.
    pub const NOTHING: Self = Self([0; 32]);

    /// A hash read back from a store.
    ///
    /// ```
    /// assert_eq!(invoice_core::Hash::from_bytes([0; 32]), invoice_core::Hash::NOTHING);
    /// ```
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let malformed = || Violation::new("", Code::Malformed, "not 64 lower-case hexadecimal digits");
        crate::hex::decode(text).map(Self).ok_or_else(malformed)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, str::parse)
    }
}

/// A document's link in the chain of its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    pub(crate) version: u8,
    pub(crate) previous: Hash,
    pub(crate) hash: Hash,
}

impl Seal {
    /// The version of the canonical bytes that new seals are made over.
    pub const CURRENT_VERSION: u8 = 1;

    /// Which canonical bytes were hashed.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The hash of the document before it in its counter.
    pub fn previous(&self) -> Hash {
        self.previous
    }

    /// The hash over `previous` and the document.
    pub fn hash(&self) -> Hash {
        self.hash
    }
}
