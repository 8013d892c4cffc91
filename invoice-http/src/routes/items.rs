use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_core::ItemId;
use invoice_core::ports::ItemQuery;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use super::answer;
use crate::extract::{
    Create, Id, ItemPatch, NoParams, PageParams, Params, Patch, Post, Reading, Remove, merge_patch,
};
use crate::wire::invoice::EmptyInput;
use crate::wire::item::{ItemInput, ItemView};
use crate::wire::page::PageView;
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
        .routes(routes!(archive))
        .routes(routes!(restore))
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
    /// Name starting with this, without regard to case; sorts by name instead of the newest first.
    name_prefix: Option<String>,
    /// Archived, or not.
    archived: Option<bool>,
}

/// Lists items, the newest first or by name.
#[utoipa::path(get, path = "/items", tag = "items", operation_id = "list_items", params(Filter),
    responses((status = 200, description = "A page of items.", body = PageView<ItemView<'static>>)))]
async fn list(reading: Reading, Params(filter): Params<Filter>) -> Result<Response, Problem> {
    let page = PageParams::new(filter.limit, filter.cursor).request()?;
    let query = ItemQuery { name_prefix: filter.name_prefix, archived: filter.archived };
    let page = reading.billing().items(&reading.actor, &query, &page).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, ItemView::from))
}

/// Creates an item.
#[utoipa::path(post, path = "/items", tag = "items", operation_id = "create_item", request_body = ItemInput,
    responses((status = 201, description = "The new item.", body = ItemView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
async fn create(Create { state, call, body }: Create<ItemInput>) -> Result<Response, Problem> {
    let item = state.billing().create_item(&call, body.read()?).await?;
    answer::created(item.version(), &format_args!("items/{}", item.id()), &ItemView::from(&item))
}

/// Reads an item.
#[utoipa::path(get, path = "/items/{id}", tag = "items", operation_id = "read_item",
    params(("id" = schema::ItemId, Path)),
    responses((status = 200, description = "The item.", body = ItemView<'static>, headers(("ETag" = String)))))]
async fn read(reading: Reading, Id(id): Id<ItemId>, _: NoParams) -> Result<Response, Problem> {
    let item = reading.billing().item(&reading.actor, id).await?;
    answer::record(item.version(), &ItemView::from(&item))
}

/// Changes an item by a JSON merge patch (RFC 7396) of its input. Lines made from it before keep what they say.
#[utoipa::path(patch, path = "/items/{id}", tag = "items", operation_id = "update_item",
    params(("id" = schema::ItemId, Path)),
    request_body(content = ItemPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The changed item.", body = ItemView<'static>,
        headers(("ETag" = String)))))]
async fn update(Id(id): Id<ItemId>, patch: Patch) -> Result<Response, Problem> {
    let before = patch.billing().item(patch.actor(), id).await?;
    patch.check(before.version())?;
    if patch.changes_nothing(before.created_by(), false)? {
        return answer::record(before.version(), &ItemView::from(&before));
    }
    let data = merge_patch(&ItemInput::from(&before), &patch.body)?.read()?;
    let item = patch.billing().update_item(&patch.call, id, data).await?;
    answer::record(item.version(), &ItemView::from(&item))
}

/// Deletes an item. Lines made from it keep what they say.
#[utoipa::path(delete, path = "/items/{id}", tag = "items", operation_id = "delete_item",
    params(("id" = schema::ItemId, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn delete(remove: Remove, Id(id): Id<ItemId>) -> Result<StatusCode, Problem> {
    remove.billing().delete_item(&remove.call, id).await?;
    Ok(answer::nothing())
}

/// Archives an item.
#[utoipa::path(post, path = "/items/{id}/archive", tag = "items", operation_id = "archive_item",
    params(("id" = schema::ItemId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The archived item.", body = ItemView<'static>,
        headers(("ETag" = String)))))]
async fn archive(Id(id): Id<ItemId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    let item = post.billing().archive_item(&post.call, id).await?;
    answer::record(item.version(), &ItemView::from(&item))
}

/// Takes an item back into use.
#[utoipa::path(post, path = "/items/{id}/restore", tag = "items", operation_id = "restore_item",
    params(("id" = schema::ItemId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The item in use.", body = ItemView<'static>,
        headers(("ETag" = String)))))]
async fn restore(Id(id): Id<ItemId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    let item = post.billing().restore_item(&post.call, id).await?;
    answer::record(item.version(), &ItemView::from(&item))
}
