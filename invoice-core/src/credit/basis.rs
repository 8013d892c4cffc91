use crate::money::{by_largest_remainder, level};
use crate::totals::{Rows, TaxRow, Totals};
use crate::{Currency, Money, MoneyError, Violation};

use super::Credited;

/// What an issued document leaves to credit, from its stored figures alone: prices are never looked at again.
///
/// Its *parts* are the lines in their order, each with its share of the document's allowances and charges under the
/// same taxes, and after them one part for every set of taxes that no line has. A final invoice is counted without the
/// advance invoices it deducts, which are credited by themselves.
#[derive(Debug, Clone)]
pub struct Basis {
    pub(super) currency: Currency,
    pub(super) parts: Vec<Part>,
    pub(super) sets: Vec<Set>,
    pub(super) groups: Vec<Group>,
    pub(super) net: i64,
    pub(super) rounding: i64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) set: usize,
    pub(super) net: i64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Set {
    /// Places in the groups.
    pub(super) rows: Rows,
    /// Σ parts.
    pub(super) net: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) row: TaxRow,
    pub(super) taxable: i64,
    pub(super) tax: i64,
    /// Σ sets. It differs from what is taxed only where figures were rounded apart from each other.
    pub(super) parts: i64,
}

impl Basis {
    /// The basis of an issued document.
    ///
    /// ```
    /// use invoice_core::Currency;
    /// use invoice_core::credit::{Basis, Credited};
    /// use invoice_core::line::Line;
    /// use invoice_core::tax::{Tax, TaxCategory};
    /// use invoice_core::totals::{Input, calculate};
    ///
    /// let line = Line::new("1", "Lamp", "3".parse()?, "19.95".parse()?)?
    ///     .with_tax(Tax::vat(TaxCategory::Standard, "8.1".parse()?));
    /// let basis = Basis::new(&calculate(&Input::new(Currency::CHF, &[line]))?)?;
    /// assert_eq!(basis.remaining(&Credited::default())?.to_string(), "64.70 CHF");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(totals: &Totals) -> Result<Self, Violation> {
        build(totals).map_err(|error| error.at(""))
    }

    /// The currency of the document.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The net amounts of the parts: lines first, in the order of the document.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = Money> {
        self.parts.iter().map(|part| Money::trusted(part.net, self.currency))
    }

    /// What is left of one part, without tax; `None` when there is no such part.
    pub fn remaining_part(&self, part: usize, credited: &Credited) -> Option<Money> {
        let left = self.parts.get(part)?.net.checked_sub(credited.part(part))?;
        Some(Money::trusted(left, self.currency))
    }

    /// What all credit notes together may come to: the total with tax less withheld tax and advances, rounded as the
    /// document was. Payments, and what was prepaid, do not lower it.
    pub fn total(&self) -> Result<Money, Violation> {
        self.total_units().map(|units| Money::trusted(units, self.currency)).map_err(|error| error.at(""))
    }

    /// What is left of [`Basis::total`].
    pub fn remaining(&self, credited: &Credited) -> Result<Money, Violation> {
        let left = self.total_units().and_then(|total| fit(i128::from(total) - credited.total_units(self)));
        left.map(|units| Money::trusted(units, self.currency)).map_err(|error| error.at(""))
    }

    pub(super) fn total_units(&self) -> Result<i64, MoneyError> {
        let taxes: i128 = self.groups.iter().map(|group| group.signed(group.tax)).sum();
        fit(i128::from(self.net) + taxes + i128::from(self.rounding))
    }
}

impl Group {
    /// A tax as it counts toward the total: withheld taxes lower it.
    pub(super) fn signed(&self, tax: i64) -> i128 {
        if self.row.is_withheld() { -i128::from(tax) } else { tax.into() }
    }
}

pub(super) fn fit(units: i128) -> Result<i64, MoneyError> {
    crate::money::bounded(units)
}

