use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::MoneyError;

/// A currency of ISO 4217 that has minor units, such as `EUR` (EN 16931 BT-5).
///
/// Codes without minor units (gold `XAU`, test `XTS`, none `XXX`) are refused: nothing can be rounded in them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

macro_rules! constants {
    ($($name:ident),+) => {
        impl Currency {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                pub const $name: Self = Self(iso_currency::Currency::$name);
            )+
        }
    };
}

constants!(
    AUD, BRL, CAD, CHF, CNY, CZK, DKK, EUR, GBP, HUF, INR, ISK, JPY, KRW, KWD, MXN, NOK, NZD, PLN, RON, SEK,
    SGD, USD
);

impl Currency {
    /// The currency with this three-letter code, in capitals.
    ///
    /// ```
    /// use invoice_core::{Currency, MoneyError};
    ///
    /// assert_eq!(Currency::new("JPY")?.minor_units(), 0);
    /// assert_eq!(Currency::new("XAU"), Err(MoneyError::UnknownCurrency));
    /// # Ok::<(), MoneyError>(())
    /// ```
    pub fn new(code: &str) -> Result<Self, MoneyError> {
        let found = iso_currency::Currency::from_code(code).map(Self);
        found.filter(|currency| currency.0.exponent().is_some()).ok_or(MoneyError::UnknownCurrency)
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits after the point: 2 for `EUR`, 0 for `JPY`, 3 for `KWD`, at most 4.
    pub fn minor_units(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::new(code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CodeText;

        impl serde::de::Visitor<'_> for CodeText {
            type Value = Currency;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a currency code in a string, such as \"EUR\"")
            }

            fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<Currency, E> {
                Currency::new(code).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(CodeText)
    }
}
