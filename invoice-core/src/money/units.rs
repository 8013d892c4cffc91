//! Arithmetic on counts of minor units.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Currency, MoneyError};
use crate::NumberError;
use crate::number::{Written, scan};

/// Amounts stay below 10^18 minor units, so that two of them always add up within 64 bits.
pub(crate) const LIMIT: i64 = 1_000_000_000_000_000_000;

/// A result as an amount, if it is small enough to be one.
#[inline]
pub(crate) fn bounded(units: i128) -> Result<i64, MoneyError> {
    match i64::try_from(units) {
        Ok(units) if -LIMIT < units && units < LIMIT => Ok(units),
        _ => Err(MoneyError::Overflow),
    }
}

/// How a result between two minor units is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundingMode {
    /// To the nearest unit; a half goes away from zero, on either side of it (EN 16931's rule).
    #[default]
    HalfAwayFromZero,
    /// Toward zero, as the tax amount may be in Japan.
    Down,
}

/// `numerator ÷ denominator`, rounded; `denominator` is greater than zero.
pub(crate) fn divide(numerator: i128, denominator: i128, rounding: RoundingMode) -> i128 {
    let Some(quotient) = numerator.checked_div(denominator) else { return 0 };
    let rest = numerator - quotient * denominator;
    let away = match rounding {
        // Compared without doubling: the rest may be close to the type's end.
        RoundingMode::HalfAwayFromZero => {
            rest.unsigned_abs() >= denominator.unsigned_abs() - rest.unsigned_abs()
        }
        RoundingMode::Down => false,
    };
    if away { quotient + numerator.signum() } else { quotient }
}

/// 10 to the power of a scale; scales here never exceed 20.
#[inline]
pub(crate) fn power_of_ten(scale: u32) -> i128 {
    10_i128.pow(scale)
}

/// An amount as text, whose currency is known from elsewhere: `-12.30`.
#[derive(Clone, Copy)]
pub(crate) struct AmountText {
    units: i64,
    digits: u32,
}

impl AmountText {
    pub(crate) fn new(units: i64, currency: Currency) -> Self {
        Self { units, digits: currency.minor_units() }
    }

    fn written(self) -> Written {
        Written::new(self.units < 0, self.units.unsigned_abs(), self.digits)
    }

    /// The count of minor units, if the text has no more decimals than the currency.
    pub(crate) fn in_currency(self, currency: Currency) -> Result<i64, MoneyError> {
        let max = currency.minor_units();
        let missing = max.checked_sub(self.digits).ok_or(MoneyError::TooManyDecimals { max })?;
        match missing {
            // As whoever writes amounts writes them.
            0 => bounded(self.units.into()),
            _ => bounded(i128::from(self.units) * power_of_ten(missing)),
        }
    }
}

impl fmt::Display for AmountText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().as_str())
    }
}

/// Reads an amount with at most `integer_digits` before the point.
pub(crate) fn parse_units(text: &str, currency: Currency, integer_digits: usize) -> Result<i64, MoneyError> {
    scan_amount(text, integer_digits).and_then(|amount| amount.in_currency(currency)).map_err(|error| {
        match error {
            MoneyError::TooManyDecimals { .. } => MoneyError::TooManyDecimals { max: currency.minor_units() },
            other => other,
        }
    })
}

/// No currency has more decimals.
const MOST_DECIMALS: u8 = 4;

fn scan_amount(text: &str, integer_digits: usize) -> Result<AmountText, MoneyError> {
    let max = u32::from(MOST_DECIMALS);
    let scanned = scan(text, integer_digits, MOST_DECIMALS.into()).map_err(|error| match error {
        NumberError::TooManyFractionDigits { .. } => MoneyError::TooManyDecimals { max },
        other => other.into(),
    })?;
    let units = i64::try_from(scanned.mantissa).map_err(|_| MoneyError::Overflow)?;
    Ok(AmountText { units: if scanned.negative { -units } else { units }, digits: scanned.scale })
}

impl Serialize for AmountText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.written().as_str())
    }
}

impl<'de> Deserialize<'de> for AmountText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl serde::de::Visitor<'_> for Text {
            type Value = AmountText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount in a string, such as \"12.50\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AmountText, E> {
                scan_amount(text, 18).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}
