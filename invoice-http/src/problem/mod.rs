//! Errors as RFC 9457 problem documents.

mod catalogue;
mod code;
mod from;
mod render;

use std::borrow::Cow;
use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use invoice_core::Violation;

pub(crate) use catalogue::Locale;
pub use code::ProblemCode;
pub(crate) use from::retry_later;
pub(crate) use render::{ProblemBody, RequestId, localized, rendered};

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pointer: String,
    code: &'static str,
    detail: Cow<'static, str>,
}

impl FieldError {
    /// An error with the stable code `unknown_field`, for a field that does not exist.
    pub(crate) const UNKNOWN_FIELD: &'static str = "unknown_field";
    /// An error with the stable code `wrong_type`, for a number where a string belongs and the like.
    pub(crate) const WRONG_TYPE: &'static str = "wrong_type";

    /// A field by its RFC 6901 JSON Pointer, what is wrong with it as a stable code, and in an English
    /// sentence for developers.
    ///
    /// ```
    /// let wrong = invoice_http::FieldError::new("/amount", "required", "state how much");
    /// assert_eq!(wrong.pointer(), "/amount");
    /// ```
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }

    /// The field.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The stable code of the broken rule.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl From<&Violation> for FieldError {
    fn from(violation: &Violation) -> Self {
        Self::new(violation.pointer(), violation.code().as_str(), violation.detail().to_owned())
    }
}

/// An error as the API answers it: RFC 9457 with a stable `code`, and the fields that are wrong.
#[derive(Clone)]
pub struct Problem(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: ProblemCode,
    status: StatusCode,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    headers: HeaderMap,
}

impl Problem {
    /// A problem with its usual status.
    ///
    /// ```
    /// use invoice_http::{Problem, ProblemCode};
    ///
    /// let problem = Problem::new(ProblemCode::NotFound).with_detail("no such invoice");
    /// assert_eq!(problem.status(), 404);
    /// ```
    pub fn new(code: ProblemCode) -> Self {
        let problem = Self(Box::new(Inner {
            code,
            status: code.status(),
            detail: None,
            errors: Vec::new(),
            headers: HeaderMap::new(),
        }));
        // Every 401 names the scheme (RFC 9110 section 15.5.2).
        if code.status() == StatusCode::UNAUTHORIZED {
            problem.with_header(axum::http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        } else {
            problem
        }
    }

    /// Adds one English sentence about this occurrence.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds a field that is wrong.
    #[must_use]
    pub fn with_error(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The stable code.
    pub fn code(&self) -> ProblemCode {
        self.0.code
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The fields that are wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The English sentence about this occurrence.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The same problem seen from an enclosing value: `parent` goes before the pointers that are `inside` it.
    #[must_use]
    pub(crate) fn under(mut self, parent: &str, inside: impl Fn(&str) -> bool) -> Self {
        for error in self.0.errors.iter_mut().filter(|error| inside(&error.pointer)) {
            error.pointer.insert_str(0, parent);
        }
        self
    }

    fn become_code(&mut self, code: ProblemCode) {
        self.0.code = code;
        self.0.status = code.status();
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem").field("code", &self.0.code).field("errors", &self.0.errors).finish()
    }
}
