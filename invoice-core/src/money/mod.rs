//! Amounts of money: a currency of ISO 4217 and a whole number of its minor units.

mod allocate;
mod currency;
mod error;
mod units;

use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use currency::Currency;
pub use error::MoneyError;
pub use units::RoundingMode;

pub(crate) use allocate::{by_largest_remainder, level};
pub(crate) use units::{AmountText, bounded, divide, power_of_ten};

use crate::number::MAX_INTEGER_DIGITS;
use crate::{ExchangeRate, Percentage};

/// An amount in one currency, exact to its minor unit and below 10^18 of them.
///
/// Calculations are methods that return a `Result`: amounts of two currencies never meet, and nothing
/// overflows. In JSON it is `{"amount":"12.30","currency":"EUR"}`; a JSON number is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    units: i64,
    currency: Currency,
}

impl Money {
    /// Takes a decimal with no more decimals than the currency has; trailing zeros do not count.
    ///
    /// ```
    /// use invoice_core::{Currency, Money, MoneyError};
    /// use rust_decimal::Decimal;
    ///
    /// let price = Money::new(Decimal::new(1230, 2), Currency::EUR)?;
    /// assert_eq!(price.to_string(), "12.30 EUR");
    /// assert!(Money::new(Decimal::new(1230, 2), Currency::JPY).is_err());
    /// # Ok::<(), MoneyError>(())
    /// ```
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let amount = amount.normalize();
        let max = currency.minor_units();
        let missing = max.checked_sub(amount.scale()).ok_or(MoneyError::TooManyDecimals { max })?;
        let units = amount.mantissa().checked_mul(power_of_ten(missing)).ok_or(MoneyError::Overflow)?;
        Ok(Self { units: bounded(units)?, currency })
    }

    /// Reads an amount as documents carry it: at most 11 digits before the point, no more decimals than the
    /// currency has, in the grammar of [`Quantity`](crate::Quantity).
    ///
    /// ```
    /// use invoice_core::{Currency, Money, MoneyError};
    ///
    /// assert_eq!(Money::parse("-0.500", Currency::KWD)?.minor(), -500);
    /// assert!(Money::parse("1e3", Currency::EUR).is_err());
    /// # Ok::<(), MoneyError>(())
    /// ```
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        units::parse_units(amount, currency, MAX_INTEGER_DIGITS).map(|units| Self { units, currency })
    }

    /// So many minor units: cents for `EUR`, yen for `JPY`.
    ///
    /// ```
    /// use invoice_core::{Currency, Money, MoneyError};
    ///
    /// assert_eq!(Money::from_minor(1230, Currency::EUR)?.to_string(), "12.30 EUR");
    /// assert_eq!(Money::from_minor(i64::MAX, Currency::EUR), Err(MoneyError::Overflow));
    /// # Ok::<(), MoneyError>(())
    /// ```
    pub fn from_minor(units: i64, currency: Currency) -> Result<Self, MoneyError> {
        Ok(Self { units: bounded(units.into())?, currency })
    }

    /// Nothing, in a currency.
    ///
    /// ```
    /// use invoice_core::{Currency, Money};
    ///
    /// assert!(Money::zero(Currency::CHF).is_zero());
    /// ```
    pub const fn zero(currency: Currency) -> Self {
        Self { units: 0, currency }
    }

    /// The caller knows `units` to be within the limit.
    #[inline]
    pub(crate) const fn trusted(units: i64, currency: Currency) -> Self {
        Self { units, currency }
    }

    /// The amount, with as many decimals as the currency has.
    pub fn amount(self) -> Decimal {
        // At most four decimals by construction, which any decimal can carry.
        Decimal::new(self.units, self.currency.minor_units())
    }

    /// The amount as a count of minor units.
    #[inline]
    pub const fn minor(self) -> i64 {
        self.units
    }

    /// The amount as text, for where the currency stands beside it.
    ///
    /// ```
    /// use invoice_core::{Currency, Money};
    ///
    /// assert_eq!(Money::from_minor(-1_230, Currency::EUR)?.amount_text().to_string(), "-12.30");
    /// # Ok::<(), invoice_core::MoneyError>(())
    /// ```
    pub fn amount_text(self) -> impl fmt::Display + Serialize {
        AmountText::new(self.units, self.currency)
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.units == 0
    }

    /// Whether it is less than nothing.
    pub const fn is_negative(self) -> bool {
        self.units < 0
    }

    /// Whether it is more than nothing.
    pub const fn is_positive(self) -> bool {
        self.units > 0
    }

    /// The sum.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self { units: bounded(i128::from(self.units) + i128::from(other.units))?, ..self })
    }

    /// The difference.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.checked_add(other.negated())
    }

    /// The sum of amounts in one currency; zero without any.
    ///
    /// ```
    /// use invoice_core::{Currency, Money, MoneyError};
    ///
    /// let parts = [Money::from_minor(150, Currency::EUR)?, Money::from_minor(-50, Currency::EUR)?];
    /// assert_eq!(Money::checked_sum(parts, Currency::EUR)?.to_string(), "1.00 EUR");
    /// assert_eq!(Money::checked_sum(parts, Currency::USD), Err(MoneyError::MixedCurrencies));
    /// # Ok::<(), MoneyError>(())
    /// ```
    pub fn checked_sum(
        amounts: impl IntoIterator<Item = Self>,
        currency: Currency,
    ) -> Result<Self, MoneyError> {
        let mut sum = 0_i128;
        for amount in amounts {
            amount.same_currency(Self::zero(currency))?;
            sum += i128::from(amount.units);
        }
        Ok(Self { units: bounded(sum)?, currency })
    }

    /// The opposite amount; the bounds are symmetric, so there always is one.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self { units: -self.units, ..self }
    }

    /// The amount without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { units: self.units.abs(), ..self }
    }

    /// How two amounts of one currency compare.
    pub fn checked_cmp(self, other: Self) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.units.cmp(&other.units))
    }

    /// So many percent of the amount.
    ///
    /// ```
    /// use invoice_core::{Currency, Money, RoundingMode};
    ///
    /// let taxable = Money::parse("-72.50", Currency::EUR)?;
    /// let tax = taxable.percent("19".parse()?, RoundingMode::HalfAwayFromZero)?;
    /// assert_eq!(tax.to_string(), "-13.78 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn percent(self, percentage: Percentage, rounding: RoundingMode) -> Result<Self, MoneyError> {
        let plain = percentage.plain();
        let product = i128::from(self.units) * i128::from(plain.mantissa());
        let units = divide(product, power_of_ten(plain.scale() + 2), rounding);
        Ok(Self { units: bounded(if plain.is_negative() { -units } else { units })?, ..self })
    }

    /// The amount divided in the proportion of `weights`, losing nothing: the parts add up to it. Each is rounded
    /// toward zero, and the units still missing go one each to the largest remainders, the earlier part first on a
    /// tie. A negative amount gives the mirrored parts.
    ///
    /// Fails with [`MoneyError::NoWeights`] when no weight is above zero.
    ///
    /// ```
    /// use invoice_core::{Currency, Money, MoneyError};
    ///
    /// let parts = Money::parse("100.00", Currency::EUR)?.allocate(&[1, 1, 1])?;
    /// let shown: Vec<_> = parts.iter().map(ToString::to_string).collect();
    /// assert_eq!(shown, ["33.34 EUR", "33.33 EUR", "33.33 EUR"]);
    /// # Ok::<(), MoneyError>(())
    /// ```
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let shares = by_largest_remainder(self.units, weights).ok_or(MoneyError::NoWeights)?;
        Ok(shares.into_iter().map(|units| Self { units, ..self }).collect())
    }

    /// The amount in another currency at an explicit rate: target units for one unit of this currency.
    ///
    /// ```
    /// use invoice_core::{Currency, Money, RoundingMode};
    ///
    /// let price = Money::parse("100.00", Currency::EUR)?;
    /// let yen = price.exchange("162.455".parse()?, Currency::JPY, RoundingMode::HalfAwayFromZero)?;
    /// assert_eq!(yen.to_string(), "16246 JPY");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exchange(
        self,
        rate: ExchangeRate,
        to: Currency,
        rounding: RoundingMode,
    ) -> Result<Self, MoneyError> {
        let rate = rate.plain();
        let product = i128::from(self.units) * i128::from(rate.mantissa());
        // At most 10^37 × 10^4 before the division: the product is checked, the divisor is at most 10^12.
        let numerator = product.checked_mul(power_of_ten(to.minor_units())).ok_or(MoneyError::Overflow)?;
        let divisor = power_of_ten(rate.scale() + self.currency.minor_units());
        Ok(Self { units: bounded(divide(numerator, divisor, rounding))?, currency: to })
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::MixedCurrencies) }
    }
}

impl PartialOrd for Money {
    /// Amounts of two currencies do not compare.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.checked_cmp(*other).ok()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", AmountText::new(self.units, self.currency), self.currency))
    }
}

/// The wire and storage form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Money")]
struct MoneyFields {
    amount: AmountText,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MoneyFields { amount: AmountText::new(self.units, self.currency), currency: self.currency }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let MoneyFields { amount, currency } = MoneyFields::deserialize(deserializer)?;
        let units = amount.in_currency(currency).map_err(serde::de::Error::custom)?;
        Ok(Self { units, currency })
    }
}

#[cfg(test)]
mod tests;
