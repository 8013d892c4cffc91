//! From what is credited of the sets to what is credited of the groups.

use super::Credited;
use super::basis::{Basis, Group, fit};
use super::credited::CreditedGroup;
use crate::money::divide;
use crate::{MoneyError, RoundingMode};

/// The groups when so much of each set is credited in all, not everything yet.
///
/// Tax is round(original tax × credited taxable ÷ original taxable), so that it meets the original at the end; what was
/// credited before stays credited while the taxable amount grows.
pub(super) fn groups(
    basis: &Basis,
    before: &Credited,
    sets: &[i64],
) -> Result<Vec<CreditedGroup>, MoneyError> {
    let mut sums = vec![0_i128; basis.groups.len()];
    for (set, credited) in basis.sets.iter().zip(sets) {
        for place in set.rows.iter() {
            sums.get_mut(place).into_iter().for_each(|sum| *sum += i128::from(*credited));
        }
    }
    let mut all = Vec::with_capacity(sums.len());
    for (place, (group, sum)) in basis.groups.iter().zip(sums).enumerate() {
        let before = before.group(place);
        let taxable = taxable(group, sum)?;
        let mut tax = ratio(group.tax, taxable.into(), group.taxable)?;
        let grows = i128::from(taxable) * i128::from(group.taxable.signum())
            >= i128::from(before.taxable) * i128::from(group.taxable.signum());
        if grows && i128::from(tax).abs() < i128::from(before.tax).abs() {
            tax = before.tax;
        }
        all.push(CreditedGroup { taxable, tax });
    }
    Ok(all)
}

fn taxable(group: &Group, sum: i128) -> Result<i64, MoneyError> {
    // The usual case; otherwise the group was rounded apart from its lines.
    if group.parts == group.taxable { fit(sum) } else { ratio(group.taxable, sum, group.parts) }
}

/// `whole × part ÷ of`, rounded; nothing of nothing.
fn ratio(whole: i64, part: i128, of: i64) -> Result<i64, MoneyError> {
    let product = i128::from(whole).checked_mul(part).ok_or(MoneyError::Overflow)?;
    let of = i128::from(of);
    fit(divide(product * of.signum(), of.abs(), RoundingMode::HalfAwayFromZero))
}

/// Everything credited.
pub(super) fn everything(basis: &Basis) -> Credited {
    let groups = basis.groups.iter();
    Credited {
        currency: Some(basis.currency),
        parts: basis.parts.iter().map(|part| part.net).collect(),
        groups: groups.map(|group| CreditedGroup { taxable: group.taxable, tax: group.tax }).collect(),
        net: basis.net,
        rounding: basis.rounding,
    }
}

/// Whether no group is credited beyond the document's, in either direction.
pub(super) fn within_groups(basis: &Basis, credited: &Credited) -> bool {
    let within = |part: i64, whole: i64| (0.min(whole)..=0.max(whole)).contains(&part);
    basis.groups.iter().enumerate().all(|(place, group)| {
        let credited = credited.group(place);
        within(credited.taxable, group.taxable) && within(credited.tax, group.tax)
    })
}
