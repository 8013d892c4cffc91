//! Hexadecimal digits, of which every record has hundreds.

/// No digit: more than four bits.
const NONE: u8 = 0xFF;

const DIGITS: [u8; 256] = {
    let mut digits = [NONE; 256];
    let mut value = 0;
    while value < 16 {
        let character = if value < 10 { b'0' + value } else { b'a' + value - 10 };
        digits[character as usize] = value;
        value += 1;
    }
    digits
};

fn digit(character: u8) -> u8 {
    // There is one for every byte.
    DIGITS.get(usize::from(character)).copied().unwrap_or(NONE)
}

/// So many bytes as lower-case digits, two for each and nothing else.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let pairs = text.as_bytes().chunks_exact(2);
    if text.len() != 2 * N {
        return None;
    }
    // Looked at once, at the end: so no digit waits for the one before.
    let (mut bytes, mut seen) = ([0; N], 0);
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let &[high, low] = pair else { return None };
        let (high, low) = (digit(high), digit(low));
        seen |= high | low;
        *byte = high << 4 | low & 15;
    }
    (seen < 16).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_and_all_else_is_refused() {
        assert_eq!(
            decode("00ff0123456789abcdef"),
            Some([0, 255, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef])
        );
        assert_eq!(decode(""), Some([]));
        for wrong in ["0", "000", "0000", "0A", "0g", "é", "+1", "1 ", "0/", "0:", "0`", "@0"] {
            assert_eq!(decode::<1>(wrong), None, "{wrong}");
        }
    }
}
