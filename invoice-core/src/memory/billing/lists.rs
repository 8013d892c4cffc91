//! Lists: a scan over the team's records, filtered and paged.

use chrono::NaiveDate;

use super::MemoryBilling;
use super::page::page;
use super::state::Ledger;
use crate::adapter::{Key, Order};
use crate::ports::{
    ClientQuery, CreditNoteQuery, DateRange, InvoiceQuery, InvoiceSort, InvoiceSummary, ItemQuery, Page,
    PageRequest, PaymentQuery, QuoteQuery, StoreError,
};
use crate::{Client, CreditNote, Invoice, Issued, Item, Metadata, Money, Payment, Quote, Series, TeamId};

fn fits<T: PartialEq>(wanted: Option<T>, found: &T) -> bool {
    wanted.is_none_or(|wanted| wanted == *found)
}

fn has_pair(metadata: &Metadata, wanted: Option<&(String, String)>) -> bool {
    wanted.is_none_or(|(key, value)| metadata.get(key) == Some(value))
}

pub(super) fn contains(range: DateRange, date: NaiveDate) -> bool {
    range.from.is_none_or(|from| from <= date) && range.to.is_none_or(|to| date <= to)
}

fn lies_in(range: Option<DateRange>, date: Option<NaiveDate>) -> bool {
    range.is_none_or(|range| date.is_some_and(|date| contains(range, date)))
}

fn starts_with(prefix: Option<&str>, name: &str) -> bool {
    prefix.is_none_or(|prefix| {
        InvoiceQuery::customer_key(name).starts_with(&InvoiceQuery::customer_key(prefix))
    })
}

impl Ledger {
    /// The invoices that a query asks for, with what they are sorted by.
    fn listed<'a>(&'a self, query: &'a InvoiceQuery) -> impl Iterator<Item = (Key, &'a Invoice)> {
        let prefix = query.customer_prefix.as_deref().map(InvoiceQuery::customer_key);
        let is_named = move |invoice: &Invoice| {
            prefix.as_ref().is_none_or(|it| self.customer(invoice.id()).starts_with(it))
        };
        self.invoices()
            .filter(|invoice| is_asked_for(query, invoice))
            .filter(move |invoice| is_named(invoice))
            .filter_map(|invoice| Some((self.key(query.sort, invoice)?, invoice)))
    }

    fn key(&self, sort: InvoiceSort, invoice: &Invoice) -> Option<Key> {
        match sort {
            InvoiceSort::Created => Some(Key::instant(invoice.created_at())),
            InvoiceSort::IssueDate => invoice.issued().map(|issued| Key::date(issued.issue_date())),
            InvoiceSort::DueDate => invoice.issued().and_then(Issued::due_date).map(Key::date),
            InvoiceSort::Amount => Some(Key::Number(invoice.totals().payable().minor())),
            InvoiceSort::Number => invoice.number().map(Key::text),
            InvoiceSort::Customer => Some(Key::text(self.customer(invoice.id()))),
        }
    }
}

/// All filters but the customer's name.
fn is_asked_for(query: &InvoiceQuery, invoice: &Invoice) -> bool {
    let payable = invoice.totals().payable();
    let at_least = |bound: Option<Money>| bound.is_none_or(|bound| payable >= bound);
    let at_most = |bound: Option<Money>| bound.is_none_or(|bound| payable <= bound);
    let InvoiceQuery {
        sort: _,
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
        customer_prefix: _,
    } = query;
    fits(*status, &invoice.stored_status())
        && fits(*payment_state, &invoice.payment_state())
        && fits(*kind, &invoice.kind())
        && fits(*client, &invoice.content().client())
        && fits(query.currency(), &payable.currency())
        && has_pair(invoice.metadata(), metadata.as_ref())
        && lies_in(*issued, invoice.issued().map(Issued::issue_date))
        && lies_in(*due, invoice.issued().and_then(Issued::due_date))
        && overdue_as_of.is_none_or(|as_of| invoice.is_overdue(as_of))
        && !(*overdue_not_noted && invoice.overdue_noted().is_some())
        && at_least(*amount_from)
        && at_most(*amount_to)
        && number_prefix
            .as_ref()
            .is_none_or(|it| invoice.number().is_some_and(|number| number.starts_with(it)))
}

fn validate(query: &InvoiceQuery) -> Result<(), StoreError> {
    let Err(violations) = query.validate() else { return Ok(()) };
    violations.into_iter().next().map_or(Ok(()), |first| Err(StoreError::Refused(first)))
}

impl MemoryBilling {
    pub(super) fn list_invoices(
        &self,
        team: TeamId,
        query: &InvoiceQuery,
        request: &PageRequest,
    ) -> Result<Page<InvoiceSummary>, StoreError> {
        validate(query)?;
        self.read(team, |ledger| {
            let rows = ledger.listed(query).map(|(key, invoice)| ((key, invoice.id().as_uuid()), invoice));
            page(Order::of_invoices(query), rows, request, InvoiceSummary::of)
        })
    }

