use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_auth::Auth;
use invoice_core::TeamId;
use utoipa_axum::router::OpenApiRouter;

use super::PageFilter;
use crate::Problem;
use crate::extract::{
    Called, CalledPatch, CalledRemove, Calling, NoParams, Params, PathIds, TeamPatch, merge_patch,
};
use crate::routes::answer;
use crate::wire::auth::session::AccessTokenView;
use crate::wire::auth::team::{MyTeamView, TeamInput, TeamView, TransferInput};
use crate::wire::invoice::EmptyInput;
use crate::wire::page::PageView;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, rename, delete))
        .routes(routes!(switch))
        .routes(routes!(transfer))
}

/// Lists the teams that the caller is in, the oldest first.
#[utoipa::path(get, path = "/teams", tag = "teams", operation_id = "list_teams", params(PageFilter),
    responses((status = 200, description = "A page of teams.", body = PageView<MyTeamView<'static>>)))]
async fn list(calling: Calling, Params(filter): Params<PageFilter>) -> Result<Response, Problem> {
    let page = calling.auth.my_teams(&calling.caller, &filter.request()?).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, MyTeamView::from))
}

/// Makes a team that the caller owns. The session stays where it is.
#[utoipa::path(post, path = "/teams", tag = "teams", operation_id = "create_team", request_body = TeamInput,
    responses((status = 201, description = "The new team.", body = TeamView<'static>,
        headers(("ETag" = String), ("Location" = String)))))]
async fn create(called: Called<TeamInput>) -> Result<Response, Problem> {
    let team = called.by.auth.create_team(&called.by.caller, &called.body.name).await?;
    answer::created(team.version(), &format_args!("teams/{}", team.id()), &TeamView::from(&team))
}

/// Reads a team that the caller is in.
#[utoipa::path(get, path = "/teams/{id}", tag = "teams", operation_id = "read_team",
    params(("id" = crate::wire::schema::TeamId, Path)),
    responses((status = 200, description = "The team.", body = TeamView<'static>, headers(("ETag" = String)))))]
async fn read(
    calling: Calling,
    PathIds((id,)): PathIds<(TeamId,)>,
    _: NoParams,
) -> Result<Response, Problem> {
    let team = calling.auth.team(&calling.in_team(id)).await?;
    answer::record(team.version(), &TeamView::from(&team))
}

/// Renames a team by a JSON merge patch (RFC 7396).
#[utoipa::path(patch, path = "/teams/{id}", tag = "teams", operation_id = "update_team",
    params(("id" = crate::wire::schema::TeamId, Path)),
    request_body(content = TeamPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The changed team.", body = TeamView<'static>,
        headers(("ETag" = String)))))]
async fn rename(PathIds((id,)): PathIds<(TeamId,)>, patch: CalledPatch) -> Result<Response, Problem> {
    let caller = patch.by.in_team(id);
    let before = patch.by.auth.team(&caller).await?;
    patch.check(before.version())?;
    let input = merge_patch(&TeamInput::from(&before), &patch.body)?;
    let team = patch.by.auth.rename_team(&caller, &input.name, patch.version).await?;
    answer::record(team.version(), &TeamView::from(&team))
}

/// Deletes a team with its memberships, invitations and API keys. Its invoices stay where they are.
#[utoipa::path(delete, path = "/teams/{id}", tag = "teams", operation_id = "delete_team",
    params(("id" = crate::wire::schema::TeamId, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn delete(remove: CalledRemove, PathIds((id,)): PathIds<(TeamId,)>) -> Result<StatusCode, Problem> {
    remove.by.auth.delete_team(&remove.by.in_team(id), remove.version).await?;
    Ok(answer::nothing())
}

/// Makes a team the active one of the caller's session. The refresh token stays; the access token given before
/// stays good for the team before.
#[utoipa::path(post, path = "/teams/{id}/switch", tag = "teams", operation_id = "switch_team",
    params(("id" = crate::wire::schema::TeamId, Path)), request_body = Option<EmptyInput>,
    responses((status = 200, description = "An access token for the team.", body = AccessTokenView<'static>)))]
async fn switch(PathIds((id,)): PathIds<(TeamId,)>, called: Called<EmptyInput>) -> Result<Response, Problem> {
    let token = called.by.auth.switch_team(&called.by.caller, id).await?;
    answer::json(StatusCode::OK, &AccessTokenView::new(&token, id))
}

/// Makes another member the owner and the caller an admin, at once.
#[utoipa::path(post, path = "/teams/{id}/transfer", tag = "teams", operation_id = "transfer_team",
    params(("id" = crate::wire::schema::TeamId, Path)), request_body = TransferInput,
    responses((status = 204, description = "It has another owner.")))]
async fn transfer(
    PathIds((id,)): PathIds<(TeamId,)>,
    called: Called<TransferInput>,
) -> Result<StatusCode, Problem> {
    called.by.auth.transfer_ownership(&called.by.in_team(id), called.body.read()?).await?;
    Ok(answer::nothing())
}
