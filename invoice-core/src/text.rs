//! Bounds every text obeys: no NUL, no more characters than its field holds.

use crate::{Code, Violations};

/// Names, titles, references.
pub(crate) const SHORT: usize = 500;
/// Notes and descriptions.
pub(crate) const LONG: usize = 10_000;

/// Checks one text; NUL is refused because not every store can hold it.
pub(crate) fn check(found: &mut Violations, pointer: &str, text: &str, max: usize) {
    if text.contains('\0') {
        found.add(pointer, Code::NulCharacter, "a NUL character is not allowed in a text");
    }
    // A char is at most four bytes: short texts need no counting.
    if text.len() > max && text.chars().count() > max {
        found.add(pointer, Code::TooLong, format!("longer than {max} characters"));
    }
}

/// Checks a text that must say something.
pub(crate) fn check_required(found: &mut Violations, pointer: &str, text: &str, max: usize) {
    if text.trim().is_empty() {
        found.add(pointer, Code::Required, "must not be empty");
    }
    check(found, pointer, text, max);
}

/// Checks a text that may be absent.
pub(crate) fn check_optional(found: &mut Violations, pointer: &str, text: Option<&str>, max: usize) {
    if let Some(text) = text {
        check(found, pointer, text, max);
    }
}
