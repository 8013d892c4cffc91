use async_trait::async_trait;
use invoice_core::adapter::Order;
use invoice_core::change::AggregateKind;
use invoice_core::ports::{
    InvoiceQuery, InvoiceSort, InvoiceSummary, Invoices, Page, PageRequest, StoreError, TradingContext,
};
use invoice_core::{ClientId, Currency, Invoice, InvoiceId, Money, PaymentState, Status, TeamId, Version};
use invoice_store_common::lists::invoice_position;
use mongodb::bson::doc;
use mongodb::bson::raw::RawDocumentBuf;
use mongodb::options::Hint;

use super::Question;
use super::list::{List, Sorted};
use super::row::{count, money, named};
use crate::MongoStore;
use crate::error::{store_error, unreadable};
use crate::layout::{Fields, date, there};

const KIND: AggregateKind = AggregateKind::Invoice;

/// The fields of a summary, and the one more that its position in a list needs.
const SUMMARY: [&str; 16] = [
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

#[async_trait]
impl Invoices for MongoStore {
    async fn invoice(&self, team: TeamId, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
        self.record_by_id(team, KIND, id.as_uuid()).await
    }

    async fn invoice_by_number(&self, team: TeamId, number: &str) -> Result<Option<Invoice>, StoreError> {
        self.record(KIND, by_number(team, KIND, number)).await
    }

    async fn invoice_with_context(
        &self,
        team: TeamId,
        id: InvoiceId,
    ) -> Result<Option<(Invoice, TradingContext)>, StoreError> {
        self.read_with_context(team, id).await
    }

    async fn invoices(
        &self,
        team: TeamId,
        query: &InvoiceQuery,
        page: &PageRequest,
    ) -> Result<Page<InvoiceSummary>, StoreError> {
        let order = Order::of_invoices(query);
        let rows = match listed(team, query)?.page(order, page)? {
            Some(question) => self.find_all(question.only(&SUMMARY)).await?,
            None => Vec::new(),
        };
        let page = Page::from_overfull(rows, page, |row| {
            let customer = there("customer_sort", Fields(row).text("customer_sort")?)?;
            let position = invoice_position(query.sort, &summary(row)?, customer);
            order.cursor(&position.ok_or_else(|| unreadable("invoice", "it is not in its list"))?)
        })?;
        Ok(Page { items: page.items.iter().map(summary).collect::<Result<_, _>>()?, next: page.next })
    }

    async fn count_invoices(&self, team: TeamId, query: &InvoiceQuery) -> Result<u64, StoreError> {
        let Some((index, filter)) = listed(team, query)?.filter() else { return Ok(0) };
        let hint = Hint::Name(index.to_owned());
        self.billing().count_documents(filter).hint(hint).await.map_err(store_error)
    }
}

/// The document of a kind with a number, which is one among all kinds.
pub(super) fn by_number(team: TeamId, kind: AggregateKind, number: &str) -> Question {
    Question::new(team, "document_number", doc! { "number": number, "kind": kind.as_str() })
}

fn listed(team: TeamId, query: &InvoiceQuery) -> Result<List, StoreError> {
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
    // Both say the same of an open invoice; the second is what the index of open ones is by.
    let open = status.is_some_and(is_open) || payment_state.is_some_and(is_unsettled);
    let open = overdue_as_of.is_some() || open && *sort == InvoiceSort::DueDate;
    let (index, key) = walked(query, open);
    let mut list = List::new(team, KIND, index, key);

    match sort {
        InvoiceSort::Created | InvoiceSort::Customer | InvoiceSort::Amount => {}
        InvoiceSort::IssueDate | InvoiceSort::DueDate | InvoiceSort::Number => {
            list.that(key.0, doc! { "$exists": true });
            if *status == Some(Status::Draft) {
                list.nothing();
            }
        }
    }
    list.equal("open", open.then_some(true));
    list.equal("status", status.map(Status::as_str));
    list.equal("payment_state", payment_state.map(PaymentState::as_str));
    list.equal("subtype", kind.map(invoice_core::InvoiceKind::as_str));
    list.of("client", client.map(ClientId::as_uuid));
    list.equal("currency", query.currency().map(|currency| currency.code().to_owned()));
    list.has_pair(metadata.as_ref());
    list.days("issue_date", *issued);
    list.days("due_date", *due);
    if let Some(as_of) = overdue_as_of {
        list.that("due_date", doc! { "$lt": date(*as_of) });
    }
    list.equal("overdue_noted", overdue_not_noted.then_some(false));
    for (sign, amount) in [("$gte", amount_from), ("$lte", amount_to)] {
        if let Some(amount) = amount.map(Money::minor) {
            list.that("payable", doc! { sign: amount });
        }
    }
    if let Some(prefix) = number_prefix {
        list.begins(prefix, "number_sort", "number");
    }
    if let Some(prefix) = customer_prefix {
        list.begins(&InvoiceQuery::customer_key(prefix), "customer_sort", "customer_key");
    }
    Ok(list)
}

/// The index that has the order, with as much of the filter as one can have, and what it is sorted by.
fn walked(query: &InvoiceQuery, open: bool) -> (&'static str, (&'static str, Sorted)) {
    // What few invoices share leads to them in each order; walking all to find them would read them all.
    let by = |pairs, client, all| match query {
        InvoiceQuery { metadata: Some(_), .. } => pairs,
        InvoiceQuery { client: Some(_), .. } => client,
        _ => all,
    };
    match query.sort {
        InvoiceSort::Created => {
            let all = if query.status.is_some() {
                "invoice_status"
            } else if query.payment_state.is_some() {
                "invoice_payment_state"
            } else {
                "invoice_created"
            };
            (by("invoice_pairs", "invoice_client", all), ("created_at", Sorted::Instant))
        }
        InvoiceSort::IssueDate => {
            let index = by("invoice_pairs_issued", "invoice_client_issued", "invoice_issued");
            (index, ("issue_date", Sorted::Date))
        }
        InvoiceSort::DueDate => {
            let all = if open { "invoice_overdue" } else { "invoice_due" };
            (by("invoice_pairs_due", "invoice_client_due", all), ("due_date", Sorted::Date))
        }
        InvoiceSort::Amount => {
            let index = by("invoice_pairs_amount", "invoice_client_amount", "invoice_amount");
            (index, ("payable", Sorted::Number))
        }
        InvoiceSort::Number => {
            let index = by("invoice_pairs_number", "invoice_client_number", "invoice_number");
            (index, ("number_sort", Sorted::Text))
        }
        InvoiceSort::Customer => {
            let index = by("invoice_pairs_customer", "invoice_client_customer", "invoice_customer");
            (index, ("customer_sort", Sorted::Text))
        }
    }
}

