//! What the layers below answer, as problems.

use axum::http::{HeaderValue, header};
use invoice_auth::{AuthError, Rule, TokenError};
use invoice_core::Violations;
use invoice_core::ports::{StoreError, Unique};
use invoice_core::service::Error;

use super::{FieldError, Problem, ProblemCode};

impl From<Violations> for Problem {
    fn from(violations: Violations) -> Self {
        let mut problem = Self::new(ProblemCode::Invalid);
        problem.0.errors = violations.iter().map(FieldError::from).collect();
        problem
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Forbidden { .. } => Self::new(ProblemCode::Forbidden).with_detail(error.to_string()),
            Error::NotFound { .. } => Self::new(ProblemCode::NotFound),
            Error::Invalid(violations) => violations.into(),
            Error::Illegal(illegal) => {
                Self::new(ProblemCode::IllegalTransition).with_detail(illegal.to_string())
            }
            Error::Conflict { .. } => Self::new(ProblemCode::Conflict),
            Error::Duplicate { what } => duplicate(what),
            Error::InUse => Self::new(ProblemCode::InUse),
            Error::IdempotencyMismatch => Self::new(ProblemCode::IdempotencyMismatch),
            Error::Store(error) => error.into(),
            error => internal(&error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::new(ProblemCode::Conflict),
            StoreError::Duplicate { what } => duplicate(what),
            StoreError::NotFound => Self::new(ProblemCode::NotFound),
            StoreError::InUse => Self::new(ProblemCode::InUse),
            StoreError::Refused(violation) => Violations::from(violation).into(),
            StoreError::Unavailable => {
                // The store has said why.
                tracing::debug!(%error, "a request could not be done");
                retry_later(ProblemCode::Unavailable, 1)
            }
            StoreError::UnknownOutcome => {
                tracing::warn!(%error, "a request may be done or not");
                retry_later(ProblemCode::UnknownOutcome, 1)
            }
            error => internal(&error),
        }
    }
}

/// The cause goes to the log and nowhere else: callers learn the status alone.
impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        if error.is_refusal() {
            tracing::debug!(cause = error.code(), "a token was refused");
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            return Self::new(ProblemCode::Unauthenticated).with_header(header::WWW_AUTHENTICATE, challenge);
        }
        tracing::error!(%error, "a request could not be authenticated");
        retry_later(ProblemCode::Unavailable, 1)
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::InvalidCredentials => Self::new(ProblemCode::InvalidCredentials),
            AuthError::InvalidToken => Self::new(ProblemCode::InvalidToken),
            AuthError::InvalidMailedToken => Self::new(ProblemCode::InvalidMailedToken),
            AuthError::Unauthenticated(cause) => cause.into(),
            AuthError::TooManyAttempts { retry_after } => {
                // Rounded up: a moment too early is another attempt refused.
                let seconds = retry_after.as_millis().div_ceil(1_000).max(1);
                retry_later(ProblemCode::TooManyRequests, u64::try_from(seconds).unwrap_or(u64::MAX))
            }
            AuthError::Forbidden(permission) => {
                Self::new(ProblemCode::Forbidden).with_detail(format!("the role lacks `{permission}`"))
            }
            AuthError::Rule(rule) => Self::new(of_rule(rule)),
            AuthError::NotFound => Self::new(ProblemCode::NotFound),
            AuthError::Invalid(violations) => violations.into(),
            AuthError::Busy | AuthError::Mail(_) => retry_later(ProblemCode::Unavailable, 1),
            AuthError::Store(error) => error.into(),
            error => internal(&error),
        }
    }
}

fn of_rule(rule: Rule) -> ProblemCode {
    match rule {
        Rule::LastOwner => ProblemCode::LastOwner,
        Rule::RoleAboveOwn => ProblemCode::RoleAboveOwn,
        Rule::AlreadyMember => ProblemCode::AlreadyMember,
        Rule::StillInTeam => ProblemCode::StillInTeam,
        Rule::Unverified => ProblemCode::Unverified,
        Rule::PersonOnly => ProblemCode::PersonOnly,
        Rule::SameAddress => ProblemCode::SameAddress,
        Rule::NoTeam => ProblemCode::NoTeam,
        _ => ProblemCode::Conflict,
    }
}

fn duplicate(what: Unique) -> Problem {
    let pointer = match what {
        Unique::Number => "/number",
        Unique::ExternalReference => "/external_reference",
        Unique::SeriesName => "/name",
        Unique::ItemCode => "/code",
        Unique::Email => "/email",
        _ => "",
    };
    let detail = format!("this {what} exists already");
    Problem::new(ProblemCode::Duplicate).with_error(FieldError::new(pointer, "repeated", detail))
}

/// An error that is the server's own. Its cause goes to the log and nowhere else.
fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
    let source = error.source().map(ToString::to_string);
    tracing::error!(error = %error, source, "a request failed");
    Problem::new(ProblemCode::Internal)
}

/// A problem that goes away.
pub(crate) fn retry_later(code: ProblemCode, seconds: u64) -> Problem {
    Problem::new(code).with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(error: StoreError) -> String {
        let log = Log::default();
        let lines = log.clone();
        let here = tracing_subscriber::fmt().with_writer(move || lines.clone()).finish();
        tracing::subscriber::with_default(here, || Problem::from(error));
        String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn of_a_store_that_is_away_only_the_store_tells() {
        assert_eq!(logged(StoreError::Unavailable), "");
        assert_eq!(logged(StoreError::UnknownOutcome).lines().count(), 1);
    }
}
