//! Versions as entity tags, and keys of repeatable requests.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use invoice_core::{IdempotencyKey, Version};

use crate::{Problem, ProblemCode};

/// The header of a repeatable request's key.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The strong entity tag of a version.
pub(crate) fn etag(version: Version) -> HeaderValue {
    // Digits between quotes are a header's value.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// The one value of a header, if it is there.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let malformed =
        || Problem::new(ProblemCode::MalformedHeader).with_detail(format!("`{name}` is malformed"));
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(malformed()),
    }
}

/// Refuses a header that the route would not heed, before someone relies on it.
pub(super) fn without(headers: &HeaderMap, name: &HeaderName) -> Result<(), Problem> {
    if headers.contains_key(name) {
        let detail = format!("this route takes no `{name}`");
        return Err(Problem::new(ProblemCode::MalformedHeader).with_detail(detail));
    }
    Ok(())
}

/// The version that a request has to name.
pub(super) fn required(named: Option<Version>) -> Result<Version, Problem> {
    named.ok_or_else(|| Problem::new(ProblemCode::PreconditionRequired))
}

/// Refuses to change what was read at another version than the one named: the change would be of that one, and the
/// write of this.
pub(super) fn same(found: Version, named: Version) -> Result<(), Problem> {
    if found == named { Ok(()) } else { Err(Problem::new(ProblemCode::PreconditionFailed)) }
}

/// The version that `If-Match` asks for: one strong entity tag. `*` and lists would let a change go by unseen.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<Version>, Problem> {
    let Some(text) = single(headers, &header::IF_MATCH)? else { return Ok(None) };
    let malformed = || {
        let detail = "`If-Match` takes one entity tag as `ETag` gave it";
        Problem::new(ProblemCode::MalformedHeader).with_detail(detail)
    };
    if text.starts_with("W/") {
        // Weak tags never match (RFC 9110 section 13.1.1).
        return Err(Problem::new(ProblemCode::PreconditionFailed));
    }
    let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(malformed)?;
    if tag.contains('"') {
        return Err(malformed());
    }
    let is_version = !tag.starts_with('0') && tag.bytes().all(|byte| byte.is_ascii_digit());
    match tag.parse().ok().filter(|_| is_version) {
        Some(version) => Ok(Some(Version::new(version))),
        // A tag that was never given names no version that is.
        None => Err(Problem::new(ProblemCode::PreconditionFailed)),
    }
}

/// The key of a repeatable request.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(text) = single(headers, &IDEMPOTENCY_KEY)? else { return Ok(None) };
    IdempotencyKey::new(text).map(Some).map_err(|violation| {
        let detail = format!("`Idempotency-Key`: {}", violation.detail());
        Problem::new(ProblemCode::MalformedHeader).with_detail(detail)
    })
}
