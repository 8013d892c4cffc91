//! What lists are asked for.
//!
//! A list is sorted by one key, and a range or text filter is on that very key, so that every store can
//! answer it from an index at any depth. The other filters ask for equality.

use chrono::NaiveDate;

use crate::invoice::{PaymentState, Status};
use crate::quote::QuoteStatus;
use crate::{
    ClientId, Code, Currency, InvoiceId, InvoiceKind, Money, QuoteKind, Timestamp, Version, Violations,
};

/// The direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Smallest, oldest or first in the alphabet first.
    Ascending,
    /// Largest, newest or last in the alphabet first.
    #[default]
    Descending,
}

/// The key a list of invoices is sorted by. Rows that lack it are not in the list; rows alike in it are
/// sorted by identifier. Of a text the first 100 characters count, which an index and a cursor can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum InvoiceSort {
    /// When it was created.
    #[default]
    Created,
    /// The issue date; drafts are left out.
    IssueDate,
    /// The due date; drafts and invoices without one are left out.
    DueDate,
    /// The payable amount, in minor units of the currency filtered by.
    Amount,
    /// The number, by code points; drafts are left out.
    Number,
    /// The customer's name in lower case; as frozen at issue, or as it was when a draft was written.
    Customer,
}

/// A range of dates, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DateRange {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

/// Which invoices. [`InvoiceQuery::validate`] tells which combinations can be answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InvoiceQuery {
    /// Sorted by.
    pub sort: InvoiceSort,
    /// In this direction.
    pub direction: Direction,
    /// Of this status, as stored: [`Status::Overdue`] is asked for by `overdue_as_of`.
    pub status: Option<Status>,
    /// Of this payment state.
    pub payment_state: Option<PaymentState>,
    /// Of this kind.
    pub kind: Option<InvoiceKind>,
    /// Of this client.
    pub client: Option<ClientId>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// With this metadata pair.
    pub metadata: Option<(String, String)>,
    /// Issued in this range; sorted by issue date.
    pub issued: Option<DateRange>,
    /// Due in this range; sorted by due date.
    pub due: Option<DateRange>,
    /// Past the due date on this day with something due; sorted by due date.
    pub overdue_as_of: Option<NaiveDate>,
    /// Overdue and not yet announced by a sweep; with `overdue_as_of`.
    pub overdue_not_noted: bool,
    /// Payable amount of at least this; sorted by amount, with its currency.
    pub amount_from: Option<Money>,
    /// Payable amount of at most this; sorted by amount, with its currency.
    pub amount_to: Option<Money>,
    /// Number starting with this; sorted by number.
    pub number_prefix: Option<String>,
    /// Customer's name starting with this, without regard to case; sorted by customer.
    pub customer_prefix: Option<String>,
}

impl InvoiceQuery {
    /// All invoices, the newest first.
    ///
    /// ```
    /// use invoice_core::ports::{InvoiceQuery, InvoiceSort};
    ///
    /// let query = InvoiceQuery { number_prefix: Some("INV-2026".into()), sort: InvoiceSort::Number, ..InvoiceQuery::new() };
    /// assert!(query.validate().is_ok());
    /// let query = InvoiceQuery { sort: InvoiceSort::Created, ..query };
    /// assert!(query.validate().is_err());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The currency asked for, also by an amount.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
            .or_else(|| self.amount_from.map(Money::currency))
            .or_else(|| self.amount_to.map(Money::currency))
    }

    /// Refuses combinations that no index answers.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        let mut needs = |asked: bool, pointer: &str, sort: InvoiceSort, name: &str| {
            if asked && self.sort != sort {
                found.add(
                    pointer,
                    Code::Inconsistent,
                    format!("this filter needs the list sorted by {name}"),
                );
            }
        };
        needs(self.issued.is_some(), "/issued", InvoiceSort::IssueDate, "issue date");
        needs(self.due.is_some(), "/due", InvoiceSort::DueDate, "due date");
        needs(self.overdue_as_of.is_some(), "/overdue_as_of", InvoiceSort::DueDate, "due date");
        needs(self.amount_from.is_some(), "/amount_from", InvoiceSort::Amount, "amount");
        needs(self.amount_to.is_some(), "/amount_to", InvoiceSort::Amount, "amount");
        needs(self.number_prefix.is_some(), "/number_prefix", InvoiceSort::Number, "number");
        needs(self.customer_prefix.is_some(), "/customer_prefix", InvoiceSort::Customer, "customer");
        if self.status == Some(Status::Overdue) {
            found.add(
                "/status",
                Code::Inconsistent,
                "ask for overdue invoices by the date they are overdue on",
            );
        }
        if self.overdue_not_noted && self.overdue_as_of.is_none() {
            found.add("/overdue_not_noted", Code::Inconsistent, "needs the date they are overdue on");
        }
        if self.sort == InvoiceSort::Amount && self.currency().is_none() {
            found.add("/currency", Code::Required, "amounts compare within one currency only");
        }
        let currencies =
            [self.currency, self.amount_from.map(Money::currency), self.amount_to.map(Money::currency)];
        if currencies.into_iter().flatten().any(|currency| Some(currency) != self.currency()) {
            found.add("/currency", Code::MixedCurrencies, "the amounts are in other currencies");
        }
        found.into_result()
    }

    /// The part of a text that lists are sorted by, its first 100 characters: at most 400 bytes, which any
    /// index and cursor can hold.
    ///
    /// ```
    /// use invoice_core::ports::InvoiceQuery;
    ///
    /// assert_eq!(InvoiceQuery::sort_text("INV-2026-00001"), "INV-2026-00001");
    /// assert_eq!(InvoiceQuery::sort_text(&"é".repeat(101)).chars().count(), 100);
    /// ```
    pub fn sort_text(text: &str) -> &str {
        text.char_indices().nth(100).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
    }

    /// The form in which customers' names are compared.
    pub fn customer_key(name: &str) -> String {
        name.to_lowercase()
    }
}

