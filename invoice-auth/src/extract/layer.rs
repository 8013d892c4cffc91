use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum_core::response::{IntoResponse, Response};
use http::Request;
use invoice_core::{Permission, Role};
use tower_layer::Layer;
use tower_service::Service;

use super::require::{at_least, permitted};
use super::{AuthRejection, bearer, client};
use crate::auth::Auth;
use crate::caller::Caller;
use crate::token::NoClaims;

/// Lets authenticated requests in, with the [`Caller`] in their extensions, and answers all others itself.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    auth: Auth,
    needs: Vec<Needed>,
}

#[derive(Debug, Clone, Copy)]
enum Needed {
    Role(Role),
    Permission(Permission),
}

impl AuthLayer {
    /// For whoever is authenticated, in a team or not.
    ///
    /// ```
    /// use axum::routing::get;
    /// use axum::{Extension, Router};
    /// use invoice_auth::extract::AuthLayer;
    /// use invoice_auth::{Auth, Caller};
    /// use invoice_core::Role;
    ///
    /// async fn whoami(Extension(caller): Extension<Caller>) -> String {
    ///     caller.user_id().to_string()
    /// }
    ///
    /// fn app(auth: Auth) -> Router {
    ///     Router::new().route("/me", get(whoami)).layer(AuthLayer::new(auth).role(Role::Accountant))
    /// }
    /// ```
    pub const fn new(auth: Auth) -> Self {
        Self { auth, needs: Vec::new() }
    }

    /// Only for this role and stronger ones.
    #[must_use]
    pub fn role(mut self, least: Role) -> Self {
        self.needs.push(Needed::Role(least));
        self
    }

    /// Only for roles that have this permission.
    #[must_use]
    pub fn permission(mut self, permission: Permission) -> Self {
        self.needs.push(Needed::Permission(permission));
        self
    }

    async fn let_in(&self, parts: &http::request::Parts) -> Result<Caller, AuthRejection> {
        let bearer = bearer::token(&parts.headers)?;
        let found = self.auth.authenticate::<NoClaims>(bearer, client(parts)).await?;
        let (caller, NoClaims {}) = found.into_parts();
        for need in &self.needs {
            let role = caller.role().ok_or(AuthRejection::NoTeam)?;
            match *need {
                Needed::Role(least) => at_least(role, least)?,
                Needed::Permission(permission) => permitted(role, permission)?,
            }
        }
        Ok(caller)
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService { layer: self.clone(), inner }
    }
}

/// What [`AuthLayer`] puts around a service.
#[derive(Debug, Clone)]
pub struct AuthService<S> {
    layer: AuthLayer,
    inner: S,
}

impl<S, B> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<B>, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The clone stays for later; the one that is ready takes this request.
        let later = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, later);
        let layer = self.layer.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match layer.let_in(&parts).await {
                Ok(caller) => {
                    parts.extensions.insert(caller);
                    inner.call(Request::from_parts(parts, body)).await.map(IntoResponse::into_response)
                }
                Err(rejection) => Ok(rejection.into_response()),
            }
        })
    }
}
