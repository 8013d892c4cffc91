//! Credit notes: drafts, issue, sending.

use chrono::NaiveDate;

use super::changes::{About, Changes};
use super::issue::Issuer;
use super::{Billing, Call, Error, first};
use crate::change::{AggregateId, AggregateKind};
use crate::credit::{CreditFigures, Credited};
use crate::document::{AccountingTotal, IssueFacts};
use crate::transition::Action;
use crate::{
    Code, CreditNote, CreditNoteData, CreditNoteId, DocumentType, EventKind, Invoice, InvoiceId, Metadata,
    Permission, RoundingMode, Timestamp, Violation,
};

fn about(note: &CreditNote) -> About {
    About { amount: Some(note.totals().payable()), related: Some(AggregateId::Invoice(note.invoice())) }
}

impl Billing {
    async fn load_credit_note(&self, call: &Call, id: CreditNoteId) -> Result<CreditNote, Error> {
        let note = self.ports.documents.credit_note(call.team(), id).await?;
        note.ok_or(Error::NotFound { what: AggregateKind::CreditNote })
    }

    pub(super) fn new_credit_note(
        &self,
        call: &Call,
        invoice: &Invoice,
        data: CreditNoteData,
        now: Timestamp,
    ) -> Result<CreditNote, Error> {
        invoice.check_credit()?;
        let id = CreditNoteId::from_uuid(self.ids.uuid(now));
        Ok(CreditNote::new(id, invoice, data, call.actor().user_id(), now)?)
    }

