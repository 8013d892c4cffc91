//! The entries of a client's statement, and where a page of them starts.

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use super::foreign_cursor;
use crate::change::Record;
use crate::ports::{Cursor, PageRequest, StatementEntryKind, StoreError};
use crate::{CreditNote, CreditNoteId, Invoice, InvoiceId, Money, Payment, PaymentId};

/// Where an entry stands among the others: by day, by kind and identifier; several write-offs of an
/// invoice, or refunds of a payment, are numbered.
pub type Place = (NaiveDate, StatementEntryKind, usize);

/// An entry as a record has it, before anybody knows the balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Where it stands.
    pub place: Place,
    /// The document's number or the payment's external reference.
    pub reference: Option<&'a str>,
    /// What it adds to what the client owes.
    pub amount: Money,
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

/// What a record adds to the statement of its client.
pub fn entries(record: &Record) -> Vec<Entry<'_>> {
    match record {
        Record::Invoice(invoice) => of_invoice(invoice),
        Record::CreditNote(note) => of_credit_note(note),
        Record::Payment(payment) => of_payment(payment),
        _ => Vec::new(),
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

/// The cursor of a page that ends at a place.
pub fn cursor((date, kind, ordinal): &Place) -> Result<Cursor, StoreError> {
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

/// Where the request starts: the place its cursor names, after which the entries come.
pub fn start(request: &PageRequest) -> Result<Option<Place>, StoreError> {
    request.cursor().map(|cursor| read(cursor).ok_or_else(foreign_cursor)).transpose()
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
