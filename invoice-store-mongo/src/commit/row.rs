//! The fields of a stored record: what is queried or kept unique, and the record itself.

use invoice_core::adapter::DocumentRow;
use invoice_core::change::Record;
use invoice_core::ports::{InvoiceQuery, StoreError};
use invoice_core::{Allocation, Client, CommitId, InvoiceId, Item, Metadata, Payment, Series};
use invoice_store_common::lists::metadata_pair;
use mongodb::bson::raw::{BindRawBsonRef, CStr, RawArrayBuf, RawDocumentBuf, cstr};

use crate::bridge;
use crate::layout::{bytes, date, instant, uuid};

/// Fields to be written, and those that are not there any more.
#[derive(Default)]
pub(super) struct Row {
    pub(super) set: RawDocumentBuf,
    pub(super) unset: RawDocumentBuf,
}

/// As a 64-bit integer, which it fits: versions, sequences and amounts are bounded in core.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Row {
    /// The row of a record. A draft's list key is its client's name as it is now.
    pub(super) fn of(record: &Record, commit: CommitId, client_name: &str) -> Result<Self, StoreError> {
        let mut row = Self::default();
        row.put(cstr!("version"), int(record.version().get()));
        row.put(cstr!("commit"), uuid(commit.as_uuid()));
        match record {
            Record::Client(client) => row.client(client),
            Record::Item(item) => row.item(item),
            Record::Supplier(_) => {}
            Record::Series(series) => row.series(series),
            Record::Payment(payment) => row.payment(payment),
            Record::Invoice(_) | Record::CreditNote(_) | Record::Quote(_) => {
                if let Some(document) = DocumentRow::of(record) {
                    row.document(&document, client_name);
                }
            }
        }
        if let Record::Invoice(invoice) = record {
            row.pairs(invoice.metadata());
        }
        let kind = record.id().kind().as_str();
        let body = match record {
            Record::Client(record) => bridge::to_bson(kind, record),
            Record::Item(record) => bridge::to_bson(kind, record),
            Record::Supplier(record) => bridge::to_bson(kind, record),
            Record::Series(record) => bridge::to_bson(kind, record),
            Record::Invoice(record) => bridge::to_bson(kind, record),
            Record::CreditNote(record) => bridge::to_bson(kind, record),
            Record::Quote(record) => bridge::to_bson(kind, record),
            Record::Payment(record) => bridge::to_bson(kind, record),
        }?;
        row.put(cstr!("record"), body);
        Ok(row)
    }

    fn put(&mut self, name: &CStr, value: impl BindRawBsonRef) {
        self.set.append(name, value);
    }

    fn put_if(&mut self, name: &CStr, value: Option<impl BindRawBsonRef>) {
        match value {
            Some(value) => self.set.append(name, value),
            None => self.unset.append(name, ""),
        }
    }

    fn named(&mut self, name: &str) {
        let key = InvoiceQuery::customer_key(name);
        self.put(cstr!("name_sort"), InvoiceQuery::sort_text(&key));
        self.put(cstr!("name_key"), key.as_str());
    }

    fn pairs(&mut self, metadata: &Metadata) {
        let pairs: RawArrayBuf =
            metadata.iter().map(|(key, value)| bytes(metadata_pair(key, value))).collect();
        self.put_if(cstr!("pairs"), (!pairs.is_empty()).then_some(pairs));
    }

    fn client(&mut self, client: &Client) {
        self.put(cstr!("created_at"), instant(client.created_at()));
        self.put(cstr!("archived"), client.is_archived());
        self.named(client.party().name());
        self.pairs(client.metadata());
    }

    fn item(&mut self, item: &Item) {
        self.put(cstr!("created_at"), instant(item.created_at()));
        self.put(cstr!("archived"), item.is_archived());
        self.named(item.name());
        self.put_if(cstr!("code"), item.code());
    }

    fn series(&mut self, series: &Series) {
        self.put(cstr!("created_at"), instant(series.created_at()));
        self.put(cstr!("archived"), series.is_archived());
        self.put(cstr!("document_type"), series.document_type().as_str());
        self.put(cstr!("name"), series.name());
        self.put_if(cstr!("name_in_use"), (!series.is_archived()).then(|| series.name()));
    }

    fn payment(&mut self, payment: &Payment) {
        self.put(cstr!("client"), uuid(payment.client().as_uuid()));
        self.put(cstr!("date"), date(payment.date()));
        self.put(cstr!("currency"), payment.currency().code());
        self.put(cstr!("amount"), payment.amount().minor());
        self.put(cstr!("unallocated"), payment.unallocated().minor());
        self.put_if(cstr!("has_unallocated"), payment.unallocated().is_positive().then_some(true));
        self.put_if(cstr!("external_reference"), payment.external_reference());
        let mut invoices: Vec<_> = payment.allocations().iter().map(Allocation::invoice).collect();
        // Several parts of one payment may go to one invoice.
        invoices.sort_unstable();
        invoices.dedup();
        let invoices: RawArrayBuf = invoices.into_iter().map(|id| uuid(id.as_uuid())).collect();
        self.put(cstr!("invoices"), invoices);
        self.put(cstr!("refunded"), !payment.refunds().is_empty());
        self.put_if(cstr!("reversed_on"), payment.reversal().map(|reversal| date(reversal.date())));
        self.put(cstr!("created_at"), instant(payment.created_at()));
    }

    fn document(&mut self, document: &DocumentRow<'_>, client_name: &str) {
        let is_open = document.open().is_some();
        let DocumentRow {
            kind: _,
            subtype,
            status,
            payment_state,
            client,
            invoice,
            place,
            number,
            issue_date,
            due_date,
            last_day,
            payable,
            due,
            live,
            written_off,
            customer_name,
            overdue_noted,
            created_at,
            updated_at,
        } = *document;
        self.put(cstr!("status"), status);
        self.put_if(cstr!("subtype"), subtype);
        self.put_if(cstr!("payment_state"), payment_state);
        self.put(cstr!("client"), uuid(client.as_uuid()));
        self.put_if(cstr!("invoice"), invoice.map(InvoiceId::as_uuid).map(uuid));
        self.put_if(cstr!("series"), place.map(|(counter, _)| uuid(counter.series.as_uuid())));
        self.put_if(cstr!("period"), place.map(|(counter, _)| counter.period.to_string()));
        self.put_if(cstr!("seq"), place.map(|(_, seq)| int(seq)));
        self.put_if(cstr!("number"), number);
        self.put_if(cstr!("number_sort"), number.map(InvoiceQuery::sort_text));
        self.put_if(cstr!("issue_date"), issue_date.map(date));
        self.put_if(cstr!("due_date"), due_date.map(date));
        self.put_if(cstr!("last_day"), last_day.map(date));
        self.put(cstr!("currency"), payable.currency().code());
        self.put(cstr!("payable"), payable.minor());
        self.put(cstr!("due"), due.minor());
        self.put(cstr!("live"), live);
        self.put(cstr!("written_off"), written_off);
        self.put_if(cstr!("customer_name"), customer_name);
        let key = customer_name.map(InvoiceQuery::customer_key);
        let key = key.as_deref().unwrap_or(client_name);
        self.put(cstr!("customer_key"), key);
        self.put(cstr!("customer_sort"), InvoiceQuery::sort_text(key));
        self.put(cstr!("overdue_noted"), overdue_noted);
        self.put_if(cstr!("open"), is_open.then_some(true));
        self.put(cstr!("created_at"), instant(created_at));
        self.put(cstr!("updated_at"), instant(updated_at));
    }
}
