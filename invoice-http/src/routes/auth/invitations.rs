use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_auth::Auth;
use invoice_core::{InvitationId, TeamId};
use utoipa_axum::router::OpenApiRouter;

use super::PageFilter;
use crate::Problem;
use crate::extract::{Called, CalledEnd, Calling, Params, PathIds};
use crate::routes::answer;
use crate::wire::auth::account::MailedTokenInput;
use crate::wire::auth::invitation::{InvitationInput, InvitationView};
use crate::wire::auth::member::MembershipView;
use crate::wire::page::PageView;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke)).routes(routes!(accept))
}

/// Lists a team's invitations, the newest first, whatever became of them.
#[utoipa::path(get, path = "/teams/{id}/invitations", tag = "invitations", operation_id = "list_invitations",
    params(("id" = crate::wire::schema::TeamId, Path), PageFilter),
    responses((status = 200, description = "A page of invitations.", body = PageView<InvitationView<'static>>)))]
async fn list(
    calling: Calling,
    PathIds((id,)): PathIds<(TeamId,)>,
    Params(filter): Params<PageFilter>,
) -> Result<Response, Problem> {
    let page = calling.auth.invitations(&calling.in_team(id), &filter.request()?).await?;
    answer::json(StatusCode::OK, &PageView::of(&page, InvitationView::from))
}

/// Invites somebody by mail. An earlier invitation of the address is void.
#[utoipa::path(post, path = "/teams/{id}/invitations", tag = "invitations", operation_id = "create_invitation",
    params(("id" = crate::wire::schema::TeamId, Path)), request_body = InvitationInput,
    responses((status = 201, description = "The new invitation.", body = InvitationView<'static>)))]
async fn create(
    PathIds((id,)): PathIds<(TeamId,)>,
    called: Called<InvitationInput>,
) -> Result<Response, Problem> {
    let role = called.body.role()?;
    let invitation = called.by.auth.invite(&called.by.in_team(id), &called.body.email, role).await?;
    answer::json(StatusCode::CREATED, &InvitationView::from(&invitation))
}

/// Takes back an open invitation.
#[utoipa::path(delete, path = "/teams/{id}/invitations/{invitation}", tag = "invitations",
    operation_id = "revoke_invitation",
    params(("id" = crate::wire::schema::TeamId, Path), ("invitation" = crate::wire::schema::InvitationId, Path)),
    responses((status = 204, description = "It is void.")))]
async fn revoke(
    end: CalledEnd,
    PathIds((team, invitation)): PathIds<(TeamId, InvitationId)>,
) -> Result<StatusCode, Problem> {
    end.by.auth.revoke_invitation(&end.by.in_team(team), invitation).await?;
    Ok(answer::nothing())
}

/// Joins the team that a mailed token invites to. The session's active team stays as it is.
#[utoipa::path(post, path = "/invitations/accept", tag = "invitations", operation_id = "accept_invitation",
    request_body = MailedTokenInput,
    responses((status = 200, description = "The caller's membership.", body = MembershipView)))]
async fn accept(called: Called<MailedTokenInput>) -> Result<Response, Problem> {
    let token = called.body.token();
    let membership = called.by.auth.accept_invitation(&called.by.caller, &token).await?;
    answer::json(StatusCode::OK, &MembershipView::from(&membership))
}
