//! Decimals between their text and IEEE 754-2008 decimal128 with an integer coefficient, by integers alone.
//!
//! A value keeps its exponent: `1.50` and `1.5` are different values that compare equal.

use super::text::{Text, digit, number};

/// What is added to an exponent to store it.
const BIAS: u32 = 6_176;
/// The coefficient has the lowest 113 bits, the exponent the 14 above, the sign the highest.
const COEFFICIENT: u32 = 113;
const EXPONENTS: u128 = 0x3FFF;
/// Coefficients have at most 34 digits.
const MAX_DIGITS: usize = 34;
const LIMIT: u128 = 10_u128.pow(34);
/// Digits of a number of 64 bits that can't overflow.
const SAFE_DIGITS: usize = 19;
/// The longest text that is made of a value somebody else stored.
const MAX_SHOWN: u32 = 40;

/// The bytes of a decimal in plain notation, or nothing if the text is not the one they are shown as.
pub(super) fn parse(text: &str) -> Option<[u8; 16]> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(point) => (digits.get(..point)?, digits.get(point + 1..)?),
        None => (digits, [].as_slice()),
    };
    let canonical = matches!(whole, [b'0'] | [b'1'..=b'9', ..]) && (point.is_none() || !fraction.is_empty());
    if !canonical || whole.len() + fraction.len() > MAX_DIGITS {
        return None;
    }
    let scale = u32::try_from(fraction.len()).ok()?;
    let coefficient = if whole.len() + fraction.len() <= SAFE_DIGITS {
        u128::from(number(whole)? * 10_u64.pow(scale) + number(fraction)?)
    } else {
        whole.iter().chain(fraction).try_fold(0_u128, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + u128::from(byte.wrapping_sub(b'0')))
        })?
    };
    let bits = u128::from(negative) << 127 | u128::from(BIAS - scale) << COEFFICIENT | coefficient;
    Some(bits.to_le_bytes())
}

/// The text of a decimal in plain notation; nothing for what is not a number, or one far too long.
pub(super) fn show(bytes: [u8; 16]) -> Option<Text> {
    let bits = u128::from_le_bytes(bytes);
    // Two bits that are both set mean infinity, no number, or a coefficient out of bounds.
    if (bits >> 125) & 3 == 3 {
        return None;
    }
    let coefficient = bits & ((1 << COEFFICIENT) - 1);
    let exponent = u32::try_from((bits >> COEFFICIENT) & EXPONENTS).ok()?;
    if coefficient >= LIMIT {
        return None;
    }
    let mut text = Text::new();
    if exponent > BIAS && coefficient != 0 {
        let zeros = exponent - BIAS;
        if zeros + coefficient.ilog10() >= MAX_SHOWN {
            return None;
        }
        (0..zeros).for_each(|_| text.put(b'0'));
    }
    let decimals = BIAS.saturating_sub(exponent);
    if decimals >= MAX_SHOWN {
        return None;
    }
    put(&mut text, coefficient, decimals);
    if bits >> 127 == 1 {
        text.put(b'-');
    }
    Some(text)
}

/// Puts the coefficient before the text, its last `decimals` digits behind a point.
fn put(text: &mut Text, coefficient: u128, decimals: u32) {
    let mut high = coefficient;
    let mut written = 0;
    // Nearly all fit 64 bits, and those are divided far faster than 128.
    while high > u128::from(u64::MAX) {
        put_digit(text, u64::try_from(high % 10).unwrap_or(0), &mut written, decimals);
        high /= 10;
    }
    let mut rest = u64::try_from(high).unwrap_or(0);
    while rest > 0 || written <= decimals {
        put_digit(text, rest % 10, &mut written, decimals);
        rest /= 10;
    }
}

fn put_digit(text: &mut Text, value: u64, written: &mut u32, decimals: u32) {
    if *written == decimals && decimals > 0 {
        text.put(b'.');
    }
    text.put(digit(value));
    *written += 1;
}
