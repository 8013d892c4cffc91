//! Prefixed identifiers between their texts and the bytes of their UUIDs.

use super::text::Text;

/// Digits of a UUID.
pub(super) const DIGITS: usize = 32;

/// The bytes of `{prefix}_` and 32 lower-case hexadecimal digits.
pub(super) fn parse(prefix: &str, text: &str) -> Option<[u8; 16]> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_')?.as_bytes();
    if digits.len() != DIGITS {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = *pair else { return None };
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The identifier as it is written in JSON.
pub(super) fn show(prefix: &str, bytes: [u8; 16]) -> Text {
    let mut text = Text::new();
    for byte in bytes.iter().rev() {
        text.put(digit(byte & 15));
        text.put(digit(byte >> 4));
    }
    text.put(b'_');
    prefix.bytes().rev().for_each(|byte| text.put(byte));
    text
}

fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + (value - 10) }
}
