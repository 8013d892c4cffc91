use crate::tax::{TaxCategory, TaxKey, TaxScheme};
use crate::{Currency, Money, TaxRate};

use super::PriceMode;
use super::rows::Rows;

/// Every figure of a document, as printed and stored. Made by [`calculate`](super::calculate); never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    pub(super) currency: Currency,
    pub(super) prices: PriceMode,
    pub(super) lines: Vec<LineFigures>,
    /// The allowances and charges of all lines, one after the other.
    pub(super) adjustments: Vec<i64>,
    pub(super) sets: Vec<SetFigures>,
    pub(super) allowances: Vec<AdjustmentFigures>,
    pub(super) charges: Vec<AdjustmentFigures>,
    pub(super) breakdown: Vec<TaxRow>,
    pub(super) line_total: i64,
    pub(super) allowance_total: i64,
    pub(super) charge_total: i64,
    pub(super) tax_exclusive: i64,
    pub(super) tax_total: i64,
    pub(super) tax_inclusive: i64,
    pub(super) withheld_total: i64,
    pub(super) prepaid: i64,
    pub(super) advance_net: i64,
    pub(super) advance_total: i64,
    pub(super) rounding: i64,
    pub(super) payable: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LineFigures {
    pub(super) net: i64,
    pub(super) gross: i64,
    pub(super) set: usize,
    /// Where its allowances start; its charges follow them.
    pub(super) first: usize,
    pub(super) allowances: usize,
    pub(super) charges: usize,
}

/// What one set of equal taxes is charged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SetFigures {
    /// Places in the breakdown.
    pub(crate) rows: Rows,
    pub(crate) taxable: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AdjustmentFigures {
    pub(super) net: i64,
    pub(super) gross: i64,
}

/// The figures of one line.
#[derive(Debug, Clone, Copy)]
pub struct LineTotals<'a> {
    totals: &'a Totals,
    figures: &'a LineFigures,
}

/// The figures of one allowance or charge on the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdjustmentTotals {
    net: Money,
    gross: Money,
}

/// One row of the tax breakdown (EN 16931 BG-23): a scheme, category and rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRow {
    pub(super) key: TaxKey,
    pub(super) taxable: Money,
    pub(super) tax: Money,
    pub(super) advance_taxable: Money,
    pub(super) advance_tax: Money,
    pub(super) exemption_reasons: Vec<String>,
    pub(super) exemption_codes: Vec<String>,
}

impl Totals {
    pub(super) fn empty(currency: Currency, prices: PriceMode) -> Self {
        Self {
            currency,
            prices,
            lines: Vec::new(),
            adjustments: Vec::new(),
            sets: Vec::new(),
            allowances: Vec::new(),
            charges: Vec::new(),
            breakdown: Vec::new(),
            line_total: 0,
            allowance_total: 0,
            charge_total: 0,
            tax_exclusive: 0,
            tax_total: 0,
            tax_inclusive: 0,
            withheld_total: 0,
            prepaid: 0,
            advance_net: 0,
            advance_total: 0,
            rounding: 0,
            payable: 0,
        }
    }

    fn money(&self, units: i64) -> Money {
        Money::trusted(units, self.currency)
    }

    /// The currency of every figure (BT-5).
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether prices are without or with tax.
    pub fn prices(&self) -> PriceMode {
        self.prices
    }

    /// The lines, in the order of the document.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = LineTotals<'_>> {
        self.lines.iter().map(|figures| LineTotals { totals: self, figures })
    }

    /// The line at this place, counted from zero.
    pub fn line(&self, index: usize) -> Option<LineTotals<'_>> {
        self.lines.get(index).map(|figures| LineTotals { totals: self, figures })
    }

    /// The allowances on the document (BG-20), in its order.
    pub fn allowances(&self) -> impl ExactSizeIterator<Item = AdjustmentTotals> {
        self.allowances.iter().map(|one| self.adjustment(*one))
    }

    /// The charges on the document (BG-21), in its order.
    pub fn charges(&self) -> impl ExactSizeIterator<Item = AdjustmentTotals> {
        self.charges.iter().map(|one| self.adjustment(*one))
    }

    fn adjustment(&self, figures: AdjustmentFigures) -> AdjustmentTotals {
        AdjustmentTotals { net: self.money(figures.net), gross: self.money(figures.gross) }
    }

    /// The tax breakdown (BG-23): taxes charged before taxes withheld, then by scheme, category and rate. A group that
    /// taxes nothing keeps its row.
    pub fn breakdown(&self) -> &[TaxRow] {
        &self.breakdown
    }

    /// Σ line nets (BT-106).
    pub fn line_total(&self) -> Money {
        self.money(self.line_total)
    }

    /// Σ allowances on the document (BT-107).
    pub fn allowance_total(&self) -> Money {
        self.money(self.allowance_total)
    }

    /// Σ charges on the document (BT-108).
    pub fn charge_total(&self) -> Money {
        self.money(self.charge_total)
    }

    /// Total without tax: lines − allowances + charges (BT-109).
    pub fn tax_exclusive(&self) -> Money {
        self.money(self.tax_exclusive)
    }

    /// Σ tax that is not withheld (BT-110).
    pub fn tax_total(&self) -> Money {
        self.money(self.tax_total)
    }

    /// Total with tax (BT-112).
    pub fn tax_inclusive(&self) -> Money {
        self.money(self.tax_inclusive)
    }

    /// Σ tax the buyer withholds; EN 16931 has no term for it.
    pub fn withheld_total(&self) -> Money {
        self.money(self.withheld_total)
    }

    /// Paid before, without a tax invoice (BT-113).
    pub fn prepaid(&self) -> Money {
        self.money(self.prepaid)
    }

    /// What the deducted advance invoices come to without tax.
    pub fn advance_net(&self) -> Money {
        self.money(self.advance_net)
    }

    /// What the deducted advance invoices come to: with tax, less tax withheld.
    pub fn advance_total(&self) -> Money {
        self.money(self.advance_total)
    }

    /// Added to reach a payable amount (BT-114).
    pub fn rounding(&self) -> Money {
        self.money(self.rounding)
    }

    /// Total with tax − prepaid − withheld − advances + rounding (BT-115).
    pub fn payable(&self) -> Money {
        self.money(self.payable)
    }

    pub(crate) fn sets(&self) -> &[SetFigures] {
        &self.sets
    }
}

