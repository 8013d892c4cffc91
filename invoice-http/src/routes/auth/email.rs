use axum::extract::FromRef;
use axum::http::StatusCode;
use invoice_auth::Auth;
use utoipa_axum::router::OpenApiRouter;

use crate::Problem;
use crate::extract::{Called, Open};
use crate::routes::answer;
use crate::wire::auth::account::{EmailChangeInput, MailedTokenInput};
use crate::wire::invoice::EmptyInput;

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(resend))
        .routes(routes!(verify))
        .routes(routes!(request_change))
        .routes(routes!(confirm_change))
}

/// Mails the caller another token that verifies their address; earlier ones stop working.
#[utoipa::path(post, path = "/auth/email-verification", tag = "auth", operation_id = "resend_verification",
    request_body = Option<EmptyInput>,
    responses((status = 202, description = "The caller was mailed, unless the address is verified.")))]
async fn resend(called: Called<EmptyInput>) -> Result<StatusCode, Problem> {
    called.by.auth.resend_verification(&called.by.caller).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Takes a mailed token as the proof that an address is its user's.
#[utoipa::path(post, path = "/auth/email-verification/confirm", tag = "auth", operation_id = "verify_email",
    security(()), request_body = MailedTokenInput,
    responses((status = 204, description = "The address is verified.")))]
async fn verify(post: Open<MailedTokenInput>) -> Result<StatusCode, Problem> {
    post.auth.verify_email(&post.body.token(), &post.client).await?;
    Ok(answer::nothing())
}

/// Mails a token to another address, which the caller's account is to move to.
#[utoipa::path(post, path = "/auth/email-change", tag = "auth", operation_id = "request_email_change",
    request_body = EmailChangeInput,
    responses((status = 202, description = "The new address was mailed.")))]
async fn request_change(called: Called<EmailChangeInput>) -> Result<StatusCode, Problem> {
    let (email, password) = called.body.read()?;
    called.by.auth.request_email_change(&called.by.caller, &email, &password).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Moves an account to the address that a token was mailed to. All sessions end but the one that asked for it.
#[utoipa::path(post, path = "/auth/email-change/confirm", tag = "auth", operation_id = "confirm_email_change",
    security(()), request_body = MailedTokenInput,
    responses((status = 204, description = "The account has moved.")))]
async fn confirm_change(post: Open<MailedTokenInput>) -> Result<StatusCode, Problem> {
    post.auth.confirm_email_change(&post.body.token(), &post.client).await?;
    Ok(answer::nothing())
}
