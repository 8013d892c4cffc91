//! The canonical form of totals.

use super::PriceMode;
use super::advance::{AdvanceDeduction, AdvanceRow};
use super::result::{AdjustmentFigures, LineFigures, SetFigures, TaxRow, Totals};
use crate::seal::{Canonical, Canonicalize};
use crate::tax::TaxKey;

impl Canonicalize for Totals {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self {
            currency,
            prices,
            lines,
            adjustments,
            sets,
            allowances,
            charges,
            breakdown,
            line_total,
            allowance_total,
            charge_total,
            tax_exclusive,
            tax_total,
            tax_inclusive,
            withheld_total,
            prepaid,
            advance_net,
            advance_total,
            rounding,
            payable,
        } = self;
        out.currency(*currency);
        out.flag(*prices == PriceMode::TaxInclusive);
        out.list(lines, |out, LineFigures { net, gross, set, first, allowances, charges }| {
            out.units(*net);
            out.units(*gross);
            for position in [set, first, allowances, charges] {
                out.count(*position);
            }
        });
        out.list(adjustments, |out, units| out.units(*units));
        out.list(sets, |out, SetFigures { rows, taxable }| {
            let keys: Vec<_> =
                rows.iter().filter_map(|place| breakdown.get(place)).map(|row| row.key).collect();
            out.values(&keys);
            out.units(*taxable);
        });
        for figures in [allowances, charges] {
            out.list(figures, |out, AdjustmentFigures { net, gross }| {
                out.units(*net);
                out.units(*gross);
            });
        }
        out.values(breakdown);
        for units in [
            line_total,
            allowance_total,
            charge_total,
            tax_exclusive,
            tax_total,
            tax_inclusive,
            withheld_total,
            prepaid,
            advance_net,
            advance_total,
            rounding,
            payable,
        ] {
            out.units(*units);
        }
    }
}

impl Canonicalize for TaxRow {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self { key, taxable, tax, advance_taxable, advance_tax, exemption_reasons, exemption_codes } =
            self;
        out.value(key);
        for amount in [taxable, tax, advance_taxable, advance_tax] {
            out.money(*amount);
        }
        out.list(exemption_reasons, |out, text| out.text(text));
        out.list(exemption_codes, |out, text| out.text(text));
    }
}

impl Canonicalize for TaxKey {
    fn canonicalize(&self, out: &mut Canonical) {
        out.flag(self.is_withheld());
        out.text(self.scheme().as_str());
        out.option(self.category(), |out, category| out.text(category.code()));
        out.decimal(self.rate().get());
    }
}

impl Canonicalize for AdvanceDeduction {
    fn canonicalize(&self, out: &mut Canonical) {
        out.text(self.document());
        out.money(self.net());
        out.list(self.rows(), |out, row: &AdvanceRow| {
            out.value(&row.key());
            out.money(row.taxable());
            out.money(row.tax());
        });
    }
}
