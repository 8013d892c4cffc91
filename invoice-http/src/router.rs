use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{InvoiceState, Problem, ProblemCode, docs, problem, routes};

/// Where the routes are.
const BASE: &str = "/api/v1";

fn documented<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::with_openapi(docs::base()).nest(BASE, routes::all())
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
    let routes = routes.route("/openapi.json", get(docs::serve));
    #[cfg(feature = "docs")]
    let routes = crate::interface::routes(routes);
    routes.method_not_allowed_fallback(method_not_allowed).layer(from_fn(problem::localize))
}

async fn method_not_allowed() -> Problem {
    Problem::new(ProblemCode::MethodNotAllowed)
}
