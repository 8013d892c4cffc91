use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::Route;
use futures::FutureExt as _;
use invoice_auth::{Caller, ClientInfo};
use tower::Service as _;

use super::Settings;
use super::address::{client, subscriber};
use super::limit::{Decision, Policy};
use crate::problem::{RequestId, rendered, retry_later};
use crate::{InvoiceState, Problem, ProblemCode};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest identifier taken over from whoever calls.
const LONGEST_ID: usize = 64;

pub(super) struct Guard {
    state: InvoiceState,
    settings: Settings,
    anonymous: Policy,
    actor: Policy,
}

impl Guard {
    pub(super) fn new(state: InvoiceState, settings: Settings) -> Self {
        let anonymous = Policy::new("anonymous", settings.anonymous);
        let actor = Policy::new("actor", settings.actor);
        Self { state, settings, anonymous, actor }
    }

    /// The identifier that whoever calls gave, if it can't do harm in a log, or a new one.
    fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let harmless = |value: &&HeaderValue| {
            let legal = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            (1..=LONGEST_ID).contains(&value.len()) && value.as_bytes().iter().all(legal)
        };
        if let Some(given) = headers.get(REQUEST_ID).filter(harmless) {
            return given.clone();
        }
        let id = self.settings.ids.uuid(self.settings.clock.now()).simple().to_string();
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("none"))
    }

    /// Counts the request: of whoever is known, or of the address it comes from.
    async fn admit(&self, parts: &mut Parts, address: Option<IpAddr>) -> (Decision, &Policy) {
        let identified = self.state.authenticator().identify(parts).await;
        let caller = identified.ok().map(|found| found.remembered(parts));
        let policy = if caller.is_some() { &self.actor } else { &self.anonymous };
        let key = match &caller {
            Some(caller) => key_of(caller),
            // Without an address all share one count, which fails in the open: set the connection's.
            None => address.map_or_else(|| "anonymous".to_owned(), |address| subscriber(address).to_string()),
        };
        (self.settings.limits.take(&key, policy.limit(), self.settings.clock.now()).await, policy)
    }

    async fn answer(&self, request: Request, mut route: Route) -> Response {
        let run = AssertUnwindSafe(async move { route.call(request).await }).catch_unwind();
        match tokio::time::timeout(self.settings.timeout, run).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Err(_)) => {
                // The hook that prints panics has told where; nothing of it is anybody's business.
                tracing::error!("a handler panicked");
                Problem::new(ProblemCode::Internal).into_response()
            }
            Err(_) => retry_later(ProblemCode::Timeout, 1).into_response(),
        }
    }

    fn secure(&self, headers: &mut HeaderMap) {
        for (name, value) in [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_FRAME_OPTIONS, "DENY"),
        ] {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
        if self.settings.https_only {
            let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(value);
        }
    }
}

/// A user counts once, whatever sessions they have; an API key by itself.
fn key_of(caller: &Caller) -> String {
    caller.api_key_id().map_or_else(|| caller.user_id().to_string(), |key| key.to_string())
}

/// Everything that happens to a request before its route and after it.
pub(super) async fn pass(guard: Arc<Guard>, request: Request, route: Route) -> Response {
    let started = guard.settings.clock.now();
    let (mut parts, body) = request.into_parts();
    let id = guard.request_id(&parts.headers);
    parts.extensions.insert(RequestId(id.clone()));
    let address = client(&parts, &guard.settings.proxies);
    let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let info = ClientInfo::new().with_address(address).with_user_agent(agent.unwrap_or_default());
    parts.extensions.insert(info);
    let (decision, policy) = guard.admit(&mut parts, address).await;
    let (method, uri, language) =
        (parts.method.clone(), parts.uri.clone(), parts.headers.get(header::ACCEPT_LANGUAGE).cloned());
    let matched = parts.extensions.get::<MatchedPath>().cloned();
    let response = if decision.allowed {
        guard.answer(Request::from_parts(parts, body), route).await
    } else {
        let seconds = u64::try_from(decision.reset.as_millis().div_ceil(1_000)).unwrap_or(1);
        retry_later(ProblemCode::TooManyRequests, seconds).into_response()
    };
    let mut response = rendered(response, &uri, language.as_ref(), Some(&id));
    let headers = response.headers_mut();
    policy.write(decision, headers);
    guard.secure(headers);
    headers.insert(REQUEST_ID, id.clone());
    let took = guard.settings.clock.now().as_millis() - started.as_millis();
    // The route and not the path: no identifiers, and never a query, which may hold anything.
    tracing::info!(
        http.method = %method,
        http.route = matched.as_ref().map_or("", MatchedPath::as_str),
        http.status = response.status().as_u16(),
        duration_ms = took,
        request.id = id.to_str().unwrap_or_default(),
        "request"
    );
    response
}