fn build(totals: &Totals) -> Result<Basis, MoneyError> {
    let rows = totals.breakdown();
    let mut sets = Vec::with_capacity(totals.sets().len());
    for set in totals.sets() {
        sets.push(Set { rows: set.rows, net: set.taxable });
    }
    deduct_advances(totals, &mut sets)?;

    let mut parts: Vec<_> =
        totals.lines().map(|line| Part { set: line.set(), net: line.net().minor() }).collect();
    spread_over_lines(&mut parts, &sets)?;
    // No sum of some of the parts can then leave the range of amounts.
    fit(parts.iter().map(|part| i128::from(part.net).abs()).sum())?;
    let mut taken = vec![false; sets.len()];
    for part in &parts {
        taken.get_mut(part.set).into_iter().for_each(|taken| *taken = true);
    }
    for (place, set) in sets.iter().enumerate() {
        if taken.get(place) == Some(&false) {
            parts.push(Part { set: place, net: set.net });
        }
    }

    let mut groups: Vec<_> = rows
        .iter()
        .map(|row| Group {
            taxable: row.taxable_after_advances().minor(),
            tax: row.tax_after_advances().minor(),
            row: row.clone(),
            parts: 0,
        })
        .collect();
    for set in &sets {
        for place in set.rows.iter() {
            if let Some(group) = groups.get_mut(place) {
                group.parts = fit(i128::from(group.parts) + i128::from(set.net))?;
            }
        }
    }
    Ok(Basis {
        currency: totals.currency(),
        parts,
        sets,
        groups,
        net: fit(i128::from(totals.tax_exclusive().minor()) - i128::from(totals.advance_net().minor()))?,
        rounding: totals.rounding().minor(),
    })
}

/// Takes what advance invoices covered out of each set, in the proportion of the set's first tax group.
fn deduct_advances(totals: &Totals, sets: &mut [Set]) -> Result<(), MoneyError> {
    let advance = i128::from(totals.advance_net().minor());
    if advance == 0 {
        return Ok(());
    }
    let mut left = advance;
    for set in sets.iter_mut() {
        let row = set.rows.iter().next().and_then(|place| totals.breakdown().get(place));
        let Some(row) = row.filter(|row| !row.taxable().is_zero()) else { continue };
        let product = i128::from(set.net) * i128::from(row.advance_taxable().minor());
        let share = product / i128::from(row.taxable().minor());
        set.net = fit(i128::from(set.net) - share)?;
        left -= share;
    }
    // Under several taxes the proportions need not meet the whole; the widest set takes the difference.
    if let Some(set) = sets.iter_mut().rev().max_by_key(|set| set.net.unsigned_abs()) {
        set.net = fit(i128::from(set.net) - left)?;
    }
    Ok(())
}

/// Makes the lines of each set add up to it: they share its allowances and charges in proportion to their nets.
fn spread_over_lines(parts: &mut [Part], sets: &[Set]) -> Result<(), MoneyError> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); sets.len()];
    for (place, part) in parts.iter().enumerate() {
        members.get_mut(part.set).into_iter().for_each(|members| members.push(place));
    }
    for (set, members) in sets.iter().zip(&members) {
        let nets: Vec<_> =
            members.iter().filter_map(|place| parts.get(*place)).map(|part| part.net).collect();
        let whole: i128 = nets.iter().map(|net| i128::from(*net)).sum();
        let change = fit(i128::from(set.net) - whole)?;
        if change == 0 || nets.is_empty() {
            continue;
        }
        // As when totals are calculated: a return beside sales takes no share.
        let same_side = |net: i64| whole == 0 || i128::from(net.signum()) == whole.signum();
        let weights: Vec<_> =
            nets.iter().map(|net| if same_side(*net) { net.unsigned_abs() } else { 0 }).collect();
        let shares = by_largest_remainder(change, &weights)
            .or_else(|| by_largest_remainder(change, &vec![1; nets.len()]))
            .ok_or(MoneyError::NoWeights)?;
        for (place, share) in members.iter().zip(shares) {
            if let Some(part) = parts.get_mut(*place) {
                part.net = fit(i128::from(part.net) + i128::from(share))?;
            }
        }
    }
    Ok(())
}

/// `amount` of what is left, shared over the parts of a set in proportion to what is left of each.
///
/// No share goes beyond what is left of its part, whatever their signs.
pub(super) fn share_out(amount: i64, left: &[i64]) -> Vec<i64> {
    let whole: i128 = left.iter().map(|left| i128::from(*left)).sum();
    if whole == 0 {
        return vec![0; left.len()];
    }
    let mut shares: Vec<_> = left
        .iter()
        .map(|left| {
            let product = i128::from(*left) * i128::from(amount);
            // A part of `left`, since `amount` is a part of `whole`.
            let share = i64::try_from(product / whole).unwrap_or(*left);
            (share, (product % whole) * whole.signum())
        })
        .collect();
    level(&mut shares, amount);
    shares.into_iter().map(|(share, _)| share).collect()
}
