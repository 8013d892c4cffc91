use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Fingerprint, MAX_TEXT};
use crate::text;
use crate::{OneTimeTokenId, Timestamp, UserId, Version, Violations};

/// What a one-time token is good for.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenPurpose {
    /// Shows that the account's address is its holder's.
    VerifyEmail,
    /// Moves the account to another address, which the payload names.
    ChangeEmail,
    /// Sets a new password without the old one.
    ResetPassword,
}

impl TokenPurpose {
    /// All purposes.
    pub const ALL: [Self; 3] = [Self::VerifyEmail, Self::ChangeEmail, Self::ResetPassword];

    /// The purpose as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

impl fmt::Display for TokenPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A token mailed to a user that works once and for one purpose.
///
/// Using it updates it at its expected version, so it is used at most once. Deleting the user deletes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneTimeToken {
    id: OneTimeTokenId,
    version: Version,
    user: UserId,
    purpose: TokenPurpose,
    fingerprint: Fingerprint,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_at: Option<Timestamp>,
}

impl OneTimeToken {
    /// A new, unused token.
    ///
    /// ```
    /// use invoice_core::identity::{Fingerprint, OneTimeToken, TokenPurpose};
    /// use invoice_core::{OneTimeTokenId, Timestamp, UserId};
    /// use uuid::Uuid;
    ///
    /// let token = OneTimeToken::new(
    ///     OneTimeTokenId::from_uuid(Uuid::from_u128(1)),
    ///     UserId::from_uuid(Uuid::from_u128(2)),
    ///     TokenPurpose::ResetPassword,
    ///     Fingerprint::new([7; 32]),
    ///     Timestamp::from_millis(1_000),
    /// );
    /// assert!(token.is_open(Timestamp::from_millis(999)));
    /// assert!(!token.with_used_at(Timestamp::from_millis(500)).is_open(Timestamp::from_millis(999)));
    /// ```
    pub const fn new(
        id: OneTimeTokenId,
        user: UserId,
        purpose: TokenPurpose,
        fingerprint: Fingerprint,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            id,
            version: Version::FIRST,
            user,
            purpose,
            fingerprint,
            payload: None,
            expires_at,
            used_at: None,
        }
    }

    /// The identifier.
    pub const fn id(&self) -> OneTimeTokenId {
        self.id
    }

    /// How often the token was written.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Whom it was mailed to.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// What it is good for.
    pub const fn purpose(&self) -> TokenPurpose {
        self.purpose
    }

    /// The fingerprint of the token in the mail.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What the purpose needs besides, such as the new address.
    pub fn payload(&self) -> Option<&str> {
        self.payload.as_deref()
    }

    /// The first instant at which it does not work any more.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// When it was used, or made useless.
    pub const fn used_at(&self) -> Option<Timestamp> {
        self.used_at
    }

    /// Whether it works at an instant.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }

    /// With what the purpose needs besides, at most 500 characters.
    pub fn with_payload(self, payload: impl Into<String>) -> Result<Self, Violations> {
        let (payload, mut found) = (payload.into(), Violations::new());
        text::collect(&mut found, "/payload", Some(&payload), MAX_TEXT);
        found.into_result()?;
        Ok(Self { payload: Some(payload), ..self })
    }

    /// Used, or made useless because another one took its place.
    #[must_use]
    pub fn with_used_at(self, at: Timestamp) -> Self {
        Self { used_at: Some(at), ..self }
    }

    pub(crate) fn at_version(self, version: Version) -> Self {
        Self { version, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_stored_by_their_name() {
        for purpose in TokenPurpose::ALL {
            assert_eq!(serde_json::to_value(purpose).unwrap(), purpose.as_str());
        }
    }
}
