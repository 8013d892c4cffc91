//! Quotes and pro-forma invoices.

use super::changes::About;
use super::invoices::check_client;
use super::{Billing, Call, Error, first};
use crate::change::{AggregateId, AggregateKind};
use crate::document::IssueFacts;
use crate::text::{LONG, collect_lines};
use crate::transition::Action;
use crate::{
    Code, EventKind, Invoice, InvoiceData, Metadata, Permission, Quote, QuoteData, QuoteId, Timestamp,
    Violation, Violations,
};

fn about(quote: &Quote) -> About {
    About { amount: Some(quote.totals().payable()), related: None }
}

impl Billing {
    async fn load_quote(&self, call: &Call, id: QuoteId) -> Result<Quote, Error> {
        let quote = self.ports.documents.quote(call.team(), id).await?;
        quote.ok_or(Error::NotFound { what: AggregateKind::Quote })
    }

    /// Creates a draft.
    pub async fn create_quote(&self, call: &Call, data: QuoteData) -> Result<Quote, Error> {
        call.permit(Permission::WriteOwn)?;
        let records = self.run(call, || async {
            let now = self.now();
            let id = QuoteId::from_uuid(self.ids.uuid(now));
            let quote = Quote::new(id, call.team(), data.clone(), call.actor().user_id(), now)?;
            check_client(self.ports.catalog.client(call.team(), data.content.client()).await?.as_ref())?;
            self.check_series(call, quote.kind().document_type(), data.content.series(), None).await?;
            let mut changes = self.changes(call, now);
            let about = about(&quote);
            changes.insert(quote, &[EventKind::QuoteCreated], about);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Replaces what a draft says.
    pub async fn update_quote(&self, call: &Call, id: QuoteId, data: QuoteData) -> Result<Quote, Error> {
        let records = self.run(call, || async {
            let mut quote = self.load_quote(call, id).await?;
            call.permit_write(quote.created_by())?;
            call.check_version(quote.version())?;
            quote.check_draft(Action::Edit)?;
            if data.content.client() != quote.content().client() {
                check_client(self.ports.catalog.client(call.team(), data.content.client()).await?.as_ref())?;
            }
            let before = (quote.kind(), quote.content().series());
            quote.replace(data.clone())?;
            let before = before.1.filter(|_| before.0 == quote.kind());
            self.check_series(call, quote.kind().document_type(), data.content.series(), before).await?;
            let mut changes = self.changes(call, self.now());
            let about = about(&quote);
            changes.update(quote, &[EventKind::QuoteUpdated], about);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Replaces the internal notes and the metadata, which stay editable after the issue.
    pub async fn annotate_quote(
        &self,
        call: &Call,
        id: QuoteId,
        internal_notes: Option<String>,
        metadata: Metadata,
    ) -> Result<Quote, Error> {
        let step = |quote: &mut Quote, _| {
            call.permit_change(quote.created_by(), quote.issued().is_some())?;
            quote.annotate(internal_notes.clone(), metadata.clone())?;
            Ok(EventKind::QuoteUpdated)
        };
        self.change_quote(call, id, None, step).await
    }

    /// Deletes a draft.
    pub async fn delete_quote(&self, call: &Call, id: QuoteId) -> Result<(), Error> {
        let records = self.run(call, || async {
            let quote = self.load_quote(call, id).await?;
            call.permit_write(quote.created_by())?;
            call.check_version(quote.version())?;
            quote.check_draft(Action::Delete)?;
            let mut changes = self.changes(call, self.now());
            changes.delete(AggregateId::Quote(id), quote.version(), EventKind::QuoteDeleted);
            Ok(changes)
        });
        records.await.map(drop)
    }

    /// Issues a draft: freezes it and takes the next number of a series for quotes or pro-forma invoices.
    pub async fn issue_quote(&self, call: &Call, id: QuoteId) -> Result<Quote, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let mut quote = self.load_quote(call, id).await?;
            call.check_version(quote.version())?;
            quote.check_draft(Action::Issue)?;
            let now = self.now();
            let document_type = quote.kind().document_type();
            let content = quote.content();
            let context = self
                .ports
                .catalog
                .trading_context(call.team(), content.client(), document_type, content.series())
                .await?;
            let issuer = Self::issuer(context, document_type, now)?;
            let issue_date = issuer.issue_date(content.issue_date())?;
            issuer.complete(&mut quote.content);
            issuer.check(None, quote.content())?;
            if quote.valid_until().is_some_and(|last_day| last_day < issue_date) {
                let detail = "the last day lies before the issue date";
                return Err(Violation::new("/valid_until", Code::Inconsistent, detail).into());
            }
            if quote.totals().payable().is_negative() {
                let detail = "an offer over a negative amount";
                return Err(Violation::new("/totals/payable", Code::NegativePayable, detail).into());
            }
            quote.issue(IssueFacts {
                issue_date,
                due_date: None,
                tax_point: issue_date,
                supplier: issuer.supplier.party().clone(),
                customer: issuer.client.party().clone(),
                accounting: None,
                advances: Vec::new(),
                issued_at: now,
                issued_by: call.actor().user_id(),
            })?;
            let mut changes = self.changes(call, now);
            let about = about(&quote);
            changes.update(quote, &[EventKind::QuoteIssued], about);
            changes.number(AggregateId::Quote(id), &issuer.series, issue_date);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Records that the quote was sent to the customer; may be repeated.
    pub async fn send_quote(&self, call: &Call, id: QuoteId) -> Result<Quote, Error> {
        call.permit(Permission::IssueDocuments)?;
        let step = |quote: &mut Quote, now| {
            quote.send(now)?;
            Ok(EventKind::QuoteSent)
        };
        self.change_quote(call, id, None, step).await
    }

    /// Records that the customer accepted; refused after the last day.
    pub async fn accept_quote(&self, call: &Call, id: QuoteId) -> Result<Quote, Error> {
        self.answer_quote(call, id, true, None).await
    }

    /// Records that the customer declined.
    pub async fn decline_quote(
        &self,
        call: &Call,
        id: QuoteId,
        reason: Option<&str>,
    ) -> Result<Quote, Error> {
        self.answer_quote(call, id, false, reason).await
    }

    async fn answer_quote(
        &self,
        call: &Call,
        id: QuoteId,
        accepted: bool,
        reason: Option<&str>,
    ) -> Result<Quote, Error> {
        call.permit(Permission::IssueDocuments)?;
        let mut found = Violations::new();
        collect_lines(&mut found, "/reason", reason, LONG);
        found.into_result()?;
        let supplier = self.supplier_of(call).await?;
        let step = |quote: &mut Quote, now| {
            quote.answer(accepted, Self::today(supplier.as_ref(), now))?;
            Ok(if accepted { EventKind::QuoteAccepted } else { EventKind::QuoteDeclined })
        };
        self.change_quote(call, id, reason, step).await
    }

    /// Makes an invoice draft of a quote, once; one that was not accepted by its last day is over.
    pub async fn convert_quote(&self, call: &Call, id: QuoteId) -> Result<Invoice, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let mut quote = self.load_quote(call, id).await?;
            call.check_version(quote.version())?;
            let now = self.now();
            let mut content = quote.content().clone();
            check_client(self.ports.catalog.client(call.team(), content.client()).await?.as_ref())?;
            let today = Self::today(self.supplier_of(call).await?.as_ref(), now);
            // Date and series of the quote are not the invoice's.
            content.issue_date = None;
            content.series = None;
            let data = InvoiceData {
                internal_notes: quote.internal_notes().map(str::to_owned),
                metadata: quote.metadata().clone(),
                ..InvoiceData::new(content)
            };
            let invoice = self.new_invoice(call, data, now)?;
            quote.convert(invoice.id(), today)?;
            let mut changes = self.changes(call, now);
            let (invoice_id, quote_id) = (AggregateId::Invoice(invoice.id()), AggregateId::Quote(id));
            let related = |id| About { amount: None, related: Some(id) };
            changes.insert(invoice, &[EventKind::InvoiceCreated], related(quote_id));
            changes.update(quote, &[EventKind::QuoteConverted], related(invoice_id));
            Ok(changes)
        });
        first(call, records.await?)
    }

    async fn change_quote(
        &self,
        call: &Call,
        id: QuoteId,
        reason: Option<&str>,
        step: impl Fn(&mut Quote, Timestamp) -> Result<EventKind, Error> + Send + Sync,
    ) -> Result<Quote, Error> {
        let step = &step;
        let records = self.run(call, || async move {
            let mut quote = self.load_quote(call, id).await?;
            call.check_version(quote.version())?;
            let now = self.now();
            let event = step(&mut quote, now)?;
            let mut changes = self.changes(call, now);
            let about = about(&quote);
            changes.update(quote, &[event], about);
            changes.because(reason);
            Ok(changes)
        });
        first(call, records.await?)
    }
}
