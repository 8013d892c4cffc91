//! Sums over many documents.

use chrono::NaiveDate;

use crate::tax::{TaxCategory, TaxScheme};
use crate::{ClientId, Code, CreditNoteId, Currency, InvoiceId, Money, Month, PaymentId, TaxRate, Violation};

use super::Cursor;
use super::query::DateRange;

/// A range of months, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MonthRange {
    from: Month,
    to: Month,
}

impl MonthRange {
    /// From a month to the same or a later one.
    ///
    /// ```
    /// use invoice_core::Month;
    /// use invoice_core::ports::MonthRange;
    ///
    /// assert!(MonthRange::new(Month::new(2026, 1)?, Month::new(2026, 3)?).is_ok());
    /// assert!(MonthRange::new(Month::new(2026, 3)?, Month::new(2026, 1)?).is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(from: Month, to: Month) -> Result<Self, Violation> {
        if to < from {
            return Err(Violation::new("/to", Code::Inconsistent, "the last month is before the first"));
        }
        Ok(Self { from, to })
    }

    /// The first month.
    pub const fn from(self) -> Month {
        self.from
    }

    /// The last month.
    pub const fn to(self) -> Month {
        self.to
    }

    /// Whether a month is in it.
    pub fn contains(self, month: Month) -> bool {
        self.from <= month && month <= self.to
    }
}

/// What is due in one currency, by how long it is past its due date. An invoice without a due date
/// counts as not past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgingRow {
    /// Not past the due date.
    pub current: Money,
    /// 1 to 30 days past.
    pub days_1_to_30: Money,
    /// 31 to 60 days past.
    pub days_31_to_60: Money,
    /// 61 to 90 days past.
    pub days_61_to_90: Money,
    /// More than 90 days past.
    pub over_90_days: Money,
}

impl AgingRow {
    /// Nothing due in a currency.
    ///
    /// ```
    /// use invoice_core::Currency;
    /// use invoice_core::ports::AgingRow;
    ///
    /// assert!(AgingRow::nothing(Currency::EUR).current.is_zero());
    /// ```
    pub const fn nothing(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            current: zero,
            days_1_to_30: zero,
            days_31_to_60: zero,
            days_61_to_90: zero,
            over_90_days: zero,
        }
    }
}

/// Taxable amount and tax of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxSummaryRow {
    /// The tax.
    pub scheme: TaxScheme,
    /// Its category; `None` for a withheld tax without one.
    pub category: Option<TaxCategory>,
    /// Its rate in percent.
    pub rate: TaxRate,
    /// Whether the buyer keeps it back.
    pub withheld: bool,
    /// The taxable amount, in the documents' currency.
    pub taxable: Money,
    /// The tax.
    pub tax: Money,
}

/// What was invoiced and credited in one month and currency, without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevenueRow {
    /// The month of issue.
    pub month: Month,
    /// Invoices without tax, less the advances they deduct.
    pub invoiced: Money,
    /// Credit notes without tax.
    pub credited: Money,
    /// Invoices issued and not void.
    pub invoices: u64,
    /// Credit notes issued.
    pub credit_notes: u64,
}

/// Which statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementQuery {
    /// Of this client.
    pub client: ClientId,
    /// In this currency.
    pub currency: Currency,
    /// Of these days.
    pub range: DateRange,
}

/// What an entry of a statement is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementEntryKind {
    /// An invoice: its payable amount.
    Invoice(InvoiceId),
    /// A credit note: less its payable amount.
    CreditNote(CreditNoteId),
    /// A rest given up: less its amount.
    WriteOff(InvoiceId),
    /// A payment: less its amount.
    Payment(PaymentId),
    /// Money given back.
    Refund(PaymentId),
    /// A payment that did not happen after all.
    Reversal(PaymentId),
}

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementEntry {
    /// The day: of issue, of payment, of write-off.
    pub date: NaiveDate,
    /// What it is.
    pub kind: StatementEntryKind,
    /// The document's number or the payment's external reference.
    pub reference: Option<String>,
    /// What it adds to what the client owes.
    pub amount: Money,
    /// What the client owes after it.
    pub balance: Money,
}

/// A client's account in one currency: entries sorted by day and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What the client owed before the first entry of this page.
    pub opening: Money,
    /// A page of entries.
    pub entries: Vec<StatementEntry>,
    /// What the client owes after the last entry of this page.
    pub closing: Money,
    /// Where the next page starts.
    pub next: Option<Cursor>,
}
