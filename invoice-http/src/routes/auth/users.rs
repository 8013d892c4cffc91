use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_auth::Auth;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use crate::Problem;
use crate::extract::{Called, CalledPatch, Calling, NoParams, PageParams, Params, ProfilePatch, merge_patch};
use crate::routes::answer;
use crate::wire::auth::account::ProofInput;
use crate::wire::auth::member::MemberView;
use crate::wire::auth::profile::{ProfileInput, ProfileView};
use crate::wire::page::PageView;
use crate::wire::schema;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(search)).routes(routes!(read, update)).routes(routes!(delete))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Search {
    /// How the name or the address starts, without regard to case.
    #[param(value_type = schema::Name)]
    prefix: String,
    /// Most rows in the page, 1 to 100; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
}

/// Searches for users in the active team.
#[utoipa::path(get, path = "/users", tag = "users", operation_id = "search_users", params(Search),
    responses((status = 200, description = "A page of members.", body = PageView<MemberView<'static>>)))]
async fn search(calling: Calling, Params(search): Params<Search>) -> Result<Response, Problem> {
    let page = PageParams::new(search.limit, search.cursor).request()?;
    let page = calling.auth.members(&calling.caller, Some(&search.prefix), &page).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, MemberView::from))
}

/// Reads the caller's account.
#[utoipa::path(get, path = "/users/me", tag = "users", operation_id = "read_profile",
    responses((status = 200, description = "The account.", body = ProfileView<'static>,
        headers(("ETag" = String)))))]
async fn read(calling: Calling, _: NoParams) -> Result<Response, Problem> {
    let profile = calling.auth.profile(&calling.caller).await?;
    answer::record(profile.version, &ProfileView::from(&profile))
}

/// Changes the caller's name or language by a JSON merge patch (RFC 7396).
#[utoipa::path(patch, path = "/users/me", tag = "users", operation_id = "update_profile",
    request_body(content = ProfilePatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The changed account.", body = ProfileView<'static>,
        headers(("ETag" = String)))))]
async fn update(patch: CalledPatch) -> Result<Response, Problem> {
    let before = patch.by.auth.profile(&patch.by.caller).await?;
    patch.check(before.version)?;
    if patch.body.is_empty() {
        return answer::record(before.version, &ProfileView::from(&before));
    }
    let change = merge_patch(&ProfileInput::from(&before), &patch.body)?.into();
    let profile = patch.by.auth.update_profile(&patch.by.caller, change, patch.version).await?;
    answer::record(profile.version, &ProfileView::from(&profile))
}

/// Deletes the caller's account with its sessions, for who is in no team any more. The security audit stays.
#[utoipa::path(post, path = "/users/me/delete", tag = "users", operation_id = "delete_profile",
    request_body = ProofInput,
    responses((status = 204, description = "It is gone.")))]
async fn delete(called: Called<ProofInput>) -> Result<StatusCode, Problem> {
    called.by.auth.delete_account(&called.by.caller, &called.body.read()?).await?;
    Ok(answer::nothing())
}
