use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_auth::Auth;
use invoice_core::TeamId;
use utoipa_axum::router::OpenApiRouter;

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

/// Reads a team's security audit, the newest entries first.
#[utoipa::path(get, path = "/teams/{id}/security-audit", tag = "teams", operation_id = "read_security_audit",
    params(("id" = crate::wire::schema::TeamId, Path), PageFilter),
    responses((status = 200, description = "A page of entries.", body = PageView<SecurityEventView<'static>>)))]
async fn list(
    calling: Calling,
    PathIds((id,)): PathIds<(TeamId,)>,
    Params(filter): Params<PageFilter>,
) -> Result<Response, Problem> {
    let page = calling.auth.security_audit(&calling.in_team(id), &filter.request()?).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, SecurityEventView::from))
}
