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
    /// The request names no team and the session has no active one.
    #[error("no team is active")]
    NoTeam,
}

/// Why something was not done. Unless it says otherwise, nothing was written.
///
/// No variant tells which part of a credential was wrong, or whether an account exists.
///
/// | variant | retry? | HTTP status |
/// | --- | --- | --- |
/// | `InvalidCredentials` | with other ones | 401 |
/// | `InvalidToken` | with another one | 401 for refresh tokens, 400 for those that were mailed |
/// | `Unauthenticated` | after logging in or refreshing | 401; 503 for a store that is away |
/// | `TooManyAttempts` | after the time it tells | 429 |
/// | `Forbidden`, `Rule` | no | 403, 409 |
/// | `NotFound` | no | 404 |
/// | `Invalid` | after correcting the input | 422 |
/// | `Busy` | later | 503 |
/// | `Mail` | later; what was to be mailed can be asked for again | 503 |
/// | `Store` | as [`StoreError`] says | as [`StoreError`] says |
/// | `Crypto` | no | 500 |
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthError {
    /// The address, the password or both are wrong, or the account can't be used.
    #[error("the credentials are not valid")]
    InvalidCredentials,
    /// A refresh token, a mailed token or an invitation is unknown, used, expired or revoked.
    #[error("the token is not valid")]
    InvalidToken,
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
    /// Too many passwords are being hashed already.
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
}

impl AuthError {
    /// What logs may say of it: the errors of a mailer or a store may show addresses.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::InvalidToken => "invalid_token",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Forbidden(_) => "forbidden",
            Self::Rule(_) => "rule",
            Self::NotFound => "not_found",
            Self::Invalid(_) => "invalid",
            Self::Busy => "busy",
            Self::Mail(_) => "mail",
            Self::Store(_) => "store",
            Self::Crypto(_) => "crypto",
        }
    }
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
