use chrono::NaiveDate;
use invoice_core::ports::{
    AgingRow, RevenueRow, Statement, StatementEntry, StatementEntryKind, TaxSummaryRow,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::amount::Amount;
use super::schema;

/// What is due in one currency, by how long it is past its due date.
#[derive(Serialize, ToSchema)]
#[schema(as = AgingRow)]
pub(crate) struct AgingView {
    #[schema(value_type = schema::CurrencyCode)]
    currency: invoice_core::Currency,
    /// Not past the due date.
    current: Amount,
    /// 1 to 30 days past.
    days_1_to_30: Amount,
    /// 31 to 60 days past.
    days_31_to_60: Amount,
    /// 61 to 90 days past.
    days_61_to_90: Amount,
    /// More than 90 days past.
    over_90_days: Amount,
}

impl From<&AgingRow> for AgingView {
    fn from(row: &AgingRow) -> Self {
        Self {
            currency: row.current.currency(),
            current: row.current.into(),
            days_1_to_30: row.days_1_to_30.into(),
            days_31_to_60: row.days_31_to_60.into(),
            days_61_to_90: row.days_61_to_90.into(),
            over_90_days: row.over_90_days.into(),
        }
    }
}

/// What is due, by age.
#[derive(Serialize, ToSchema)]
#[schema(as = Aging)]
pub(crate) struct AgingReport {
    /// The day the ages are of.
    #[schema(value_type = schema::Date)]
    pub(crate) as_of: NaiveDate,
    /// One row for each currency.
    pub(crate) rows: Vec<AgingView>,
}

/// Taxable amount and tax of one group.
#[derive(Serialize, ToSchema)]
#[schema(as = TaxSummaryRow)]
pub(crate) struct TaxSummaryView {
    #[schema(value_type = schema::TaxSchemeName)]
    scheme: invoice_core::tax::TaxScheme,
    #[schema(value_type = Option<schema::CategoryCode>)]
    category: Option<invoice_core::tax::TaxCategory>,
    /// The rate in percent.
    #[schema(value_type = schema::Decimal)]
    rate: invoice_core::TaxRate,
    /// Whether the buyer keeps it back.
    withheld: bool,
    #[schema(value_type = schema::CurrencyCode)]
    currency: invoice_core::Currency,
    taxable: Amount,
    tax: Amount,
}

impl From<&TaxSummaryRow> for TaxSummaryView {
    fn from(row: &TaxSummaryRow) -> Self {
        Self {
            scheme: row.scheme,
            category: row.category,
            rate: row.rate,
            withheld: row.withheld,
            currency: row.taxable.currency(),
            taxable: row.taxable.into(),
            tax: row.tax.into(),
        }
    }
}

/// What was invoiced and credited in one month and currency, without tax.
#[derive(Serialize, ToSchema)]
#[schema(as = RevenueRow)]
pub(crate) struct RevenueView {
    /// The month of issue.
    #[schema(value_type = schema::Month)]
    month: invoice_core::Month,
    #[schema(value_type = schema::CurrencyCode)]
    currency: invoice_core::Currency,
    /// Invoices without tax, less the advances they deduct.
    invoiced: Amount,
    /// Credit notes without tax.
    credited: Amount,
    /// Invoices issued and not void.
    invoices: u64,
    /// Credit notes issued.
    credit_notes: u64,
}

impl From<&RevenueRow> for RevenueView {
    fn from(row: &RevenueRow) -> Self {
        Self {
            month: row.month,
            currency: row.invoiced.currency(),
            invoiced: row.invoiced.into(),
            credited: row.credited.into(),
            invoices: row.invoices,
            credit_notes: row.credit_notes,
        }
    }
}

/// The rows of a report.
#[derive(Serialize, ToSchema)]
#[schema(as = Rows)]
pub(crate) struct RowsView<T> {
    /// The rows.
    pub(crate) rows: Vec<T>,
}

/// One line of a statement.
#[derive(Serialize, ToSchema)]
#[schema(as = StatementEntry)]
pub(crate) struct StatementEntryView<'a> {
    /// The day: of issue, of payment, of write-off.
    #[schema(value_type = schema::Date)]
    date: NaiveDate,
    #[schema(value_type = schema::StatementKind)]
    kind: &'static str,
    /// The invoice, credit note or payment.
    id: String,
    /// The document's number or the payment's external reference.
    reference: Option<&'a str>,
    /// What it adds to what the client owes.
    amount: Amount,
    /// What the client owes after it.
    balance: Amount,
}

impl<'a> From<&'a StatementEntry> for StatementEntryView<'a> {
    fn from(entry: &'a StatementEntry) -> Self {
        let (kind, id) = match &entry.kind {
            StatementEntryKind::Invoice(id) => ("invoice", id.to_string()),
            StatementEntryKind::CreditNote(id) => ("credit_note", id.to_string()),
            StatementEntryKind::WriteOff(id) => ("write_off", id.to_string()),
            StatementEntryKind::Payment(id) => ("payment", id.to_string()),
            StatementEntryKind::Refund(id) => ("refund", id.to_string()),
            StatementEntryKind::Reversal(id) => ("reversal", id.to_string()),
        };
        Self {
            date: entry.date,
            kind,
            id,
            reference: entry.reference.as_deref(),
            amount: entry.amount.into(),
            balance: entry.balance.into(),
        }
    }
}

/// A client's account in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = Statement)]
pub(crate) struct StatementView<'a> {
    #[schema(value_type = schema::CurrencyCode)]
    currency: invoice_core::Currency,
    /// What the client owed before the first entry of this page.
    opening: Amount,
    /// A page of entries.
    items: Vec<StatementEntryView<'a>>,
    /// What the client owes after the last entry of this page.
    closing: Amount,
    /// Where the next page starts.
    next_cursor: Option<&'a str>,
}

impl<'a> From<&'a Statement> for StatementView<'a> {
    fn from(statement: &'a Statement) -> Self {
        Self {
            currency: statement.opening.currency(),
            opening: statement.opening.into(),
            items: statement.entries.iter().map(StatementEntryView::from).collect(),
            closing: statement.closing.into(),
            next_cursor: statement.next.as_ref().map(invoice_core::ports::Cursor::as_str),
        }
    }
}
