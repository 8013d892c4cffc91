use invoice_core::TeamId;
use invoice_core::adapter::Order;
use invoice_core::ports::{ClientQuery, InvoiceQuery, ItemQuery, PageRequest, StoreError};

use super::builder::{Builder, Sorted};
use super::{Dialect, Statement, Value, metadata_pair};

/// A page of clients.
pub fn clients(
    dialect: Dialect<'_>,
    team: TeamId,
    query: &ClientQuery,
    request: &PageRequest,
) -> Result<Statement, StoreError> {
    let ClientQuery { name_prefix, archived, metadata } = query;
    let data = Builder::data(dialect);
    // See the list of invoices.
    let is_through = metadata.is_some() && (name_prefix.is_none() || dialect == Dialect::Sqlite);
    let mut list = match metadata {
        Some((key, value)) if is_through => {
            let through = ("metadata", "id", false);
            let mut list = Builder::select_through(dialect, &data, "clients", team, through);
            list.and("x.kind = 'client'");
            list.leading("x.pair", Value::Bytes(metadata_pair(key, value).to_vec()));
            list
        }
        _ => Builder::select(dialect, &data, "clients", team),
    };
    let Some(prefix) = name_prefix else {
        let columns = if is_through { ("x.created_at", "x.id") } else { ("d.created_at", "d.id") };
        return by_creation(list, *archived, Order::CLIENTS, request, columns);
    };
    if !is_through {
        list.has_pair("'client'", metadata.as_ref());
    }
    by_name(list, prefix, *archived, Order::CLIENTS_BY_NAME, request)
}

/// A page of items.
pub fn items(
    dialect: Dialect<'_>,
    team: TeamId,
    query: &ItemQuery,
    request: &PageRequest,
) -> Result<Statement, StoreError> {
    let ItemQuery { name_prefix, archived } = query;
    let list = Builder::select(dialect, &Builder::data(dialect), "items", team);
    match name_prefix {
        Some(prefix) => by_name(list, prefix, *archived, Order::ITEMS_BY_NAME, request),
        None => by_creation(list, *archived, Order::ITEMS, request, ("d.created_at", "d.id")),
    }
}

fn by_creation(
    mut list: Builder<'_>,
    archived: Option<bool>,
    order: Order,
    request: &PageRequest,
    (created, id): (&str, &str),
) -> Result<Statement, StoreError> {
    list.equal("d.archived", archived.map(Value::Bool));
    list.page(order, request, (created, Sorted::Instant), Some(id))
}

fn by_name(
    mut list: Builder<'_>,
    prefix: &str,
    archived: Option<bool>,
    order: Order,
    request: &PageRequest,
) -> Result<Statement, StoreError> {
    list.sorted_otherwise();
    list.begins(&InvoiceQuery::customer_key(prefix), "d.name_sort", "d.name_key");
    list.equal("d.archived", archived.map(Value::Bool));
    list.page(order, request, ("d.name_sort", Sorted::Text), Some("d.id"))
}
