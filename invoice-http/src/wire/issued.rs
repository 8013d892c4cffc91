//! What issuing and sending add to a document.

use invoice_core::{AccountingTotal, Issued, Sent, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::amount::Amount;
use super::party::PartyBody;
use super::schema;

/// The tax total in the currency VAT is accounted in (BT-111).
#[derive(Serialize, ToSchema)]
#[schema(as = AccountingTotal)]
pub(crate) struct AccountingTotalView<'a> {
    /// The currency (BT-6).
    #[schema(value_type = schema::CurrencyCode)]
    currency: invoice_core::Currency,
    /// The tax total in it.
    tax_total: Amount,
    /// Units of it for one unit of the document's currency.
    #[schema(value_type = schema::Decimal)]
    rate: invoice_core::ExchangeRate,
    /// The day the rate is of.
    #[schema(value_type = schema::Date)]
    rate_date: chrono::NaiveDate,
    /// Who published the rate.
    source: &'a str,
}

impl<'a> From<&'a AccountingTotal> for AccountingTotalView<'a> {
    fn from(total: &'a AccountingTotal) -> Self {
        Self {
            currency: total.currency(),
            tax_total: total.tax_total().into(),
            rate: total.rate(),
            rate_date: total.rate_date(),
            source: total.source(),
        }
    }
}

/// What was frozen at the issue.
#[derive(Serialize, ToSchema)]
#[schema(as = Issued)]
pub(crate) struct IssuedView<'a> {
    /// The number (BT-1).
    number: &'a str,
    /// The issue date (BT-2).
    #[schema(value_type = schema::Date)]
    issue_date: chrono::NaiveDate,
    /// The due date (BT-9).
    #[schema(value_type = Option<schema::Date>)]
    due_date: Option<chrono::NaiveDate>,
    /// When VAT becomes accountable (BT-7).
    #[schema(value_type = schema::Date)]
    tax_point: chrono::NaiveDate,
    /// The seller as it was (BG-4).
    supplier: PartyBody,
    /// The buyer as it was (BG-7).
    customer: PartyBody,
    /// The tax total in the currency VAT is accounted in, if that is another.
    accounting: Option<AccountingTotalView<'a>>,
    /// When it was issued.
    #[schema(value_type = schema::Instant)]
    issued_at: Timestamp,
    /// Who issued it.
    #[schema(value_type = Option<schema::UserId>)]
    issued_by: Option<UserId>,
    /// The document's link in its counter's hash chain.
    #[schema(value_type = schema::HashText)]
    hash: invoice_core::Hash,
    /// The link before it.
    #[schema(value_type = schema::HashText)]
    previous_hash: invoice_core::Hash,
}

impl<'a> From<&'a Issued> for IssuedView<'a> {
    fn from(issued: &'a Issued) -> Self {
        Self {
            number: issued.number(),
            issue_date: issued.issue_date(),
            due_date: issued.due_date(),
            tax_point: issued.tax_point(),
            supplier: issued.supplier().into(),
            customer: issued.customer().into(),
            accounting: issued.accounting().map(AccountingTotalView::from),
            issued_at: issued.issued_at(),
            issued_by: issued.issued_by(),
            hash: issued.seal().hash(),
            previous_hash: issued.seal().previous(),
        }
    }
}

/// How often and when a document was sent.
#[derive(Serialize, ToSchema)]
#[schema(as = Sent, example = json!({
    "count": 1, "first_at": "2026-03-02T09:00:00.000Z", "last_at": "2026-03-02T09:00:00.000Z"
}))]
pub(crate) struct SentView {
    /// How often.
    count: u32,
    /// The first time.
    #[schema(value_type = schema::Instant)]
    first_at: Timestamp,
    /// The last time.
    #[schema(value_type = schema::Instant)]
    last_at: Timestamp,
}

impl From<&Sent> for SentView {
    fn from(sent: &Sent) -> Self {
        Self { count: sent.count(), first_at: sent.first_at(), last_at: sent.last_at() }
    }
}
