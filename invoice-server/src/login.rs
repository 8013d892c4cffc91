//! Who calls, told by the accounts' own tokens and API keys.

use async_trait::async_trait;
use axum::http::request::Parts;
use invoice_auth::{Auth, Caller, ClientInfo, NoClaims, TokenError};
use invoice_http::{Authenticator, Problem, ProblemCode, bearer};

/// Lets in whom the accounts know.
#[derive(Debug)]
pub(crate) struct Login(Auth);

impl Login {
    pub(crate) const fn new(auth: Auth) -> Self {
        Self(auth)
    }
}

#[async_trait]
impl Authenticator for Login {
    async fn authenticate(&self, head: &Parts) -> Result<Caller, Problem> {
        let client = head.extensions.get::<ClientInfo>().cloned().unwrap_or_default();
        match self.0.authenticate::<NoClaims>(bearer(head)?, client).await {
            Ok(found) => Ok(found.into_parts().0),
            Err(error) if error.is_refusal() => Err(Problem::new(ProblemCode::Unauthenticated)),
            Err(TokenError::Store(error)) => Err(error.into()),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a caller could not be authenticated"
                );
                Err(Problem::new(ProblemCode::Internal))
            }
        }
    }
}
