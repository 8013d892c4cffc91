//! The checks that stand between a text and a caller, by name.
//!
//! A test can switch one of them off and show that the attack it stands against gets through then. Nothing else
//! can: outside of this crate's own tests the list has no state, and every check holds.

use super::error::TokenError;
#[cfg(test)]
use super::weak::Weakness;

/// One check. Those that can only be switched off, and are otherwise what the code does anyway, are there for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Check {
    Size,
    ThreeParts,
    #[cfg(test)]
    StrictBase64,
    HeaderWhole,
    HeaderUnique,
    HeaderMembers,
    Type,
    KeyIdForm,
    #[cfg(test)]
    KeyKnown,
    Algorithm,
    Signature,
    PayloadWhole,
    PayloadUnique,
    #[cfg(test)]
    Required,
    Integers,
    IssuerText,
    Issuer,
    AudienceText,
    Audience,
    Client,
    Expiry,
    NotBefore,
    IssuedAt,
    AppObject,
    #[cfg(test)]
    SessionKnown,
    SessionUser,
    SessionRevoked,
    SessionIdle,
    SessionVersion,
    UserEpoch,
    UserDisabled,
    TeamMember,
    AppShape,
}

/// All checks, or in a test all but one.
#[derive(Debug, Default)]
pub(super) struct Checklist {
    #[cfg(test)]
    pub(super) weakness: Option<Weakness>,
}

impl Checklist {
    /// Whether a check is switched off.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "in tests there is something to look at")]
    pub(super) const fn lacks(&self, _check: Check) -> bool {
        false
    }

    #[cfg(test)]
    pub(super) fn lacks(&self, check: Check) -> bool {
        self.weakness.as_ref().is_some_and(|weakness| weakness.off == check)
    }

    /// Refuses unless it `holds`.
    pub(super) fn require(&self, check: Check, holds: bool, error: TokenError) -> Result<(), TokenError> {
        if holds || self.lacks(check) { Ok(()) } else { Err(error) }
    }
}
