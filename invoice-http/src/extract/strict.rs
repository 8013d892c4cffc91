//! From serde's errors to pointers and stable codes.

use invoice_core::Code;
use serde_path_to_error::{Path, Segment};

use super::words::plain;
use crate::FieldError;

/// The RFC 6901 JSON Pointer of a path.
pub(super) fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } | Segment::Enum { variant: key } => push(&mut pointer, key),
            Segment::Unknown => {}
        }
    }
    pointer
}

fn push(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

/// How sentences begin of numbers that a field is too small for, in bodies and in queries.
const OUTSIDE: [&str; 3] = ["invalid value: integer", "invalid value: floating point", "number too "];

/// What is wrong, told from serde's own sentences: its errors carry nothing else. Only their beginnings are
/// looked at, which serde has never changed.
pub(super) fn field_error(pointer: &str, message: &str) -> FieldError {
    // The place in the text is of no use beside the pointer.
    let sentence = message.split(" at line ").next().unwrap_or(message).to_owned();
    let named = sentence.split('`').nth(1).unwrap_or_default().to_owned();
    let at_named = || {
        let mut full = pointer.to_owned();
        if !full.ends_with(&format!("/{named}")) {
            push(&mut full, &named);
        }
        full
    };
    if sentence.starts_with("missing field") {
        FieldError::new(at_named(), "required", "this field is required")
    } else if sentence.starts_with("unknown field") {
        FieldError::new(at_named(), FieldError::UNKNOWN_FIELD, sentence)
    } else if sentence.starts_with("duplicate field") || sentence.starts_with("duplicate key") {
        FieldError::new(at_named(), "repeated", sentence)
    } else if sentence.starts_with("invalid type") {
        FieldError::new(pointer, FieldError::WRONG_TYPE, plain(&sentence).into_owned())
    } else if OUTSIDE.iter().any(|beginning| sentence.starts_with(beginning)) {
        FieldError::new(pointer, Code::OutOfRange.as_str(), plain(&sentence).into_owned())
    } else if sentence == "unsupported value" {
        // What the reader of queries says of a parameter that comes twice where one is taken.
        FieldError::new(pointer, "repeated", plain(&sentence).into_owned())
    } else {
        FieldError::new(pointer, "malformed", plain(&sentence).into_owned())
    }
}
