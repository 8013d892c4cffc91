//! Passwords: hashed slowly, a few at a time, checked in equal time whether there is one or not.

use std::fmt;

use invoice_core::Violation;
use invoice_core::identity::SecretText;
use zeroize::Zeroizing;

use crate::error::AuthError;

/// Cost of argon2id (RFC 9106).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Params {}

/// How new passwords are hashed. Hashes of the other scheme or of other parameters still work, and are replaced at
/// the next log-in.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordScheme {
    /// argon2id.
    Argon2id(Argon2Params),
    /// bcrypt of this cost, over a SHA-256 of the password, so that length and NUL do no harm.
    Bcrypt(u32),
}

impl Default for PasswordScheme {
    fn default() -> Self {
        Self::Argon2id(Argon2Params {})
    }
}

/// A password as it was typed: at most 1 KiB, wiped when dropped, never shown.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes a password.
    pub fn new(text: impl Into<String>) -> Result<Self, Violation> {
        Ok(Self(Zeroizing::new(text.into())))
    }

    /// Refuses what is too short to be chosen; it may still be tried at a log-in.
    pub(crate) fn check_new(&self, _min_chars: usize) -> Result<(), Violation> {
        unimplemented!()
    }
}

/// What came of trying a password.
#[derive(Debug)]
pub struct Verdict {
    /// Whether it is the right one.
    pub matches: bool,
    /// The hash to keep from now on, if the kept one is of another scheme or cost.
    pub rehash: Option<SecretText>,
}

/// Hashes passwords on threads of their own, a few at a time.
pub struct Passwords {}

impl Passwords {
    /// With this scheme, hashing so many at once.
    pub fn new(_scheme: PasswordScheme, _at_once: usize) -> Result<Self, AuthError> {
        unimplemented!()
    }

    /// Hashes, to be kept.
    pub async fn hash(&self, _password: &Password) -> Result<SecretText, AuthError> {
        unimplemented!()
    }

    /// Tries a password; with nothing kept it takes as long and never matches.
    pub async fn verify(
        &self,
        _kept: Option<&SecretText>,
        _password: &Password,
    ) -> Result<Verdict, AuthError> {
        unimplemented!()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
