//! What of a document is queried: the typed columns beside its stored form.

use chrono::NaiveDate;

use crate::change::{AggregateKind, Record};
use crate::document::Issued;
use crate::{ClientId, CounterKey, CreditNote, Currency, Invoice, InvoiceId, Money, Quote, Timestamp};

/// A document as lists, reports and constraints see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentRow<'a> {
    /// Invoice, credit note or quote.
    pub kind: AggregateKind,
    /// The kind of invoice or quote, as stored.
    pub subtype: Option<&'static str>,
    /// The status, as stored.
    pub status: &'static str,
    /// The payment state of an invoice, as stored.
    pub payment_state: Option<&'static str>,
    /// The client.
    pub client: ClientId,
    /// The invoice of a credit note.
    pub invoice: Option<InvoiceId>,
    /// The counter and the place in it, once numbered.
    pub place: Option<(CounterKey, u64)>,
    /// The number.
    pub number: Option<&'a str>,
    /// The issue date.
    pub issue_date: Option<NaiveDate>,
    /// The due date.
    pub due_date: Option<NaiveDate>,
    /// The last day of a quote.
    pub last_day: Option<NaiveDate>,
    /// The payable amount.
    pub payable: Money,
    /// What is due on an invoice; of other documents nothing.
    pub due: Money,
    /// Issued and not void.
    pub live: bool,
    /// Whether an invoice has write-offs.
    pub written_off: bool,
    /// The customer's name as frozen at issue.
    pub customer_name: Option<&'a str>,
    /// Whether a sweep has announced the invoice as overdue.
    pub overdue_noted: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// What a document adds to the amounts due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenItem {
    /// The due date, if there is one.
    pub due_date: Option<NaiveDate>,
    /// The issue date.
    pub issue_date: NaiveDate,
    /// What is due: more than nothing.
    pub amount: Money,
}

impl<'a> DocumentRow<'a> {
    /// The row of a document; `None` for any other record.
    ///
    /// ```
    /// use invoice_core::adapter::DocumentRow;
    /// use invoice_core::change::Record;
    /// use invoice_core::testing::BillingFixtures;
    ///
    /// let make = BillingFixtures::new();
    /// let client = Record::from(make.client("Specimen AG"));
    /// assert_eq!(DocumentRow::of(&client), None);
    /// ```
    pub fn of(record: &'a Record) -> Option<Self> {
        match record {
            Record::Invoice(invoice) => Some(Self::of_invoice(invoice)),
            Record::CreditNote(note) => Some(Self::of_credit_note(note)),
            Record::Quote(quote) => Some(Self::of_quote(quote)),
            Record::Client(_)
            | Record::Item(_)
            | Record::Supplier(_)
            | Record::Series(_)
            | Record::Payment(_) => None,
        }
    }

    /// What is due on it, if anything.
    pub fn open(&self) -> Option<OpenItem> {
        let issue_date = self.issue_date.filter(|_| self.live && self.due.is_positive())?;
        Some(OpenItem { due_date: self.due_date, issue_date, amount: self.due })
    }

    fn of_invoice(invoice: &'a Invoice) -> Self {
        Self {
            subtype: Some(invoice.kind().as_str()),
            payment_state: Some(invoice.payment_state().as_str()),
            due: invoice.due(),
            live: invoice.issued().is_some() && invoice.voided_at().is_none(),
            written_off: !invoice.write_offs().is_empty(),
            overdue_noted: invoice.overdue_noted().is_some(),
            ..Self::plain(
                AggregateKind::Invoice,
                invoice.stored_status().as_str(),
                invoice.content().client(),
                invoice.issued(),
                invoice.totals().payable(),
                (invoice.created_at(), invoice.updated_at()),
            )
        }
    }

    fn of_credit_note(note: &'a CreditNote) -> Self {
        Self {
            invoice: Some(note.invoice()),
            ..Self::plain(
                AggregateKind::CreditNote,
                note.status().as_str(),
                note.client(),
                note.issued(),
                note.totals().payable(),
                (note.created_at(), note.updated_at()),
            )
        }
    }

    fn of_quote(quote: &'a Quote) -> Self {
        Self {
            subtype: Some(quote.kind().as_str()),
            last_day: quote.valid_until(),
            ..Self::plain(
                AggregateKind::Quote,
                quote.status().as_str(),
                quote.content().client(),
                quote.issued(),
                quote.totals().payable(),
                (quote.created_at(), quote.updated_at()),
            )
        }
    }

    fn plain(
        kind: AggregateKind,
        status: &'static str,
        client: ClientId,
        issued: Option<&'a Issued>,
        payable: Money,
        (created_at, updated_at): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            kind,
            subtype: None,
            status,
            payment_state: None,
            client,
            invoice: None,
            place: issued.map(|issued| (issued.origin().counter(), issued.origin().seq())),
            number: issued.map(Issued::number),
            issue_date: issued.map(Issued::issue_date),
            due_date: issued.and_then(Issued::due_date),
            last_day: None,
            payable,
            due: Money::zero(payable.currency()),
            live: issued.is_some(),
            written_off: false,
            customer_name: issued.map(|issued| issued.customer().name()),
            overdue_noted: false,
            created_at,
            updated_at,
        }
    }
}

impl OpenItem {
    /// The currency.
    pub const fn currency(&self) -> Currency {
        self.amount.currency()
    }
}
