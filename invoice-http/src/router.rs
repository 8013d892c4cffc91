use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
#[cfg(feature = "auth-routes")]
use invoice_auth::Auth;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{InvoiceState, Problem, ProblemCode, docs, problem, routes};

fn documented<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::with_openapi(docs::base()).merge(routes::all())
}

/// The OpenAPI document of the routes, without the server it is served by.
pub(crate) fn collected() -> OpenApi {
    documented::<InvoiceState>().into_openapi()
}

/// The routes of billing under `/api/v1`, the OpenAPI document at `/openapi.json`, and with the feature `docs`
/// its user interface at `/docs`.
///
/// It has no fallback and no health routes, so that it merges with an application's own routes and nests
/// under any path.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    let (routes, _) = documented::<S>().split_for_parts();
    finished(routes.route(docs::PATH, get(docs::serve)))
}

/// With what belongs to all of them.
fn finished<S>(routes: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    #[cfg(feature = "docs")]
    let routes = crate::interface::routes(routes);
    routes.method_not_allowed_fallback(method_not_allowed).layer(problem::localized())
}

/// The routes of [`router`], and with them those of accounts, sessions, teams, members, invitations and API keys
/// of `invoice-auth`, and its public keys at `/.well-known/jwks.json`. The OpenAPI document has them all.
///
/// ```
/// use axum::Router;
/// use invoice_http::FullState;
///
/// fn app(state: FullState) -> Router {
///     invoice_http::router_with_auth().with_state(state)
/// }
/// ```
#[cfg(feature = "auth-routes")]
pub fn router_with_auth<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
    Auth: FromRef<S>,
{
    let (routes, _) = documented_with_auth::<S>().split_for_parts();
    finished(routes.route(docs::PATH, get(docs::serve_with_auth)))
}

#[cfg(feature = "auth-routes")]
fn documented_with_auth<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
    Auth: FromRef<S>,
{
    OpenApiRouter::with_openapi(docs::base())
        .merge(routes::all())
        .merge(routes::auth::all())
        .merge(routes::auth::well_known())
}

/// The OpenAPI document of all routes, without the server it is served by.
#[cfg(feature = "auth-routes")]
pub(crate) fn collected_with_auth() -> OpenApi {
    documented_with_auth::<crate::FullState>().into_openapi()
}

async fn method_not_allowed() -> Problem {
    Problem::new(ProblemCode::MethodNotAllowed)
}
