//! Invoices before their issue, and the steps after it that involve no other document.

use super::changes::About;
use super::{Billing, Call, Error, first};
use crate::change::{AggregateId, AggregateKind};
use crate::{
    Client, Code, DocumentType, EventKind, Invoice, InvoiceData, InvoiceId, Metadata, Permission, Timestamp,
    Violation,
};

/// New documents are for clients in use.
pub(super) fn check_client(client: Option<&Client>) -> Result<&Client, Error> {
    match client {
        None => Err(Violation::new("/client", Code::Unknown, "no such client").into()),
        Some(client) if client.is_archived() => {
            Err(Violation::new("/client", Code::Inconsistent, "the client is archived").into())
        }
        Some(client) => Ok(client),
    }
}

impl Billing {
    pub(super) async fn load_invoice(&self, call: &Call, id: InvoiceId) -> Result<Invoice, Error> {
        let invoice = self.ports.invoices.invoice(call.team(), id).await?;
        invoice.ok_or(Error::NotFound { what: AggregateKind::Invoice })
    }

    pub(super) fn new_invoice(
        &self,
        call: &Call,
        data: InvoiceData,
        now: Timestamp,
    ) -> Result<Invoice, Error> {
        let id = InvoiceId::from_uuid(self.ids.uuid(now));
        Ok(Invoice::new(id, call.team(), data, call.actor().user_id(), now)?)
    }

    /// Creates a draft. It has no number, and its totals are a preview.
    pub async fn create_invoice(&self, call: &Call, data: InvoiceData) -> Result<Invoice, Error> {
        call.permit(Permission::WriteOwn)?;
        let records = self.run(call, || async {
            let now = self.now();
            let mut invoice = self.new_invoice(call, data.clone(), now)?;
            self.preview_advances(call, &mut invoice).await?;
            check_client(self.ports.catalog.client(call.team(), data.content.client()).await?.as_ref())?;
            self.check_series(call, DocumentType::Invoice, data.content.series(), None).await?;
            let mut changes = self.changes(call, now);
            changes.insert(invoice, &[EventKind::InvoiceCreated], About::default());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Replaces what a draft says.
    pub async fn update_invoice(
        &self,
        call: &Call,
        id: InvoiceId,
        data: InvoiceData,
    ) -> Result<Invoice, Error> {
        let records = self.run(call, || async {
            let mut invoice = self.load_invoice(call, id).await?;
            call.permit_write(invoice.created_by())?;
            call.check_version(invoice.version())?;
            if data.content.client() != invoice.content().client() {
                check_client(self.ports.catalog.client(call.team(), data.content.client()).await?.as_ref())?;
            }
            let before = invoice.content().series();
            invoice.edit(data.clone())?;
            self.check_series(call, DocumentType::Invoice, data.content.series(), before).await?;
            self.preview_advances(call, &mut invoice).await?;
            let mut changes = self.changes(call, self.now());
            changes.update(invoice, &[EventKind::InvoiceUpdated], About::default());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Replaces the internal notes and the metadata, which stay editable after the issue.
    pub async fn annotate_invoice(
        &self,
        call: &Call,
        id: InvoiceId,
        internal_notes: Option<String>,
        metadata: Metadata,
    ) -> Result<Invoice, Error> {
        let step = |invoice: &mut Invoice, _| {
            call.permit_change(invoice.created_by(), invoice.issued().is_some())?;
            invoice.annotate(internal_notes.clone(), metadata.clone())?;
            Ok(Some(EventKind::InvoiceUpdated))
        };
        self.change_invoice(call, id, step).await
    }

    /// Deletes a draft.
    pub async fn delete_invoice(&self, call: &Call, id: InvoiceId) -> Result<(), Error> {
        let records = self.run(call, || async {
            let invoice = self.load_invoice(call, id).await?;
            call.permit_write(invoice.created_by())?;
            call.check_version(invoice.version())?;
            invoice.check_delete()?;
            let mut changes = self.changes(call, self.now());
            changes.delete(AggregateId::Invoice(id), invoice.version(), EventKind::InvoiceDeleted);
            Ok(changes)
        });
        records.await.map(drop)
    }

    /// Records that the invoice was sent to the customer; may be repeated. How it is sent is the
    /// application's business.
    pub async fn send_invoice(&self, call: &Call, id: InvoiceId) -> Result<Invoice, Error> {
        call.permit(Permission::IssueDocuments)?;
        let step = |invoice: &mut Invoice, now| {
            invoice.send(now)?;
            Ok(Some(EventKind::InvoiceSent))
        };
        self.change_invoice(call, id, step).await
    }

    /// Records that the customer saw it. The second time changes nothing.
    pub async fn mark_invoice_viewed(&self, call: &Call, id: InvoiceId) -> Result<Invoice, Error> {
        call.permit(Permission::IssueDocuments)?;
        let step =
            |invoice: &mut Invoice, now| Ok(invoice.mark_viewed(now)?.then_some(EventKind::InvoiceViewed));
        self.change_invoice(call, id, step).await
    }

    /// Records that the customer got it in another way than by sending, such as over the counter. The
    /// second time changes nothing.
    pub async fn mark_invoice_delivered(&self, call: &Call, id: InvoiceId) -> Result<Invoice, Error> {
        call.permit(Permission::IssueDocuments)?;
        let step = |invoice: &mut Invoice, now| {
            Ok(invoice.mark_delivered(now)?.then_some(EventKind::InvoiceDelivered))
        };
        self.change_invoice(call, id, step).await
    }

    /// Marks an invoice as not to be expected any more. It still can be paid, which clears the mark.
    pub async fn mark_invoice_uncollectible(&self, call: &Call, id: InvoiceId) -> Result<Invoice, Error> {
        call.permit(Permission::HandlePayments)?;
        let step = |invoice: &mut Invoice, now| Ok(Some(invoice.set_uncollectible(Some(now))?));
        self.change_invoice(call, id, step).await
    }

    /// Takes the mark back.
    pub async fn unmark_invoice_uncollectible(&self, call: &Call, id: InvoiceId) -> Result<Invoice, Error> {
        call.permit(Permission::HandlePayments)?;
        let step = |invoice: &mut Invoice, _| Ok(Some(invoice.set_uncollectible(None)?));
        self.change_invoice(call, id, step).await
    }

    /// Loads one invoice, changes it, and commits it with the event of the step; a step without an event
    /// changed nothing.
    async fn change_invoice(
        &self,
        call: &Call,
        id: InvoiceId,
        step: impl Fn(&mut Invoice, Timestamp) -> Result<Option<EventKind>, Error> + Send + Sync,
    ) -> Result<Invoice, Error> {
        let step = &step;
        let records = self.run(call, || async move {
            let mut invoice = self.load_invoice(call, id).await?;
            call.check_version(invoice.version())?;
            let now = self.now();
            let events: Vec<_> = step(&mut invoice, now)?.into_iter().collect();
            let about = About { amount: Some(invoice.totals().payable()), related: None };
            let mut changes = self.changes(call, now);
            if !events.is_empty() {
                changes.update(invoice, &events, about);
            }
            Ok(changes)
        });
        let records = records.await?;
        if records.is_empty() { self.load_invoice(call, id).await } else { first(call, records) }
    }
}
