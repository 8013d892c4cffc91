use std::time::Duration;

use invoice_core::ports::StoreError;
use invoice_core::{Permission, Violation, Violations};

use crate::mailer::MailError;
use crate::token::TokenError;

/// A rule about teams that a request would break.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rule {
    /// A team has at least one owner.
    #[error("a team keeps at least one owner")]
    LastOwner,
    /// Nobody grants, changes or takes away a role above their own.
    #[error("nobody decides about a role above their own")]
    RoleAboveOwn,
    /// The user is a member already.
    #[error("a member already")]
    AlreadyMember,
    /// The user is still in a team.
    #[error("still in a team")]
    StillInTeam,
    /// The account has no verified address, and the settings ask for one.
    #[error("the e-mail address is not verified")]
    Unverified,
    /// Only a person who logged in may do this; an API key may not.
    #[error("an API key can't do this")]
    PersonOnly,
    /// The account has this e-mail address already.
    #[error("the account's address already")]
    SameAddress,
    /// The request names no team and the session has no active one.
    #[error("no team is active")]
    NoTeam,
}

/// Why something was not done. Unless it says otherwise, nothing was written.
///
/// No variant tells which part of a credential was wrong, or whether an account exists.
///
/// [`status`](Self::status), [`code`](Self::code) and [`retry_after`](Self::retry_after) are what every way to serve
/// this over HTTP answers with:
///
/// | variant | status | code | try again? |
/// | --- | --- | --- | --- |
/// | `InvalidCredentials` | 401 | `invalid_credentials` | with other ones |
/// | `InvalidToken` | 401 | `invalid_token` | after logging in |
/// | `InvalidMailedToken` | 400 | `invalid_mailed_token` | with one that is mailed anew |
/// | `Unauthenticated` | 401; 503 when nobody can say now | `unauthenticated` | after refreshing or logging in; later |
/// | `TooManyAttempts` | 429 | `too_many_attempts` | after the time it tells |
/// | `Forbidden` | 403 | `forbidden` | no |
/// | `Rule`: `RoleAboveOwn`, `Unverified`, `PersonOnly`, `NoTeam` | 403 | the rule's, such as `no_team` | no |
/// | `Rule`: `LastOwner`, `AlreadyMember`, `StillInTeam`, `SameAddress` | 409 | the rule's, such as `last_owner` | no |
/// | `NotFound` | 404 | `not_found` | no |
/// | `Invalid` | 422 | `invalid` | after correcting the input |
/// | `Busy` | 503 | `busy` | later |
/// | `Mail` | 503 | `mail` | later: what was to be mailed can be asked for again |
/// | `Store`: a conflict | 409, or 412 where a header named the version | `conflict` | after reading again |
/// | `Store`: a duplicate, or something still in use | 409 | `duplicate`, `in_use` | no |
/// | `Store`: not found, or refused | 404, 422 | `not_found`, `invalid` | no |
/// | `Store`: away, or nobody knows whether it was written | 503 | `unavailable`, `unknown_outcome` | later |
/// | `Store`: anything else | 500 | `store` | no |
/// | `Crypto` | 500 | `crypto` | no |
/// | `NoRuntime` | 500 | `no_runtime` | in a runtime of tokio |
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthError {
    /// The address, the password or both are wrong, or the account can't be used.
    #[error("the credentials are not valid")]
    InvalidCredentials,
    /// A refresh token is unknown, used or expired, or its session is over.
    #[error("the token is not valid")]
    InvalidToken,
    /// A token that was mailed, an invitation's too, is unknown, used, expired or revoked. It says nothing of who calls.
    #[error("the mailed token is not valid")]
    InvalidMailedToken,
    /// An access token or API key was refused, or what it proved is over by now. The cause is for logs; callers are
    /// told no more than the status.
    #[error("not authenticated")]
    Unauthenticated(#[source] TokenError),
    /// There were too many failed attempts.
    #[error("too many attempts: wait {} s", retry_after.as_secs())]
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The role lacks a permission.
    #[error("not permitted: {0}")]
    Forbidden(Permission),
    /// A rule about teams forbids it.
    #[error("{0}")]
    Rule(Rule),
    /// It is not there, or not the caller's.
    #[error("not found")]
    NotFound,
    /// The input is wrong; each violation points to a field.
    #[error("invalid: {0}")]
    Invalid(Violations),
    /// Too many passwords are being hashed already, or too many mails wait to be sent.
    #[error("busy")]
    Busy,
    /// The mail could not be handed over. What was written before it stays.
    #[error("the mail could not be sent")]
    Mail(#[source] MailError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is not usable: it was sealed with another master key, or damaged.
    #[error("a key is not usable: {0}")]
    Crypto(&'static str),
    /// There is no runtime of tokio where this was called.
    #[error("there is no runtime of tokio here")]
    NoRuntime,
}

impl From<Violations> for AuthError {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

impl From<Violation> for AuthError {
    fn from(violation: Violation) -> Self {
        let mut found = Violations::new();
        found.push(violation);
        Self::Invalid(found)
    }
}

impl From<TokenError> for AuthError {
    fn from(error: TokenError) -> Self {
        Self::Unauthenticated(error)
    }
}

impl From<Rule> for AuthError {
    fn from(rule: Rule) -> Self {
        Self::Rule(rule)
    }
}
