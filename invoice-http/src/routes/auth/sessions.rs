use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_auth::Auth;
use invoice_core::SessionId;
use utoipa_axum::router::OpenApiRouter;

use super::PageFilter;
use crate::Problem;
use crate::extract::{CalledEnd, Calling, Params, PathIds};
use crate::routes::answer;
use crate::wire::auth::session::SessionRow;
use crate::wire::page::PageView;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(revoke))
}

/// Lists the caller's open sessions, the newest first. A page may be shorter than asked for and have a next one.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth", operation_id = "list_sessions", params(PageFilter),
    responses((status = 200, description = "A page of sessions.", body = PageView<SessionRow<'static>>)))]
async fn list(calling: Calling, Params(filter): Params<PageFilter>) -> Result<Response, Problem> {
    let page = calling.auth.sessions(&calling.caller, &filter.request()?).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, SessionRow::from))
}

/// Ends a session of the caller's, at once.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "auth", operation_id = "revoke_session",
    params(("id" = crate::wire::schema::SessionId, Path)),
    responses((status = 204, description = "It has ended.")))]
async fn revoke(end: CalledEnd, PathIds((id,)): PathIds<(SessionId,)>) -> Result<StatusCode, Problem> {
    end.by.auth.revoke_session(&end.by.caller, id).await?;
    Ok(answer::nothing())
}
