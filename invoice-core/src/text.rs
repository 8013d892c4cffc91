//! Bounds on free texts: their length, and no NUL, which no store can keep.

use serde::{Deserialize, Deserializer};

use crate::{Code, Violation, Violations};

/// Longest name, reason or reference, in characters.
pub(crate) const SHORT: usize = 1_000;
/// Longest note or description, in characters.
pub(crate) const LONG: usize = 10_000;

/// Whether `text` is free of NUL and at most `most` characters long.
pub(crate) fn check(text: &str, most: usize) -> Result<(), Violation> {
    // Counting stops early: bytes are an upper bound of characters.
    if text.len() > most && text.chars().nth(most).is_some() {
        return Err(Violation::new("", Code::TooLong, format!("longer than {most} characters")));
    }
    if text.contains('\0') {
        return Err(Violation::new("", Code::NulCharacter, "a NUL character in a text"));
    }
    Ok(())
}

/// Adds what [`check`] finds in a text that may be absent, at `pointer`.
pub(crate) fn collect(violations: &mut Violations, pointer: &str, text: Option<&str>, most: usize) {
    if let Some(Err(violation)) = text.map(|text| check(text, most)) {
        violations.push(violation.under(pointer));
    }
}

/// Adds what is wrong with a text that must say something, at `pointer`.
pub(crate) fn collect_required(violations: &mut Violations, pointer: &str, text: &str, most: usize) {
    if text.trim().is_empty() {
        violations.add(pointer, Code::Required, "must not be empty");
    }
    collect(violations, pointer, Some(text), most);
}

/// `deserialize_with` for a text of at most `MOST` characters.
pub(crate) fn bounded<'de, D: Deserializer<'de>, const MOST: usize>(
    deserializer: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    check(&text, MOST).map_err(serde::de::Error::custom)?;
    Ok(text)
}

/// `deserialize_with` for a text of at most `MOST` characters that may be absent.
pub(crate) fn optional<'de, D: Deserializer<'de>, const MOST: usize>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    if let Some(text) = &text {
        check(text, MOST).map_err(serde::de::Error::custom)?;
    }
    Ok(text)
}

/// Reads back what `as_str` of a type with names writes.
macro_rules! named {
    ($name:ident, $what:literal) => {
        impl std::str::FromStr for $name {
            type Err = crate::Violation;

            fn from_str(text: &str) -> Result<Self, crate::Violation> {
                let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
                found.ok_or_else(|| crate::Violation::new("", crate::Code::Unknown, concat!("not ", $what)))
            }
        }
    };
}
pub(crate) use named;
