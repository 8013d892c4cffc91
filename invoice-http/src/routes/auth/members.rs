use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_auth::Auth;
use invoice_core::{TeamId, UserId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use crate::Problem;
use crate::extract::{
    Called, CalledPatch, CalledRemove, Calling, MemberPatch, NoParams, PageParams, Params, PathIds,
    merge_patch,
};
use crate::routes::answer;
use crate::wire::auth::member::{MemberInput, MemberView, MembershipView};
use crate::wire::invoice::EmptyInput;
use crate::wire::page::PageView;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read, change_role, remove))
        .routes(routes!(leave))
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
    /// Whose name or address starts with this, without regard to case.
    #[param(pattern = "\\S")]
    prefix: Option<String>,
}

/// Lists a team's members, the oldest accounts first.
#[utoipa::path(get, path = "/teams/{id}/members", tag = "members", operation_id = "list_members",
    params(("id" = crate::wire::schema::TeamId, Path), Filter),
    responses((status = 200, description = "A page of members.", body = PageView<MemberView<'static>>)))]
async fn list(
    calling: Calling,
    PathIds((id,)): PathIds<(TeamId,)>,
    Params(filter): Params<Filter>,
) -> Result<Response, Problem> {
    let page = PageParams::new(filter.limit, filter.cursor).request()?;
    let page = calling.auth.members(&calling.in_team(id), filter.prefix.as_deref(), &page).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, MemberView::from))
}

/// Reads a member.
#[utoipa::path(get, path = "/teams/{id}/members/{user}", tag = "members", operation_id = "read_member",
    params(("id" = crate::wire::schema::TeamId, Path), ("user" = crate::wire::schema::UserId, Path)),
    responses((status = 200, description = "The member.", body = MemberView<'static>,
        headers(("ETag" = String)))))]
async fn read(
    calling: Calling,
    PathIds((team, user)): PathIds<(TeamId, UserId)>,
    _: NoParams,
) -> Result<Response, Problem> {
    let member = calling.auth.member(&calling.in_team(team), user).await?;
    answer::record(member.membership.version(), &MemberView::from(&member))
}

/// Gives a member another role, by a JSON merge patch (RFC 7396).
///
/// Neither the old role nor the new one may be above the caller's own, and a team keeps an owner.
#[utoipa::path(patch, path = "/teams/{id}/members/{user}", tag = "members", operation_id = "update_member",
    params(("id" = crate::wire::schema::TeamId, Path), ("user" = crate::wire::schema::UserId, Path)),
    request_body(content = MemberPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The changed membership.", body = MembershipView,
        headers(("ETag" = String)))))]
async fn change_role(
    PathIds((team, user)): PathIds<(TeamId, UserId)>,
    patch: CalledPatch,
) -> Result<Response, Problem> {
    let caller = patch.by.in_team(team);
    let before = patch.by.auth.member(&caller, user).await?.membership;
    patch.check(before.version())?;
    let role = merge_patch(&MemberInput::from(&before), &patch.body)?.read()?;
    let membership = patch.by.auth.change_role(&caller, user, role, patch.version).await?;
    answer::record(membership.version(), &MembershipView::from(&membership))
}

/// Takes a member out of a team. API keys that they made go on working until they are revoked.
#[utoipa::path(delete, path = "/teams/{id}/members/{user}", tag = "members", operation_id = "remove_member",
    params(("id" = crate::wire::schema::TeamId, Path), ("user" = crate::wire::schema::UserId, Path)),
    responses((status = 204, description = "They are no member any more.")))]
async fn remove(
    remove: CalledRemove,
    PathIds((team, user)): PathIds<(TeamId, UserId)>,
) -> Result<StatusCode, Problem> {
    remove.by.auth.remove_member(&remove.by.in_team(team), user, remove.version).await?;
    Ok(answer::nothing())
}

/// Leaves a team. The last owner stays, or deletes it.
#[utoipa::path(post, path = "/teams/{id}/leave", tag = "members", operation_id = "leave_team",
    params(("id" = crate::wire::schema::TeamId, Path)), request_body = Option<EmptyInput>,
    responses((status = 204, description = "The caller is no member any more.")))]
async fn leave(
    PathIds((id,)): PathIds<(TeamId,)>,
    called: Called<EmptyInput>,
) -> Result<StatusCode, Problem> {
    called.by.auth.leave_team(&called.by.in_team(id)).await?;
    Ok(answer::nothing())
}
