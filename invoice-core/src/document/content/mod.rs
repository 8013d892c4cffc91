//! What a user decides about a document before it is issued.

mod build;
mod validate;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::AccountingRate;
use super::references::{Delivery, Note, References};
use super::terms::{PaymentInstruction, PaymentTerms};
use crate::line::{DocumentAdjustment, InvoicePeriod, Line};
use crate::totals::{self, AdvanceDeduction, PayableRounding, PriceMode, Rounding, TaxRounding, Totals};
use crate::{ClientId, Currency, InvoiceId, Money, SeriesId, Violation};

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
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::time::optional_date"
    )]
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
}
