use crate::{Code, NumberError, Violation};

/// Why an amount can't be made or a calculation with amounts has no result.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a code of ISO 4217, or one without minor units.
    #[error("not an ISO 4217 currency with minor units")]
    UnknownCurrency,
    /// The amount is not a decimal within the bounds.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// More decimals than the currency has.
    #[error("more than {max} decimals for this currency")]
    TooManyDecimals {
        /// The currency's minor units.
        max: u32,
    },
    /// Two currencies in one calculation.
    #[error("amounts of two currencies")]
    MixedCurrencies,
    /// The result reaches 10^18 minor units.
    #[error("the amount is too large")]
    Overflow,
    /// Nothing to divide by: every weight is zero, or there is none.
    #[error("nothing to divide the amount by")]
    NoWeights,
}

impl MoneyError {
    /// The stable code of the broken rule.
    ///
    /// ```
    /// use invoice_core::{Code, Currency};
    ///
    /// assert_eq!(Currency::new("EURO").unwrap_err().code(), Code::UnknownCurrency);
    /// ```
    pub fn code(&self) -> Code {
        match self {
            Self::UnknownCurrency => Code::UnknownCurrency,
            Self::Number(error) => error.code(),
            Self::TooManyDecimals { .. } => Code::TooManyFractionDigits,
            Self::MixedCurrencies => Code::MixedCurrencies,
            Self::Overflow => Code::AmountOverflow,
            Self::NoWeights => Code::OutOfRange,
        }
    }

    /// This error as a violation of the field at `pointer`.
    ///
    /// ```
    /// use invoice_core::{Currency, Money};
    ///
    /// let wrong = Money::parse("1.005", Currency::EUR).unwrap_err().at("/prepaid");
    /// assert_eq!(wrong.to_string(), "/prepaid: more than 2 decimals for this currency");
    /// ```
    pub fn at(&self, pointer: impl Into<String>) -> Violation {
        Violation::new(pointer, self.code(), self.to_string())
    }
}
