//! A client's statement, put together from documents and payments.

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use super::page::foreign_cursor;
use super::reports::add;
use super::state::Ledger;
use crate::change::{AggregateId, Record};
use crate::ports::{
    Cursor, Page, PageRequest, Statement, StatementEntry, StatementEntryKind, StatementQuery, StoreError,
};
use crate::{CreditNote, CreditNoteId, Invoice, InvoiceId, Money, Payment, PaymentId};

/// Where an entry stands: several write-offs of an invoice, or refunds of a payment, are numbered.
type Place = (NaiveDate, StatementEntryKind, usize);

struct Entry<'a> {
    place: Place,
    reference: Option<&'a str>,
    amount: Money,
}

impl<'a> Entry<'a> {
    fn new(date: NaiveDate, kind: StatementEntryKind, reference: Option<&'a str>, amount: Money) -> Self {
        Self { place: (date, kind, 0), reference, amount }
    }

    fn numbered(mut self, ordinal: usize) -> Self {
        self.place.2 = ordinal;
        self
    }
}

impl Ledger {
    pub(super) fn statement(
        &self,
        query: &StatementQuery,
        request: &PageRequest,
    ) -> Result<Statement, StoreError> {
        let after = request.cursor().map(|cursor| read(cursor).ok_or_else(foreign_cursor)).transpose()?;
        let mut entries = self.entries(query);
        entries.sort_unstable_by(|one, other| one.place.cmp(&other.place));

        let (from, to) = (query.range.from, query.range.to);
        let is_past = |entry: &Entry<'_>| {
            from.is_some_and(|from| entry.place.0 < from)
                || after.as_ref().is_some_and(|it| entry.place <= *it)
        };
        let mut opening = Money::zero(query.currency);
        let mut rows = Vec::new();
        for entry in entries {
            if is_past(&entry) {
                add(&mut opening, entry.amount)?;
            } else if to.is_none_or(|to| entry.place.0 <= to) {
                rows.push(entry);
            }
        }
        let page = Page::from_overfull(rows, request, |entry| write(&entry.place))?;
        let mut balance = opening;
        let mut entries = Vec::with_capacity(page.items.len());
        for Entry { place: (date, kind, _), reference, amount } in page.items {
            add(&mut balance, amount)?;
            entries.push(StatementEntry {
                date,
                kind,
                reference: reference.map(str::to_owned),
                amount,
                balance,
            });
        }
        Ok(Statement { opening, entries, closing: balance, next: page.next })
    }

    fn entries(&self, query: &StatementQuery) -> Vec<Entry<'_>> {
        let of_client = self.referrers(AggregateId::Client(query.client));
        let all = of_client.flat_map(|record| match &**record {
            Record::Invoice(invoice) => of_invoice(invoice),
            Record::CreditNote(note) => of_credit_note(note),
            Record::Payment(payment) => of_payment(payment),
            _ => Vec::new(),
        });
        all.filter(|entry| entry.amount.currency() == query.currency).collect()
    }
}

fn of_invoice(invoice: &Invoice) -> Vec<Entry<'_>> {
    let Some(issued) = invoice.issued().filter(|_| invoice.voided_at().is_none()) else { return Vec::new() };
    let (id, number) = (invoice.id(), Some(issued.number()));
    let kind = StatementEntryKind::Invoice(id);
    let owed = Entry::new(issued.issue_date(), kind, number, invoice.totals().payable());
    let given_up = invoice.write_offs().iter().enumerate().map(|(ordinal, write_off)| {
        let kind = StatementEntryKind::WriteOff(id);
        Entry::new(write_off.date(), kind, number, write_off.amount().negated()).numbered(ordinal)
    });
    std::iter::once(owed).chain(given_up).collect()
}

fn of_credit_note(note: &CreditNote) -> Vec<Entry<'_>> {
    let Some(issued) = note.issued() else { return Vec::new() };
    let kind = StatementEntryKind::CreditNote(note.id());
    let amount = note.totals().payable().negated();
    vec![Entry::new(issued.issue_date(), kind, Some(issued.number()), amount)]
}

fn of_payment(payment: &Payment) -> Vec<Entry<'_>> {
    let (id, reference) = (payment.id(), payment.external_reference());
    let kind = StatementEntryKind::Payment(id);
    let paid = Entry::new(payment.date(), kind, reference, payment.amount().negated());
    let refunds = payment.refunds().iter().enumerate().map(|(ordinal, refund)| {
        let kind = StatementEntryKind::Refund(id);
        Entry::new(refund.date(), kind, reference, refund.amount()).numbered(ordinal)
    });
    let reversal = payment.reversal().map(|reversal| {
        let kind = StatementEntryKind::Reversal(id);
        Entry::new(reversal.date(), kind, reference, payment.amount())
    });
    std::iter::once(paid).chain(refunds).chain(reversal).collect()
}

fn write((date, kind, ordinal): &Place) -> Result<Cursor, StoreError> {
    let (name, id) = match kind {
        StatementEntryKind::Invoice(id) => ("invoice", id.as_uuid()),
        StatementEntryKind::CreditNote(id) => ("credit_note", id.as_uuid()),
        StatementEntryKind::WriteOff(id) => ("write_off", id.as_uuid()),
        StatementEntryKind::Payment(id) => ("payment", id.as_uuid()),
        StatementEntryKind::Refund(id) => ("refund", id.as_uuid()),
        StatementEntryKind::Reversal(id) => ("reversal", id.as_uuid()),
    };
    let text = format!("statement~{}~{name}~{}~{ordinal}", date.num_days_from_ce(), id.simple());
    Cursor::new(text).map_err(StoreError::Refused)
}

fn read(cursor: &Cursor) -> Option<Place> {
    let mut fields = cursor.as_str().strip_prefix("statement~")?.split('~');
    let date = NaiveDate::from_num_days_from_ce_opt(fields.next()?.parse().ok()?)?;
    let name = fields.next()?;
    let id = Uuid::try_parse(fields.next()?).ok()?;
    let kind = match name {
        "invoice" => StatementEntryKind::Invoice(InvoiceId::from_uuid(id)),
        "credit_note" => StatementEntryKind::CreditNote(CreditNoteId::from_uuid(id)),
        "write_off" => StatementEntryKind::WriteOff(InvoiceId::from_uuid(id)),
        "payment" => StatementEntryKind::Payment(PaymentId::from_uuid(id)),
        "refund" => StatementEntryKind::Refund(PaymentId::from_uuid(id)),
        "reversal" => StatementEntryKind::Reversal(PaymentId::from_uuid(id)),
        _ => return None,
    };
    let ordinal = fields.next()?.parse().ok()?;
    fields.next().is_none().then_some((date, kind, ordinal))
}
