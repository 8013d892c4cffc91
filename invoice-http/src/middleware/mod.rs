//! What stands before the routes: request identifiers, limits, logs, headers.
//!
//! [`apply`] puts all of it in front of a router; an application that has its own leaves it out. Identifiers,
//! limits, time limit, panics, headers and logs are one step, because each step of its own costs every request.

mod address;
mod guard;
mod limit;
#[cfg(feature = "redis")]
mod redis;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use axum::routing::Route;
use futures::FutureExt as _;
use invoice_core::ports::{Clock, IdGenerator};
use invoice_core::system::{RandomIds, SystemClock};
use tower::service_fn;
use tower::util::{MapResponseLayer, option_layer};
use tower_http::compression::{CompressionBody, CompressionLayer};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_layer::layer_fn;

pub(crate) use address::client as client_address;
pub use address::{Network, NetworkError};
pub use limit::{Decision, InProcessLimits, Limit, Limits};
#[cfg(feature = "redis")]
pub use redis::RedisLimits;

use crate::InvoiceState;

/// How requests are received. What is not said is as [`Settings::default`] has it.
#[derive(Clone)]
pub struct Settings {
    timeout: Duration,
    origins: Vec<HeaderValue>,
    proxies: Vec<Network>,
    anonymous: Limit,
    actor: Limit,
    limits: Arc<dyn Limits>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    compression: bool,
    https_only: bool,
}

impl Default for Settings {
    /// 30 seconds for a request; no other origins; no proxies; 100 requests in 15 minutes for each address of
    /// callers who are not known, 600 a minute for each who is; compression; limits in this process.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            origins: Vec::new(),
            proxies: Vec::new(),
            anonymous: Limit::new(100, Duration::from_mins(15)),
            actor: Limit::new(600, Duration::from_mins(1)),
            limits: Arc::new(InProcessLimits::default()),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds::new()),
            compression: true,
            https_only: false,
        }
    }
}

impl Settings {
    /// How long a request may take; after it nobody knows whether a write happened.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Origins whose pages may call the API from a browser.
    #[must_use]
    pub fn with_origins(self, origins: Vec<HeaderValue>) -> Self {
        Self { origins, ..self }
    }

    /// Networks of proxies whose `X-Forwarded-For` is believed.
    #[must_use]
    pub fn with_trusted_proxies(self, proxies: Vec<Network>) -> Self {
        Self { proxies, ..self }
    }

    /// How much an address may ask for without being known, and how much each who is known.
    #[must_use]
    pub fn with_limits(self, anonymous: Limit, actor: Limit) -> Self {
        Self { anonymous, actor, ..self }
    }

    /// Where requests are counted: somewhere shared, if there are several processes.
    #[must_use]
    pub fn with_counters(self, limits: Arc<dyn Limits>) -> Self {
        Self { limits, ..self }
    }

    /// Another clock and source of identifiers.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>) -> Self {
        Self { clock, ids, ..self }
    }

    /// Whether answers are compressed for who accepts it.
    #[must_use]
    pub fn with_compression(self, compression: bool) -> Self {
        Self { compression, ..self }
    }

    /// Tells browsers to come by HTTPS only, for a year. Right behind TLS and nowhere else.
    #[must_use]
    pub fn with_https_only(self, https_only: bool) -> Self {
        Self { https_only, ..self }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// Puts everything of this module in front of a router.
///
/// ```
/// use axum::Router;
/// use invoice_http::InvoiceState;
/// use invoice_http::middleware::{Settings, apply};
///
/// fn app(state: InvoiceState) -> Router {
///     apply(invoice_http::router(), state.clone(), Settings::default()).with_state(state)
/// }
/// ```
pub fn apply<S>(router: Router<S>, state: InvoiceState, settings: Settings) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let (origins, compression) = (settings.origins.clone(), settings.compression);
    let guard = Arc::new(guard::Guard::new(state, settings));
    let compression = compression.then(|| (MapResponseLayer::new(boxed), CompressionLayer::new()));
    let cors = (!origins.is_empty()).then(|| cors(origins));
    // A service of its own: `from_fn` would put each request in three more boxes.
    let guarded = layer_fn(move |route: Route| {
        let guard = Arc::clone(&guard);
        let pass = move |request| guard::pass(Arc::clone(&guard), request, route.clone());
        service_fn(move |request: Request| pass(request).map(Ok::<_, Infallible>))
    });
    // One layer of three parts: for each request a layer copies all that lies within, and puts the answer in a box.
    router.layer((option_layer(cors), option_layer(compression), guarded))
}

fn boxed(response: Response<CompressionBody<Body>>) -> Response {
    response.map(Body::new)
}

fn cors(origins: Vec<HeaderValue>) -> CorsLayer {
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods(methods)
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT_LANGUAGE,
            header::IF_MATCH,
            HeaderName::from_static("idempotency-key"),
            guard::REQUEST_ID,
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            limit::RATE_LIMIT,
            limit::RATE_LIMIT_POLICY,
            guard::REQUEST_ID,
        ])
        .max_age(Duration::from_hours(1))
}
