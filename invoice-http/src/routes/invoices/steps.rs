use axum::response::Response;
use invoice_core::service::Call;
use invoice_core::{Invoice, InvoiceId};

use crate::extract::{Id, Post, Put, Remove};
use crate::routes::answer;
use crate::wire::invoice::{EmptyInput, InvoiceView, ReasonInput};
use crate::wire::schema;
use crate::{InvoiceState, Problem};

fn shown(invoice: &Invoice) -> Result<Response, Problem> {
    answer::record(invoice.version(), &InvoiceView::from(invoice))
}

/// Records a send that the delivery takes. A repetition is answered whatever the delivery says by now: what was
/// recorded before is on its way.
pub(super) async fn send_checked(
    state: &InvoiceState,
    call: &Call,
    id: InvoiceId,
) -> Result<Invoice, Problem> {
    if let Some(delivery) = state.delivery()
        && !state.billing().was_answered(call).await?
        // What can't be sent at all is the use case's to say.
        && let Ok(invoice) = state.billing().invoice(call.actor(), id).await
        && invoice.issued().is_some()
    {
        delivery.check(&invoice)?;
    }
    Ok(state.billing().send_invoice(call, id).await?)
}

/// Issues a draft: checks what the law asks for, freezes it, and takes the next number.
#[utoipa::path(post, path = "/invoices/{id}/publish", tag = "invoices", operation_id = "publish_invoice",
    params(("id" = schema::InvoiceId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The issued invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String)))))]
pub(super) async fn publish(Id(id): Id<InvoiceId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    shown(&post.billing().issue_invoice(&post.call, id).await?)
}

/// Sends an invoice to the customer, and records that it was sent; may be repeated.
#[utoipa::path(post, path = "/invoices/{id}/send", tag = "invoices", operation_id = "send_invoice",
    params(("id" = schema::InvoiceId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The sent invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String)))))]
pub(super) async fn send(Id(id): Id<InvoiceId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    shown(&send_checked(&post.state, &post.call, id).await?)
}

/// Voids an invoice that was never delivered. Its number stays used.
#[utoipa::path(post, path = "/invoices/{id}/void", tag = "invoices", operation_id = "void_invoice",
    params(("id" = schema::InvoiceId, Path)), request_body = ReasonInput,
    responses((status = 200, description = "The void invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String)))))]
pub(super) async fn void(Id(id): Id<InvoiceId>, post: Post<ReasonInput>) -> Result<Response, Problem> {
    shown(&post.billing().void_invoice(&post.call, id, &post.body.reason).await?)
}

/// Marks an invoice as not to be expected any more. It still can be paid, which clears the mark.
#[utoipa::path(put, path = "/invoices/{id}/uncollectible", tag = "invoices",
    operation_id = "mark_invoice_uncollectible",
    params(("id" = schema::InvoiceId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The marked invoice.", body = InvoiceView<'static>,
        headers(("ETag" = String)))))]
pub(super) async fn mark_uncollectible(
    Id(id): Id<InvoiceId>,
    put: Put<EmptyInput>,
) -> Result<Response, Problem> {
    put.required()?;
    shown(&put.billing().mark_invoice_uncollectible(&put.call, id).await?)
}

/// Takes the mark back.
#[utoipa::path(delete, path = "/invoices/{id}/uncollectible", tag = "invoices",
    operation_id = "unmark_invoice_uncollectible",
    params(("id" = schema::InvoiceId, Path)),
    responses((status = 200, description = "The invoice without the mark.", body = InvoiceView<'static>,
        headers(("ETag" = String)))))]
pub(super) async fn unmark_uncollectible(remove: Remove, Id(id): Id<InvoiceId>) -> Result<Response, Problem> {
    shown(&remove.billing().unmark_invoice_uncollectible(&remove.call, id).await?)
}

/// Makes a replacement draft with the content of an issued invoice. Nothing happens to the original until the
/// replacement is issued.
#[utoipa::path(post, path = "/invoices/{id}/revise", tag = "invoices", operation_id = "revise_invoice",
    params(("id" = schema::InvoiceId, Path)), request_body = Option<EmptyInput>,
    responses((status = 201, description = "The replacement draft.", body = InvoiceView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
pub(super) async fn revise(Id(id): Id<InvoiceId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    let draft = post.billing().revise_invoice(&post.call, id).await?;
    answer::created(draft.version(), &format_args!("../{}", draft.id()), &InvoiceView::from(&draft))
}
