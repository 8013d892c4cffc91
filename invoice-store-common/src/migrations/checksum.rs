use std::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 of a migration's statements.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum([u8; 32]);

impl Checksum {
    /// Of a text. Line ends do not count, so that a checkout on another system is the same migration.
    ///
    /// ```
    /// use invoice_store_common::migrations::Checksum;
    ///
    /// assert_eq!(Checksum::of("a;\nb;"), Checksum::of("a;\r\nb;"));
    /// assert_ne!(Checksum::of("a;\nb;"), Checksum::of("a; b;"));
    /// ```
    pub fn of(text: &str) -> Self {
        let mut hash = Sha256::new();
        let mut lines = text.split("\r\n");
        hash.update(lines.next().unwrap_or_default());
        for line in lines {
            hash.update("\n");
            hash.update(line);
        }
        Self(hash.finalize().into())
    }

    /// As a database keeps it.
    ///
    /// ```
    /// use invoice_store_common::migrations::Checksum;
    ///
    /// assert_eq!(Checksum::from_bytes([0; 32]).as_bytes(), &[0; 32]);
    /// ```
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to keep.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
