use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_core::ports::QuoteQuery;
use invoice_core::{Quote, QuoteId, QuoteKind, QuoteStatus};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use super::answer;
use crate::extract::{
    Create, Id, NoParams, PageParams, Params, Patch, Post, QuotePatch, Reading, Remove, merge_patch,
};
use crate::wire::invoice::{EmptyInput, InvoiceView, OptionalReasonInput};
use crate::wire::page::PageView;
use crate::wire::quote::{QuoteInput, QuoteView};
use crate::wire::read::{At, Reader};
use crate::wire::schema;
use crate::{InvoiceState, Problem};

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update, delete))
        .routes(routes!(publish))
        .routes(routes!(send))
        .routes(routes!(accept))
        .routes(routes!(decline))
        .routes(routes!(convert))
}

fn shown(quote: &Quote) -> Result<Response, Problem> {
    answer::record(quote.version(), &QuoteView::from(quote))
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
    /// Of this kind.
    #[param(value_type = Option<schema::QuoteKindName>)]
    kind: Option<String>,
    /// Of this status.
    #[param(value_type = Option<schema::QuoteStatusName>)]
    status: Option<String>,
    /// Of this client.
    #[param(value_type = Option<schema::ClientId>)]
    client: Option<String>,
}

impl Filter {
    fn query(&self, reader: &mut Reader, at: &At<'_>) -> Option<QuoteQuery> {
        let kind = self.kind.as_deref().map(|kind| reader.named::<QuoteKind>(&at.field("kind"), kind));
        let status =
            self.status.as_deref().map(|status| reader.named::<QuoteStatus>(&at.field("status"), status));
        let client = reader.optional(&at.field("client"), self.client.as_deref())?;
        Some(QuoteQuery { kind: kind.flatten(), status: status.flatten(), client, expired_as_of: None })
    }
}

/// Lists quotes and pro-forma invoices, the newest first.
#[utoipa::path(get, path = "/quotes", tag = "quotes", operation_id = "list_quotes", params(Filter),
    responses((status = 200, description = "A page of quotes.", body = PageView<QuoteView<'static>>)))]
async fn list(reading: Reading, Params(mut filter): Params<Filter>) -> Result<Response, Problem> {
    let page = PageParams::new(filter.limit, filter.cursor.take()).request()?;
    let mut reader = Reader::default();
    let query = filter.query(&mut reader, &At::Body);
    let query = reader.finish(query)?;
    let page = reading.billing().quotes(&reading.actor, &query, &page).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, QuoteView::from))
}

/// Creates a draft.
#[utoipa::path(post, path = "/quotes", tag = "quotes", operation_id = "create_quote", request_body = QuoteInput,
    responses((status = 201, description = "The new draft.", body = QuoteView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
async fn create(Create { state, call, body }: Create<QuoteInput>) -> Result<Response, Problem> {
    let quote = state.billing().create_quote(&call, body.read()?).await?;
    answer::created(quote.version(), &format_args!("quotes/{}", quote.id()), &QuoteView::from(&quote))
}

/// Reads a quote.
#[utoipa::path(get, path = "/quotes/{id}", tag = "quotes", operation_id = "read_quote",
    params(("id" = schema::QuoteId, Path)),
    responses((status = 200, description = "The quote.", body = QuoteView<'static>, headers(("ETag" = String)))))]
async fn read(reading: Reading, Id(id): Id<QuoteId>, _: NoParams) -> Result<Response, Problem> {
    shown(&reading.billing().quote(&reading.actor, id).await?)
}

/// Changes a draft by a JSON merge patch (RFC 7396) of its input. Of an issued quote, only `internal_notes` and
/// `metadata` can be changed.
#[utoipa::path(patch, path = "/quotes/{id}", tag = "quotes", operation_id = "update_quote",
    params(("id" = schema::QuoteId, Path)),
    request_body(content = QuotePatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The changed quote.", body = QuoteView<'static>,
        headers(("ETag" = String)))))]
async fn update(Id(id): Id<QuoteId>, patch: Patch) -> Result<Response, Problem> {
    let before = patch.billing().quote(patch.actor(), id).await?;
    patch.check(before.version())?;
    if patch.changes_nothing(before.created_by(), before.issued().is_some())? {
        return shown(&before);
    }
    let data = merge_patch(&QuoteInput::from(&before), &patch.body)?.read()?;
    let annotates = before.issued().is_some() && patch.body.touches_only(&["internal_notes", "metadata"]);
    let quote = if annotates {
        patch.billing().annotate_quote(&patch.call, id, data.internal_notes, data.metadata).await?
    } else {
        patch.billing().update_quote(&patch.call, id, data).await?
    };
    shown(&quote)
}

/// Deletes a draft.
#[utoipa::path(delete, path = "/quotes/{id}", tag = "quotes", operation_id = "delete_quote",
    params(("id" = schema::QuoteId, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn delete(remove: Remove, Id(id): Id<QuoteId>) -> Result<StatusCode, Problem> {
    remove.billing().delete_quote(&remove.call, id).await?;
    Ok(answer::nothing())
}

/// Issues a draft: freezes it and takes the next number of a series for quotes or pro-forma invoices.
#[utoipa::path(post, path = "/quotes/{id}/publish", tag = "quotes", operation_id = "publish_quote",
    params(("id" = schema::QuoteId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The issued quote.", body = QuoteView<'static>,
        headers(("ETag" = String)))))]
async fn publish(Id(id): Id<QuoteId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    shown(&post.billing().issue_quote(&post.call, id).await?)
}

/// Records that the quote was sent to the customer; may be repeated.
#[utoipa::path(post, path = "/quotes/{id}/send", tag = "quotes", operation_id = "send_quote",
    params(("id" = schema::QuoteId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The sent quote.", body = QuoteView<'static>,
        headers(("ETag" = String)))))]
async fn send(Id(id): Id<QuoteId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    shown(&post.billing().send_quote(&post.call, id).await?)
}

/// Records that the customer accepted; refused after the last day.
#[utoipa::path(post, path = "/quotes/{id}/accept", tag = "quotes", operation_id = "accept_quote",
    params(("id" = schema::QuoteId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The accepted quote.", body = QuoteView<'static>,
        headers(("ETag" = String)))))]
async fn accept(Id(id): Id<QuoteId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    shown(&post.billing().accept_quote(&post.call, id).await?)
}

/// Records that the customer declined.
#[utoipa::path(post, path = "/quotes/{id}/decline", tag = "quotes", operation_id = "decline_quote",
    params(("id" = schema::QuoteId, Path)), request_body = Option<OptionalReasonInput>,
    responses((status = 200, description = "The declined quote.", body = QuoteView<'static>,
        headers(("ETag" = String)))))]
async fn decline(Id(id): Id<QuoteId>, post: Post<OptionalReasonInput>) -> Result<Response, Problem> {
    shown(&post.billing().decline_quote(&post.call, id, post.body.reason.as_deref()).await?)
}

/// Makes an invoice draft of a quote, once.
#[utoipa::path(post, path = "/quotes/{id}/convert", tag = "quotes", operation_id = "convert_quote",
    params(("id" = schema::QuoteId, Path)), request_body = Option<EmptyInput>,
    responses((status = 201, description = "The invoice draft.", body = InvoiceView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
async fn convert(Id(id): Id<QuoteId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    let invoice = post.billing().convert_quote(&post.call, id).await?;
    let location = format!("../../invoices/{}", invoice.id());
    answer::created(invoice.version(), &location, &InvoiceView::from(&invoice))
}
