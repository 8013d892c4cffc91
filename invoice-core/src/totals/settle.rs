//! The last steps: the tax breakdown, and what is to be paid.

use super::figure::Figure;
use super::inclusive::Included;
use super::result::{TaxRow, Totals};
use super::sets::TaxSets;
use super::{Input, PayableRounding, TaxRounding};
use crate::money::{bounded, divide};
use crate::{Code, Money, MoneyError, RoundingMode, Violation};

/// One row per group, and the totals of the taxes.
pub(super) fn groups<F: Figure>(
    totals: &mut Totals,
    sets: &TaxSets<'_, F>,
    included: &[Included],
    rounding: TaxRounding,
) -> Result<(), Violation> {
    let currency = totals.currency;
    let money = |units| Money::trusted(units, currency);
    let overflow = |error: MoneyError| error.at("/lines");
    let sums = sums(sets);
    // With prices that include tax each set has one tax, so that sets are groups.
    let mut included_of = Vec::new();
    if !included.is_empty() {
        included_of.resize(sets.groups.len(), None);
        for (set, included) in sets.list.iter().zip(included) {
            for row in set.rows.iter() {
                included_of.get_mut(row).into_iter().for_each(|place| *place = Some(included));
            }
        }
    }
    let (mut taxes, mut withheld) = (0_i128, 0_i128);
    totals.breakdown.reserve_exact(sets.groups.len());
    for (place, ((key, _), sum)) in sets.groups.iter().zip(sums).enumerate() {
        let (taxable, tax) = if let Some(included) = included_of.get(place).copied().flatten() {
            (included.net, included.tax)
        } else {
            let tax = sum.tax(key.rate().plain(), rounding).map_err(overflow)?;
            (sum.printed().map_err(overflow)?, tax)
        };
        *if key.is_withheld() { &mut withheld } else { &mut taxes } += i128::from(tax);
        let (exemption_reasons, exemption_codes) = sets.reasons.of(key);
        totals.breakdown.push(TaxRow {
            key: *key,
            taxable: money(taxable),
            tax: money(tax),
            advance_taxable: money(0),
            advance_tax: money(0),
            exemption_reasons,
            exemption_codes,
        });
    }
    totals.tax_total = bounded(taxes).map_err(overflow)?;
    totals.withheld_total = bounded(withheld).map_err(overflow)?;
    Ok(())
}

/// What each group taxes.
fn sums<F: Figure>(sets: &TaxSets<'_, F>) -> Vec<F> {
    // Not `vec!`: asking the system for zeroed memory costs more than the few sums of most documents.
    let mut sums: Vec<F> = std::iter::repeat_n(F::zero(), sets.groups.len()).collect();
    for set in &sets.list {
        for row in set.rows.iter() {
            if let Some(sum) = sums.get_mut(row) {
                sum.add(&set.sum);
            }
        }
    }
    sums
}

/// What is left to pay: total with tax − prepaid − withheld − advances + rounding (BR-CO-16).
pub(super) fn payable(totals: &mut Totals, input: &Input<'_>) -> Result<(), Violation> {
    let fit = |units: i128, pointer: &str| bounded(units).map_err(|error| error.at(pointer));
    let own = |money: Money, pointer: &str| {
        if money.currency() == input.currency {
            return Ok(money.minor());
        }
        Err(MoneyError::MixedCurrencies.at(pointer))
    };
    totals.prepaid = own(input.prepaid, "/prepaid")?;
    totals.tax_inclusive = fit(i128::from(totals.tax_exclusive) + i128::from(totals.tax_total), "/lines")?;
    advances(totals, input)?;
    let due = i128::from(totals.tax_inclusive)
        - i128::from(totals.prepaid)
        - i128::from(totals.withheld_total)
        - i128::from(totals.advance_total);
    let rounding = match input.payable_rounding {
        PayableRounding::None => 0,
        PayableRounding::Amount(amount) => own(amount, "/payable_rounding")?.into(),
        PayableRounding::Increment(step) => {
            let step = i128::from(own(step, "/payable_rounding")?);
            if step <= 0 {
                let detail = "amounts are rounded to multiples of something greater than zero";
                return Err(Violation::new("/payable_rounding", Code::NotPositive, detail));
            }
            divide(due, step, RoundingMode::HalfAwayFromZero) * step - due
        }
    };
    totals.rounding = fit(rounding, "/payable_rounding")?;
    totals.payable = fit(due + rounding, "/lines")?;
    Ok(())
}

fn advances(totals: &mut Totals, input: &Input<'_>) -> Result<(), Violation> {
    let mut net = 0_i128;
    let mut taxes = 0_i128;
    for (index, advance) in input.advances.iter().enumerate() {
        let refused = |pointer: String, detail: &str| {
            Violation::new(format!("/advances/{index}{pointer}"), Code::AdvanceNotDeductible, detail)
        };
        if advance.net().currency() != input.currency {
            return Err(MoneyError::MixedCurrencies.at(format!("/advances/{index}/net")));
        }
        net += i128::from(advance.net().minor());
        if !within(net, totals.tax_exclusive) {
            return Err(refused("/net".to_owned(), "advances exceed the total without tax"));
        }
        for (place, row) in advance.rows().iter().enumerate() {
            let key = row.key();
            let group = totals.breakdown.iter_mut().find(|group| group.key == key);
            let group = group
                .ok_or_else(|| refused(format!("/rows/{place}"), "this document has no such tax group"))?;
            let add = |sum: Money, more: Money, whole: Money, what| {
                let sum = i128::from(sum.minor()) + i128::from(more.minor());
                let fits = within(sum, whole.minor()).then(|| bounded(sum).ok()).flatten();
                fits.map(|units| Money::trusted(units, input.currency)).ok_or_else(|| {
                    refused(format!("/rows/{place}/{what}"), "advances exceed this document's tax group")
                })
            };
            group.advance_taxable = add(group.advance_taxable, row.taxable(), group.taxable, "taxable")?;
            group.advance_tax = add(group.advance_tax, row.tax(), group.tax, "tax")?;
            let tax = i128::from(row.tax().minor());
            taxes += if key.is_withheld() { -tax } else { tax };
        }
    }
    let fit = |units: i128| bounded(units).map_err(|error| error.at("/advances"));
    totals.advance_net = fit(net)?;
    totals.advance_total = fit(net + taxes)?;
    Ok(())
}

/// Whether `part` lies between nothing and `whole`.
fn within(part: i128, whole: i64) -> bool {
    let whole = i128::from(whole);
    (0.min(whole)..=0.max(whole)).contains(&part)
}
