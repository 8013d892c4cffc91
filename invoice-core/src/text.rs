//! What free texts may be.
//!
//! Whatever is kept has a length, and no NUL, which no store can keep: [`check`], which reading asks for too. What
//! comes in has to say what it shows: [`collect`] for a text on one line, [`collect_lines`] for a note. Only use cases
//! ask for that, so that a store gives back what it was given before they did.

mod characters;

pub(crate) use characters::{is_format, is_invisible};

use std::fmt;

use serde::de::Visitor;
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

/// Whether a text on one line is within its bounds, shows something unless it is empty, and has no control characters,
/// line breaks or characters that turn the direction of what follows.
pub(crate) fn check_line(text: &str, most: usize) -> Result<(), Violation> {
    check(text, most)?;
    if text.chars().any(breaks_line) {
        return Err(Violation::new("", Code::Malformed, "a control character, or one that turns directions"));
    }
    if !text.is_empty() && is_blank(text) {
        return Err(Violation::new("", Code::Malformed, "nothing that can be seen"));
    }
    Ok(())
}

fn check_lines(text: &str, most: usize) -> Result<(), Violation> {
    check(text, most)?;
    if text.chars().any(|c| !matches!(c, '\n' | '\r' | '\t') && characters::is_deceptive(c)) {
        let detail = "a control character other than tabs and line breaks, or one that turns directions";
        return Err(Violation::new("", Code::Malformed, detail));
    }
    Ok(())
}

/// Whether a text on one line must not have it.
pub(crate) fn breaks_line(c: char) -> bool {
    characters::is_deceptive(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether there is nothing to be seen.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Adds what [`check_line`] finds in a text that may be absent, at `pointer`.
pub(crate) fn collect(violations: &mut Violations, pointer: &str, text: Option<&str>, most: usize) {
    add(violations, pointer, text.map_or(Ok(()), |text| check_line(text, most)));
}

/// Adds what is wrong with a text of one or several lines that may be absent, at `pointer`.
pub(crate) fn collect_lines(violations: &mut Violations, pointer: &str, text: Option<&str>, most: usize) {
    add(violations, pointer, text.map_or(Ok(()), |text| check_lines(text, most)));
}

/// Adds what is wrong with a text on one line that must say something, at `pointer`.
pub(crate) fn collect_required(violations: &mut Violations, pointer: &str, text: &str, most: usize) {
    let found = if is_blank(text) { Err(empty()) } else { Ok(()) };
    add(violations, pointer, found.and_then(|()| check_line(text, most)));
}

/// Adds what is wrong with a text of one or several lines that must say something, at `pointer`.
pub(crate) fn collect_required_lines(violations: &mut Violations, pointer: &str, text: &str, most: usize) {
    let found = if is_blank(text) { Err(empty()) } else { Ok(()) };
    add(violations, pointer, found.and_then(|()| check_lines(text, most)));
}

fn empty() -> Violation {
    Violation::new("", Code::Required, "must not be empty")
}

fn add(violations: &mut Violations, pointer: &str, found: Result<(), Violation>) {
    if let Err(violation) = found {
        violations.push(violation.under(pointer));
    }
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

/// Deserializes what `read` makes of a text, which it looks at where the text stands.
pub(crate) fn read<'de, D, T, E>(deserializer: D, read: fn(&str) -> Result<T, E>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    struct Text<T, E>(fn(&str) -> Result<T, E>);

    impl<T, E: fmt::Display> Visitor<'_> for Text<T, E> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<R: serde::de::Error>(self, text: &str) -> Result<T, R> {
            (self.0)(text).map_err(R::custom)
        }
    }

    deserializer.deserialize_str(Text(read))
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

#[cfg(test)]
mod tests;
