use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hex;

/// What is stored of a secret token or key: a 256-bit hash that finds it again but can't be turned back.
///
/// Which hash is the authentication layer's choice. Comparing two fingerprints takes the same time
/// wherever they differ. A look-up through an index need not, and tells nothing: an attacker can't aim at
/// bits of the hash of a secret that is itself random.
///
/// Stored as 64 lower-case hexadecimal digits. `Debug` shows the first eight.
#[derive(Clone, Copy)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Takes the 32 bytes of a hash.
    ///
    /// ```
    /// use invoice_core::identity::Fingerprint;
    ///
    /// let fingerprint = Fingerprint::new([0xab; 32]);
    /// assert_eq!(format!("{fingerprint:?}"), "Fingerprint(abababab…)");
    /// ```
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The bytes, for a store's binary column.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        let differing = self.0.iter().zip(other.0).fold(0, |bits, (a, b)| bits | (a ^ b));
        std::hint::black_box(differing) == 0
    }
}

impl Eq for Fingerprint {}

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(")?;
        hex::write(f, self.0.first_chunk::<4>().map_or(&[], |start| start.as_slice()))?;
        f.write_str("…)")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hex::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = hex::deserialize(deserializer)?;
        let hash = bytes.try_into().map_err(|_| serde::de::Error::custom("a fingerprint has 32 bytes"))?;
        Ok(Self(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_that_differ_in_any_one_bit_are_unequal() {
        let zero = Fingerprint::new([0; 32]);
        assert_eq!(zero, Fingerprint::new([0; 32]));
        for bit in 0..256 {
            let mut hash = [0; 32];
            hash[bit / 8] = 1 << (bit % 8);
            assert_ne!(zero, Fingerprint::new(hash), "bit {bit}");
        }
    }

    #[test]
    fn a_fingerprint_of_another_length_is_refused() {
        assert!(serde_json::from_str::<Fingerprint>(&format!("\"{}\"", "0".repeat(64))).is_ok());
        assert!(serde_json::from_str::<Fingerprint>(&format!("\"{}\"", "0".repeat(62))).is_err());
    }
}
