use std::fmt;
use std::path::Path;

use invoice_core::Violation;

/// Longest text of a user's document that a message repeats.
const LONGEST: usize = 100;

/// Why a document can't be used: the field, as a JSON Pointer, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pointer: String,
    message: String,
}

impl Problem {
    /// A problem at a field; the whole document when the pointer is empty.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }

    /// The line to print: `file: /field: message`, without anything that would break it.
    pub(super) fn in_file(&self, file: &Path) -> String {
        format!("error: {}: {self}", short(&file.display().to_string()))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "{}: ", short(&self.pointer))?;
        }
        f.write_str(&short(&self.message))
    }
}

impl From<Violation> for Problem {
    fn from(violation: Violation) -> Self {
        Self::new(violation.pointer(), violation.detail())
    }
}

/// A text on one line, cut to a bearable length, with control characters made visible.
pub(super) fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).flat_map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn visible(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}
