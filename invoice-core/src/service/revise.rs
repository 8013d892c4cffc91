//! Correcting an issued invoice: voiding it, or replacing it by another.

use super::changes::{About, Changes};
use super::{Billing, Call, Error, first};
use crate::change::AggregateId;
use crate::{
    CreditNoteData, CreditScope, DocumentType, EventKind, Invoice, InvoiceData, InvoiceId, Permission,
    Timestamp, Violations,
};

impl Billing {
    /// Voids an invoice that was never delivered. Its number stays used.
    pub async fn void_invoice(&self, call: &Call, id: InvoiceId, reason: &str) -> Result<Invoice, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let mut invoice = self.load_invoice(call, id).await?;
            call.check_version(invoice.version())?;
            check_reason(reason)?;
            let now = self.now();
            invoice.void(now)?;
            let released = invoice.content().advances().to_vec();
            let mut changes = self.changes(call, now);
            changes.update(invoice, &[EventKind::InvoiceVoided], About::default());
            changes.because(Some(reason));
            self.release_advances(call, &mut changes, &released).await?;
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Makes a replacement draft with the content of an issued invoice. Nothing happens to the original
    /// until the replacement is issued.
    pub async fn revise_invoice(&self, call: &Call, id: InvoiceId) -> Result<Invoice, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let original = self.load_invoice(call, id).await?;
            call.check_version(original.version())?;
            original.check_revise()?;
            let now = self.now();
            let mut data = InvoiceData {
                kind: original.kind(),
                content: original.content().clone(),
                internal_notes: original.internal_notes().map(str::to_owned),
                metadata: original.metadata().clone(),
            };
            // The replacement is dated when it is issued.
            data.content.issue_date = None;
            let mut replacement = self.new_invoice(call, data, now)?;
            replacement.replaces = Some(id);
            self.preview_advances(call, &mut replacement).await?;
            let mut changes = self.changes(call, now);
            changes.guard(AggregateId::Invoice(id), original.version());
            let about = About { amount: None, related: Some(AggregateId::Invoice(id)) };
            changes.insert(replacement, &[EventKind::InvoiceCreated], about);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// The other half of issuing a replacement: voids an undelivered original, or credits a delivered one
    /// in full.
    pub(super) async fn replace_original(
        &self,
        call: &Call,
        changes: &mut Changes,
        original: InvoiceId,
        replacement: InvoiceId,
        kept_advances: &[InvoiceId],
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut original = self.load_invoice(call, original).await?;
        original.check_revise()?;
        let about = About { amount: None, related: Some(AggregateId::Invoice(replacement)) };
        let released: Vec<_> =
            original.content().advances().iter().copied().filter(|id| !kept_advances.contains(id)).collect();
        if original.is_delivered() {
            let context = self
                .ports
                .catalog
                .trading_context(call.team(), original.content().client(), DocumentType::CreditNote, None)
                .await?;
            let credit_issuer = Self::issuer(context, DocumentType::CreditNote, now)?;
            let data = CreditNoteData::new(CreditScope::Full, "Replaced by a corrected invoice");
            let note = self.new_credit_note(call, &original, data, now)?;
            let (note, date, mut events) =
                Self::prepare_credit(call, note, &mut original, &credit_issuer, now)?;
            original.replace_by(replacement);
            events.push(EventKind::InvoiceReplaced);
            let note_id = AggregateId::CreditNote(note.id());
            let about_note = About {
                amount: Some(note.totals().payable()),
                related: Some(AggregateId::Invoice(original.id())),
            };
            changes.update(original, &events, about);
            changes.insert(note, &[EventKind::CreditNoteCreated, EventKind::CreditNoteIssued], about_note);
            changes.number(note_id, &credit_issuer.series, date);
        } else {
            original.void(now)?;
            original.replace_by(replacement);
            changes.update(original, &[EventKind::InvoiceVoided, EventKind::InvoiceReplaced], about);
        }
        self.release_advances(call, changes, &released).await
    }

    /// Lets other final invoices deduct advances again.
    pub(super) async fn release_advances(
        &self,
        call: &Call,
        changes: &mut Changes,
        advances: &[InvoiceId],
    ) -> Result<(), Error> {
        for id in advances {
            let mut advance = self.load_invoice(call, *id).await?;
            advance.set_deducted_in(None);
            changes.update(advance, &[EventKind::InvoiceUpdated], About::default());
        }
        Ok(())
    }
}

/// Whether this can be the reason of a void or a write-off; what is wrong is at `/reason`.
pub fn check_reason(reason: &str) -> Result<(), Violations> {
    let mut found = Violations::new();
    crate::text::collect_required(&mut found, "/reason", reason, crate::text::SHORT);
    found.into_result()
}