    /// Drafts a credit note against an issued invoice. The invoice knows nothing of it until its issue.
    pub async fn create_credit_note(
        &self,
        call: &Call,
        invoice: InvoiceId,
        data: CreditNoteData,
    ) -> Result<CreditNote, Error> {
        call.permit(Permission::WriteOwn)?;
        let records = self.run(call, || async {
            let invoice = self.load_invoice(call, invoice).await?;
            call.check_version(invoice.version())?;
            let now = self.now();
            let note = self.new_credit_note(call, &invoice, data.clone(), now)?;
            self.check_series(call, DocumentType::CreditNote, data.series, None).await?;
            let mut changes = self.changes(call, now);
            let about = about(&note);
            changes.insert(note, &[EventKind::CreditNoteCreated], about);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Replaces what a draft says.
    pub async fn update_credit_note(
        &self,
        call: &Call,
        id: CreditNoteId,
        data: CreditNoteData,
    ) -> Result<CreditNote, Error> {
        let records = self.run(call, || async {
            let mut note = self.load_credit_note(call, id).await?;
            call.permit_write(note.created_by())?;
            call.check_version(note.version())?;
            note.check_draft(Action::Edit)?;
            let invoice = self.load_invoice(call, note.invoice()).await?;
            invoice.check_credit()?;
            let before = note.data().series;
            note.replace(data.clone(), &invoice)?;
            self.check_series(call, DocumentType::CreditNote, data.series, before).await?;
            let mut changes = self.changes(call, self.now());
            let about = about(&note);
            changes.update(note, &[EventKind::CreditNoteUpdated], about);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Replaces the internal notes and the metadata, which stay editable after the issue.
    pub async fn annotate_credit_note(
        &self,
        call: &Call,
        id: CreditNoteId,
        internal_notes: Option<String>,
        metadata: Metadata,
    ) -> Result<CreditNote, Error> {
        let records = self.run(call, || async {
            let mut note = self.load_credit_note(call, id).await?;
            call.permit_change(note.created_by(), note.issued().is_some())?;
            call.check_version(note.version())?;
            note.annotate(internal_notes.clone(), metadata.clone())?;
            let mut changes = self.changes(call, self.now());
            let about = about(&note);
            changes.update(note, &[EventKind::CreditNoteUpdated], about);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Deletes a draft.
    pub async fn delete_credit_note(&self, call: &Call, id: CreditNoteId) -> Result<(), Error> {
        let records = self.run(call, || async {
            let note = self.load_credit_note(call, id).await?;
            call.permit_write(note.created_by())?;
            call.check_version(note.version())?;
            note.check_draft(Action::Delete)?;
            let mut changes = self.changes(call, self.now());
            changes.delete(AggregateId::CreditNote(id), note.version(), EventKind::CreditNoteDeleted);
            Ok(changes)
        });
        records.await.map(drop)
    }

    /// Issues a draft: figures are computed on what is left of the invoice now.
    pub async fn issue_credit_note(&self, call: &Call, id: CreditNoteId) -> Result<CreditNote, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let note = self.load_credit_note(call, id).await?;
            call.check_version(note.version())?;
            note.check_draft(Action::Issue)?;
            let invoice = self.load_invoice(call, note.invoice()).await?;
            let now = self.now();
            self.credit(call, note, invoice, false, now).await
        });
        first(call, records.await?)
    }

    /// Creates and issues a credit note in one commit.
    pub async fn credit_invoice(
        &self,
        call: &Call,
        invoice: InvoiceId,
        data: CreditNoteData,
    ) -> Result<CreditNote, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let invoice = self.load_invoice(call, invoice).await?;
            call.check_version(invoice.version())?;
            let now = self.now();
            let note = self.new_credit_note(call, &invoice, data.clone(), now)?;
            self.credit(call, note, invoice, true, now).await
        });
        first(call, records.await?)
    }

    /// Records that the credit note was sent to the customer; may be repeated.
    pub async fn send_credit_note(&self, call: &Call, id: CreditNoteId) -> Result<CreditNote, Error> {
        call.permit(Permission::IssueDocuments)?;
        let records = self.run(call, || async {
            let mut note = self.load_credit_note(call, id).await?;
            call.check_version(note.version())?;
            let now = self.now();
            note.send(now)?;
            let mut changes = self.changes(call, now);
            let about = about(&note);
            changes.update(note, &[EventKind::CreditNoteSent], about);
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// The credit note first, the invoice it credits second, and what a full credit sets free.
    async fn credit(
        &self,
        call: &Call,
        note: CreditNote,
        mut invoice: Invoice,
        is_new: bool,
        now: Timestamp,
    ) -> Result<Changes, Error> {
        let context = self
            .ports
            .catalog
            .trading_context(call.team(), note.client(), DocumentType::CreditNote, note.data().series)
            .await?;
        let issuer = Self::issuer(context, DocumentType::CreditNote, now)?;
        let (note, date, events) = Self::prepare_credit(call, note, &mut invoice, &issuer, now)?;
        let mut changes = self.changes(call, now);
        let (id, about_note) = (AggregateId::CreditNote(note.id()), about(&note));
        let reason = note.data().reason.clone();
        if is_new {
            changes.insert(note, &[EventKind::CreditNoteCreated, EventKind::CreditNoteIssued], about_note);
        } else {
            changes.update(note, &[EventKind::CreditNoteIssued], about_note);
        }
        changes.because(Some(&reason));
        changes.number(id, &issuer.series, date);
        let released = invoice.advances_set_free();
        changes.update(invoice, &events, About { amount: about_note.amount, related: Some(id) });
        self.release_advances(call, &mut changes, &released).await?;
        Ok(changes)
    }

    /// Decides a credit: the frozen note, its date, and what happened to the invoice.
    pub(super) fn prepare_credit(
        call: &Call,
        mut note: CreditNote,
        invoice: &mut Invoice,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<(CreditNote, NaiveDate, Vec<EventKind>), Error> {
        invoice.check_credit()?;
        let figures =
            invoice.plan_credit(&note.data().scope).map_err(|violation| violation.under("/scope"))?;
        let issue_date = issuer.issue_date(note.data().issue_date)?;
        let facts = credit_facts(call, invoice, &figures, issue_date, now)?;
        note.issue(facts, invoice, &figures)?;
        let events = invoice.credit_with(&figures, issue_date, call.actor().user_id())?;
        Ok((note, issue_date, events))
    }
}

/// What issuing a credit note freezes: the parties are those of the invoice, and the tax goes back at the
/// rate it was accounted at.
pub(super) fn credit_facts(
    call: &Call,
    invoice: &Invoice,
    figures: &CreditFigures,
    issue_date: NaiveDate,
    now: Timestamp,
) -> Result<IssueFacts, Error> {
    let issued = invoice.issued().ok_or(Error::NotFound { what: AggregateKind::Invoice })?;
    if issue_date < issued.issue_date() {
        let detail = format!("before the invoice, which is of {}", issued.issue_date());
        return Err(Violation::new("/issue_date", Code::Inconsistent, detail).into());
    }
    // Counted from the start, so that the parts add up to what all of them together come to.
    let basis = invoice.credit_basis()?;
    let accounting = issued.accounting().map(|original| {
        let exchanged = |credited: &Credited| {
            let tax = credited.tax_total(&basis)?;
            tax.exchange(original.rate(), original.currency(), RoundingMode::HalfAwayFromZero)
        };
        exchanged(figures.credited())
            .and_then(|after| after.checked_sub(exchanged(invoice.credit())?))
            .map(|tax_total| AccountingTotal { tax_total, ..original.clone() })
            .map_err(|error| Error::money("/scope", &error))
    });
    Ok(IssueFacts {
        issue_date,
        due_date: None,
        tax_point: issue_date,
        supplier: issued.supplier().clone(),
        customer: issued.customer().clone(),
        accounting: accounting.transpose()?,
        advances: Vec::new(),
        issued_at: now,
        issued_by: call.actor().user_id(),
    })
}