/// Statuses that only invoices with something due have.
const fn is_open(status: Status) -> bool {
    matches!(status, Status::Uncollectible | Status::PartiallyPaid | Status::Sent | Status::Issued)
}

const fn is_unsettled(state: PaymentState) -> bool {
    matches!(state, PaymentState::Unpaid | PaymentState::PartiallyPaid)
}

fn summary(row: &RawDocumentBuf) -> Result<InvoiceSummary, StoreError> {
    let row = Fields(row);
    let currency: Currency = named(row, "currency")?;
    Ok(InvoiceSummary {
        id: InvoiceId::from_uuid(there("id", row.uuid("id")?)?),
        version: Version::new(count(row, "version")?),
        kind: named(row, "subtype")?,
        status: named(row, "status")?,
        payment_state: named(row, "payment_state")?,
        number: row.text("number")?.map(str::to_owned),
        client: ClientId::from_uuid(there("client", row.uuid("client")?)?),
        customer_name: row.text("customer_name")?.map(str::to_owned),
        issue_date: row.date("issue_date")?,
        due_date: row.date("due_date")?,
        payable: money(row, "payable", currency)?,
        due: money(row, "due", currency)?,
        created_at: there("created_at", row.instant("created_at")?)?,
        updated_at: there("updated_at", row.instant("updated_at")?)?,
    })
}