impl<'a> LineTotals<'a> {
    /// The line's net amount (BT-131).
    pub fn net(self) -> Money {
        self.totals.money(self.figures.net)
    }

    /// The line's amount with tax, on a document of tax-inclusive prices.
    pub fn gross(self) -> Option<Money> {
        let inclusive = self.totals.prices == PriceMode::TaxInclusive;
        inclusive.then(|| self.totals.money(self.figures.gross))
    }

    /// The amounts of its allowances (BT-136), as priced: with tax on a document of tax-inclusive prices.
    pub fn allowances(self) -> impl ExactSizeIterator<Item = Money> + 'a {
        self.adjustments(self.figures.first, self.figures.allowances)
    }

    /// The amounts of its charges (BT-141), as priced.
    pub fn charges(self) -> impl ExactSizeIterator<Item = Money> + 'a {
        self.adjustments(self.figures.first + self.figures.allowances, self.figures.charges)
    }

    fn adjustments(self, first: usize, count: usize) -> impl ExactSizeIterator<Item = Money> + 'a {
        let found = self.totals.adjustments.get(first..first + count).unwrap_or_default();
        found.iter().map(move |units| self.totals.money(*units))
    }

    pub(crate) fn set(self) -> usize {
        self.figures.set
    }
}

impl AdjustmentTotals {
    /// Without tax (BT-92, BT-99).
    pub fn net(self) -> Money {
        self.net
    }

    /// As priced: with tax on a document of tax-inclusive prices, otherwise the net amount.
    pub fn amount(self) -> Money {
        self.gross
    }
}

impl TaxRow {
    /// The scheme.
    pub fn scheme(&self) -> TaxScheme {
        self.key.scheme()
    }

    /// The category (BT-118); only a withheld tax may have none.
    pub fn category(&self) -> Option<TaxCategory> {
        self.key.category()
    }

    /// The rate in percent (BT-119).
    pub fn rate(&self) -> TaxRate {
        self.key.rate()
    }

    /// Whether the buyer keeps the tax back.
    pub fn is_withheld(&self) -> bool {
        self.key.is_withheld()
    }

    /// What is taxed (BT-116).
    pub fn taxable(&self) -> Money {
        self.taxable
    }

    /// The tax (BT-117).
    pub fn tax(&self) -> Money {
        self.tax
    }

    /// What the deducted advance invoices taxed already.
    pub fn advance_taxable(&self) -> Money {
        self.advance_taxable
    }

    /// The tax of the deducted advance invoices.
    pub fn advance_tax(&self) -> Money {
        self.advance_tax
    }

    /// What this document adds to what is taxed: [`taxable`](Self::taxable) less the advances. A tax summary reports
    /// this, because the advance invoices reported the rest.
    pub fn taxable_after_advances(&self) -> Money {
        less(self.taxable, self.advance_taxable)
    }

    /// The tax this document adds: [`tax`](Self::tax) less that of the advances.
    pub fn tax_after_advances(&self) -> Money {
        less(self.tax, self.advance_tax)
    }

    /// Why nothing is charged (BT-120): the different reasons of the group, joined by `; `.
    pub fn exemption_reason(&self) -> Option<String> {
        (!self.exemption_reasons.is_empty()).then(|| self.exemption_reasons.join("; "))
    }

    /// The different reasons of the group in words, sorted.
    pub fn exemption_reasons(&self) -> &[String] {
        &self.exemption_reasons
    }

    /// The different reasons of the group as codes of the VATEX list (BT-121), sorted.
    pub fn exemption_codes(&self) -> &[String] {
        &self.exemption_codes
    }
}

/// Advances lie between nothing and the whole, so the difference fits.
fn less(whole: Money, part: Money) -> Money {
    Money::trusted(whole.minor() - part.minor(), whole.currency())
}
