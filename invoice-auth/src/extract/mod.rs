//! For axum: who calls, as an argument of a handler, or as a layer around a router.
//!
//! | to | take |
//! | --- | --- |
//! | know who calls | [`Authenticated`] as an argument; `Option<Authenticated>` lets anonymous requests in |
//! | ask for a role or a permission | [`RequireRole`], [`RequirePermission`] as an argument |
//! | protect a whole router | [`AuthLayer`], which leaves a [`Caller`](crate::Caller) in the request's extensions |
//!
//! The state of the router is, or gives by `FromRef`, an [`Auth`]. What these refuse is an [`AuthRejection`], which is a
//! response by itself; what use cases refuse is an [`AuthError`](crate::AuthError), which is yours to answer, with its
//! status and code. The token is read from one `Authorization`
//! header (RFC 6750, section 2.1) and from nowhere else: what stands in a URL stands in logs. An application that
//! knows the client's address puts a [`ClientInfo`] into the request's extensions before; without one only the
//! `User-Agent` is known.
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use invoice_auth::extract::{AuthLayer, RequirePermission, RequireRole, permission, role};
//! use invoice_auth::{Auth, Authenticated};
//!
//! async fn whoami(found: Authenticated) -> String {
//!     found.caller().user_id().to_string()
//! }
//!
//! async fn export(found: RequirePermission<permission::Export>) -> String {
//!     format!("for {}", found.caller().user_id())
//! }
//!
//! async fn settings(_: RequireRole<role::Admin>) {}
//!
//! fn app(auth: Auth) -> Router {
//!     let inside = Router::new().route("/export", get(export)).route("/settings", get(settings));
//!     Router::new().route("/me", get(whoami)).merge(inside.layer(AuthLayer::new(auth.clone()))).with_state(auth)
//! }
//! ```

mod bearer;
mod layer;
mod rejection;
mod require;

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::auth::Auth;
use crate::caller::Authenticated;
use crate::client::ClientInfo;

pub use layer::{AuthLayer, AuthService};
pub use rejection::AuthRejection;
pub use require::{Need, Require, RequirePermission, RequireRole, permission, role};

/// Answers 401 to a request without a good access token or API key.
impl<S, C> FromRequestParts<S> for Authenticated<C>
where
    S: Send + Sync,
    Auth: FromRef<S>,
    C: DeserializeOwned,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AuthRejection> {
        let bearer = bearer::token(&parts.headers)?;
        Ok(Auth::from_ref(state).authenticate(bearer, client(parts)).await?)
    }
}

/// `None` without an `Authorization` header; one that is no good is refused all the same.
impl<S, C> OptionalFromRequestParts<S> for Authenticated<C>
where
    S: Send + Sync,
    Auth: FromRef<S>,
    C: DeserializeOwned,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, AuthRejection> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Err(AuthRejection::Missing) => Ok(None),
            found => found.map(Some),
        }
    }
}

fn client(parts: &Parts) -> ClientInfo {
    parts.extensions.get::<ClientInfo>().cloned().unwrap_or_else(|| named(&parts.headers))
}

fn named(headers: &HeaderMap) -> ClientInfo {
    let name = headers.get(header::USER_AGENT).map(|name| String::from_utf8_lossy(name.as_bytes()));
    ClientInfo::new().with_user_agent(name.unwrap_or_default())
}
