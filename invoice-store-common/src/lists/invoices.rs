use invoice_core::adapter::{Key, Order, Position};
use invoice_core::ports::{InvoiceQuery, InvoiceSort, InvoiceSummary, PageRequest, StoreError};
use invoice_core::{Money, PaymentState, Status, TeamId};

use super::builder::{Builder, Sorted};
use super::{Dialect, Statement, Value, metadata_pair};

/// The columns of a list of invoices, in order: those of an [`InvoiceSummary`], then `customer_sort`, which
/// its position needs.
pub const INVOICE_COLUMNS: [&str; 16] = [
    "id",
    "version",
    "subtype",
    "status",
    "payment_state",
    "number",
    "client",
    "customer_name",
    "issue_date",
    "due_date",
    "currency",
    "payable",
    "due",
    "created_at",
    "updated_at",
    "customer_sort",
];

/// A page of a list of invoices, with [`INVOICE_COLUMNS`]. A query that can't be answered is refused.
pub fn invoices(
    dialect: Dialect<'_>,
    team: TeamId,
    query: &InvoiceQuery,
    request: &PageRequest,
) -> Result<Statement, StoreError> {
    let columns = INVOICE_COLUMNS.map(|name| format!("d.{name}")).join(", ");
    let list = listed(dialect, &columns, team, query)?;
    let through = query.metadata.is_some();
    let (key, id) = match query.sort {
        InvoiceSort::Created if through => (("x.created_at", Sorted::Instant), Some("x.id")),
        InvoiceSort::Created => (("d.created_at", Sorted::Instant), Some("d.id")),
        InvoiceSort::IssueDate => (("d.issue_date", Sorted::Date), Some("d.id")),
        InvoiceSort::DueDate => (("d.due_date", Sorted::Date), Some("d.id")),
        InvoiceSort::Amount => (("d.payable", Sorted::Number), Some("d.id")),
        // Numbers are unique, and shorter than what of a text is sorted by.
        InvoiceSort::Number => (("d.number", Sorted::Text), None),
        // One client's invoices have next to one name: their index leads to them, that of names to others' first.
        InvoiceSort::Customer if query.client.is_some() => {
            (("(d.customer_sort || '')", Sorted::Text), Some("d.id"))
        }
        InvoiceSort::Customer => (("d.customer_sort", Sorted::Text), Some("d.id")),
    };
    list.page(Order::of_invoices(query), request, key, id)
}

/// How many a list has.
pub fn count_invoices(
    dialect: Dialect<'_>,
    team: TeamId,
    query: &InvoiceQuery,
) -> Result<Statement, StoreError> {
    Ok(listed(dialect, "count(*)", team, query)?.finish())
}

/// Where a row stands in its list; `None` if it lacks what the list is sorted by.
pub fn invoice_position(sort: InvoiceSort, row: &InvoiceSummary, customer_sort: &str) -> Option<Position> {
    let key = match sort {
        InvoiceSort::Created => Key::instant(row.created_at),
        InvoiceSort::IssueDate => Key::date(row.issue_date?),
        InvoiceSort::DueDate => Key::date(row.due_date?),
        InvoiceSort::Amount => Key::Number(row.payable.minor()),
        InvoiceSort::Number => Key::text(row.number.as_deref()?),
        InvoiceSort::Customer => Key::text(customer_sort),
    };
    Some((key, row.id.as_uuid()))
}

