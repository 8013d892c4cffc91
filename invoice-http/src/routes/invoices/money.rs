//! What is paid, credited and given up of an invoice.

use axum::http::StatusCode;
use axum::response::Response;
use invoice_core::InvoiceId;
use invoice_core::change::AggregateId;

use crate::Problem;
use crate::extract::{Id, PageParams, Params, Post, Reading};
use crate::routes::answer;
use crate::wire::audit::AuditView;
use crate::wire::credit_note::{CreditInput, CreditNoteView};
use crate::wire::invoice::{InvoiceView, ReasonInput};
use crate::wire::page::PageView;
use crate::wire::payment::{PaidView, PayInput, PaymentView, WriteOffInput};
use crate::wire::schema;

/// Pays an invoice: records a payment of its client and allocates it, at most what is due.
#[utoipa::path(post, path = "/invoices/{id}/pay", tag = "invoices", operation_id = "pay_invoice",
    params(("id" = schema::InvoiceId, Path)), request_body = Option<PayInput>,
    responses((status = 201, description = "The payment, and the invoice after it.", body = PaidView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
pub(super) async fn pay(
    Id(id): Id<InvoiceId>,
    Post { state, call, body }: Post<PayInput>,
) -> Result<Response, Problem> {
    let paid = state.billing().pay_invoice(&call, id, body.read()?).await?;
    let view =
        PaidView { payment: PaymentView::from(&paid.payment), invoice: InvoiceView::from(&paid.invoice) };
    let location = format!("../../payments/{}", paid.payment.id());
    answer::created(paid.payment.version(), &location, &view)
}

/// Credits an invoice: issues a credit note against it, or drafts one.
#[utoipa::path(post, path = "/invoices/{id}/credit-notes", tag = "invoices", operation_id = "credit_invoice",
    params(("id" = schema::InvoiceId, Path)), request_body = CreditInput,
    responses((status = 201, description = "The credit note.", body = CreditNoteView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
pub(super) async fn credit(
    Id(id): Id<InvoiceId>,
    Post { state, call, body }: Post<CreditInput>,
) -> Result<Response, Problem> {
    let (is_draft, data) = (body.draft, body.read()?);
    let note = if is_draft {
        state.billing().create_credit_note(&call, id, data).await
    } else {
        state.billing().credit_invoice(&call, id, data).await
    };
    let note = note.map_err(|error| CreditInput::place(error.into()))?;
    let location = format!("../../credit-notes/{}", note.id());
    answer::created(note.version(), &location, &CreditNoteView::from(&note))
}

/// Gives up the rest of an invoice, or part of it.
#[utoipa::path(post, path = "/invoices/{id}/write-off", tag = "invoices", operation_id = "write_off_invoice",
    params(("id" = schema::InvoiceId, Path)), request_body = WriteOffInput,
    responses((status = 200, description = "The invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String)))))]
pub(super) async fn write_off(
    Id(id): Id<InvoiceId>,
    Post { state, call, body }: Post<WriteOffInput>,
) -> Result<Response, Problem> {
    let invoice = state.billing().write_off(&call, id, body.read()?).await?;
    answer::record(invoice.version(), &InvoiceView::from(&invoice))
}

/// Takes back all that was written off of an invoice. It is due again.
#[utoipa::path(post, path = "/invoices/{id}/take-back-write-off", tag = "invoices",
    operation_id = "take_back_write_off",
    params(("id" = schema::InvoiceId, Path)), request_body = ReasonInput,
    responses((status = 200, description = "The invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String)))))]
pub(super) async fn take_back(
    Id(id): Id<InvoiceId>,
    Post { state, call, body }: Post<ReasonInput>,
) -> Result<Response, Problem> {
    let invoice = state.billing().take_back_write_off(&call, id, &body.reason).await?;
    answer::record(invoice.version(), &InvoiceView::from(&invoice))
}

/// Lists what happened to an invoice, the newest first.
#[utoipa::path(get, path = "/invoices/{id}/audit", tag = "invoices", operation_id = "list_invoice_audit",
    params(("id" = schema::InvoiceId, Path), PageParams),
    responses((status = 200, description = "A page of the trail.", body = PageView<AuditView<'static>>)))]
pub(super) async fn audit(
    reading: Reading,
    Id(id): Id<InvoiceId>,
    Params(page): Params<PageParams>,
) -> Result<Response, Problem> {
    let page = page.request()?;
    // The trail of what is not there, or another team's, is not an empty one.
    reading.billing().invoice(&reading.actor, id).await?;
    let page = reading.billing().audit(&reading.actor, Some(AggregateId::Invoice(id)), &page).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, AuditView::from))
}
