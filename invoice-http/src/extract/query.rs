use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, MapDeserializer};

use super::strict;
use crate::{FieldError, Problem, ProblemCode};

/// The parameters of a query. Unknown and repeated ones are refused; `locale` belongs to the messages.
pub(crate) struct Params<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Params<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    // Most requests say nothing, which needs none of what follows.
    if query.is_empty() {
        let nothing = MapDeserializer::<_, ValueError>::new(std::iter::empty::<(&str, &str)>());
        if let Ok(params) = T::deserialize(nothing) {
            return Ok(params);
        }
    }
    let own;
    let mut query = query;
    if query.split('&').any(|pair| pair.starts_with("locale=")) {
        let others: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("locale=")).collect();
        own = others.join("&");
        query = &own;
    }
    let refuse = |error| Problem::new(ProblemCode::InvalidQuery).with_error(error);
    // No store can keep it, so none need look for it.
    if query.contains("%00") || query.contains('\0') {
        return Err(refuse(FieldError::new("", "nul_character", "a NUL character in the query")));
    }
    if std::str::from_utf8(&percent_decoded(query)).is_err() {
        return Err(refuse(FieldError::new("", "malformed", "the query is not UTF-8")));
    }
    let deserializer = serde_html_form::Deserializer::from_bytes(query.as_bytes());
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = strict::pointer(error.path());
        refuse(strict::field_error(&path, &error.into_inner().to_string()))
    })
}

/// The bytes behind `%XX`; what is not an escape stays.
fn percent_decoded(query: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(query.len());
    let mut rest = query.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| *byte == b'%').and_then(|two| std::str::from_utf8(two).ok());
        if let Some(escaped) = digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            decoded.push(escaped);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            decoded.push(*byte);
            rest = tail;
        }
    }
    decoded
}

/// A route without parameters: whatever else the query says is refused, before someone believes it does
/// something.
pub(crate) struct NoParams;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Refuses a query that says anything but the language.
pub(super) fn no_params(parts: &Parts) -> Result<(), Problem> {
    parts.uri.query().map_or(Ok(()), |query| read::<Nothing>(query).map(drop))
}

impl<S: Send + Sync> FromRequestParts<S> for NoParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        no_params(parts).map(|()| Self)
    }
}
