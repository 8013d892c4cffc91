//! A client's statement: key fields, and stored records only where they hold more than one entry.

use futures::future::try_join3;
use invoice_core::adapter::statement::{Entry, Place, entries, start};
use invoice_core::change::{AggregateKind, Record};
use invoice_core::ports::{PageRequest, Statement, StatementEntryKind, StatementQuery, StoreError};
use invoice_core::{CreditNoteId, InvoiceId, PaymentId, TeamId};
use invoice_store_common::lists::kept_day;
use invoice_store_common::statement::{Line, statement};
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Document, doc};

use super::row::{money, summed};
use super::{Question, record};
use crate::MongoStore;
use crate::layout::{Fields, there, uuid};

/// What was read so far: what lies before the page is only summed, and of the rest the first is kept.
struct Sheet {
    query: StatementQuery,
    after: Option<Place>,
    /// One more than the page.
    most: usize,
    opening: i128,
    kept: Vec<Line>,
}

impl Sheet {
    fn new(query: &StatementQuery, request: &PageRequest) -> Result<Self, StoreError> {
        let most = request.limit().saturating_add(1);
        Ok(Self { query: *query, after: start(request)?, most, opening: 0, kept: Vec::new() })
    }

    fn enter(&mut self, entry: &Entry<'_>) {
        let Entry { place, reference, amount } = entry;
        let is_past = self.query.range.from.is_some_and(|from| place.0 < kept_day(from))
            || self.after.as_ref().is_some_and(|after| place <= after);
        if is_past {
            self.opening = self.opening.saturating_add(amount.minor().into());
        } else if self.query.range.to.is_none_or(|to| place.0 <= to) {
            let reference = reference.map(str::to_owned);
            self.kept.push(Line { place: place.clone(), reference, amount: *amount });
            if self.kept.len() >= self.most.saturating_mul(4) {
                self.kept.select_nth_unstable_by(self.most, |one, other| one.place.cmp(&other.place));
                self.kept.truncate(self.most);
            }
        }
    }

    fn take(&mut self, document: &RawDocument, kind: AggregateKind) -> Result<(), StoreError> {
        if Fields(document).document("record")?.is_some() {
            let record: Record = match kind {
                AggregateKind::Invoice => Record::Invoice(record(kind, document)?),
                _ => Record::Payment(record(kind, document)?),
            };
            for entry in &entries(&record) {
                self.enter(entry);
            }
            return Ok(());
        }
        let row = Fields(document);
        let id = there("id", row.uuid("id")?)?;
        let currency = self.query.currency;
        let mut enter = |date, kind, reference, amount| {
            self.enter(&Entry { place: (date, kind, 0), reference, amount });
        };
        if kind == AggregateKind::Payment {
            let id = PaymentId::from_uuid(id);
            let amount = money(row, "amount", currency)?;
            let reference = row.text("external_reference")?;
            let date = there("date", row.date("date")?)?;
            enter(date, StatementEntryKind::Payment(id), reference, amount.negated());
            if let Some(date) = row.date("reversed_on")? {
                enter(date, StatementEntryKind::Reversal(id), reference, amount);
            }
            return Ok(());
        }
        let amount = money(row, "payable", currency)?;
        let number = row.text("number")?;
        let date = there("issue_date", row.date("issue_date")?)?;
        if kind == AggregateKind::Invoice {
            enter(date, StatementEntryKind::Invoice(InvoiceId::from_uuid(id)), number, amount);
        } else {
            enter(
                date,
                StatementEntryKind::CreditNote(CreditNoteId::from_uuid(id)),
                number,
                amount.negated(),
            );
        }
        Ok(())
    }

    fn finish(mut self, request: &PageRequest) -> Result<Statement, StoreError> {
        self.kept.sort_unstable_by(|one, other| one.place.cmp(&other.place));
        let opening = summed(self.opening, self.query.currency, "opening")?;
        statement(opening, self.kept, request)
    }
}

impl MongoStore {
    pub(super) async fn read_statement(
        &self,
        team: TeamId,
        query: &StatementQuery,
        request: &PageRequest,
    ) -> Result<Statement, StoreError> {
        let mut sheet = Sheet::new(query, request)?;
        let of_client = |kind: AggregateKind| {
            doc! {
                "team": uuid(team.as_uuid()),
                "kind": kind.as_str(),
                "client": uuid(query.client.as_uuid()),
                "currency": query.currency.code(),
            }
        };
        let live = |kind| {
            let mut filter = of_client(kind);
            filter.insert("live", true);
            filter
        };
        let document = doc! { "_id": 0, "id": 1, "issue_date": 1, "number": 1, "payable": 1 };
        let mut invoice = document.clone();
        invoice.insert("record", whole_if("written_off"));
        let payment = doc! {
            "_id": 0, "id": 1, "date": 1, "external_reference": 1, "amount": 1, "reversed_on": 1,
            "record": whole_if("refunded"),
        };
        let (invoices, credit_notes, payments) = try_join3(
            self.entered("invoice_client", live(AggregateKind::Invoice), invoice),
            self.entered("credit_note_client", live(AggregateKind::CreditNote), document),
            self.entered("payment_client", of_client(AggregateKind::Payment), payment),
        )
        .await?;
        let kinds = [
            (AggregateKind::Invoice, invoices),
            (AggregateKind::CreditNote, credit_notes),
            (AggregateKind::Payment, payments),
        ];
        for (kind, documents) in kinds {
            for document in documents {
                sheet.take(&document, kind)?;
            }
        }
        sheet.finish(request)
    }

    /// What of a client's documents or payments is entered.
    async fn entered(
        &self,
        index: &'static str,
        filter: Document,
        fields: Document,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let question = Question::over(index, filter).showing(fields);
        self.find_all(question).await
    }
}

/// The record, where a field says that it holds more than one entry.
fn whole_if(field: &str) -> Document {
    doc! { "$cond": [format!("${field}"), "$record", "$$REMOVE"] }
}