fn listed<'a>(
    dialect: Dialect<'a>,
    columns: &str,
    team: TeamId,
    query: &InvoiceQuery,
) -> Result<Builder<'a>, StoreError> {
    if let Err(violations) = query.validate()
        && let Some(first) = violations.into_iter().next()
    {
        return Err(StoreError::Refused(first));
    }
    let InvoiceQuery {
        sort,
        direction: _,
        status,
        payment_state,
        kind,
        client,
        currency: _,
        metadata,
        issued,
        due,
        overdue_as_of,
        overdue_not_noted,
        amount_from,
        amount_to,
        number_prefix,
        customer_prefix,
    } = query;
    let mut list = match metadata {
        Some((key, value)) if is_through_metadata(dialect, *sort) => {
            let through = ("metadata", "id", true);
            let mut list = Builder::select_through(dialect, columns, "documents", team, through);
            list.and("x.kind = 'invoice'");
            list.leading("x.pair", Value::Bytes(metadata_pair(key, value).to_vec()));
            list
        }
        _ => Builder::select(dialect, columns, "documents", team),
    };
    list.and("d.kind = 'invoice'");
    if *sort != InvoiceSort::Created {
        list.sorted_otherwise();
        if !is_through_metadata(dialect, *sort) {
            list.has_pair("'invoice'", metadata.as_ref());
        }
    }
    match sort {
        InvoiceSort::Created | InvoiceSort::Customer | InvoiceSort::Amount => {}
        InvoiceSort::IssueDate => list.and("d.issue_date IS NOT NULL"),
        InvoiceSort::DueDate => list.and("d.due_date IS NOT NULL"),
        InvoiceSort::Number => list.and("d.number IS NOT NULL"),
    }
    let numbered = matches!(sort, InvoiceSort::IssueDate | InvoiceSort::DueDate | InvoiceSort::Number);
    if numbered && *status == Some(Status::Draft) {
        // No draft has what the list is sorted by; the database would read all others to find out.
        list.and("FALSE");
    }
    let text = |text: &'static str| Value::Text(text.to_owned());
    list.equal("d.status", status.map(|it| text(it.as_str())));
    list.equal("d.payment_state", payment_state.map(|it| text(it.as_str())));
    list.equal("d.subtype", kind.map(|it| text(it.as_str())));
    list.of_client(client.map(invoice_core::ClientId::as_uuid));
    let currency = query.currency().map(|it| Value::Text(it.code().to_owned()));
    match (sort, currency) {
        (InvoiceSort::Amount, Some(currency)) => list.leading("d.currency", currency),
        (_, currency) => list.beside("d.currency", currency),
    }
    list.within("d.issue_date", *issued);
    list.within("d.due_date", *due);
    // Both say the same of an open invoice; the second is what the index of open ones is by.
    let open = status.is_some_and(is_open) || payment_state.is_some_and(is_unsettled);
    if overdue_as_of.is_some() || open && *sort == InvoiceSort::DueDate {
        list.and("d.live AND d.due > 0");
    }
    if let Some(as_of) = overdue_as_of {
        list.before("d.due_date", *as_of);
    }
    if *overdue_not_noted {
        list.and("NOT d.overdue_noted");
    }
    for (sign, amount) in [("d.payable >=", amount_from), ("d.payable <=", amount_to)] {
        if let Some(amount) = amount.map(Money::minor) {
            list.and_value(sign, Value::Int(amount));
        }
    }
    if let Some(prefix) = number_prefix {
        list.begins(prefix, "d.number", "d.number");
    }
    if let Some(prefix) = customer_prefix {
        list.begins(&InvoiceQuery::customer_key(prefix), "d.customer_sort", "d.customer_key");
    }
    Ok(list)
}

/// Whether a metadata pair leads to the invoices: its index is by creation, too. In other orders PostgreSQL
/// knows how many have the pair and decides; SQLite sorts those that have it, as most pairs are rare.
fn is_through_metadata(dialect: Dialect<'_>, sort: InvoiceSort) -> bool {
    sort == InvoiceSort::Created || dialect == Dialect::Sqlite
}

/// Statuses that only invoices with something due have.
const fn is_open(status: Status) -> bool {
    matches!(status, Status::Uncollectible | Status::PartiallyPaid | Status::Sent | Status::Issued)
}

const fn is_unsettled(state: PaymentState) -> bool {
    matches!(state, PaymentState::Unpaid | PaymentState::PartiallyPaid)
}
