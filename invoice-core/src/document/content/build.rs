//! Building a content step by step.

use chrono::NaiveDate;

use super::Content;
use crate::document::{AccountingRate, Delivery, Note, PaymentInstruction, PaymentTerms, References};
use crate::line::{DocumentAdjustment, InvoicePeriod, Line};
use crate::totals::{PayableRounding, PriceMode, Rounding, TaxRounding};
use crate::{InvoiceId, Money, SeriesId};

impl Content {
    /// Adds a line (BG-25).
    #[must_use]
    pub fn with_line(mut self, line: Line) -> Self {
        self.lines.push(line);
        self
    }

    /// Adds lines (BG-25).
    #[must_use]
    pub fn with_lines(mut self, lines: impl IntoIterator<Item = Line>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// Adds an allowance on the whole document (BG-20).
    #[must_use]
    pub fn with_allowance(mut self, allowance: DocumentAdjustment) -> Self {
        self.allowances.push(allowance);
        self
    }

    /// Adds a charge on the whole document (BG-21).
    #[must_use]
    pub fn with_charge(mut self, charge: DocumentAdjustment) -> Self {
        self.charges.push(charge);
        self
    }

    /// Whether prices are with or without tax.
    #[must_use]
    pub fn with_prices(mut self, prices: PriceMode) -> Self {
        self.prices = prices;
        self
    }

    /// Where amounts are rounded.
    #[must_use]
    pub fn with_rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// How tax amounts are rounded.
    #[must_use]
    pub fn with_tax_rounding(mut self, rounding: TaxRounding) -> Self {
        self.tax_rounding = rounding;
        self
    }

    /// What was paid before without a tax invoice (BT-113).
    #[must_use]
    pub fn with_prepaid(mut self, prepaid: Money) -> Self {
        self.prepaid = Some(prepaid);
        self
    }

    /// Rounding of the payable amount (BT-114), such as to CHF 0.05.
    #[must_use]
    pub fn with_payable_rounding(mut self, rounding: PayableRounding) -> Self {
        self.payable_rounding = rounding;
        self
    }

    /// Deducts an issued advance invoice; the document is then a final invoice.
    #[must_use]
    pub fn with_advance(mut self, advance: InvoiceId) -> Self {
        self.advances.push(advance);
        self
    }

    /// The series that numbers it; without one, the series named `default`.
    #[must_use]
    pub fn with_series(mut self, series: SeriesId) -> Self {
        self.series = Some(series);
        self
    }

    /// The issue date (BT-2); without one, the day it is issued.
    #[must_use]
    pub fn with_issue_date(mut self, date: NaiveDate) -> Self {
        self.issue_date = Some(date);
        self
    }

    /// When the goods were delivered or the service was done (BT-72).
    #[must_use]
    pub fn with_supply_date(mut self, date: NaiveDate) -> Self {
        self.supply_date = Some(date);
        self
    }

    /// When VAT becomes accountable (BT-7); without one, the supply date, the period's end or the issue date.
    #[must_use]
    pub fn with_tax_point(mut self, date: NaiveDate) -> Self {
        self.tax_point = Some(date);
        self
    }

    /// The invoicing period (BG-14).
    #[must_use]
    pub fn with_period(mut self, period: InvoicePeriod) -> Self {
        self.period = Some(period);
        self
    }

    /// Where the goods went (BG-13).
    #[must_use]
    pub fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// Payment terms; without any, the client's and then the supplier's.
    #[must_use]
    pub fn with_terms(mut self, terms: PaymentTerms) -> Self {
        self.terms = Some(terms);
        self
    }

    /// Adds a payment instruction (BG-16); without any, the supplier's are used.
    #[must_use]
    pub fn with_instruction(mut self, instruction: PaymentInstruction) -> Self {
        self.instructions.push(instruction);
        self
    }

    /// Adds a note (BG-1).
    #[must_use]
    pub fn with_note(mut self, note: Note) -> Self {
        self.notes.push(note);
        self
    }

    /// What it refers to (BT-10 to BT-19, BG-3).
    #[must_use]
    pub fn with_references(mut self, references: References) -> Self {
        self.references = references;
        self
    }

    /// The rate VAT is accounted at (BT-6), needed if that currency is another.
    #[must_use]
    pub fn with_accounting_rate(mut self, rate: AccountingRate) -> Self {
        self.accounting_rate = Some(rate);
        self
    }

    /// A simplified invoice (Directive 2006/112/EC art. 226b): the buyer's address and tax id may be missing.
    #[must_use]
    pub fn simplified(mut self) -> Self {
        self.simplified = true;
        self
    }

    /// The language of the document, a BCP 47 tag.
    #[must_use]
    pub fn with_language(mut self, tag: impl Into<String>) -> Self {
        self.language = Some(tag.into());
        self
    }
}
