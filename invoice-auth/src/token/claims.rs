//! What an access token claims (RFC 9068 section 2.2, and the session's own).

use std::borrow::Cow;

use invoice_core::{SessionId, TeamId, Timestamp, UserId};

use super::checklist::{Check, Checklist};
use super::error::TokenError;
use super::json::{Flaw, Members, Strictness, Value, list, object};
use crate::settings::{Settings, millis};

/// Seconds at 9999-12-31T23:59:59Z, the latest instant there is.
const MAX_SECONDS: u64 = 253_402_300_799;
/// Longest `jti`, in bytes.
const MAX_TOKEN_ID: usize = 128;

/// What is left to check against the clock, the session and the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) sv: u32,
    pub(super) uv: u32,
    pub(super) team: Option<TeamId>,
    pub(super) expires_at: Timestamp,
    pub(super) issued_at: Timestamp,
    pub(super) not_before: Option<Timestamp>,
    /// One JSON object, as it was written.
    pub(super) app: Option<Box<str>>,
}

impl Claims {
    /// Reads the claims of a token of this issuer for this audience. Claims that nobody knows here are ignored, as
    /// RFC 7519 section 4 wants it, but must be sound JSON without members that are there twice.
    pub(super) fn read(text: &str, settings: &Settings, checks: &Checklist) -> Result<Self, TokenError> {
        let strictness = Strictness {
            unique: !checks.lacks(Check::PayloadUnique),
            whole: !checks.lacks(Check::PayloadWhole),
        };
        let members = object(text, strictness).map_err(|flaw| match flaw {
            Flaw::Syntax => TokenError::PayloadSyntax,
            Flaw::Duplicate => TokenError::PayloadDuplicate,
            Flaw::TooComplex => TokenError::TooComplex,
        })?;
        let found = Found { members, checks };
        found.issuer(&settings.issuer)?;
        found.audience(&settings.audience)?;
        let client = found.text("client_id")?;
        checks.require(Check::Client, *client == settings.audience, TokenError::Client)?;
        let token_id = found.text("jti")?.len();
        if !(1..=MAX_TOKEN_ID).contains(&token_id) {
            return Err(TokenError::MalformedClaim("jti"));
        }
        let team = match found.get("team") {
            None => None,
            Some(_) => Some(found.id("team")?),
        };
        Ok(Self {
            user: found.id("sub")?,
            session: found.id("sid")?,
            sv: found.small("sv")?,
            uv: found.small("uv")?,
            team,
            expires_at: found.required_instant("exp")?,
            issued_at: found.required_instant("iat")?,
            not_before: found.instant("nbf")?,
            app: found.app()?,
        })
    }

    /// Against the clock: an instant of leeway stands between two clocks.
    pub(super) fn check_time(
        &self,
        now: Timestamp,
        settings: &Settings,
        checks: &Checklist,
    ) -> Result<(), TokenError> {
        let (early, late) =
            (now.plus_millis(-millis(settings.leeway)), now.plus_millis(millis(settings.leeway)));
        checks.require(Check::Expiry, early < self.expires_at, TokenError::Expired)?;
        let begun = self.not_before.is_none_or(|not_before| not_before <= late);
        checks.require(Check::NotBefore, begun, TokenError::NotYetValid)?;
        checks.require(Check::IssuedAt, self.issued_at <= late, TokenError::IssuedInFuture)
    }
}

struct Found<'a> {
    members: Members<'a>,
    checks: &'a Checklist,
}

impl<'a> Found<'a> {
    /// The last one, as weakened verifiers that take a claim twice would have it.
    fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn required(&self, name: &'static str) -> Result<&Value<'a>, TokenError> {
        self.get(name).ok_or(TokenError::MissingClaim(name))
    }

    fn text(&self, name: &'static str) -> Result<&Cow<'a, str>, TokenError> {
        match self.required(name)? {
            Value::Text(text) => Ok(text),
            _ => Err(TokenError::MalformedClaim(name)),
        }
    }

    /// One text, and ours. A list is refused even with ours in it: some libraries compare by "contains", and then
    /// a token is everybody's.
    fn issuer(&self, ours: &str) -> Result<(), TokenError> {
        let (sound, same) = match self.required("iss")? {
            Value::Text(text) => (true, text == ours),
            Value::List(raw) => (false, contains(raw, ours)?),
            _ => (false, false),
        };
        self.checks.require(Check::IssuerText, sound, TokenError::MalformedClaim("iss"))?;
        self.checks.require(Check::Issuer, same, TokenError::Issuer)
    }

    /// One text, or a list of texts with ours among them (RFC 7519 section 4.1.3).
    fn audience(&self, ours: &str) -> Result<(), TokenError> {
        let (sound, same) = match self.required("aud")? {
            Value::Text(text) => (true, text == ours),
            Value::List(raw) => {
                let texts = list(raw).map_err(|_| TokenError::MalformedClaim("aud"))?;
                (texts.iter().all(|text| matches!(text, Value::Text(_))), contains(raw, ours)?)
            }
            _ => (false, false),
        };
        self.checks.require(Check::AudienceText, sound, TokenError::MalformedClaim("aud"))?;
        self.checks.require(Check::Audience, same, TokenError::Audience)
    }

    fn id<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, TokenError> {
        self.text(name)?.parse().map_err(|_| TokenError::MalformedClaim(name))
    }

    /// Digits alone: no sign, no fraction, no exponent, not in quotes.
    fn integer(&self, name: &'static str) -> Result<u64, TokenError> {
        let value = self.required(name)?;
        #[cfg(test)]
        if self.checks.lacks(Check::Integers) {
            return super::weak::lenient_integer(value).ok_or(TokenError::MalformedClaim(name));
        }
        match value {
            Value::Number(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| TokenError::MalformedClaim(name))
            }
            _ => Err(TokenError::MalformedClaim(name)),
        }
    }

    fn small(&self, name: &'static str) -> Result<u32, TokenError> {
        u32::try_from(self.integer(name)?).map_err(|_| TokenError::MalformedClaim(name))
    }

    /// Whole seconds since 1970, up to the year 9999.
    fn required_instant(&self, name: &'static str) -> Result<Timestamp, TokenError> {
        #[cfg(test)]
        if self.get(name).is_none() && self.checks.lacks(Check::Required) {
            return Ok(super::weak::unlimited(name));
        }
        let seconds = self.integer(name)?;
        self.checks.require(Check::Integers, seconds <= MAX_SECONDS, TokenError::MalformedClaim(name))?;
        let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
        Ok(Timestamp::from_millis(millis))
    }

    fn instant(&self, name: &'static str) -> Result<Option<Timestamp>, TokenError> {
        self.get(name).map(|_| self.required_instant(name)).transpose()
    }

    fn app(&self) -> Result<Option<Box<str>>, TokenError> {
        match self.get("app") {
            None => Ok(None),
            Some(Value::Object(raw)) => Ok(Some((*raw).into())),
            Some(_) => {
                self.checks.require(Check::AppObject, false, TokenError::MalformedClaim("app"))?;
                Ok(None)
            }
        }
    }
}

fn contains(raw: &str, ours: &str) -> Result<bool, TokenError> {
    let elements = list(raw).map_err(|_| TokenError::PayloadSyntax)?;
    Ok(elements.iter().any(|element| matches!(element, Value::Text(text) if text == ours)))
}
