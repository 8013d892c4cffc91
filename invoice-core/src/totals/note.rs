//! The totals of a credit note, put together from figures that are already known.

use super::PriceMode;
use super::engine::total;
use super::result::{LineFigures, SetFigures, TaxRow, Totals};
use super::rows::Rows;
use crate::money::bounded;
use crate::{Currency, Money, MoneyError};

/// What a credit note credits of each line and group.
pub(crate) struct CreditNote {
    currency: Currency,
    /// The set of each line, and its net amount.
    pub(crate) lines: Vec<(usize, i64)>,
    /// The groups of each set, by their places in the credited document.
    pub(crate) sets: Vec<Rows>,
    pub(crate) rows: Vec<CreditRow>,
    pub(crate) net: i64,
    pub(crate) rounding: i64,
}

/// A group of the credited document, and what of it is credited.
pub(crate) struct CreditRow {
    /// Its place in the credited document.
    pub(crate) place: usize,
    pub(crate) row: TaxRow,
    pub(crate) taxable: i64,
    pub(crate) tax: i64,
}

impl CreditNote {
    pub(crate) fn new(currency: Currency) -> Self {
        Self { currency, lines: Vec::new(), sets: Vec::new(), rows: Vec::new(), net: 0, rounding: 0 }
    }

    pub(crate) fn totals(self) -> Result<Totals, MoneyError> {
        let mut totals = Totals::empty(self.currency, PriceMode::Net);
        let money = |units| Money::trusted(units, self.currency);
        // Only the sets and groups that are credited, in their order.
        let mut rows = Vec::new();
        for (new, row) in self.rows.iter().enumerate() {
            rows.resize(rows.len().max(row.place + 1), None);
            rows.get_mut(row.place).into_iter().for_each(|place| *place = Some(new));
        }
        let mut taxable: Vec<Option<i128>> = vec![None; self.sets.len()];
        for (set, net) in &self.lines {
            if let Some(sum) = taxable.get_mut(*set) {
                *sum = Some(sum.unwrap_or_default() + i128::from(*net));
            }
        }
        let mut places = vec![None; self.sets.len()];
        for ((set, taxable), place) in self.sets.iter().zip(taxable).zip(&mut places) {
            let Some(taxable) = taxable else { continue };
            *place = Some(totals.sets.len());
            let rows = Rows::new(set.iter().filter_map(|old| rows.get(old).copied().flatten()));
            totals.sets.push(SetFigures { rows: rows.unwrap_or_default(), taxable: bounded(taxable)? });
        }
        totals.lines = self
            .lines
            .iter()
            .map(|(set, net)| LineFigures {
                net: *net,
                gross: *net,
                set: places.get(*set).copied().flatten().unwrap_or_default(),
                ..LineFigures::default()
            })
            .collect();
        for CreditRow { row, taxable, tax, place: _ } in self.rows {
            let units = if row.is_withheld() { &mut totals.withheld_total } else { &mut totals.tax_total };
            *units = bounded(i128::from(*units) + i128::from(tax))?;
            totals.breakdown.push(TaxRow {
                taxable: money(taxable),
                tax: money(tax),
                advance_taxable: money(0),
                advance_tax: money(0),
                ..row
            });
        }
        totals.line_total =
            total(totals.lines.iter().map(|line| line.net), "").map_err(|_| MoneyError::Overflow)?;
        totals.tax_exclusive = self.net;
        totals.tax_inclusive = bounded(i128::from(self.net) + i128::from(totals.tax_total))?;
        totals.rounding = self.rounding;
        let payable = i128::from(totals.tax_inclusive) - i128::from(totals.withheld_total);
        totals.payable = bounded(payable + i128::from(self.rounding))?;
        Ok(totals)
    }
}
