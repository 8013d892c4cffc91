use async_trait::async_trait;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use invoice_auth::{Auth, Caller, ClientInfo, NoClaims, TokenError};

use crate::middleware::client_address;
use crate::{Problem, ProblemCode};

/// Tells who calls, from the head of a request.
///
/// It is asked once per request, and before the body is read. What it can't let in it answers with a
/// [`Problem`]: [`ProblemCode::Unauthenticated`] for missing or wrong credentials.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who calls.
    async fn authenticate(&self, head: &Parts) -> Result<Caller, Problem>;

    /// Who calls, for what is not billing's: counting requests, and routes that need no team. The limits of
    /// [`middleware`](crate::middleware) ask this in place of [`authenticate`](Self::authenticate).
    ///
    /// Without another answer, those whom [`authenticate`](Self::authenticate) lets in and nobody else.
    async fn identify(&self, head: &Parts) -> Result<Identified, Problem> {
        self.authenticate(head).await.map(Identified::LetIn)
    }
}

/// Somebody who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identified {
    /// Whom [`Authenticator::authenticate`] lets in.
    LetIn(Caller),
    /// Whom it does not: such as somebody whose token is of a team that they are not in any more.
    Outside(Caller),
}

impl Identified {
    /// Who it is, left in the request for the routes that may heed them.
    pub(crate) fn remembered(self, head: &mut Parts) -> Caller {
        match self {
            Self::LetIn(caller) => {
                head.extensions.insert(caller.clone());
                caller
            }
            Self::Outside(caller) => {
                head.extensions.insert(Outside(caller.clone()));
                caller
            }
        }
    }
}

/// Access tokens and API keys.
#[async_trait]
impl Authenticator for Auth {
    async fn authenticate(&self, head: &Parts) -> Result<Caller, Problem> {
        let found = Self::authenticate::<NoClaims>(self, bearer(head)?, client_info(head)).await?;
        Ok(found.into_parts().0)
    }

    async fn identify(&self, head: &Parts) -> Result<Identified, Problem> {
        let (token, client) = (bearer(head)?, client_info(head));
        match Self::authenticate::<NoClaims>(self, token, client.clone()).await {
            Ok(found) => Ok(Identified::LetIn(found.into_parts().0)),
            // The token was proven: finding its holder is no second proof.
            Err(TokenError::NotInTeam) => Ok(Identified::Outside(Self::identify(self, token, client).await?)),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whom billing does not let in, as [`middleware`](crate::middleware) found them. A type of its own, so that nobody
/// takes them for one whom it does.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "auth-routes"), expect(dead_code, reason = "billing's routes do not heed them"))]
pub(crate) struct Outside(pub(crate) Caller);

/// Where a request comes from: as [`middleware`](crate::middleware) found, which knows the proxies, or else whose
/// connection it is.
pub(crate) fn client_info(head: &Parts) -> ClientInfo {
    if let Some(known) = head.extensions.get::<ClientInfo>() {
        return known.clone();
    }
    let agent = head.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    ClientInfo::new().with_address(client_address(head, &[])).with_user_agent(agent.unwrap_or_default())
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
    let mut parts = header.as_bytes().splitn(2, |byte| *byte == b' ');
    let (Some(scheme), Some(token)) = (parts.next(), parts.next()) else { return Err(refused()) };
    let is_token = |byte: u8| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    // Every byte, without a look at what was found before: so it is done many at a time.
    let is_whole = token.iter().fold(!token.is_empty(), |whole, byte| whole & is_token(*byte));
    let token = std::str::from_utf8(token).map_err(|_| refused())?;
    if scheme.eq_ignore_ascii_case(b"bearer") && is_whole { Ok(token) } else { Err(refused()) }
}
