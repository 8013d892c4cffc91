use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_auth::{Auth, AuthError, Caller};
use invoice_core::{Permission, TeamId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::PageFilter;
use crate::Problem;
use crate::extract::{Calling, Params, PathIds};
use crate::routes::answer;
use crate::wire::auth::security::SecurityEventView;
use crate::wire::page::PageView;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(list))
}

/// Whoever may decide about members may see what they did. The role is the store's, not the token's.
async fn permitted(auth: &Auth, caller: &Caller, team: TeamId) -> Result<(), AuthError> {
    // Also finds out whether an API key is still open.
    auth.team(caller).await?;
    let role = match caller.api_key_id() {
        Some(_) => caller.role(),
        None => auth.ports().teams.membership(team, caller.user_id()).await?.map(|me| me.role()),
    };
    let permission = Permission::ManageMembers;
    if role.ok_or(AuthError::NotFound)?.may(permission) {
        Ok(())
    } else {
        Err(AuthError::Forbidden(permission))
    }
}

/// Reads a team's security audit, the newest entries first.
#[utoipa::path(get, path = "/teams/{id}/security-audit", tag = "teams", operation_id = "read_security_audit",
    params(("id" = crate::wire::schema::TeamId, Path), PageFilter),
    responses((status = 200, description = "A page of entries.", body = PageView<SecurityEventView<'static>>)))]
async fn list(
    calling: Calling,
    PathIds((id,)): PathIds<(TeamId,)>,
    Params(filter): Params<PageFilter>,
) -> Result<Response, Problem> {
    permitted(&calling.auth, &calling.in_team(id), id).await?;
    let page = calling.auth.ports().audit.events_of_team(id, &filter.request()?).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, SecurityEventView::from))
}
