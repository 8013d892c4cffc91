//! The two arithmetics of the totals: whole minor units, and (in `exact`) values that are not rounded yet.

use crate::money::{bounded, by_largest_remainder, divide, power_of_ten};
use crate::number::Plain;
use crate::{MoneyError, RoundingMode};

/// An amount while totals are calculated, in minor units. The algorithm is written once over this.
pub(super) trait Figure: Clone + Ord {
    /// Nothing.
    fn zero() -> Self;

    /// So many minor units.
    fn of(units: i64) -> Self;

    /// `quantity × price ÷ base`, in units of 10^-`digits`.
    fn product(quantity: Plain, price: Plain, base: Option<Plain>, digits: u32) -> Result<Self, MoneyError>;

    /// So many percent of it.
    fn percent(&self, percent: Plain) -> Result<Self, MoneyError>;

    /// Adds `other`; sums are checked when they are printed.
    fn add(&mut self, other: &Self);

    /// Subtracts `other`.
    fn subtract(&mut self, other: &Self);

    /// The printed figure: to the minor unit, a half away from zero.
    fn printed(&self) -> Result<i64, MoneyError>;

    /// The tax at `rate`, to the minor unit.
    fn tax(&self, rate: Plain, rounding: RoundingMode) -> Result<i64, MoneyError>;

    /// What is left without the tax at `rate` that it includes: whole units toward zero, and a measure of the rest that
    /// compares between amounts of one rate.
    fn without_tax(&self, rate: Plain) -> Result<(i64, Self), MoneyError>;

    /// It, divided in the proportion of weights that are not negative; `None` when they are all zero.
    fn spread(&self, weights: &[Self]) -> Option<Vec<Self>>;

    /// Its magnitude.
    fn magnitude(&self) -> Self;
}

impl Figure for i128 {
    #[inline]
    fn zero() -> Self {
        0
    }

    #[inline]
    fn of(units: i64) -> Self {
        units.into()
    }

    #[inline]
    fn product(quantity: Plain, price: Plain, base: Option<Plain>, digits: u32) -> Result<Self, MoneyError> {
        let magnitude = match small_product(quantity, price, base, digits) {
            Some(magnitude) => magnitude.into(),
            None => large_product(quantity, price, base, digits)?,
        };
        let signed = if quantity.is_negative() == price.is_negative() { magnitude } else { -magnitude };
        bounded(signed).map(Self::from)
    }

    #[inline]
    fn percent(&self, percent: Plain) -> Result<Self, MoneyError> {
        let units = share(*self, percent, percent.scale() + 2, RoundingMode::HalfAwayFromZero);
        bounded(if percent.is_negative() { -units } else { units }).map(Self::from)
    }

    #[inline]
    fn add(&mut self, other: &Self) {
        // Each term is below 10^18: no number of terms that fits a memory reaches the end of 128 bits.
        *self += other;
    }

    #[inline]
    fn subtract(&mut self, other: &Self) {
        *self -= other;
    }

    #[inline]
    fn printed(&self) -> Result<i64, MoneyError> {
        bounded(*self)
    }

    fn tax(&self, rate: Plain, rounding: RoundingMode) -> Result<i64, MoneyError> {
        let taxable = Self::from(bounded(*self)?);
        bounded(share(taxable, rate, rate.scale() + 2, rounding))
    }

    fn without_tax(&self, rate: Plain) -> Result<(i64, Self), MoneyError> {
        let hundred = power_of_ten(rate.scale() + 2);
        let numerator = Self::from(bounded(*self)?) * hundred;
        let denominator = hundred + Self::from(rate.mantissa());
        let units = divide(numerator, denominator, RoundingMode::Down);
        Ok((bounded(units)?, numerator - units * denominator))
    }

    fn spread(&self, weights: &[Self]) -> Option<Vec<Self>> {
        // The caller has printed the weights, so they fit.
        let weights =
            weights.iter().map(|weight| u64::try_from(*weight)).collect::<Result<Vec<_>, _>>().ok()?;
        let shares = by_largest_remainder(bounded(*self).ok()?, &weights)?;
        Some(shares.into_iter().map(Self::from).collect())
    }

    fn magnitude(&self) -> Self {
        self.abs()
    }
}

/// `units × number ÷ 10^scale` without the number's sign; at most 10^18 × 10^19.
#[inline]
fn share(units: i128, number: Plain, scale: u32, rounding: RoundingMode) -> i128 {
    let small = units.unsigned_abs().try_into().ok().and_then(|units: u64| {
        let product = units.checked_mul(number.mantissa())?;
        Some(i128::from(match rounding {
            RoundingMode::HalfAwayFromZero => rounded(product, small_power(scale)?)?,
            RoundingMode::Down => product.checked_div(small_power(scale)?)?,
        }))
    });
    match small {
        Some(magnitude) if units < 0 => -magnitude,
        Some(magnitude) => magnitude,
        None => divide(units * i128::from(number.mantissa()), power_of_ten(scale), rounding),
    }
}

/// The usual case, in 64 bits: several times faster than 128, and most lines fit.
#[inline]
fn small_product(quantity: Plain, price: Plain, base: Option<Plain>, digits: u32) -> Option<u64> {
    let product = quantity.mantissa().checked_mul(price.mantissa())?;
    let down = quantity.scale() + price.scale();
    let (up, divisor) = match base {
        None => (digits, 1),
        Some(base) => (digits + base.scale(), base.mantissa()),
    };
    if down > up {
        rounded(product, small_power(down - up)?.checked_mul(divisor)?)
    } else {
        rounded(product.checked_mul(small_power(up - down)?)?, divisor)
    }
}

/// At most 10^38 in the numerator, by the bounds of the inputs.
#[cold]
fn large_product(
    quantity: Plain,
    price: Plain,
    base: Option<Plain>,
    digits: u32,
) -> Result<i128, MoneyError> {
    let product = i128::from(quantity.mantissa()) * i128::from(price.mantissa());
    let down = quantity.scale() + price.scale();
    let (up, divisor) = base.map_or((0, 1), |base| (base.scale(), i128::from(base.mantissa())));
    let up = up + digits;
    let (numerator, denominator) = if down > up {
        (Some(product), divisor.checked_mul(power_of_ten(down - up)))
    } else {
        (product.checked_mul(power_of_ten(up - down)), Some(divisor))
    };
    match (numerator, denominator) {
        (Some(numerator), Some(denominator)) => {
            Ok(divide(numerator, denominator, RoundingMode::HalfAwayFromZero))
        }
        _ => Err(MoneyError::Overflow),
    }
}

/// `numerator ÷ denominator`, a half rounded up; `None` for a denominator of zero.
#[inline]
fn rounded(numerator: u64, denominator: u64) -> Option<u64> {
    let quotient = numerator.checked_div(denominator)?;
    let rest = numerator - quotient * denominator;
    Some(quotient + u64::from(rest >= denominator - rest))
}

#[inline]
fn small_power(scale: u32) -> Option<u64> {
    const POWERS: [u64; 20] = {
        let mut powers = [1; 20];
        let mut index = 1;
        while index < 20 {
            powers[index] = powers[index - 1] * 10;
            index += 1;
        }
        powers
    };
    POWERS.get(usize::try_from(scale).ok()?).copied()
}
