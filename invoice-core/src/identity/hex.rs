//! Bytes as lower-case hexadecimal text, the stored form of fingerprints and sealed bytes.

use std::fmt;

use serde::{Deserialize, Deserializer, Serializer};

/// Writes bytes without separators.
pub(super) fn write(f: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(bytes.len() * 2);
    write(&mut text, bytes).map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(&text)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| serde::de::Error::custom("not lower-case hexadecimal digits in pairs"))
}

fn parse(text: &str) -> Option<Vec<u8>> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_and_odd_or_foreign_digits_are_refused() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut text = String::new();
        write(&mut text, &bytes).unwrap();
        assert_eq!(parse(&text), Some(bytes));
        for wrong in ["0", "0A", "0g", "é0", "+1"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
