use chrono::NaiveDate;
use invoice_core::ports::{DateRange, Direction, InvoiceQuery, InvoiceSort, PageRequest};
use invoice_core::{Currency, InvoiceKind, PaymentState, Status, Violations};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Problem;
use crate::extract::PageParams;
use crate::routes::metadata_pair;
use crate::wire::read::{At, Reader};
use crate::wire::schema;

/// Which invoices. A range or text filter sorts the list by its own key; two that differ in it can't be
/// combined.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Most rows in the page, 1 to 100; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
    /// `created`, `issue_date`, `due_date`, `amount`, `number` or `customer`; by what is filtered if not said,
    /// else `created`. Rows that lack it are left out.
    #[param(inline)]
    sort: Option<Sort>,
    /// `asc` or `desc`; `desc` if not said.
    #[param(inline)]
    direction: Option<Order>,
    /// Of this status, without looking at a date.
    #[param(value_type = Option<schema::StatusName>)]
    status: Option<String>,
    /// Of this payment state.
    #[param(value_type = Option<schema::PaymentStateName>)]
    payment_state: Option<String>,
    /// Of this kind.
    #[param(value_type = Option<schema::InvoiceKindName>)]
    kind: Option<String>,
    /// Of this client.
    #[param(value_type = Option<schema::ClientId>)]
    client: Option<String>,
    /// In this currency.
    #[param(value_type = Option<schema::CurrencyCode>)]
    currency: Option<String>,
    /// With this pair of metadata: its key. Goes with `metadata_value`.
    metadata_key: Option<String>,
    /// With this pair of metadata: its value.
    metadata_value: Option<String>,
    /// Issued on this day or later; sorts by issue date.
    #[param(value_type = Option<schema::Date>)]
    issued_from: Option<String>,
    /// Issued on this day or earlier.
    #[param(value_type = Option<schema::Date>)]
    issued_to: Option<String>,
    /// Due on this day or later; sorts by due date.
    #[param(value_type = Option<schema::Date>)]
    due_from: Option<String>,
    /// Due on this day or earlier.
    #[param(value_type = Option<schema::Date>)]
    due_to: Option<String>,
    /// Past the due date on this day with something due; sorts by due date.
    #[param(value_type = Option<schema::Date>)]
    overdue_as_of: Option<String>,
    /// Payable amount of at least this, in `currency`; sorts by amount.
    #[param(value_type = Option<schema::AmountInput>)]
    amount_from: Option<String>,
    /// Payable amount of at most this, in `currency`.
    #[param(value_type = Option<schema::AmountInput>)]
    amount_to: Option<String>,
    /// Number starting with this; sorts by number.
    number_prefix: Option<String>,
    /// Customer's name starting with this, without regard to case; sorts by customer.
    customer_prefix: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    Created,
    IssueDate,
    DueDate,
    Amount,
    Number,
    Customer,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    Asc,
    Desc,
}

impl From<Sort> for InvoiceSort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Created => Self::Created,
            Sort::IssueDate => Self::IssueDate,
            Sort::DueDate => Self::DueDate,
            Sort::Amount => Self::Amount,
            Sort::Number => Self::Number,
            Sort::Customer => Self::Customer,
        }
    }
}

impl Filter {
    pub(super) fn read(mut self) -> Result<(InvoiceQuery, PageRequest), Problem> {
        let page = PageParams::new(self.limit, self.cursor.take()).request()?;
        let metadata = metadata_pair(self.metadata_key.take(), self.metadata_value.take())?;
        let query = self.query().map_err(Problem::from)?;
        Ok((InvoiceQuery { metadata, ..query }, page))
    }

    fn sort(&self) -> InvoiceSort {
        if let Some(sort) = self.sort {
            return sort.into();
        }
        let asked = |fields: &[&Option<String>]| fields.iter().any(|field| field.is_some());
        if asked(&[&self.issued_from, &self.issued_to]) {
            InvoiceSort::IssueDate
        } else if asked(&[&self.due_from, &self.due_to, &self.overdue_as_of]) {
            InvoiceSort::DueDate
        } else if asked(&[&self.amount_from, &self.amount_to]) {
            InvoiceSort::Amount
        } else if asked(&[&self.number_prefix]) {
            InvoiceSort::Number
        } else if asked(&[&self.customer_prefix]) {
            InvoiceSort::Customer
        } else {
            InvoiceSort::Created
        }
    }

    fn query(self) -> Result<InvoiceQuery, Violations> {
        let (mut reader, at) = (Reader::default(), At::Body);
        let sort = self.sort();
        let currency = reader.optional::<Currency>(&at.field("currency"), self.currency.as_deref());
        let mut amount = |name, text: Option<String>| {
            let Some(text) = text else { return Some(None) };
            if currency == Some(None) {
                let detail = "amounts compare within one currency only";
                reader.add(&at.field("currency"), invoice_core::Code::Required, detail);
            }
            reader.money(&at.field(name), &text, currency.flatten()).map(Some)
        };
        let amount_from = amount("amount_from", self.amount_from);
        let amount_to = amount("amount_to", self.amount_to);
        let status = reader.optional::<Status>(&at.field("status"), self.status.as_deref());
        let payment_state =
            reader.optional::<PaymentState>(&at.field("payment_state"), self.payment_state.as_deref());
        let kind = reader.optional::<InvoiceKind>(&at.field("kind"), self.kind.as_deref());
        let client = reader.optional(&at.field("client"), self.client.as_deref());
        let mut date =
            |name, text: Option<String>| reader.optional_date(&at.field(name), text.as_deref()).flatten();
        let issued = range(date("issued_from", self.issued_from), date("issued_to", self.issued_to));
        let due = range(date("due_from", self.due_from), date("due_to", self.due_to));
        let overdue_as_of = date("overdue_as_of", self.overdue_as_of);
        let query = InvoiceQuery {
            sort,
            direction: match self.direction {
                Some(Order::Asc) => Direction::Ascending,
                _ => Direction::Descending,
            },
            status: status.flatten(),
            payment_state: payment_state.flatten(),
            kind: kind.flatten(),
            client: client.flatten(),
            currency: currency.flatten(),
            metadata: None,
            issued,
            due,
            overdue_as_of,
            overdue_not_noted: false,
            amount_from: amount_from.flatten(),
            amount_to: amount_to.flatten(),
            number_prefix: self.number_prefix,
            customer_prefix: self.customer_prefix,
        };
        reader.finish(Some(query))
    }
}

fn range(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Option<DateRange> {
    (from.is_some() || to.is_some()).then_some(DateRange { from, to })
}
