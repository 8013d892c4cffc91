use invoice_core::ports::StoreError;

use crate::error::AuthError;

/// Why an access token or API key was refused: for logs and metrics. Callers are told the status alone.
///
/// Nothing of the token is in it, so that it can be logged as it is.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    /// Longer than 8 KiB.
    #[error("longer than 8 KiB")]
    TooLong,
    /// Not three parts with two dots between them (RFC 7515 section 7.1).
    #[error("not three parts")]
    Parts,
    /// A part is not base64url without padding, in its one canonical form (RFC 7515 section 2).
    #[error("not strictly base64url")]
    Encoding,
    /// The header is not one JSON object and nothing else.
    #[error("the header is not JSON")]
    HeaderSyntax,
    /// The header says something twice.
    #[error("the header has a member twice")]
    HeaderDuplicate,
    /// The header has a member that we never write, such as `jwk`, `crit` or `zip`; a name nobody registered is
    /// told as `other`.
    #[error("the header has a member that is not taken: {0}")]
    HeaderMember(&'static str),
    /// The type is neither `at+jwt` nor `application/at+jwt` (RFC 9068 section 4).
    #[error("the type is not that of an access token")]
    Type,
    /// The key's identifier is missing, or not 1 to 128 visible ASCII characters.
    #[error("the key is not named")]
    KeyId,
    /// No key of the ring has this identifier: it never had, or was taken out.
    #[error("the key is not in the ring")]
    UnknownKey,
    /// The algorithm is not the one that the key is for, or the key is not of this deployment's mode.
    #[error("the algorithm is not the key's")]
    Algorithm,
    /// The signature is not the key's.
    #[error("the signature is not valid")]
    Signature,
    /// The claims are not one JSON object and nothing else.
    #[error("the claims are not JSON")]
    PayloadSyntax,
    /// A claim, or a member somewhere inside of one, is there twice.
    #[error("a claim is there twice")]
    PayloadDuplicate,
    /// The JSON is nested more than 16 deep or has more than 128 members in one object.
    #[error("the JSON is too large")]
    TooComplex,
    /// A required claim is missing.
    #[error("a claim is missing: {0}")]
    MissingClaim(&'static str),
    /// A claim is of another type than it should be, or not in its range.
    #[error("a claim is malformed: {0}")]
    MalformedClaim(&'static str),
    /// Issued by somebody else.
    #[error("another issuer")]
    Issuer,
    /// Meant for somebody else.
    #[error("another audience")]
    Audience,
    /// Given to another client.
    #[error("another client")]
    Client,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Its time has not come.
    #[error("not yet valid")]
    NotYetValid,
    /// Issued in the future.
    #[error("issued in the future")]
    IssuedInFuture,
    /// There is no such session.
    #[error("no such session")]
    UnknownSession,
    /// The session is another user's.
    #[error("the session is another user's")]
    OtherUser,
    /// The session was revoked.
    #[error("the session was revoked")]
    Revoked,
    /// The session's time is over.
    #[error("the session has ended")]
    SessionEnded,
    /// Of another session version than the present one.
    #[error("another session version")]
    SessionVersion,
    /// Of another user epoch than the present one.
    #[error("another user epoch")]
    UserEpoch,
    /// The account may not be used.
    #[error("the account is disabled")]
    Disabled,
    /// The user is not, or no longer, in the team that the token names.
    #[error("not in the team")]
    NotInTeam,
    /// The application's own claims are not of the shape that it expects.
    #[error("the application's claims have another shape")]
    AppClaims,
    /// There is no such API key.
    #[error("no such API key")]
    UnknownApiKey,
    /// The API key was revoked.
    #[error("the API key was revoked")]
    ApiKeyRevoked,
    /// The API key's time is over.
    #[error("the API key expired")]
    ApiKeyExpired,
    /// The store can't say. Not a refusal: try again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is not usable: it was sealed with another master key, or damaged. Not a refusal.
    #[error("a key is not usable: {0}")]
    Crypto(&'static str),
}

impl TokenError {
    /// A stable name of the cause, for logs and metrics.
    ///
    /// ```
    /// use invoice_auth::TokenError;
    ///
    /// assert_eq!(TokenError::HeaderMember("crit").code(), "header_member");
    /// ```
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Parts => "parts",
            Self::Encoding => "encoding",
            Self::HeaderSyntax => "header_syntax",
            Self::HeaderDuplicate => "header_duplicate",
            Self::HeaderMember(_) => "header_member",
            Self::Type => "type",
            Self::KeyId => "key_id",
            Self::UnknownKey => "unknown_key",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::PayloadSyntax => "payload_syntax",
            Self::PayloadDuplicate => "payload_duplicate",
            Self::TooComplex => "too_complex",
            Self::MissingClaim(_) => "missing_claim",
            Self::MalformedClaim(_) => "malformed_claim",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Client => "client",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::UnknownSession => "unknown_session",
            Self::OtherUser => "other_user",
            Self::Revoked => "revoked",
            Self::SessionEnded => "session_ended",
            Self::SessionVersion => "session_version",
            Self::UserEpoch => "user_epoch",
            Self::Disabled => "disabled",
            Self::NotInTeam => "not_in_team",
            Self::AppClaims => "app_claims",
            Self::UnknownApiKey => "unknown_api_key",
            Self::ApiKeyRevoked => "api_key_revoked",
            Self::ApiKeyExpired => "api_key_expired",
            Self::Store(_) => "store",
            Self::Crypto(_) => "crypto",
        }
    }

    /// Whether the token was found wanting: 401. Otherwise nobody knows, and it is not the caller's fault: 503.
    ///
    /// ```
    /// use invoice_auth::TokenError;
    ///
    /// assert!(TokenError::Expired.is_refusal());
    /// ```
    pub const fn is_refusal(&self) -> bool {
        !matches!(self, Self::Store(_) | Self::Crypto(_))
    }

    /// What the ring of keys or a cache said.
    pub(crate) fn of_keys(error: AuthError) -> Self {
        match error {
            AuthError::Store(error) => Self::Store(error),
            AuthError::Crypto(why) => Self::Crypto(why),
            _ => Self::Crypto("the ring of keys refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_away_and_a_damaged_key_are_no_refusals() {
        assert!(!TokenError::of_keys(AuthError::Store(StoreError::Unavailable)).is_refusal());
        assert!(!TokenError::of_keys(AuthError::Crypto("damaged")).is_refusal());
        assert!(TokenError::Signature.is_refusal());
    }
}
