use super::basis::{Basis, fit};
use super::credited::Credited;
use crate::totals::{CreditNote, CreditRow, Totals};
use crate::{Money, MoneyError};

/// The figures of one credit note, and the state after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditFigures {
    parts: Vec<PartCredit>,
    totals: Totals,
    credited: Credited,
}

/// How much of one part a credit note credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartCredit {
    part: usize,
    net: Money,
}

impl PartCredit {
    /// The place of the part: of a line, or after the lines.
    pub fn part(self) -> usize {
        self.part
    }

    /// The amount without tax, its share of document allowances and charges included.
    pub fn net(self) -> Money {
        self.net
    }
}

impl CreditFigures {
    /// The parts credited, in the order of the document; each is a line of [`CreditFigures::totals`].
    pub fn parts(&self) -> &[PartCredit] {
        &self.parts
    }

    /// The totals of the credit note, in positive amounts. Its lines are the parts credited, net of the document's
    /// allowances and charges, so that it has none of its own.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What is credited in all after this credit note.
    pub fn credited(&self) -> &Credited {
        &self.credited
    }

    /// The totals and the new state, to be stored.
    pub fn into_stored(self) -> (Vec<PartCredit>, Totals, Credited) {
        (self.parts, self.totals, self.credited)
    }
}

pub(super) fn of(basis: &Basis, before: &Credited, after: Credited) -> Result<CreditFigures, MoneyError> {
    let mut note = CreditNote::new(basis.currency);
    let mut parts = Vec::new();
    let mut touched = vec![false; basis.sets.len()];
    for (place, part) in basis.parts.iter().enumerate() {
        let net = after.part(place) - before.part(place);
        if net != 0 {
            parts.push(PartCredit { part: place, net: Money::trusted(net, basis.currency) });
            note.lines.push((part.set, net));
            touched.get_mut(part.set).into_iter().for_each(|touched| *touched = true);
        }
    }
    let mut taxed = vec![false; basis.groups.len()];
    for (set, _) in basis.sets.iter().zip(&touched).filter(|(_, touched)| **touched) {
        for row in set.rows.iter() {
            taxed.get_mut(row).into_iter().for_each(|taxed| *taxed = true);
        }
    }
    for (place, group) in basis.groups.iter().enumerate() {
        let (now, then) = (after.group(place), before.group(place));
        let row = CreditRow {
            place,
            row: group.row.clone(),
            taxable: now.taxable - then.taxable,
            tax: now.tax - then.tax,
        };
        if row.taxable != 0 || row.tax != 0 || taxed.get(place) == Some(&true) {
            note.rows.push(row);
        }
    }
    note.sets = basis.sets.iter().map(|set| set.rows).collect();
    note.net = fit(i128::from(after.net) - i128::from(before.net))?;
    note.rounding = after.rounding - before.rounding;
    Ok(CreditFigures { parts, totals: note.totals()?, credited: after })
}
