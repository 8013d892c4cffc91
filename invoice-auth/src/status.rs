//! What errors become for who calls over HTTP: one table, for every way to serve this.

use std::time::Duration;

use invoice_core::ports::StoreError;

use crate::error::{AuthError, Rule};
use crate::token::TokenError;

pub(crate) const BAD_REQUEST: u16 = 400;
pub(crate) const UNAUTHORIZED: u16 = 401;
pub(crate) const FORBIDDEN: u16 = 403;
const NOT_FOUND: u16 = 404;
const CONFLICT: u16 = 409;
const UNPROCESSABLE: u16 = 422;
const TOO_MANY_REQUESTS: u16 = 429;
const INTERNAL: u16 = 500;
const UNAVAILABLE: u16 = 503;

impl Rule {
    /// The status of HTTP it becomes; the table at [`AuthError`] has them all.
    ///
    /// ```
    /// use invoice_auth::Rule;
    ///
    /// assert_eq!((Rule::NoTeam.status(), Rule::NoTeam.code()), (403, "no_team"));
    /// ```
    pub const fn status(self) -> u16 {
        self.answer().0
    }

    /// A stable name of the rule, for callers, logs and metrics.
    pub const fn code(self) -> &'static str {
        self.answer().1
    }

    const fn answer(self) -> (u16, &'static str) {
        match self {
            Self::LastOwner => (CONFLICT, "last_owner"),
            Self::RoleAboveOwn => (FORBIDDEN, "role_above_own"),
            Self::AlreadyMember => (CONFLICT, "already_member"),
            Self::StillInTeam => (CONFLICT, "still_in_team"),
            Self::Unverified => (FORBIDDEN, "unverified"),
            Self::SameAddress => (CONFLICT, "same_address"),
            Self::PersonOnly => (FORBIDDEN, "person_only"),
            Self::NoTeam => (FORBIDDEN, "no_team"),
        }
    }
}

impl AuthError {
    /// The status of HTTP it becomes; the table above has them all.
    ///
    /// ```
    /// use invoice_auth::{AuthError, Rule};
    ///
    /// let error = AuthError::from(Rule::LastOwner);
    /// assert_eq!((error.status(), error.code(), error.retry_after()), (409, "last_owner", None));
    /// assert_eq!(AuthError::Busy.retry_after().map(|wait| wait.as_secs()), Some(1));
    /// ```
    pub const fn status(&self) -> u16 {
        self.answer().0
    }

    /// A stable name of what went wrong, for callers, logs and metrics. It has nothing of the request in it.
    pub const fn code(&self) -> &'static str {
        self.answer().1
    }

    /// How long to wait before the same is tried again, in whole seconds of which the last was begun: what the header
    /// `Retry-After` says. `None` where waiting changes nothing.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            // A moment too early would be one attempt more that is refused.
            Self::TooManyAttempts { retry_after } => {
                let begun = u64::from(retry_after.subsec_nanos() > 0);
                Some(Duration::from_secs(retry_after.as_secs().saturating_add(begun).max(1)))
            }
            other => (other.status() == UNAVAILABLE).then_some(Duration::from_secs(1)),
        }
    }

    const fn answer(&self) -> (u16, &'static str) {
        match self {
            Self::InvalidCredentials => (UNAUTHORIZED, "invalid_credentials"),
            Self::InvalidToken => (UNAUTHORIZED, "invalid_token"),
            Self::InvalidMailedToken => (BAD_REQUEST, "invalid_mailed_token"),
            Self::Unauthenticated(cause) => (cause.status(), "unauthenticated"),
            Self::TooManyAttempts { .. } => (TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::Forbidden(_) => (FORBIDDEN, "forbidden"),
            Self::Rule(rule) => rule.answer(),
            Self::NotFound => (NOT_FOUND, "not_found"),
            Self::Invalid(_) => (UNPROCESSABLE, "invalid"),
            Self::Busy => (UNAVAILABLE, "busy"),
            Self::Mail(_) => (UNAVAILABLE, "mail"),
            Self::Store(error) => of_store(error),
            Self::Crypto(_) => (INTERNAL, "crypto"),
            Self::NoRuntime => (INTERNAL, "no_runtime"),
        }
    }
}

const fn of_store(error: &StoreError) -> (u16, &'static str) {
    match error {
        StoreError::Conflict { .. } => (CONFLICT, "conflict"),
        StoreError::Duplicate { .. } => (CONFLICT, "duplicate"),
        StoreError::NotFound => (NOT_FOUND, "not_found"),
        StoreError::InUse => (CONFLICT, "in_use"),
        StoreError::Refused(_) => (UNPROCESSABLE, "invalid"),
        StoreError::Unavailable => (UNAVAILABLE, "unavailable"),
        StoreError::UnknownOutcome => (UNAVAILABLE, "unknown_outcome"),
        _ => (INTERNAL, "store"),
    }
}

impl TokenError {
    /// The status of HTTP it becomes: 401 for a refusal, 503 otherwise.
    ///
    /// ```
    /// use invoice_auth::TokenError;
    ///
    /// assert_eq!(TokenError::Expired.status(), 401);
    /// ```
    pub const fn status(&self) -> u16 {
        if self.is_refusal() { UNAUTHORIZED } else { UNAVAILABLE }
    }
}

#[cfg(test)]
mod tests {
    use invoice_core::Version;

    use super::*;

    fn told(error: impl Into<AuthError>) -> (u16, &'static str) {
        let error = error.into();
        (error.status(), error.code())
    }

    #[test]
    fn what_is_wrong_with_a_token_is_told_by_where_it_came_from() {
        // Only what says who calls is a 401: a client that gets one logs in or refreshes.
        assert_eq!(told(AuthError::InvalidToken), (401, "invalid_token"));
        assert_eq!(told(TokenError::Expired), (401, "unauthenticated"));
        assert_eq!(told(AuthError::InvalidMailedToken), (400, "invalid_mailed_token"));
    }

    #[test]
    fn who_may_not_is_told_apart_from_what_can_not_be_done_now() {
        assert_eq!(told(Rule::PersonOnly), (403, "person_only"));
        assert_eq!(told(Rule::StillInTeam), (409, "still_in_team"));
        let conflict = StoreError::Conflict { expected: Version::FIRST, found: None };
        assert_eq!(told(conflict), (409, "conflict"));
        assert_eq!(told(StoreError::backend(std::io::Error::other("disk"))), (500, "store"));
    }

    #[test]
    fn a_store_that_is_away_is_not_the_callers_fault_whoever_asked_it() {
        assert_eq!(told(StoreError::Unavailable), (503, "unavailable"));
        assert_eq!(told(TokenError::Store(StoreError::Unavailable)), (503, "unauthenticated"));
    }

    #[test]
    fn the_time_to_wait_is_rounded_up_to_seconds_and_told_where_waiting_helps() {
        let wait = |error: AuthError| error.retry_after().map(|wait| wait.as_secs());
        let after = |millis| AuthError::TooManyAttempts { retry_after: Duration::from_millis(millis) };
        assert_eq!([0, 1_000, 1_001].map(|millis| wait(after(millis))), [Some(1), Some(1), Some(2)]);
        assert_eq!(wait(StoreError::Unavailable.into()), Some(1));
        assert_eq!(wait(TokenError::Store(StoreError::Unavailable).into()), Some(1));
        assert_eq!([AuthError::NotFound, AuthError::InvalidToken].map(wait), [None, None]);
    }
}
