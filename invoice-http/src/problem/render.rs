//! A problem becomes an answer in the language of the request.

use std::convert::Infallible;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use futures::TryFutureExt as _;
use serde::Serialize;
use tower::{Service, service_fn};
use tower_layer::{Layer, layer_fn};
use utoipa::ToSchema;

use super::catalogue::Locale;
use super::{Problem, ProblemCode};

/// The identifier of a request, as the answer and the log carry it.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) HeaderValue);

/// An error (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "about:blank",
    "title": "Some fields are not valid.",
    "status": 422,
    "code": "invalid",
    "detail": null,
    "errors": [{
        "pointer": "/lines/0/quantity",
        "code": "bad_decimal",
        "message": "This is not a plain decimal number.",
        "detail": "not a plain decimal such as 12.50"
    }],
    "request_id": "0192d3f0c1a47b3e8f7a5d6c4b3a2910"
}))]
pub(crate) struct ProblemBody<'a> {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What went wrong, in the language of the request.
    title: &'a str,
    /// The status of the answer.
    status: u16,
    /// A stable name of what went wrong.
    code: &'static str,
    /// One English sentence about this occurrence, for developers.
    detail: Option<&'a str>,
    /// The fields that are wrong.
    errors: Vec<ProblemField<'a>>,
    /// The identifier of the request, for asking about it.
    request_id: Option<&'a str>,
}

/// A field that is wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemField)]
pub(crate) struct ProblemField<'a> {
    /// The field, as an RFC 6901 JSON Pointer into the body; for a query, `/` and the parameter.
    pointer: &'a str,
    /// A stable name of the broken rule.
    code: &'static str,
    /// What is wrong, in the language of the request.
    message: &'a str,
    /// What is wrong with this value, in English, for developers.
    detail: &'a str,
}

impl Problem {
    fn render(&self, locale: Locale, request_id: Option<&str>) -> Response {
        let code = self.0.code.as_str();
        let errors = self.0.errors.iter().map(|error| ProblemField {
            pointer: &error.pointer,
            code: error.code,
            message: locale.field(error.code),
            detail: &error.detail,
        });
        let body = ProblemBody {
            kind: "about:blank",
            title: locale.title(code),
            status: self.0.status.as_u16(),
            code,
            detail: self.0.detail.as_deref(),
            errors: errors.collect(),
            request_id,
        };
        let mut response = (self.0.status, self.0.headers.clone(), Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.tag()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.render(Locale::DEFAULT, None);
        response.extensions_mut().insert(self);
        response
    }
}

/// What of a request its problem depends on.
struct Asked {
    language: Option<HeaderValue>,
    uri: Uri,
    conditional: bool,
    read: bool,
    id: Option<RequestId>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            language: request.headers().get(header::ACCEPT_LANGUAGE).cloned(),
            uri: request.uri().clone(),
            conditional: request.headers().contains_key(header::IF_MATCH),
            read: matches!(*request.method(), Method::GET | Method::HEAD),
            id: request.extensions().get::<RequestId>().cloned(),
        }
    }

    fn answered(self, mut response: Response) -> Response {
        let Some(mut problem) = response.extensions_mut().remove::<Problem>() else { return response };
        match problem.code() {
            ProblemCode::Conflict if self.conditional => problem.become_code(ProblemCode::PreconditionFailed),
            ProblemCode::Invalid if self.read => problem.become_code(ProblemCode::InvalidQuery),
            _ => {}
        }
        response.extensions_mut().insert(problem);
        rendered(response, &self.uri, self.language.as_ref(), self.id.as_ref().map(|id| &id.0))
    }
}

/// Renders problems in the language of the request, with its identifier, and says what only the request
/// tells: a failed `If-Match`, and what is wrong in a query.
///
/// A service of its own: `from_fn` would put each request in three more boxes.
pub(crate) fn localized() -> impl Layer<
    Route,
    Service = impl Service<
        Request,
        Response = Response,
        Error = Infallible,
        Future = impl Future<Output = Result<Response, Infallible>> + Send,
    > + Clone
              + Send
              + Sync
              + 'static,
> + Clone
+ Send
+ Sync
+ 'static {
    layer_fn(|mut route: Route| {
        service_fn(move |request: Request| {
            let asked = Asked::of(&request);
            route.call(request).map_ok(|response| asked.answered(response))
        })
    })
}

/// An answer, in the language of the request if it is a problem.
pub(crate) fn rendered(
    mut response: Response,
    uri: &Uri,
    language: Option<&HeaderValue>,
    id: Option<&HeaderValue>,
) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let language = language.and_then(|value| value.to_str().ok());
    problem.render(Locale::negotiate(uri.query(), language), id.and_then(|id| id.to_str().ok()))
}
