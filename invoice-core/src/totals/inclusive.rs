//! Taking the tax out of tax-inclusive prices: per set, and then shared so that the lines add up.

use super::TaxRounding;
use super::figure::Figure;
use super::sets::TaxSets;
use crate::money::{bounded, divide, power_of_ten};
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

/// A member's net amount: whole units, and what was cut off.
struct Share<F> {
    owner: Owner,
    units: i64,
    rest: F,
}

/// Tells `found` the signed net amount of every member, and returns each set's net amount and tax.
pub(super) fn split<F: Figure>(
    sets: &TaxSets<'_, F>,
    members: &[Member<F>],
    rounding: TaxRounding,
    mut found: impl FnMut(Owner, i64),
) -> Result<Vec<Included>, Violation> {
    let rates: Vec<_> =
        sets.list.iter().map(|set| set.keys.first().copied().map_or(TaxRate::ZERO, TaxKey::rate)).collect();
    let mut shares: Vec<Vec<Share<F>>> = rates.iter().map(|_| Vec::new()).collect();
    for member in members {
        let (Some(rate), Some(shares)) = (rates.get(member.set), shares.get_mut(member.set)) else {
            continue;
        };
        let (units, rest) = member.value.without_tax(rate.plain()).map_err(|error| error.at("/lines"))?;
        shares.push(Share { owner: member.owner, units, rest });
    }
    let mut all = Vec::with_capacity(rates.len());
    for ((set, rate), shares) in sets.list.iter().zip(&rates).zip(&mut shares) {
        let included = take_out(&set.sum, rate.plain(), rounding).map_err(|error| error.at("/lines"))?;
        level(shares, included.net);
        for share in shares {
            found(share.owner, share.units);
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

/// Gives the units still missing to `net` to the largest rests in that direction, the earlier member first on a tie.
fn level<F: Figure>(shares: &mut [Share<F>], net: i64) {
    let missing = i128::from(net) - shares.iter().map(|share| i128::from(share.units)).sum::<i128>();
    if missing == 0 || shares.is_empty() {
        return;
    }
    let mut order: Vec<usize> = (0..shares.len()).collect();
    // A stable sort keeps the earlier member first.
    order.sort_by(|a, b| {
        let (a, b) = (shares.get(*a).map(|share| &share.rest), shares.get(*b).map(|share| &share.rest));
        if missing > 0 { b.cmp(&a) } else { a.cmp(&b) }
    });
    let count = usize::try_from(missing.unsigned_abs()).unwrap_or(usize::MAX);
    let step = if missing > 0 { 1 } else { -1 };
    // At most about one unit a member is missing; the cycle only guards the ends.
    for place in order.iter().cycle().take(count) {
        if let Some(share) = shares.get_mut(*place) {
            share.units += step;
        }
    }
}
