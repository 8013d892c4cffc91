//! What a user decides about a document before it is issued.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::AccountingRate;
use super::references::{Delivery, Note, References, validate_notes};
use super::terms::{PaymentInstruction, PaymentTerms};
use crate::line::{DocumentAdjustment, InvoicePeriod, Line};
use crate::text::{SHORT, collect};
use crate::time::date_in_range;
use crate::totals::{self, AdvanceDeduction, PayableRounding, PriceMode, Rounding, TaxRounding, Totals};
use crate::{ClientId, Code, Currency, InvoiceId, Money, SeriesId, Violation, Violations};

/// The content of an invoice or quote: editable while it is a draft, frozen when it is issued.
///
/// Build one with [`Content::new`] and the `with_…` methods. Nothing is checked while building;
/// [`Content::validate`] lists everything that is wrong at once, and every use case calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    pub(crate) client: ClientId,
    pub(crate) currency: Currency,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) prices: PriceMode,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) rounding: Rounding,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) tax_rounding: TaxRounding,
    pub(crate) lines: Vec<Line>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowances: Vec<DocumentAdjustment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) charges: Vec<DocumentAdjustment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prepaid: Option<Money>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) payable_rounding: PayableRounding,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) advances: Vec<InvoiceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) series: Option<SeriesId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issue_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) supply_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tax_point: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) period: Option<InvoicePeriod>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<Delivery>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) terms: Option<PaymentTerms>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) instructions: Vec<PaymentInstruction>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<Note>,
    #[serde(default, skip_serializing_if = "References::is_empty")]
    pub(crate) references: References,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) accounting_rate: Option<AccountingRate>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) simplified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Content {
    /// Most lines a document holds.
    pub const MAX_LINES: usize = 10_000;
    /// Most document allowances, charges and advances, each.
    pub const MAX_ADJUSTMENTS: usize = 1_000;

    /// An empty document for a client, in a currency (BT-5), with net prices.
    ///
    /// ```
    /// use invoice_core::line::Line;
    /// use invoice_core::tax::{Tax, TaxCategory};
    /// use invoice_core::{ClientId, Content, Currency};
    ///
    /// let client = ClientId::from_uuid(uuid::Uuid::from_u128(7));
    /// let lamp = Line::new("1", "Lamp", "3".parse()?, "19.95".parse()?)?
    ///     .with_tax(Tax::vat(TaxCategory::Standard, "20".parse()?));
    /// let content = Content::new(client, Currency::EUR).with_line(lamp);
    /// assert_eq!(content.preview()?.payable().to_string(), "71.82 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(client: ClientId, currency: Currency) -> Self {
        Self {
            client,
            currency,
            prices: PriceMode::default(),
            rounding: Rounding::default(),
            tax_rounding: TaxRounding::default(),
            lines: Vec::new(),
            allowances: Vec::new(),
            charges: Vec::new(),
            prepaid: None,
            payable_rounding: PayableRounding::default(),
            advances: Vec::new(),
            series: None,
            issue_date: None,
            supply_date: None,
            tax_point: None,
            period: None,
            delivery: None,
            terms: None,
            instructions: Vec::new(),
            notes: Vec::new(),
            references: References::default(),
            accounting_rate: None,
            simplified: false,
            language: None,
        }
    }

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

    /// Whom it is for.
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// The currency of all amounts (BT-5).
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether prices are with or without tax.
    pub fn prices(&self) -> PriceMode {
        self.prices
    }

    /// Where amounts are rounded.
    pub fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// How tax amounts are rounded.
    pub fn tax_rounding(&self) -> TaxRounding {
        self.tax_rounding
    }

    /// The lines (BG-25).
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The allowances on the whole document (BG-20).
    pub fn allowances(&self) -> &[DocumentAdjustment] {
        &self.allowances
    }

    /// The charges on the whole document (BG-21).
    pub fn charges(&self) -> &[DocumentAdjustment] {
        &self.charges
    }

    /// What was paid before without a tax invoice (BT-113).
    pub fn prepaid(&self) -> Money {
        self.prepaid.unwrap_or_else(|| Money::zero(self.currency))
    }

    /// How the payable amount is rounded (BT-114).
    pub fn payable_rounding(&self) -> &PayableRounding {
        &self.payable_rounding
    }

    /// The advance invoices a final invoice deducts.
    pub fn advances(&self) -> &[InvoiceId] {
        &self.advances
    }

    /// The series that numbers it, if chosen.
    pub fn series(&self) -> Option<SeriesId> {
        self.series
    }

    /// The chosen issue date (BT-2).
    pub fn issue_date(&self) -> Option<NaiveDate> {
        self.issue_date
    }

    /// When the goods were delivered or the service was done (BT-72).
    pub fn supply_date(&self) -> Option<NaiveDate> {
        self.supply_date
    }

    /// The chosen tax point (BT-7).
    pub fn tax_point(&self) -> Option<NaiveDate> {
        self.tax_point
    }

    /// The invoicing period (BG-14).
    pub fn period(&self) -> Option<InvoicePeriod> {
        self.period
    }

    /// Where the goods went (BG-13).
    pub fn delivery(&self) -> Option<&Delivery> {
        self.delivery.as_ref()
    }

    /// The payment terms.
    pub fn terms(&self) -> Option<&PaymentTerms> {
        self.terms.as_ref()
    }

    /// The payment instructions (BG-16).
    pub fn instructions(&self) -> &[PaymentInstruction] {
        &self.instructions
    }

    /// The notes (BG-1).
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What it refers to.
    pub fn references(&self) -> &References {
        &self.references
    }

    /// The rate VAT is accounted at (BT-6).
    pub fn accounting_rate(&self) -> Option<&AccountingRate> {
        self.accounting_rate.as_ref()
    }

    /// Whether it is a simplified invoice.
    pub fn is_simplified(&self) -> bool {
        self.simplified
    }

    /// The language of the document.
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// When VAT becomes accountable (BT-7) if the document is issued on `issue_date`.
    pub fn tax_point_on(&self, issue_date: NaiveDate) -> NaiveDate {
        self.tax_point
            .or(self.supply_date)
            .or_else(|| self.period.and_then(InvoicePeriod::end))
            .unwrap_or(issue_date)
    }

    /// The totals of the content as it stands, without deducting advances: a preview that stores nothing.
    pub fn preview(&self) -> Result<Totals, Violation> {
        self.totals(&[])
    }

    /// The totals, deducting the given advance invoices.
    pub fn totals(&self, advances: &[AdvanceDeduction]) -> Result<Totals, Violation> {
        totals::calculate(
            &totals::Input::new(self.currency, &self.lines)
                .with_prices(self.prices)
                .with_rounding(self.rounding)
                .with_tax_rounding(self.tax_rounding)
                .with_allowances(&self.allowances)
                .with_charges(&self.charges)
                .with_prepaid(self.prepaid())
                .with_advances(advances)
                .with_payable_rounding(self.payable_rounding),
        )
    }

    /// Everything wrong with it as a draft; pointers are relative to the content. What issuing asks for
    /// beyond this is checked when it is issued.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        if self.lines.len() > Self::MAX_LINES {
            found.add("/lines", Code::TooLong, format!("more than {} lines", Self::MAX_LINES));
            return Err(found);
        }
        for (name, count) in [
            ("/allowances", self.allowances.len()),
            ("/charges", self.charges.len()),
            ("/advances", self.advances.len()),
            ("/instructions", self.instructions.len()),
        ] {
            if count > Self::MAX_ADJUSTMENTS {
                found.add(name, Code::TooLong, format!("more than {}", Self::MAX_ADJUSTMENTS));
            }
        }
        let mut ids = HashSet::with_capacity(self.lines.len());
        for (index, line) in self.lines.iter().enumerate() {
            if let Err(violations) = line.validate() {
                found.absorb(&format!("/lines/{index}"), violations);
            }
            if !ids.insert(line.id()) {
                found.add(format!("/lines/{index}/id"), Code::Repeated, "another line has this identifier");
            }
        }
        for (name, adjustments) in [("allowances", &self.allowances), ("charges", &self.charges)] {
            for (index, adjustment) in adjustments.iter().enumerate() {
                if let Err(violations) = adjustment.validate() {
                    found.absorb(&format!("/{name}/{index}"), violations);
                }
            }
        }
        self.validate_dates(&mut found);
        if let Some(delivery) = &self.delivery {
            delivery.validate("/delivery", &mut found);
        }
        if let Some(terms) = &self.terms {
            terms.validate("/terms", &mut found);
        }
        for (index, instruction) in self.instructions.iter().enumerate() {
            instruction.validate(&format!("/instructions/{index}"), &mut found);
        }
        validate_notes(&self.notes, &mut found);
        self.references.validate("/references", &mut found);
        if let Some(rate) = &self.accounting_rate {
            rate.validate("/accounting_rate", &mut found);
        }
        collect(&mut found, "/language", self.language.as_deref(), SHORT);
        for (index, advance) in self.advances.iter().enumerate() {
            if self.advances.iter().take(index).any(|earlier| earlier == advance) {
                found.add(format!("/advances/{index}"), Code::Repeated, "this advance is deducted already");
            }
        }
        found.into_result()
    }

    fn validate_dates(&self, found: &mut Violations) {
        for (pointer, date) in [
            ("/issue_date", self.issue_date),
            ("/supply_date", self.supply_date),
            ("/tax_point", self.tax_point),
        ] {
            if date.is_some_and(|date| !date_in_range(date)) {
                found.add(pointer, Code::OutOfRange, "a date of the years 1970 to 9998");
            }
        }
    }
}