/// A row of a list of invoices.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of the invoice it says")]
pub struct InvoiceSummary {
    pub id: InvoiceId,
    pub version: Version,
    pub kind: InvoiceKind,
    /// As stored: never [`Status::Overdue`].
    pub status: Status,
    pub payment_state: PaymentState,
    pub number: Option<String>,
    pub client: ClientId,
    /// The name as frozen at issue; `None` for a draft.
    pub customer_name: Option<String>,
    pub issue_date: Option<NaiveDate>,
    pub due_date: Option<NaiveDate>,
    pub payable: Money,
    pub due: Money,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl InvoiceSummary {
    /// What to show on a date, as [`Invoice::status`](crate::Invoice::status) does.
    pub fn status_on(&self, as_of: NaiveDate) -> Status {
        self.status.on(as_of, self.due_date, self.due)
    }

    /// The row of an invoice.
    pub fn of(invoice: &crate::Invoice) -> Self {
        let issued = invoice.issued();
        Self {
            id: invoice.id(),
            version: invoice.version(),
            kind: invoice.kind(),
            status: invoice.stored_status(),
            payment_state: invoice.payment_state(),
            number: invoice.number().map(str::to_owned),
            client: invoice.content().client(),
            customer_name: issued.map(|issued| issued.customer().name().to_owned()),
            issue_date: issued.map(crate::Issued::issue_date),
            due_date: issued.and_then(crate::Issued::due_date),
            payable: invoice.totals().payable(),
            due: invoice.due(),
            created_at: invoice.created_at(),
            updated_at: invoice.updated_at(),
        }
    }
}

/// Which credit notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CreditNoteQuery {
    /// Against this invoice.
    pub invoice: Option<InvoiceId>,
    /// Of this client.
    pub client: Option<ClientId>,
    /// Issued, or still drafts.
    pub issued: Option<bool>,
}

/// Which quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuoteQuery {
    /// Of this kind.
    pub kind: Option<QuoteKind>,
    /// Of this status.
    pub status: Option<QuoteStatus>,
    /// Of this client.
    pub client: Option<ClientId>,
    /// Open, with its last day before this one: what a sweep expires.
    pub expired_as_of: Option<NaiveDate>,
}

/// Which clients. Sorted by name if a prefix is asked for, else the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientQuery {
    /// Name starting with this, without regard to case.
    pub name_prefix: Option<String>,
    /// Archived, or not.
    pub archived: Option<bool>,
    /// With this metadata pair.
    pub metadata: Option<(String, String)>,
}

/// Which items. Sorted by name if a prefix is asked for, else the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemQuery {
    /// Name starting with this, without regard to case.
    pub name_prefix: Option<String>,
    /// Archived, or not.
    pub archived: Option<bool>,
}

/// Which payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PaymentQuery {
    /// Of this client.
    pub client: Option<ClientId>,
    /// Settling this invoice.
    pub invoice: Option<InvoiceId>,
    /// With something neither allocated nor given back.
    pub unallocated: Option<bool>,
}
