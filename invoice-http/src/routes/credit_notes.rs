use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_core::ports::CreditNoteQuery;
use invoice_core::service::Error;
use invoice_core::{Code, CreditNote, CreditNoteId, Violation, Violations};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use super::answer;
use crate::extract::{
    Create, CreditNotePatch, Id, NoParams, PageParams, Params, Patch, Post, Reading, Remove, merge_patch,
};
use crate::wire::credit_note::{CreditNoteInput, CreditNoteView};
use crate::wire::import::CreditNoteImport;
use crate::wire::invoice::EmptyInput;
use crate::wire::page::PageView;
use crate::wire::read::{At, Reader};
use crate::wire::schema;
use crate::{InvoiceState, Problem};

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read, update, delete))
        .routes(routes!(import))
        .routes(routes!(publish))
        .routes(routes!(send))
}

fn shown(note: &CreditNote) -> Result<Response, Problem> {
    answer::record(note.version(), &CreditNoteView::from(note))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Most rows in the page, 1 to 100; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
    /// Against this invoice.
    #[param(value_type = Option<schema::InvoiceId>)]
    invoice: Option<String>,
    /// Of this client.
    #[param(value_type = Option<schema::ClientId>)]
    client: Option<String>,
    /// Issued, or still drafts.
    issued: Option<bool>,
}

/// Lists credit notes, the newest first. They are made at the invoice they credit.
#[utoipa::path(get, path = "/credit-notes", tag = "credit notes", operation_id = "list_credit_notes",
    params(Filter),
    responses((status = 200, description = "A page of credit notes.", body = PageView<CreditNoteView<'static>>)))]
async fn list(reading: Reading, Params(filter): Params<Filter>) -> Result<Response, Problem> {
    let page = PageParams::new(filter.limit, filter.cursor).request()?;
    let (mut reader, at) = (Reader::default(), At::Body);
    let client = reader.optional(&at.field("client"), filter.client.as_deref());
    let invoice = reader.optional(&at.field("invoice"), filter.invoice.as_deref());
    let query = client.zip(invoice).map(|(client, invoice)| CreditNoteQuery {
        client,
        invoice,
        issued: filter.issued,
    });
    let query = reader.finish(query)?;
    let page = reading.billing().credit_notes(&reading.actor, &query, &page).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, CreditNoteView::from))
}

/// Reads a credit note.
#[utoipa::path(get, path = "/credit-notes/{id}", tag = "credit notes", operation_id = "read_credit_note",
    params(("id" = schema::CreditNoteId, Path)),
    responses((status = 200, description = "The credit note.", body = CreditNoteView<'static>,
        headers(("ETag" = String)))))]
async fn read(reading: Reading, Id(id): Id<CreditNoteId>, _: NoParams) -> Result<Response, Problem> {
    shown(&reading.billing().credit_note(&reading.actor, id).await?)
}

/// Changes a draft by a JSON merge patch (RFC 7396) of its input. Of an issued credit note, only `internal_notes`
/// and `metadata` can be changed.
#[utoipa::path(patch, path = "/credit-notes/{id}", tag = "credit notes", operation_id = "update_credit_note",
    params(("id" = schema::CreditNoteId, Path)),
    request_body(content = CreditNotePatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The changed credit note.", body = CreditNoteView<'static>,
        headers(("ETag" = String)))))]
async fn update(Id(id): Id<CreditNoteId>, patch: Patch) -> Result<Response, Problem> {
    let before = patch.billing().credit_note(patch.actor(), id).await?;
    patch.check(before.version())?;
    if patch.changes_nothing(before.created_by(), before.issued().is_some())? {
        return shown(&before);
    }
    let data = merge_patch(&CreditNoteInput::from(&before), &patch.body)?.read()?;
    let annotates = before.issued().is_some() && patch.body.touches_only(&["internal_notes", "metadata"]);
    let note = if annotates {
        patch.billing().annotate_credit_note(&patch.call, id, data.internal_notes, data.metadata).await?
    } else {
        patch.billing().update_credit_note(&patch.call, id, data).await?
    };
    shown(&note)
}

/// Deletes a draft.
#[utoipa::path(delete, path = "/credit-notes/{id}", tag = "credit notes", operation_id = "delete_credit_note",
    params(("id" = schema::CreditNoteId, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn delete(remove: Remove, Id(id): Id<CreditNoteId>) -> Result<StatusCode, Problem> {
    remove.billing().delete_credit_note(&remove.call, id).await?;
    Ok(answer::nothing())
}

/// Takes over a credit note that another system issued, with its number.
#[utoipa::path(post, path = "/credit-notes/import", tag = "credit notes", operation_id = "import_credit_note",
    request_body = CreditNoteImport,
    responses((status = 201, description = "The credit note.", body = CreditNoteView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
async fn import(Create { state, call, body }: Create<CreditNoteImport>) -> Result<Response, Problem> {
    let imported = state.billing().import_credit_note(&call, body.read()?).await;
    let note = imported.map_err(|error| match error {
        // The path names nothing: what is not there is a wrong field.
        Error::NotFound { .. } => {
            Violations::from(Violation::new("/invoice", Code::Unknown, "no such invoice")).into()
        }
        error => Problem::from(error),
    })?;
    answer::created(note.version(), &note.id(), &CreditNoteView::from(&note))
}

/// Issues a draft: its figures are computed on what is left of the invoice now.
#[utoipa::path(post, path = "/credit-notes/{id}/publish", tag = "credit notes",
    operation_id = "publish_credit_note",
    params(("id" = schema::CreditNoteId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The issued credit note.", body = CreditNoteView<'static>,
        headers(("ETag" = String)))))]
async fn publish(Id(id): Id<CreditNoteId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    shown(&post.billing().issue_credit_note(&post.call, id).await?)
}

/// Records that the credit note was sent to the customer; may be repeated.
#[utoipa::path(post, path = "/credit-notes/{id}/send", tag = "credit notes", operation_id = "send_credit_note",
    params(("id" = schema::CreditNoteId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The sent credit note.", body = CreditNoteView<'static>,
        headers(("ETag" = String)))))]
async fn send(Id(id): Id<CreditNoteId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    shown(&post.billing().send_credit_note(&post.call, id).await?)
}
