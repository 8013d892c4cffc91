//! A bounded decimal: the common ground of every number an input can carry.

use std::fmt;

use rust_decimal::Decimal;

use super::NumberError;

/// Most digits before the point in an input.
pub(crate) const MAX_INTEGER_DIGITS: usize = 11;
/// Most digits after the point in an input, trailing zeros not counted.
pub(crate) const MAX_FRACTION_DIGITS: usize = 8;
/// Digits that always fit 64 bits, in which most numbers are read sooner than in 128.
const FIT_64_BITS: usize = 19;
/// Longest text looked at: leading and trailing zeros are free, but not without end.
const MAX_TEXT: usize = 64;

/// `±mantissa / 10^scale`, without trailing zeros in the fraction and without a negative zero.
///
/// Nineteen digits fit 64 bits, so two of these multiply exactly in 128: that is what the totals are built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Plain {
    mantissa: u64,
    scale: u8,
    negative: bool,
}

/// What [`scan`] found, not yet bounded by a type.
pub(crate) struct Scanned {
    pub(crate) negative: bool,
    pub(crate) mantissa: u128,
    pub(crate) scale: u32,
}

/// Reads `-?[0-9]+(\.[0-9]+)?` with at most so many digits; zeros in front and behind are not counted.
///
/// The digits that count may not exceed 38 in all, so that the mantissa fits.
pub(crate) fn scan(text: &str, max_integer: usize, max_fraction: usize) -> Result<Scanned, NumberError> {
    match text.as_bytes().get(..MAX_TEXT) {
        // A long text is judged by its start alone, so that megabytes cost nothing.
        Some(start) if text.len() > MAX_TEXT => {
            scan_bytes(start, max_integer, max_fraction).and(Err(NumberError::TooLong))
        }
        _ => scan_bytes(text.as_bytes(), max_integer, max_fraction),
    }
}

fn scan_bytes(bytes: &[u8], max_integer: usize, max_fraction: usize) -> Result<Scanned, NumberError> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let mut parts = digits.split(|byte| *byte == b'.');
    let whole = parts.next().unwrap_or_default();
    let fraction = parts.next();
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    if parts.next().is_some() || !is_number(whole) || !fraction.is_none_or(is_number) {
        return Err(NumberError::BadDecimal);
    }
    let whole = without_leading_zeros(whole);
    let fraction = without_trailing_zeros(fraction.unwrap_or_default());
    if whole.len() > max_integer {
        return Err(NumberError::TooManyIntegerDigits { max: max_integer });
    }
    if fraction.len() > max_fraction {
        return Err(NumberError::TooManyFractionDigits { max: max_fraction });
    }
    let value = |digit: &u8| digit.wrapping_sub(b'0');
    let mantissa = if whole.len() + fraction.len() <= FIT_64_BITS {
        let append = |sum: u64, digit: &u8| sum * 10 + u64::from(value(digit));
        fraction.iter().fold(whole.iter().fold(0, append), append).into()
    } else {
        whole.iter().chain(fraction).fold(0, |sum: u128, digit| sum * 10 + u128::from(value(digit)))
    };
    let scale = u32::try_from(fraction.len()).map_err(|_| NumberError::TooLong)?;
    Ok(Scanned { negative: negative && mantissa != 0, mantissa, scale })
}

fn without_leading_zeros(mut digits: &[u8]) -> &[u8] {
    while let [b'0', rest @ ..] = digits {
        digits = rest;
    }
    digits
}

fn without_trailing_zeros(mut digits: &[u8]) -> &[u8] {
    while let [rest @ .., b'0'] = digits {
        digits = rest;
    }
    digits
}

impl Plain {
    pub(crate) const ZERO: Self = Self { mantissa: 0, scale: 0, negative: false };

    pub(crate) fn parse(text: &str) -> Result<Self, NumberError> {
        let scanned = scan(text, MAX_INTEGER_DIGITS, MAX_FRACTION_DIGITS)?;
        Self::from_parts(scanned.negative, scanned.mantissa, scanned.scale)
    }

    pub(crate) fn from_decimal(value: Decimal) -> Result<Self, NumberError> {
        let value = value.normalize();
        let mantissa = value.mantissa().unsigned_abs();
        Self::from_parts(value.is_sign_negative() && mantissa != 0, mantissa, value.scale())
    }

    fn from_parts(negative: bool, mantissa: u128, scale: u32) -> Result<Self, NumberError> {
        let scale = u8::try_from(scale)
            .ok()
            .filter(|scale| usize::from(*scale) <= MAX_FRACTION_DIGITS)
            .ok_or(NumberError::TooManyFractionDigits { max: MAX_FRACTION_DIGITS })?;
        let too_large = NumberError::TooManyIntegerDigits { max: MAX_INTEGER_DIGITS };
        // What 64 bits do not hold has more than eleven digits before eight decimals.
        let mantissa = u64::try_from(mantissa).map_err(|_| too_large)?;
        if mantissa / 10_u64.pow(scale.into()) >= 100_000_000_000 {
            return Err(too_large);
        }
        Ok(Self { mantissa, scale, negative })
    }

    pub(crate) fn to_decimal(self) -> Decimal {
        let mut value = Decimal::from(self.mantissa);
        // A scale of at most 8 is always taken.
        let _ = value.set_scale(self.scale.into());
        value.set_sign_negative(self.negative);
        value
    }

    pub(crate) fn written(self) -> Written {
        Written::new(self.negative, self.mantissa, self.scale())
    }

    #[inline]
    pub(crate) fn mantissa(self) -> u64 {
        self.mantissa
    }

    #[inline]
    pub(crate) fn scale(self) -> u32 {
        self.scale.into()
    }

    #[inline]
    pub(crate) fn is_negative(self) -> bool {
        self.negative
    }

    #[inline]
    pub(crate) fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    #[must_use]
    pub(crate) fn negated(self) -> Self {
        Self { negative: !self.negative && self.mantissa != 0, ..self }
    }
}

impl PartialOrd for Plain {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Plain {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // At one scale: at most 19 + 8 digits, far inside 128 bits.
        let widened = |plain: &Self| {
            let magnitude = i128::from(plain.mantissa) * 10_i128.pow(8 - plain.scale().min(8));
            if plain.negative { -magnitude } else { magnitude }
        };
        widened(self).cmp(&widened(other))
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().as_str())
    }
}

/// A number as text. Records are full of these: in one piece and without the formatter's general ways, writing them
/// takes a quarter of the time.
pub(crate) struct Written {
    text: [u8; Self::LONGEST],
    start: usize,
}

impl Written {
    /// A sign, 20 digits and a point, or zeros down to the last decimal.
    const LONGEST: usize = 32;

    /// The number whose last `decimals` digits come after the point.
    pub(crate) fn new(negative: bool, magnitude: u64, decimals: u32) -> Self {
        let mut text = [0_u8; Self::LONGEST];
        let mut start = text.len();
        // From the back.
        let mut places = text.iter_mut().rev();
        let mut put = |byte: u8| {
            if let Some(place) = places.next() {
                *place = byte;
                start -= 1;
            }
        };
        let (mut rest, mut written) = (magnitude, 0);
        while rest > 0 || written <= decimals {
            if written == decimals && decimals > 0 {
                put(b'.');
            }
            put(b'0' + u8::try_from(rest % 10).unwrap_or(0));
            rest /= 10;
            written += 1;
        }
        if negative {
            put(b'-');
        }
        Self { text, start }
    }

    pub(crate) fn as_str(&self) -> &str {
        // ASCII by construction.
        self.text.get(self.start..).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}
