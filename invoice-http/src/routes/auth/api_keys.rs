use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_auth::Auth;
use invoice_core::{ApiKeyId, TeamId};
use utoipa_axum::router::OpenApiRouter;

use super::PageFilter;
use crate::Problem;
use crate::extract::{Called, CalledEnd, Calling, Params, PathIds};
use crate::routes::answer;
use crate::wire::auth::api_key::{ApiKeyInput, ApiKeyView, NewApiKeyView};
use crate::wire::page::PageView;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// Lists a team's API keys, the newest first, ended ones too.
#[utoipa::path(get, path = "/teams/{id}/api-keys", tag = "api_keys", operation_id = "list_api_keys",
    params(("id" = crate::wire::schema::TeamId, Path), PageFilter),
    responses((status = 200, description = "A page of API keys.", body = PageView<ApiKeyView<'static>>)))]
async fn list(
    calling: Calling,
    PathIds((id,)): PathIds<(TeamId,)>,
    Params(filter): Params<PageFilter>,
) -> Result<Response, Problem> {
    let page = calling.auth.api_keys(&calling.in_team(id), &filter.request()?).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, ApiKeyView::from))
}

/// Makes an API key. Its secret is in this answer and in no other.
#[utoipa::path(post, path = "/teams/{id}/api-keys", tag = "api_keys", operation_id = "create_api_key",
    params(("id" = crate::wire::schema::TeamId, Path)), request_body = ApiKeyInput,
    responses((status = 201, description = "The new API key.", body = NewApiKeyView<'static>)))]
async fn create(
    PathIds((id,)): PathIds<(TeamId,)>,
    called: Called<ApiKeyInput>,
) -> Result<Response, Problem> {
    let caller = called.by.in_team(id);
    let new = called.by.auth.create_api_key(&caller, called.body.read()?).await?;
    answer::json(StatusCode::CREATED, &NewApiKeyView::from(&new))
}

/// Ends an API key, at once. Ending it again changes nothing.
#[utoipa::path(delete, path = "/teams/{id}/api-keys/{key}", tag = "api_keys", operation_id = "revoke_api_key",
    params(("id" = crate::wire::schema::TeamId, Path), ("key" = crate::wire::schema::ApiKeyId, Path)),
    responses((status = 204, description = "It has ended.")))]
async fn revoke(
    end: CalledEnd,
    PathIds((team, key)): PathIds<(TeamId, ApiKeyId)>,
) -> Result<StatusCode, Problem> {
    end.by.auth.revoke_api_key(&end.by.in_team(team), key).await?;
    Ok(answer::nothing())
}
