//! The numbers of an invoice: quantities, prices, percentages and rates, bounded so that products stay exact.

mod plain;

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use plain::{MAX_INTEGER_DIGITS, Plain, Written, scan};

use crate::{Code, Violation};

/// Why a text or a decimal is not a number this engine takes.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not digits with at most one point between them and a leading minus.
    #[error("not a plain decimal such as 12.50")]
    BadDecimal,
    /// Too many digits before the point, leading zeros not counted.
    #[error("more than {max} digits before the point")]
    TooManyIntegerDigits {
        /// The most digits allowed.
        max: usize,
    },
    /// Too many digits after the point, trailing zeros not counted.
    #[error("more than {max} digits after the point")]
    TooManyFractionDigits {
        /// The most digits allowed.
        max: usize,
    },
    /// Padded with more zeros than anyone writes.
    #[error("too long for a number")]
    TooLong,
    /// Zero or negative where only a positive number makes sense.
    #[error("must be greater than zero")]
    NotPositive,
    /// Negative where that makes no sense.
    #[error("must not be negative")]
    Negative,
}

impl NumberError {
    /// The stable code of the broken rule.
    ///
    /// ```
    /// use invoice_core::{Code, Quantity};
    ///
    /// assert_eq!("12,5".parse::<Quantity>().unwrap_err().code(), Code::BadDecimal);
    /// ```
    pub fn code(&self) -> Code {
        match self {
            Self::BadDecimal => Code::BadDecimal,
            Self::TooManyIntegerDigits { .. } => Code::TooManyIntegerDigits,
            Self::TooManyFractionDigits { .. } => Code::TooManyFractionDigits,
            Self::TooLong => Code::TooLong,
            Self::NotPositive => Code::NotPositive,
            Self::Negative => Code::Negative,
        }
    }

    /// This error as a violation of the field at `pointer`.
    ///
    /// ```
    /// use invoice_core::BaseQuantity;
    ///
    /// let wrong = "0".parse::<BaseQuantity>().unwrap_err().at("/lines/0/base_quantity");
    /// assert_eq!(wrong.to_string(), "/lines/0/base_quantity: must be greater than zero");
    /// ```
    pub fn at(&self, pointer: impl Into<String>) -> Violation {
        Violation::new(pointer, self.code(), self.to_string())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one of the rules a number type is made with")]
fn any(_: Plain) -> Result<(), NumberError> {
    Ok(())
}

fn positive(value: Plain) -> Result<(), NumberError> {
    if value.is_negative() || value.is_zero() { Err(NumberError::NotPositive) } else { Ok(()) }
}

fn not_negative(value: Plain) -> Result<(), NumberError> {
    if value.is_negative() { Err(NumberError::Negative) } else { Ok(()) }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $rule:ident, $example:literal, $shown:literal) => {
        $(#[$doc])*
        ///
        /// At most 11 digits before and 8 after the point; zeros in front and behind are not counted and not kept.
        /// In JSON it is a string, and a JSON number is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Plain);

        impl $name {
            /// Takes a decimal within the bounds above.
            ///
            /// ```
            /// use rust_decimal::Decimal;
            #[doc = concat!("let value: Decimal = \"", $example, "\".parse()?;")]
            #[doc = concat!("assert_eq!(invoice_core::", stringify!($name), "::new(value)?.to_string(), \"", $shown, "\");")]
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn new(value: Decimal) -> Result<Self, NumberError> {
                Plain::from_decimal(value).and_then(Self::checked)
            }

            fn checked(value: Plain) -> Result<Self, NumberError> {
                $rule(value).map(|()| Self(value))
            }

            /// The value, without trailing zeros.
            pub fn get(self) -> Decimal {
                self.0.to_decimal()
            }

            /// Whether it is zero.
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            #[allow(dead_code, reason = "not every number takes part in the totals")]
            #[inline]
            pub(crate) fn plain(self) -> Plain {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = NumberError;

            /// Reads digits with at most one point between them and a leading minus, nothing else.
            fn from_str(text: &str) -> Result<Self, NumberError> {
                Plain::parse(text).and_then(Self::checked)
            }
        }

        impl TryFrom<Decimal> for $name {
            type Error = NumberError;

            fn try_from(value: Decimal) -> Result<Self, NumberError> {
                Self::new(value)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.0.written().as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.written().as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(DecimalText).and_then(|plain| {
                    Self::checked(plain).map_err(serde::de::Error::custom)
                })
            }
        }
    };
}

number! {
    /// How much of something is invoiced (EN 16931 BT-129); negative for a return.
    Quantity, any, "2.50", "2.5"
}
number! {
    /// The price of one base quantity (EN 16931 BT-146), never rounded to the currency.
    UnitPrice, any, "158.1250000000", "158.125"
}
number! {
    /// How many units a price is for (EN 16931 BT-149), such as 100 for a price per hundred; greater than zero.
    BaseQuantity, positive, "100", "100"
}
number! {
    /// The percentage of an allowance or charge (EN 16931 BT-94, BT-101, BT-138, BT-143); 5 means 5 %.
    Percentage, any, "-2.50", "-2.5"
}
number! {
    /// The rate of a tax in percent (EN 16931 BT-119, BT-152); 19 means 19 %. Never negative.
    TaxRate, not_negative, "19.00", "19"
}
number! {
    /// How many units of the target currency one unit of the source currency buys; greater than zero.
    ExchangeRate, positive, "1.0825", "1.0825"
}

impl TaxRate {
    /// 0 %.
    pub const ZERO: Self = Self(Plain::ZERO);
}

impl Quantity {
    /// The same quantity with the opposite sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(self.0.negated())
    }
}

impl Percentage {
    /// The same percentage with the opposite sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(self.0.negated())
    }
}

struct DecimalText;

impl serde::de::Visitor<'_> for DecimalText {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal in a string, such as \"12.50\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Plain, E> {
        Plain::parse(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests;
