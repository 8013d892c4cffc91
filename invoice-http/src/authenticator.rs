use async_trait::async_trait;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use invoice_auth::Caller;

use crate::{Problem, ProblemCode};

/// Tells who calls, from the head of a request.
///
/// It is asked once per request, and before the body is read. What it can't let in it answers with a
/// [`Problem`]: [`ProblemCode::Unauthenticated`] for missing or wrong credentials.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who calls.
    async fn authenticate(&self, head: &Parts) -> Result<Caller, Problem>;
}

/// The token of a request's one `Authorization: Bearer` header (RFC 6750). Several such headers, another
/// scheme and tokens of other characters are refused like a missing one; a token in the query is never read.
///
/// ```
/// use axum::http::Request;
///
/// let (head, ()) = Request::get("/").header("authorization", "bearer abc.def")
///     .body(()).map(Request::into_parts)?;
/// assert_eq!(invoice_http::bearer(&head).ok(), Some("abc.def"));
/// # Ok::<(), axum::http::Error>(())
/// ```
pub fn bearer(head: &Parts) -> Result<&str, Problem> {
    let refused = || Problem::new(ProblemCode::Unauthenticated);
    let mut headers = head.headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else { return Err(refused()) };
    let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(refused)?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.bytes().all(is_token) {
        Ok(token)
    } else {
        Err(refused())
    }
}
