use serde::{Deserialize, Serialize};

use super::AdvanceDeduction;
use crate::line::{DocumentAdjustment, Line};
use crate::{Currency, Money, RoundingMode};

/// Whether prices, allowances and charges are without or with tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceMode {
    /// Without tax, as EN 16931 has it.
    #[default]
    Net,
    /// With tax, as shops show them: one tax a line, none withheld. The total with tax is the sum of the prices.
    TaxInclusive,
}

/// When amounts are rounded to the currency's minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Each line, allowance and charge, then the sums are exact: what EN 16931 asks for (BR-CO-10 to BR-CO-13).
    #[default]
    Currency,
    /// Nothing but the printed figures. The printed lines need not add up to the printed totals.
    ///
    /// Values are kept to 96 digits after the minor unit: products and percentages of inputs are exact, and only a
    /// division that does not end (by a base quantity, or when a share is taken) is cut there. Three thirds are a whole
    /// all the same: a value within 10^-80 of a boundary counts as lying on it.
    Precise,
}

/// How the tax of a group is rounded; halves go away from zero unless a law allows otherwise.
pub type TaxRounding = RoundingMode;

/// What is added to the amount due so that it can be paid in the coins there are (EN 16931 BT-114).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayableRounding {
    /// Nothing.
    #[default]
    None,
    /// This amount.
    Amount(Money),
    /// Whatever brings the amount due to the nearest multiple of this positive amount, such as 0.05 CHF; a half goes
    /// away from zero.
    Increment(Money),
}

/// What the totals of a document are calculated from. Nothing here is stored: a preview is a plain call.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub(super) currency: Currency,
    pub(super) prices: PriceMode,
    pub(super) rounding: Rounding,
    pub(super) tax_rounding: TaxRounding,
    pub(super) lines: &'a [Line],
    pub(super) allowances: &'a [DocumentAdjustment],
    pub(super) charges: &'a [DocumentAdjustment],
    pub(super) prepaid: Money,
    pub(super) advances: &'a [AdvanceDeduction],
    pub(super) payable_rounding: PayableRounding,
}

impl<'a> Input<'a> {
    /// Lines in a currency, with net prices, rounded as EN 16931 asks.
    ///
    /// ```
    /// use invoice_core::Currency;
    /// use invoice_core::line::Line;
    /// use invoice_core::tax::{Tax, TaxCategory};
    /// use invoice_core::totals::{Input, calculate};
    ///
    /// let line = Line::new("1", "Lamp", "3".parse()?, "19.95".parse()?)?
    ///     .with_tax(Tax::vat(TaxCategory::Standard, "8.1".parse()?));
    /// let totals = calculate(&Input::new(Currency::CHF, &[line]))?;
    /// assert_eq!(totals.tax_exclusive().to_string(), "59.85 CHF");
    /// assert_eq!(totals.payable().to_string(), "64.70 CHF");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(currency: Currency, lines: &'a [Line]) -> Self {
        Self {
            currency,
            prices: PriceMode::Net,
            rounding: Rounding::Currency,
            tax_rounding: TaxRounding::HalfAwayFromZero,
            lines,
            allowances: &[],
            charges: &[],
            prepaid: Money::zero(currency),
            advances: &[],
            payable_rounding: PayableRounding::None,
        }
    }

    /// The same with prices of this kind.
    #[must_use]
    pub fn with_prices(self, prices: PriceMode) -> Self {
        Self { prices, ..self }
    }

    /// The same, rounded like this.
    #[must_use]
    pub fn with_rounding(self, rounding: Rounding) -> Self {
        Self { rounding, ..self }
    }

    /// The same, taxes rounded like this.
    #[must_use]
    pub fn with_tax_rounding(self, tax_rounding: TaxRounding) -> Self {
        Self { tax_rounding, ..self }
    }

    /// The same with these allowances on the document (BG-20).
    #[must_use]
    pub fn with_allowances(self, allowances: &'a [DocumentAdjustment]) -> Self {
        Self { allowances, ..self }
    }

    /// The same with these charges on the document (BG-21).
    #[must_use]
    pub fn with_charges(self, charges: &'a [DocumentAdjustment]) -> Self {
        Self { charges, ..self }
    }

    /// The same with what was paid before, without a tax invoice (BT-113).
    #[must_use]
    pub fn with_prepaid(self, prepaid: Money) -> Self {
        Self { prepaid, ..self }
    }

    /// The same with the advance invoices a final invoice deducts.
    #[must_use]
    pub fn with_advances(self, advances: &'a [AdvanceDeduction]) -> Self {
        Self { advances, ..self }
    }

    /// The same, its amount due rounded like this.
    #[must_use]
    pub fn with_payable_rounding(self, payable_rounding: PayableRounding) -> Self {
        Self { payable_rounding, ..self }
    }
}
