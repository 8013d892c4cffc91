//! The compact form of a signed token (RFC 7515 section 7.1), taken apart without trusting anything in it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::checklist::{Check, Checklist};
use super::error::TokenError;
use super::json::{Flaw, Strictness, Value, object};

/// Longest token, in bytes.
pub(super) const MAX_TOKEN: usize = 8 * 1024;
/// Longest identifier of a key, in bytes.
const MAX_KEY_ID: usize = 128;

/// Header members of JOSE that change how a token is to be read or which key is asked; each has been an attack.
/// Names that nobody registered are not repeated in errors.
const FOREIGN: [&str; 18] = [
    "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "cty", "enc", "epk", "apu", "apv",
    "iv", "tag", "p2s", "p2c",
];

/// The three parts. Only their form is known to be right.
pub(super) struct Parts<'a> {
    /// What the signature is over.
    pub(super) signed: &'a str,
    /// As bytes.
    pub(super) signature: Vec<u8>,
    header: Vec<u8>,
    payload: Vec<u8>,
}

/// What a header may say.
pub(super) struct Header<'a> {
    pub(super) algorithm: Cow<'a, str>,
    kind: Option<Cow<'a, str>>,
    key_id: Option<Cow<'a, str>>,
    /// What it may not, for verifiers that are weakened to go by it.
    #[cfg(test)]
    pub(super) foreign: Option<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Parts<'a> {
    pub(super) fn split(token: &'a str, checks: &Checklist) -> Result<Self, TokenError> {
        checks.require(Check::Size, token.len() <= MAX_TOKEN, TokenError::TooLong)?;
        let mut parts = token.splitn(4, '.');
        let (Some(header), Some(payload), Some(signature)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Parts);
        };
        checks.require(Check::ThreeParts, parts.next().is_none(), TokenError::Parts)?;
        let signed = token.get(..header.len() + 1 + payload.len()).ok_or(TokenError::Parts)?;
        Ok(Self {
            signed,
            signature: decode(signature, checks)?,
            header: decode(header, checks)?,
            payload: decode(payload, checks)?,
        })
    }

    /// The header, with no member but those that are known.
    pub(super) fn header(&self, checks: &Checklist) -> Result<Header<'_>, TokenError> {
        let strictness = Strictness {
            unique: !checks.lacks(Check::HeaderUnique),
            whole: !checks.lacks(Check::HeaderWhole),
        };
        let text = str::from_utf8(&self.header).map_err(|_| TokenError::HeaderSyntax)?;
        let members = object(text, strictness).map_err(|flaw| match flaw {
            Flaw::Syntax => TokenError::HeaderSyntax,
            Flaw::Duplicate => TokenError::HeaderDuplicate,
            Flaw::TooComplex => TokenError::TooComplex,
        })?;
        let (mut algorithm, mut kind, mut key_id) = (None, None, None);
        #[cfg(test)]
        let mut foreign = None;
        for (name, value) in members {
            match (name.as_ref(), value) {
                ("alg", Value::Text(text)) => algorithm = Some(text),
                ("typ", Value::Text(text)) => kind = Some(text),
                ("kid", Value::Text(text)) => key_id = Some(text),
                ("alg", _) => return Err(TokenError::Algorithm),
                ("typ", _) => return Err(TokenError::Type),
                ("kid", _) => return Err(TokenError::KeyId),
                (other, value) => {
                    let known = FOREIGN.iter().find(|known| **known == other).copied();
                    let refusal = TokenError::HeaderMember(known.unwrap_or("other"));
                    checks.require(Check::HeaderMembers, false, refusal)?;
                    #[cfg(test)]
                    foreign.get_or_insert((name, value));
                    #[cfg(not(test))]
                    drop(value);
                }
            }
        }
        Ok(Header {
            // No algorithm has an empty name.
            algorithm: algorithm.unwrap_or_default(),
            kind,
            key_id,
            #[cfg(test)]
            foreign,
        })
    }

    /// The bytes that were signed as payload.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn into_payload(self) -> Vec<u8> {
        self.payload
    }

    /// The payload as text.
    pub(super) fn payload(&self) -> Result<&str, TokenError> {
        str::from_utf8(&self.payload).map_err(|_| TokenError::PayloadSyntax)
    }
}

impl Header<'_> {
    /// The key's identifier, in the header of what says that it is an access token (RFC 9068 section 2.1).
    pub(super) fn key_id(&self, checks: &Checklist) -> Result<&str, TokenError> {
        let is_access_token = self.kind.as_ref().is_some_and(|kind| {
            kind.eq_ignore_ascii_case("at+jwt") || kind.eq_ignore_ascii_case("application/at+jwt")
        });
        checks.require(Check::Type, is_access_token, TokenError::Type)?;
        let key_id = self.key_id.as_deref().unwrap_or_default();
        let sound =
            (1..=MAX_KEY_ID).contains(&key_id.len()) && key_id.bytes().all(|byte| byte.is_ascii_graphic());
        checks.require(Check::KeyIdForm, sound, TokenError::KeyId)?;
        Ok(key_id)
    }
}

/// The only form that encodes these bytes: no padding, no white space, no stray bits at the end.
fn decode(part: &str, checks: &Checklist) -> Result<Vec<u8>, TokenError> {
    #[cfg(test)]
    if checks.lacks(Check::StrictBase64) {
        return super::weak::lenient_base64(part).ok_or(TokenError::Encoding);
    }
    let _ = checks;
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Encoding)
}
