use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_core::ClientId;
use invoice_core::ports::ClientQuery;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use super::answer;
use crate::extract::{Create, Id, NoParams, PageParams, Params, Patch, Post, Reading, Remove, merge_patch};
use crate::wire::client::{ClientInput, ClientView};
use crate::wire::invoice::EmptyInput;
use crate::wire::page::PageView;
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
    /// With this pair of metadata: its key. Goes with `metadata_value`.
    metadata_key: Option<String>,
    /// With this pair of metadata: its value.
    metadata_value: Option<String>,
}

/// Lists clients, the newest first or by name.
#[utoipa::path(get, path = "/clients", tag = "clients", operation_id = "list_clients", params(Filter),
    responses((status = 200, description = "A page of clients.", body = PageView<ClientView<'static>>)))]
async fn list(reading: Reading, Params(filter): Params<Filter>) -> Result<Response, Problem> {
    let page = PageParams::new(filter.limit, filter.cursor).request()?;
    let query = ClientQuery {
        name_prefix: filter.name_prefix,
        archived: filter.archived,
        metadata: super::metadata_pair(filter.metadata_key, filter.metadata_value)?,
    };
    let page = reading.billing().clients(&reading.actor, &query, &page).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, ClientView::from))
}

/// Creates a client.
#[utoipa::path(post, path = "/clients", tag = "clients", operation_id = "create_client",
    request_body = ClientInput,
    responses((status = 201, description = "The new client.", body = ClientView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
async fn create(Create { state, call, body }: Create<ClientInput>) -> Result<Response, Problem> {
    let client = state.billing().create_client(&call, body.read()?).await?;
    answer::created(client.version(), &format_args!("clients/{}", client.id()), &ClientView::from(&client))
}

/// Reads a client.
#[utoipa::path(get, path = "/clients/{id}", tag = "clients", operation_id = "read_client",
    params(("id" = crate::wire::schema::ClientId, Path)),
    responses((status = 200, description = "The client.", body = ClientView<'static>, headers(("ETag" = String)))))]
async fn read(reading: Reading, Id(id): Id<ClientId>, _: NoParams) -> Result<Response, Problem> {
    let client = reading.billing().client(&reading.actor, id).await?;
    answer::record(client.version(), &ClientView::from(&client))
}

/// Changes a client by a JSON merge patch (RFC 7396) of its input.
#[utoipa::path(patch, path = "/clients/{id}", tag = "clients", operation_id = "update_client",
    params(("id" = crate::wire::schema::ClientId, Path)),
    request_body(content = crate::extract::ClientPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The changed client.", body = ClientView<'static>,
        headers(("ETag" = String)))))]
async fn update(Id(id): Id<ClientId>, patch: Patch) -> Result<Response, Problem> {
    let before = patch.billing().client(patch.actor(), id).await?;
    patch.check(before.version())?;
    if patch.changes_nothing(before.created_by(), false)? {
        return answer::record(before.version(), &ClientView::from(&before));
    }
    let data = merge_patch(&ClientInput::from(&before), &patch.body)?.read()?;
    let client = patch.billing().update_client(&patch.call, id, data).await?;
    answer::record(client.version(), &ClientView::from(&client))
}

/// Deletes a client that no document or payment refers to.
#[utoipa::path(delete, path = "/clients/{id}", tag = "clients", operation_id = "delete_client",
    params(("id" = crate::wire::schema::ClientId, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn delete(remove: Remove, Id(id): Id<ClientId>) -> Result<StatusCode, Problem> {
    remove.billing().delete_client(&remove.call, id).await?;
    Ok(answer::nothing())
}

/// Archives a client: it takes no new documents.
#[utoipa::path(post, path = "/clients/{id}/archive", tag = "clients", operation_id = "archive_client",
    params(("id" = crate::wire::schema::ClientId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The archived client.", body = ClientView<'static>,
        headers(("ETag" = String)))))]
async fn archive(Id(id): Id<ClientId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    let client = post.billing().archive_client(&post.call, id).await?;
    answer::record(client.version(), &ClientView::from(&client))
}

/// Takes a client back into use.
#[utoipa::path(post, path = "/clients/{id}/restore", tag = "clients", operation_id = "restore_client",
    params(("id" = crate::wire::schema::ClientId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The client in use.", body = ClientView<'static>,
        headers(("ETag" = String)))))]
async fn restore(Id(id): Id<ClientId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    let client = post.billing().restore_client(&post.call, id).await?;
    answer::record(client.version(), &ClientView::from(&client))
}
