use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::Response;
use invoice_auth::Auth;
use utoipa_axum::router::OpenApiRouter;

use crate::Problem;
use crate::extract::{Called, Open};
use crate::problem::ProblemBody;
use crate::routes::answer;
use crate::wire::auth::account::{LoginInput, RefreshInput, RegistrationInput};
use crate::wire::auth::session::TokensView;
use crate::wire::invoice::EmptyInput;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(log_in))
        .routes(routes!(refresh))
        .routes(routes!(log_out))
        .routes(routes!(log_out_everywhere))
}

/// Makes an account and mails a token that verifies its address.
///
/// Whether the address has an account already is not told: its holder is mailed.
#[utoipa::path(post, path = "/auth/register", tag = "auth", operation_id = "register", security(()),
    request_body = RegistrationInput,
    responses((status = 202, description = "Its holder was mailed.")))]
async fn register(post: Open<RegistrationInput>) -> Result<StatusCode, Problem> {
    post.auth.register(post.body.read()?, &post.client).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Opens a session.
///
/// An address without an account, a wrong password and an account that can't be used are answered alike.
#[utoipa::path(post, path = "/auth/login", tag = "auth", operation_id = "log_in", security(()),
    request_body = LoginInput,
    responses((status = 200, description = "The tokens of the new session.", body = TokensView<'static>),
        (status = 404, description = "The account is not in the team, or there is no such team.",
            body = ProblemBody<'static>, content_type = "application/problem+json")))]
async fn log_in(Open { auth, client, body }: Open<LoginInput>) -> Result<Response, Problem> {
    let login = body.read()?;
    let client = client.with_device(login.device.unwrap_or_default());
    let tokens = match login.team {
        Some(team) => auth.log_in_to_team(team, &login.email, &login.password, &client).await?,
        None => auth.log_in(&login.email, &login.password, &client).await?,
    };
    answer::json(StatusCode::OK, &TokensView::from(&tokens))
}

/// Exchanges a refresh token, once, for new tokens.
///
/// It may be sent again for some seconds, for the case that the answer was lost. Any other reuse ends the session.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", operation_id = "refresh", security(()),
    request_body = RefreshInput,
    responses((status = 200, description = "The next tokens of the session.", body = TokensView<'static>)))]
async fn refresh(Open { auth, client, body }: Open<RefreshInput>) -> Result<Response, Problem> {
    let tokens = auth.refresh(&body.token(), &client).await?;
    answer::json(StatusCode::OK, &TokensView::from(&tokens))
}

/// Ends the session that asks.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", operation_id = "log_out",
    request_body = Option<EmptyInput>,
    responses((status = 204, description = "It has ended.")))]
async fn log_out(called: Called<EmptyInput>) -> Result<StatusCode, Problem> {
    called.by.auth.log_out(&called.by.caller).await?;
    Ok(answer::nothing())
}

/// Ends all sessions of the caller, this one too: every token given so far is void.
#[utoipa::path(post, path = "/auth/logout-all", tag = "auth", operation_id = "log_out_everywhere",
    request_body = Option<EmptyInput>,
    responses((status = 204, description = "They have ended.")))]
async fn log_out_everywhere(called: Called<EmptyInput>) -> Result<StatusCode, Problem> {
    called.by.auth.log_out_everywhere(&called.by.caller).await?;
    Ok(answer::nothing())
}
