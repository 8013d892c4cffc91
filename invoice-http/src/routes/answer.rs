//! What handlers answer.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use invoice_core::Version;
use serde::Serialize;

use crate::extract::etag;
use crate::{Problem, ProblemCode};

/// Bytes of most answers: an invoice of some lines fits, and is not moved while it is written.
const USUAL: usize = 4_096;

/// Fields in the head of most answers, with those that middleware adds.
const HEADERS: usize = 12;

/// JSON that nobody else keeps: it is a team's own.
pub(super) fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Response, Problem> {
    let mut bytes = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut bytes, body).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Problem::new(ProblemCode::Internal)
    })?;
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// A record at its version.
pub(super) fn record<T: Serialize>(version: Version, body: &T) -> Result<Response, Problem> {
    tagged(StatusCode::OK, version, body)
}

fn tagged<T: Serialize>(status: StatusCode, version: Version, body: &T) -> Result<Response, Problem> {
    let mut response = json(status, body)?;
    response.headers_mut().insert(header::ETAG, etag(version));
    Ok(response)
}

/// A new record, to be found at `location`: a path relative to that of the list it is in, which holds under
/// whatever path the routes are mounted.
pub(super) fn created<T: Serialize>(
    version: Version,
    location: &impl std::fmt::Display,
    body: &T,
) -> Result<Response, Problem> {
    let mut response = tagged(StatusCode::CREATED, version, body)?;
    if let Ok(location) = HeaderValue::try_from(location.to_string()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Done, with nothing to say.
pub(super) fn nothing() -> StatusCode {
    StatusCode::NO_CONTENT
}
