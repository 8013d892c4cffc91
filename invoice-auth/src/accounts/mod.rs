//! Registering, logging in, and all that a user does with their own account.

use crate::password::Password;

/// What a new user tells.
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

/// What a user changes about themselves; what is `None` stays.
#[derive(Debug, Default)]
pub struct ProfileChange {
    /// The name.
    pub name: Option<String>,
    /// The language tag; `Some(None)` takes it away.
    pub locale: Option<Option<String>>,
}
