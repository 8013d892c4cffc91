//! Totals of a document: pure, exact, and independent of the order of its lines.
//!
//! [`calculate`] takes an [`Input`] and returns [`Totals`], or the one field that stands in the way.
//!
//! - A line is quantity × price ÷ base quantity, less its allowances, plus its charges; a percentage applies to the
//!   rounded amount it names.
//! - The tax of a group (scheme, category, rate) is rounded once, on what the whole group taxes.
//! - An allowance or charge on the document without taxes is spread over the sets of taxes that the lines have, in
//!   proportion to what they tax, by largest remainder.
//! - Prices with tax: the tax is taken out of each group's sum, and the lines' nets share what is left, so that the
//!   total with tax is the sum of the prices.
//!
//! Sums are exact, and a figure of 10^18 minor units or more is a [`Violation`] with
//! [`Code::AmountOverflow`](crate::Code::AmountOverflow).

mod advance;
mod engine;
mod exact;
mod figure;
mod inclusive;
mod input;
mod note;
mod result;
mod rows;
mod sealing;
mod sets;
mod settle;
mod stored;

pub use advance::{AdvanceDeduction, AdvanceRow};
pub use input::{Input, PayableRounding, PriceMode, Rounding, TaxRounding};
pub use result::{AdjustmentTotals, LineTotals, TaxRow, Totals};

pub(crate) use note::{CreditNote, CreditRow};
pub(crate) use rows::Rows;

use crate::Violation;

/// The totals of a document, or the first field that has none: its pointer is into the input, such as
/// `/lines/0/quantity`, `/charges/1/taxes` or `/advances/0/rows/1`.
///
/// ```
/// use invoice_core::line::{Adjustment, DocumentAdjustment, Line};
/// use invoice_core::tax::{Tax, TaxCategory};
/// use invoice_core::totals::{Input, calculate};
/// use invoice_core::{Currency, Money};
///
/// let vat = |rate: &str| Ok::<_, invoice_core::NumberError>(Tax::vat(TaxCategory::Standard, rate.parse()?));
/// let lines = [
///     Line::new("1", "Chair", "2".parse()?, "149.99".parse()?)?.with_tax(vat("19")?),
///     Line::new("2", "Book", "1".parse()?, "24.50".parse()?)?.with_tax(vat("7")?),
/// ];
/// let discount = [DocumentAdjustment::new(Adjustment::fixed(Money::parse("10.00", Currency::EUR)?))];
///
/// let totals = calculate(&Input::new(Currency::EUR, &lines).with_allowances(&discount))?;
/// let taxable: Vec<_> = totals.breakdown().iter().map(|row| row.taxable().to_string()).collect();
/// assert_eq!(taxable, ["23.74 EUR", "290.74 EUR"]);
/// assert_eq!(totals.payable().to_string(), "371.38 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn calculate(input: &Input<'_>) -> Result<Totals, Violation> {
    match input.rounding {
        Rounding::Currency => engine::Run::<i128>::calculate(input),
        Rounding::Precise => engine::Run::<exact::Exact>::calculate(input),
    }
}
