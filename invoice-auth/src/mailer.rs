use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use invoice_core::identity::EmailAddress;
use invoice_core::{Role, Timestamp};

use crate::secret::OpaqueToken;

/// What is to be mailed. Texts and links are the mailer's; the tokens are secrets and must not be logged.
///
/// Addresses are safe in the header of a mail. A team's name is what somebody typed, on one line; one kept from
/// before that was a rule may have several.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum Mail {
    /// Proves that an address is the user's.
    VerifyEmail {
        /// To whom.
        to: EmailAddress,
        /// The user's language tag.
        locale: Option<String>,
        /// What the link carries.
        token: OpaqueToken,
        /// Until when the token is good.
        expires_at: Timestamp,
    },
    /// Somebody registered with an address that has an account: there is nothing to do, or to reset the password.
    AlreadyRegistered {
        /// To whom.
        to: EmailAddress,
        /// The user's language tag.
        locale: Option<String>,
    },
    /// Proves that a new address is the user's, which then replaces the old one.
    ChangeEmail {
        /// To whom: the new address.
        to: EmailAddress,
        /// The user's language tag.
        locale: Option<String>,
        /// What the link carries.
        token: OpaqueToken,
        /// Until when the token is good.
        expires_at: Timestamp,
    },
    /// Tells the old address that it was replaced.
    EmailChanged {
        /// To whom: the old address.
        to: EmailAddress,
        /// The user's language tag.
        locale: Option<String>,
    },
    /// Lets a user choose a new password.
    ResetPassword {
        /// To whom.
        to: EmailAddress,
        /// The user's language tag.
        locale: Option<String>,
        /// What the link carries.
        token: OpaqueToken,
        /// Until when the token is good.
        expires_at: Timestamp,
    },
    /// Tells a user that their password was changed.
    PasswordChanged {
        /// To whom.
        to: EmailAddress,
        /// The user's language tag.
        locale: Option<String>,
    },
    /// Invites somebody to a team.
    Invitation {
        /// To whom.
        to: EmailAddress,
        /// The team's name.
        team: String,
        /// As what.
        role: Role,
        /// What the link carries.
        token: OpaqueToken,
        /// Until when the token is good.
        expires_at: Timestamp,
    },
}

impl Mail {
    /// What logs say of it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::AlreadyRegistered { .. } => "already_registered",
            Self::ChangeEmail { .. } => "change_email",
            Self::EmailChanged { .. } => "email_changed",
            Self::ResetPassword { .. } => "reset_password",
            Self::PasswordChanged { .. } => "password_changed",
            Self::Invitation { .. } => "invitation",
        }
    }

    /// Whether it tells somebody of a change that was made to their account.
    pub(crate) const fn is_warning(&self) -> bool {
        matches!(self, Self::EmailChanged { .. } | Self::PasswordChanged { .. })
    }

    /// To whom it goes.
    pub const fn to(&self) -> &EmailAddress {
        match self {
            Self::VerifyEmail { to, .. }
            | Self::AlreadyRegistered { to, .. }
            | Self::ChangeEmail { to, .. }
            | Self::EmailChanged { to, .. }
            | Self::ResetPassword { to, .. }
            | Self::PasswordChanged { to, .. }
            | Self::Invitation { to, .. } => to,
        }
    }
}

/// Why a mail was not handed over. What it says is the mailer's, and may name the addressee: it is not logged here, and
/// had better not be elsewhere.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct MailError(#[source] Arc<dyn std::error::Error + Send + Sync>);

impl MailError {
    /// Wraps a mailer's own error.
    ///
    /// ```
    /// let error = invoice_auth::MailError::new(std::io::Error::other("no route"));
    /// assert_eq!(error.to_string(), "no route");
    /// ```
    pub fn new(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }
}

/// Hands mail over to be delivered.
///
/// [`ChangeEmail`](Mail::ChangeEmail), [`Invitation`](Mail::Invitation) and a [`VerifyEmail`](Mail::VerifyEmail) that is
/// asked for again are waited for, and an error is answered as [`AuthError::Mail`](crate::AuthError::Mail).
///
/// All others are sent in the background, since waiting would tell whether an account exists or could undo nothing. There
/// an error is logged as no more than the kind of mail and the user's identifier: a mailer that must not lose any keeps a
/// queue, and one that knows more logs it itself.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Takes a mail. Answer once it is safe with whoever delivers it, not once it is delivered; after a minute it counts
    /// as failed.
    async fn send(&self, mail: Mail) -> Result<(), MailError>;
}

/// Takes every mail and delivers none: for applications that verify nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMailer;

#[async_trait]
impl Mailer for NoMailer {
    async fn send(&self, _mail: Mail) -> Result<(), MailError> {
        Ok(())
    }
}

impl fmt::Debug for dyn Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailer")
    }
}
