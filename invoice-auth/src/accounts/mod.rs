//! Registering, logging in, and all that a user does with their own account.

mod credentials;
mod delete;
mod email;
mod email_change;
mod log_in;
mod mailed;
mod operator;
mod password;
mod profile;
mod register;

use invoice_core::identity::User;
use invoice_core::{Timestamp, UserId, Version};

use crate::password::Password;

/// What a new user tells, for [`Auth::register`](crate::Auth::register).
#[derive(Debug)]
pub struct Registration {
    /// The e-mail address as typed.
    pub email: String,
    /// The password they chose.
    pub password: Password,
    /// Their name; may be empty.
    pub name: String,
    /// Their language tag (BCP 47), for mails.
    pub locale: Option<String>,
}

/// What a user changes about themselves with [`Auth::update_profile`](crate::Auth::update_profile); what is `None` stays.
#[derive(Debug, Default)]
pub struct ProfileChange {
    /// The name.
    pub name: Option<String>,
    /// The language tag; `Some(None)` takes it away.
    pub locale: Option<Option<String>>,
}

/// An account as its holder sees it, without any secret.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The user.
    pub id: UserId,
    /// The account's version, which an update names.
    pub version: Version,
    /// The e-mail address as shown.
    pub email: String,
    /// Since when the address is known to be the user's.
    pub verified_at: Option<Timestamp>,
    /// The name; may be empty.
    pub name: String,
    /// The language tag (BCP 47).
    pub locale: Option<String>,
    /// Whether the account has a password.
    pub has_password: bool,
    /// When the account was made.
    pub created_at: Timestamp,
}

impl From<&User> for Profile {
    fn from(user: &User) -> Self {
        Self {
            id: user.id(),
            version: user.version(),
            email: user.email().shown().to_owned(),
            verified_at: user.verified_at(),
            name: user.name().to_owned(),
            locale: user.locale().map(str::to_owned),
            has_password: user.password().is_some(),
            created_at: user.created_at(),
        }
    }
}
