use invoice_core::tax::{TaxCategory, TaxScheme};
use invoice_core::totals::{LineTotals, TaxRow, Totals};
use invoice_core::{Currency, TaxRate};
use serde::Serialize;
use utoipa::ToSchema;

use super::amount::Amount;
use super::schema;

/// The figures of one line, at its place.
#[derive(Serialize, ToSchema)]
#[schema(as = LineTotals)]
pub(crate) struct LineTotalsView {
    /// The line's net amount (BT-131).
    net: Amount,
    /// The line's amount with tax, on a document of tax-inclusive prices.
    gross: Option<Amount>,
    /// The amounts of its allowances (BT-136), as priced.
    allowances: Vec<Amount>,
    /// The amounts of its charges (BT-141), as priced.
    charges: Vec<Amount>,
}

impl From<LineTotals<'_>> for LineTotalsView {
    fn from(line: LineTotals<'_>) -> Self {
        Self {
            net: line.net().into(),
            gross: line.gross().map(Amount),
            allowances: line.allowances().map(Amount).collect(),
            charges: line.charges().map(Amount).collect(),
        }
    }
}

/// The figures of one allowance or charge on the document, at its place.
#[derive(Serialize, ToSchema)]
#[schema(as = AdjustmentTotals)]
pub(crate) struct AdjustmentTotalsView {
    /// Without tax (BT-92, BT-99).
    net: Amount,
    /// As priced.
    amount: Amount,
}

/// One row of the tax breakdown (BG-23).
#[derive(Serialize, ToSchema)]
#[schema(as = TaxRow, example = json!({
    "scheme": "VAT", "category": "S", "rate": "19", "withheld": false, "taxable": "100.00", "tax": "19.00",
    "advance_taxable": "0.00", "advance_tax": "0.00", "exemption_reasons": [], "exemption_codes": []
}))]
pub(crate) struct TaxRowView<'a> {
    #[schema(value_type = schema::TaxSchemeName)]
    scheme: TaxScheme,
    /// The category (BT-118).
    #[schema(value_type = Option<schema::CategoryCode>)]
    category: Option<TaxCategory>,
    /// The rate in percent (BT-119).
    #[schema(value_type = schema::Decimal)]
    rate: TaxRate,
    /// Whether the buyer keeps the tax back.
    withheld: bool,
    /// What is taxed (BT-116).
    taxable: Amount,
    /// The tax (BT-117).
    tax: Amount,
    /// What the deducted advance invoices taxed already.
    advance_taxable: Amount,
    /// The tax of the deducted advance invoices.
    advance_tax: Amount,
    /// Why nothing is charged, in words (BT-120).
    exemption_reasons: &'a [String],
    /// Why nothing is charged, as codes (BT-121).
    exemption_codes: &'a [String],
}

impl<'a> From<&'a TaxRow> for TaxRowView<'a> {
    fn from(row: &'a TaxRow) -> Self {
        Self {
            scheme: row.scheme(),
            category: row.category(),
            rate: row.rate(),
            withheld: row.is_withheld(),
            taxable: row.taxable().into(),
            tax: row.tax().into(),
            advance_taxable: row.advance_taxable().into(),
            advance_tax: row.advance_tax().into(),
            exemption_reasons: row.exemption_reasons(),
            exemption_codes: row.exemption_codes(),
        }
    }
}

/// Every figure of a document; a draft's are a preview.
#[derive(Serialize, ToSchema)]
#[schema(as = Totals)]
pub(crate) struct TotalsView<'a> {
    /// The currency of every figure (BT-5).
    #[schema(value_type = schema::CurrencyCode)]
    currency: Currency,
    /// The figures of the lines, in their order.
    lines: Vec<LineTotalsView>,
    /// The figures of the document's allowances, in their order.
    allowances: Vec<AdjustmentTotalsView>,
    /// The figures of the document's charges, in their order.
    charges: Vec<AdjustmentTotalsView>,
    /// The tax breakdown (BG-23).
    breakdown: Vec<TaxRowView<'a>>,
    /// Σ line nets (BT-106).
    line_total: Amount,
    /// Σ allowances on the document (BT-107).
    allowance_total: Amount,
    /// Σ charges on the document (BT-108).
    charge_total: Amount,
    /// Total without tax (BT-109).
    tax_exclusive: Amount,
    /// Σ tax that is not withheld (BT-110).
    tax_total: Amount,
    /// Total with tax (BT-112).
    tax_inclusive: Amount,
    /// Σ tax the buyer withholds.
    withheld_total: Amount,
    /// Paid before, without a tax invoice (BT-113).
    prepaid: Amount,
    /// What the deducted advance invoices come to without tax.
    advance_net: Amount,
    /// What the deducted advance invoices come to.
    advance_total: Amount,
    /// Added to reach a payable amount (BT-114).
    rounding: Amount,
    /// What is to be paid (BT-115).
    payable: Amount,
}

impl<'a> From<&'a Totals> for TotalsView<'a> {
    fn from(totals: &'a Totals) -> Self {
        let adjustment = |one: invoice_core::totals::AdjustmentTotals| AdjustmentTotalsView {
            net: one.net().into(),
            amount: one.amount().into(),
        };
        Self {
            currency: totals.currency(),
            lines: totals.lines().map(LineTotalsView::from).collect(),
            allowances: totals.allowances().map(adjustment).collect(),
            charges: totals.charges().map(adjustment).collect(),
            breakdown: totals.breakdown().iter().map(TaxRowView::from).collect(),
            line_total: totals.line_total().into(),
            allowance_total: totals.allowance_total().into(),
            charge_total: totals.charge_total().into(),
            tax_exclusive: totals.tax_exclusive().into(),
            tax_total: totals.tax_total().into(),
            tax_inclusive: totals.tax_inclusive().into(),
            withheld_total: totals.withheld_total().into(),
            prepaid: totals.prepaid().into(),
            advance_net: totals.advance_net().into(),
            advance_total: totals.advance_total().into(),
            rounding: totals.rounding().into(),
            payable: totals.payable().into(),
        }
    }
}
