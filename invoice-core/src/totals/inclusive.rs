//! Taking the tax out of tax-inclusive prices: per set, and then shared so that the lines add up.

use super::TaxRounding;
use super::figure::Figure;
use super::sets::TaxSets;
use crate::money::{bounded, divide, level, power_of_ten};
use crate::number::Plain;
use crate::tax::TaxKey;
use crate::{MoneyError, TaxRate, Violation};

/// Whose amount it is.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    Line(usize),
    Allowance(usize),
    Charge(usize),
}

/// A line, or an allowance's or charge's part, in one set: with tax, and signed.
pub(super) struct Member<F> {
    pub(super) set: usize,
    pub(super) owner: Owner,
    pub(super) value: F,
}

/// The tax taken out of a set.
pub(super) struct Included {
    pub(super) net: i64,
    pub(super) tax: i64,
}

/// Tells `found` the signed net amount of every member, and returns each set's net amount and tax.
pub(super) fn split<F: Figure>(
    sets: &TaxSets<'_, F>,
    members: &[Member<F>],
    rounding: TaxRounding,
    mut found: impl FnMut(Owner, i64),
) -> Result<Vec<Included>, Violation> {
    let rates: Vec<_> =
        sets.list.iter().map(|set| sets.single(set).map_or(TaxRate::ZERO, TaxKey::rate)).collect();
    let mut owners: Vec<Vec<Owner>> = rates.iter().map(|_| Vec::new()).collect();
    let mut shares: Vec<Vec<(i64, F)>> = rates.iter().map(|_| Vec::new()).collect();
    for member in members {
        let (Some(rate), Some(owners), Some(shares)) =
            (rates.get(member.set), owners.get_mut(member.set), shares.get_mut(member.set))
        else {
            continue;
        };
        owners.push(member.owner);
        shares.push(member.value.without_tax(rate.plain()).map_err(|error| error.at("/lines"))?);
    }
    let mut all = Vec::with_capacity(rates.len());
    for ((set, rate), (owners, mut shares)) in
        sets.list.iter().zip(&rates).zip(owners.into_iter().zip(shares))
    {
        let included = take_out(&set.sum, rate.plain(), rounding).map_err(|error| error.at("/lines"))?;
        level(&mut shares, included.net);
        for (owner, (units, _)) in owners.into_iter().zip(shares) {
            found(owner, units);
        }
        all.push(included);
    }
    Ok(all)
}

/// The tax a gross amount includes: gross × rate ÷ (100 + rate).
fn take_out<F: Figure>(sum: &F, rate: Plain, rounding: TaxRounding) -> Result<Included, MoneyError> {
    let gross = sum.printed()?;
    let percent = i128::from(rate.mantissa());
    let tax = divide(i128::from(gross) * percent, power_of_ten(rate.scale() + 2) + percent, rounding);
    let tax = bounded(tax)?;
    Ok(Included { net: gross - tax, tax })
}
