//! The totals of a credit note, put together from figures that are already known.

use super::PriceMode;
use super::engine::total;
use super::result::{LineFigures, SetFigures, TaxRow, Totals};
use crate::money::bounded;
use crate::tax::TaxKey;
use crate::{Currency, Money, MoneyError};

/// What a credit note credits of each line and group.
pub(crate) struct CreditNote {
    currency: Currency,
    /// The set of each line, and its net amount.
    pub(crate) lines: Vec<(usize, i64)>,
    /// The taxes of each set.
    pub(crate) sets: Vec<Vec<TaxKey>>,
    pub(crate) rows: Vec<CreditRow>,
    pub(crate) net: i64,
    pub(crate) rounding: i64,
}

/// A group of the credited document, and what of it is credited.
pub(crate) struct CreditRow {
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
        // Only the sets that are credited, in their order.
        let mut places = vec![None; self.sets.len()];
        for (place, keys) in self.sets.into_iter().enumerate() {
            let taxable: i128 =
                self.lines.iter().filter(|(set, _)| *set == place).map(|(_, net)| i128::from(*net)).sum();
            if self.lines.iter().any(|(set, _)| *set == place) {
                places.get_mut(place).into_iter().for_each(|found| *found = Some(totals.sets.len()));
                totals.sets.push(SetFigures { keys, taxable: bounded(taxable)? });
            }
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
        for CreditRow { row, taxable, tax } in self.rows {
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
