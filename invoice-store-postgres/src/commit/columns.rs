//! The typed columns of records.

use std::collections::HashMap;

use invoice_core::adapter::DocumentRow;
use invoice_core::change::{AggregateId, AggregateKind, Record};
use invoice_core::ports::InvoiceQuery;
use invoice_core::{ClientId, InvoiceId, Series};

use super::rows::Row;
use super::table::Table;
use super::value::Value;

/// The columns after the ordinal. Answers whether the server has to look the client's name up.
pub(super) fn document_columns<'a>(
    row: &mut Row<'a>,
    document: &DocumentRow<'a>,
    names: &HashMap<ClientId, &str>,
) -> bool {
    let draft = document.kind == AggregateKind::Invoice && document.customer_name.is_none();
    let name = document.customer_name.or_else(|| names.get(&document.client).copied());
    let look_up = draft && name.is_none();
    let key = if look_up { None } else { Some(InvoiceQuery::customer_key(name.unwrap_or_default())) };
    let sort = key.as_deref().map(|key| InvoiceQuery::sort_text(key).to_owned());
    let (counter, seq) = document.place.unzip();
    row.extend([
        Value::some_text(document.subtype),
        Value::text(document.status),
        Value::some_text(document.payment_state),
        Value::Uuid(document.client.as_uuid()),
        Value::some_uuid(document.invoice.map(InvoiceId::as_uuid)),
        Value::some_text(document.number),
        Value::some_uuid(counter.map(|counter| counter.series.as_uuid())),
        counter.map_or(Value::Null, |counter| Value::text(counter.period.to_string())),
        seq.map_or(Value::Null, Value::count),
        Value::date(document.issue_date),
        Value::date(document.due_date),
        Value::date(document.last_day),
        Value::text(document.payable.currency().code()),
        Value::Big(document.payable.minor()),
        Value::Big(document.due.minor()),
        Value::Bool(document.live),
        Value::Bool(document.written_off),
        Value::some_text(document.customer_name),
        key.map_or(Value::Null, Value::text),
        sort.map_or(Value::Null, Value::text),
        Value::Bool(document.overdue_noted),
        Value::instant(document.created_at),
        Value::instant(document.updated_at),
    ]);
    look_up
}

/// The columns after the ordinal, of what is no document.
pub(super) fn other_columns<'a>(row: &mut Row<'a>, record: &'a Record) {
    match record {
        Record::Client(client) => {
            named(row, client.party().name());
            row.extend([Value::Bool(client.is_archived()), Value::instant(client.created_at())]);
        }
        Record::Item(item) => {
            row.push(Value::some_text(item.code()));
            named(row, item.name());
            row.extend([Value::Bool(item.is_archived()), Value::instant(item.created_at())]);
        }
        Record::Series(series) => row.extend(series_columns(series)),
        Record::Payment(payment) => row.extend([
            Value::Uuid(payment.client().as_uuid()),
            Value::Date(payment.date()),
            Value::text(payment.currency().code()),
            Value::Big(payment.amount().minor()),
            Value::Big(payment.unallocated().minor()),
            Value::some_text(payment.external_reference()),
            Value::Bool(!payment.refunds().is_empty()),
            Value::date(payment.reversal().map(invoice_core::Reversal::date)),
            Value::instant(payment.created_at()),
        ]),
        Record::Supplier(_) | Record::Invoice(_) | Record::CreditNote(_) | Record::Quote(_) => {}
    }
}

fn series_columns(series: &Series) -> [Value<'_>; 5] {
    let name = Some(series.name());
    [
        Value::text(series.document_type().as_str()),
        Value::some_text(name),
        Value::some_text(name.filter(|_| !series.is_archived())),
        Value::Bool(series.is_archived()),
        Value::instant(series.created_at()),
    ]
}

fn named(row: &mut Row<'_>, name: &str) {
    let key = InvoiceQuery::customer_key(name);
    let sort = InvoiceQuery::sort_text(&key).to_owned();
    row.extend([Value::text(key), Value::text(sort)]);
}

pub(super) fn key_and_version(id: AggregateId, version: u64) -> Row<'static> {
    let version = Value::count(version);
    match Table::of(id) {
        Table::Suppliers => vec![version],
        Table::Documents => vec![Value::text(id.kind().as_str()), Value::Uuid(id.as_uuid()), version],
        Table::Clients | Table::Items | Table::Series | Table::Payments => {
            vec![Value::Uuid(id.as_uuid()), version]
        }
    }
}
