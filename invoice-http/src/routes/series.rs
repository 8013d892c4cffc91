use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_core::SeriesId;
use utoipa_axum::router::OpenApiRouter;

use super::answer;
use crate::extract::{Create, Id, NoParams, Post, Reading};
use crate::wire::invoice::EmptyInput;
use crate::wire::series::{SeriesInput, SeriesListView, SeriesView};
use crate::{InvoiceState, Problem};

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read)).routes(routes!(archive))
}

/// Lists all series, the oldest first.
#[utoipa::path(get, path = "/series", tag = "series", operation_id = "list_series",
    responses((status = 200, description = "All series.", body = SeriesListView<'static>)))]
async fn list(reading: Reading, _: NoParams) -> Result<Response, Problem> {
    let series = reading.billing().all_series(&reading.actor).await?;
    let items = series.iter().map(SeriesView::from).collect();
    answer::json(StatusCode::OK, &SeriesListView { items })
}

/// Creates a series. Refused if a number of it could also come from another series of the team.
#[utoipa::path(post, path = "/series", tag = "series", operation_id = "create_series",
    request_body = SeriesInput,
    responses((status = 201, description = "The new series.", body = SeriesView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
async fn create(Create { state, call, body }: Create<SeriesInput>) -> Result<Response, Problem> {
    let series = state.billing().create_series(&call, body.read()?).await?;
    answer::created(series.version(), &format_args!("series/{}", series.id()), &SeriesView::from(&series))
}

/// Reads a series.
#[utoipa::path(get, path = "/series/{id}", tag = "series", operation_id = "read_series",
    params(("id" = crate::wire::schema::SeriesId, Path)),
    responses((status = 200, description = "The series.", body = SeriesView<'static>, headers(("ETag" = String)))))]
async fn read(reading: Reading, Id(id): Id<SeriesId>, _: NoParams) -> Result<Response, Problem> {
    let series = reading.billing().series(&reading.actor, id).await?;
    answer::record(series.version(), &SeriesView::from(&series))
}

/// Archives a series: it numbers nothing any more, and another may take its name.
#[utoipa::path(post, path = "/series/{id}/archive", tag = "series", operation_id = "archive_series",
    params(("id" = crate::wire::schema::SeriesId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "The archived series.", body = SeriesView<'static>,
        headers(("ETag" = String)))))]
async fn archive(Id(id): Id<SeriesId>, post: Post<EmptyInput>) -> Result<Response, Problem> {
    let series = post.billing().archive_series(&post.call, id).await?;
    answer::record(series.version(), &SeriesView::from(&series))
}
