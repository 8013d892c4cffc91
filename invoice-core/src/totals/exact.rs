//! Values that are not rounded to minor units yet, for [`Rounding::Precise`](super::Rounding::Precise).

use num_bigint::{BigInt, Sign};

use super::figure::Figure;
use crate::money::bounded;
use crate::number::Plain;
use crate::{MoneyError, RoundingMode};

/// Digits kept after the minor unit.
///
/// The longest exact value is a tax on a percentage of a percentage of a product: 16 + 10 + 10 + 10 digits.
const DIGITS: u32 = 64;

/// A count of 10^-64 of a minor unit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exact(BigInt);

fn ten(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

/// The value rounded to the unit.
fn to_unit(numerator: &BigInt, unit: &BigInt, rounding: RoundingMode) -> Result<i64, MoneyError> {
    let truncated = numerator / unit;
    let rest = (numerator - &truncated * unit).magnitude() * 2_u32;
    let away = rounding == RoundingMode::HalfAwayFromZero && &rest >= unit.magnitude();
    let step = match numerator.sign() {
        _ if !away => 0,
        Sign::Minus => -1,
        _ => 1,
    };
    bounded(i128::try_from(truncated + step).map_err(|_| MoneyError::Overflow)?)
}

impl Figure for Exact {
    fn zero() -> Self {
        Self(BigInt::ZERO)
    }

    fn of(units: i64) -> Self {
        Self(ten(DIGITS) * units)
    }

    fn product(quantity: Plain, price: Plain, base: Option<Plain>, digits: u32) -> Result<Self, MoneyError> {
        let mut value = ten(DIGITS + digits) * quantity.mantissa() * price.mantissa();
        let mut divisor = ten(quantity.scale() + price.scale());
        if let Some(base) = base {
            value *= ten(base.scale());
            divisor *= base.mantissa();
        }
        if quantity.is_negative() != price.is_negative() {
            value = -value;
        }
        Ok(Self(value / divisor))
    }

    fn percent(&self, percent: Plain) -> Result<Self, MoneyError> {
        let value = &self.0 * percent.mantissa() / ten(percent.scale() + 2);
        Ok(Self(if percent.is_negative() { -value } else { value }))
    }

    fn add(&mut self, other: &Self) {
        self.0 += &other.0;
    }

    fn subtract(&mut self, other: &Self) {
        self.0 -= &other.0;
    }

    fn printed(&self) -> Result<i64, MoneyError> {
        to_unit(&self.0, &ten(DIGITS), RoundingMode::HalfAwayFromZero)
    }

    fn tax(&self, rate: Plain, rounding: RoundingMode) -> Result<i64, MoneyError> {
        to_unit(&(&self.0 * rate.mantissa()), &ten(DIGITS + rate.scale() + 2), rounding)
    }

    fn without_tax(&self, rate: Plain) -> Result<(i64, Self), MoneyError> {
        let hundred = ten(rate.scale() + 2);
        let numerator = &self.0 * &hundred;
        let denominator = (hundred + rate.mantissa()) * ten(DIGITS);
        let units = to_unit(&numerator, &denominator, RoundingMode::Down)?;
        Ok((units, Self(numerator - denominator * units)))
    }

    fn spread(&self, weights: &[Self]) -> Option<Vec<Self>> {
        let sum: BigInt = weights.iter().map(|weight| &weight.0).sum();
        if sum == BigInt::ZERO {
            return None;
        }
        let mut shares: Vec<_> = weights.iter().map(|weight| Self(&self.0 * &weight.0 / &sum)).collect();
        // What the divisions cut off is less than 10^-60 of a unit; it goes where it matters least.
        let cut = &self.0 - shares.iter().map(|share| &share.0).sum::<BigInt>();
        let largest = weights.iter().enumerate().max_by(|(i, a), (j, b)| a.cmp(b).then(j.cmp(i)));
        if let Some(share) = largest.and_then(|(index, _)| shares.get_mut(index)) {
            share.0 += cut;
        }
        Some(shares)
    }

    fn magnitude(&self) -> Self {
        Self(self.0.magnitude().clone().into())
    }
}
