use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use invoice_auth::Auth;
use utoipa_axum::router::OpenApiRouter;

use crate::Problem;
use crate::extract::{Called, Open};
use crate::routes::answer;
use crate::wire::auth::account::{EmailInput, PasswordChangeInput, PasswordResetInput};
use crate::wire::auth::session::TokensView;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(request)).routes(routes!(confirm)).routes(routes!(change))
}

/// Mails a token that lets the holder of an address choose a new password.
///
/// Whether there is an account is not told.
#[utoipa::path(post, path = "/auth/password-reset", tag = "auth", operation_id = "request_password_reset",
    security(()), request_body = EmailInput,
    responses((status = 202, description = "Its holder is mailed, if there is an account.")))]
async fn request(post: Open<EmailInput>) -> Result<StatusCode, Problem> {
    post.auth.request_password_reset(&post.body.email, &post.client).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new password with a token that was mailed. All sessions end.
#[utoipa::path(post, path = "/auth/password-reset/confirm", tag = "auth", operation_id = "reset_password",
    security(()), request_body = PasswordResetInput,
    responses((status = 204, description = "It was set.")))]
async fn confirm(post: Open<PasswordResetInput>) -> Result<StatusCode, Problem> {
    let (token, password) = post.body.read()?;
    post.auth.reset_password(&token, &password, &post.client).await?;
    Ok(answer::nothing())
}

/// Changes the caller's password. Every token given so far is void and all other sessions end; this one goes on
/// with the tokens of the answer.
#[utoipa::path(post, path = "/auth/password", tag = "auth", operation_id = "change_password",
    request_body = PasswordChangeInput,
    responses(
        (status = 200, description = "The next tokens of the session.", body = TokensView<'static>),
        (status = 204, description = "It was changed by a caller in no session.")))]
async fn change(called: Called<PasswordChangeInput>) -> Result<Response, Problem> {
    let (old, new) = called.body.read()?;
    match called.by.auth.change_password(&called.by.caller, &old, &new).await? {
        Some(tokens) => answer::json(StatusCode::OK, &TokensView::from(&tokens)),
        None => Ok(answer::nothing().into_response()),
    }
}
