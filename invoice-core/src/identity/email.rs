use serde::{Deserialize, Deserializer, Serialize};

use crate::text::{is_format, is_invisible};
use crate::{Code, Violation};

/// Most characters of an address: 64 before the `@`, 255 after it.
const MAX_LEN: usize = 320;

/// What stands in an address only between quotes or brackets (RFC 5322, section 3.2.3), and so hardly in any that people
/// have. In the header of a mail it would make several addresses of one, or another one of it.
const SPECIAL: &str = "<>(),;:\"[]\\";

/// What comes in. An address with characters that nobody sees is another one than it seems to be.
fn check(text: &str) -> Result<(), Violation> {
    if text.chars().any(|c| is_format(c) || is_invisible(c)) {
        return Err(Violation::new("", Code::Malformed, "a character that is not to be seen"));
    }
    check_kept(text)
}

/// What a store may hold: it was good when it came in.
fn check_kept(text: &str) -> Result<(), Violation> {
    let malformed = || Violation::new("", Code::Malformed, "not an e-mail address");
    let (local, domain) = text.rsplit_once('@').ok_or_else(malformed)?;
    let is_wrong = |c: char| c.is_whitespace() || c.is_control() || SPECIAL.contains(c);
    if local.is_empty() || domain.is_empty() || local.contains('@') || text.chars().any(is_wrong) {
        return Err(malformed());
    }
    if text.chars().count() > MAX_LEN {
        return Err(Violation::new("", Code::TooLong, format!("longer than {MAX_LEN} characters")));
    }
    Ok(())
}

/// What makes an e-mail address unique: two spellings of one address have one key.
///
/// Whoever makes the key normalises it (NFC, then case folding) before it comes here; stores compare keys
/// byte by byte and never with a collation of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct EmailKey(String);

impl EmailKey {
    /// Takes a normalised address: something before and after the only `@`, no white space, nothing invisible,
    /// none of `<>(),;:"[]\`, at most 320 characters.
    ///
    /// ```
    /// use invoice_core::identity::EmailKey;
    ///
    /// assert_eq!(EmailKey::new("ada@example.org")?.as_str(), "ada@example.org");
    /// assert!(EmailKey::new("ada").is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(normalised: impl Into<String>) -> Result<Self, Violation> {
        let normalised = normalised.into();
        check(&normalised)?;
        Ok(Self(normalised))
    }

    /// The normalised address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EmailKey {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for EmailKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        check_kept(&text).map_err(serde::de::Error::custom)?;
        Ok(Self(text))
    }
}

impl From<EmailKey> for String {
    fn from(key: EmailKey) -> Self {
        key.0
    }
}

/// An e-mail address: as its holder writes it, and the key that makes it unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailAddress {
    shown: String,
    key: EmailKey,
}

impl EmailAddress {
    /// An address as shown and mailed to, with its key.
    ///
    /// ```
    /// use invoice_core::identity::{EmailAddress, EmailKey};
    ///
    /// let address = EmailAddress::new("Ada@Example.org", EmailKey::new("ada@example.org")?)?;
    /// assert_eq!(address.shown(), "Ada@Example.org");
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(shown: impl Into<String>, key: EmailKey) -> Result<Self, Violation> {
        let shown = shown.into();
        check(&shown)?;
        Ok(Self { shown, key })
    }

    /// The address as its holder writes it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What makes it unique.
    pub fn key(&self) -> &EmailKey {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_no_addresses_are_refused() {
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b\n",
            "a\0@b",
            "a\u{200b}@b",
            "a\u{3164}@b",
            "a@\u{202e}b",
            "a\u{ad}@b",
        ] {
            assert!(EmailKey::new(text).is_err(), "{text:?}");
        }
        for text in [
            "x1<victim@x.org>",
            "victim@x.org,eve@y.org",
            "victim@x.org;eve@y.org",
            "a@b@c",
            "a,b@c",
            "a(b)@c",
            "a:b@c",
            "a;@c",
            "\"a\"@c",
            "a\\@c",
            "a@[192.0.2.1]",
            "a@b>",
            "a@b,c",
            "a@b:25",
        ] {
            assert_eq!(EmailKey::new(text).map_err(|wrong| wrong.code()), Err(Code::Malformed), "{text:?}");
            let shown = EmailAddress::new(text, EmailKey::new("a@b").unwrap());
            assert_eq!(shown.map_err(|wrong| wrong.code()), Err(Code::Malformed), "{text:?}");
        }
        for text in ["o'brien+bills=1@b-c.org", "!#$%&*/?^_`{|}~.-@b", "j\u{f6}rg@b\u{fc}cher.example"] {
            assert!(EmailKey::new(text).is_ok(), "{text:?}");
        }
        let long = format!("{}@b", "a".repeat(318));
        assert!(EmailKey::new(long.clone()).is_ok());
        assert_eq!(EmailKey::new(format!("a{long}")).unwrap_err().code(), Code::TooLong);
    }

    #[test]
    fn an_address_that_would_not_be_taken_any_more_is_still_read() {
        let kept = r#"{"shown":"A\u200b@b","key":"a\u200b@b"}"#;
        let address: EmailAddress = serde_json::from_str(kept).unwrap();
        assert_eq!(address.shown(), "A\u{200b}@b");
        assert!(serde_json::from_str::<EmailKey>("\"a b@c\"").is_err());
    }

    #[test]
    fn keys_differ_as_soon_as_a_byte_differs() {
        assert_ne!(EmailKey::new("ada@b").unwrap(), EmailKey::new("Ada@b").unwrap());
    }
}
