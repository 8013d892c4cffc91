//! Values that are not rounded to minor units yet, for [`Rounding::Precise`](super::Rounding::Precise).

use num_bigint::{BigInt, Sign};

use super::figure::Figure;
use crate::money::bounded;
use crate::number::Plain;
use crate::{MoneyError, RoundingMode};

/// Digits kept after the minor unit.
///
/// The longest value that ends is a tax on a percentage of a percentage of a product: 16 + 10 + 10 + 10 digits.
const DIGITS: u32 = 96;

/// The last digits, which take the error of what was cut off: a value this close to a boundary lies on it.
const GUARD: u32 = 16;

/// A count of 10^-96 of a minor unit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exact(BigInt);

fn ten(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

/// The value rounded to the unit.
///
/// A third, three times, has to be a whole although each third is cut: so a boundary is reached a little early.
fn to_unit(numerator: &BigInt, unit: &BigInt, rounding: RoundingMode) -> Result<i64, MoneyError> {
    let truncated = numerator / unit;
    let rest = (numerator - &truncated * unit).magnitude() * 2_u32;
    let near = unit.magnitude() / ten(DIGITS - GUARD).magnitude();
    let away = match rounding {
        RoundingMode::HalfAwayFromZero => rest + near >= *unit.magnitude(),
        RoundingMode::Down => rest + near >= unit.magnitude() * 2_u32,
    };
    let step = match numerator.sign() {
        _ if !away => 0,
        Sign::Minus => -1,
        _ => 1,
    };
    bounded(i128::try_from(truncated + step).map_err(|_| MoneyError::Overflow)?)
}

/// The value without its last digits, to the nearest.
fn without_guard(value: &BigInt) -> BigInt {
    let half = ten(GUARD) / 2 * if value.sign() == Sign::Minus { -1 } else { 1 };
    (value + half) / ten(GUARD)
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
        // Equal rests must compare as equal, whatever was cut off on the way.
        Ok((units, Self(without_guard(&(numerator - denominator * units)))))
    }

    fn spread(&self, weights: &[Self]) -> Option<Vec<Self>> {
        let sum: BigInt = weights.iter().map(|weight| &weight.0).sum();
        if sum == BigInt::ZERO {
            return None;
        }
        let mut shares: Vec<_> = weights.iter().map(|weight| Self(&self.0 * &weight.0 / &sum)).collect();
        // What the divisions cut off is next to nothing; it goes where it matters least.
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