    pub(super) fn count_listed_invoices(
        &self,
        team: TeamId,
        query: &InvoiceQuery,
    ) -> Result<u64, StoreError> {
        validate(query)?;
        Ok(self.read(team, |ledger| ledger.listed(query).map(|_| 1).sum()))
    }

    pub(super) fn list_credit_notes(
        &self,
        team: TeamId,
        query: &CreditNoteQuery,
        request: &PageRequest,
    ) -> Result<Page<CreditNote>, StoreError> {
        let CreditNoteQuery { invoice, client, issued } = *query;
        self.read(team, |ledger| {
            let rows = ledger
                .credit_notes()
                .filter(|note| fits(invoice, &note.invoice()))
                .filter(|note| fits(client, &note.client()))
                .filter(|note| fits(issued, &note.issued().is_some()))
                .map(|note| ((Key::instant(note.created_at()), note.id().as_uuid()), note));
            page(Order::CREDIT_NOTES, rows, request, CreditNote::clone)
        })
    }

    pub(super) fn list_quotes(
        &self,
        team: TeamId,
        query: &QuoteQuery,
        request: &PageRequest,
    ) -> Result<Page<Quote>, StoreError> {
        let QuoteQuery { kind, status, client, expired_as_of } = *query;
        self.read(team, |ledger| {
            let rows = ledger
                .quotes()
                .filter(|quote| fits(kind, &quote.kind()))
                .filter(|quote| fits(status, &quote.status()))
                .filter(|quote| fits(client, &quote.content().client()))
                .filter(|quote| expired_as_of.is_none_or(|as_of| quote.is_expired(as_of)))
                .map(|quote| ((Key::instant(quote.created_at()), quote.id().as_uuid()), quote));
            page(Order::QUOTES, rows, request, Quote::clone)
        })
    }

    pub(super) fn list_payments(
        &self,
        team: TeamId,
        query: &PaymentQuery,
        request: &PageRequest,
    ) -> Result<Page<Payment>, StoreError> {
        let PaymentQuery { client, invoice, unallocated } = *query;
        let settles = |payment: &Payment| {
            invoice.is_none_or(|invoice| payment.allocations().iter().any(|part| part.invoice() == invoice))
        };
        self.read(team, |ledger| {
            let rows = ledger
                .payments()
                .filter(|payment| fits(client, &payment.client()))
                .filter(|payment| settles(payment))
                .filter(|payment| fits(unallocated, &payment.unallocated().is_positive()))
                .map(|payment| ((Key::instant(payment.created_at()), payment.id().as_uuid()), payment));
            page(Order::PAYMENTS, rows, request, Payment::clone)
        })
    }

    pub(super) fn list_clients(
        &self,
        team: TeamId,
        query: &ClientQuery,
        request: &PageRequest,
    ) -> Result<Page<Client>, StoreError> {
        let ClientQuery { name_prefix, archived, metadata } = query;
        self.read(team, |ledger| {
            let found = ledger
                .clients()
                .filter(|client| starts_with(name_prefix.as_deref(), client.party().name()))
                .filter(|client| fits(*archived, &client.is_archived()))
                .filter(|client| has_pair(client.metadata(), metadata.as_ref()));
            if name_prefix.is_some() {
                let key = |client: &Client| Key::text(&InvoiceQuery::customer_key(client.party().name()));
                let rows = found.map(|client| ((key(client), client.id().as_uuid()), client));
                page(Order::CLIENTS_BY_NAME, rows, request, Client::clone)
            } else {
                let key = |client: &Client| Key::instant(client.created_at());
                let rows = found.map(|client| ((key(client), client.id().as_uuid()), client));
                page(Order::CLIENTS, rows, request, Client::clone)
            }
        })
    }

    pub(super) fn list_items(
        &self,
        team: TeamId,
        query: &ItemQuery,
        request: &PageRequest,
    ) -> Result<Page<Item>, StoreError> {
        let ItemQuery { name_prefix, archived } = query;
        self.read(team, |ledger| {
            let found = ledger
                .items()
                .filter(|item| starts_with(name_prefix.as_deref(), item.name()))
                .filter(|item| fits(*archived, &item.is_archived()));
            if name_prefix.is_some() {
                let key = |item: &Item| Key::text(&InvoiceQuery::customer_key(item.name()));
                let rows = found.map(|item| ((key(item), item.id().as_uuid()), item));
                page(Order::ITEMS_BY_NAME, rows, request, Item::clone)
            } else {
                let key = |item: &Item| Key::instant(item.created_at());
                let rows = found.map(|item| ((key(item), item.id().as_uuid()), item));
                page(Order::ITEMS, rows, request, Item::clone)
            }
        })
    }

    pub(super) fn every_series(&self, team: TeamId) -> Vec<Series> {
        self.read(team, |ledger| {
            let mut all: Vec<_> = ledger.every_series().cloned().collect();
            all.sort_by_key(|series| (series.created_at(), series.id()));
            all
        })
    }
}
