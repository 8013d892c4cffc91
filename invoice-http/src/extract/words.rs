//! Serde's sentences in plain English: they name types of this program, which callers do not know.

use std::borrow::Cow;

/// What a sentence says, without the names of types. One that has none stays as it is.
pub(crate) fn plain(sentence: &str) -> Cow<'_, str> {
    let told = match sentence {
        "invalid digit found in string" | "cannot parse integer from empty string" => "not a whole number",
        "number too large to fit in target type" => "a number too large for this field",
        "number too small to fit in target type" => "a number too small for this field",
        "provided string was not `true` or `false`" => "neither true nor false",
        "unsupported value" => "given more than once",
        _ => return rephrased(sentence),
    };
    Cow::Borrowed(told)
}

fn rephrased(sentence: &str) -> Cow<'_, str> {
    // What was sent stands before, and may say anything.
    let (before, expected) = sentence.rsplit_once(", expected ").unwrap_or((sentence, ""));
    if before.starts_with("unknown variant ") {
        let names = expected.strip_prefix("one of ").unwrap_or(expected);
        return if names.is_empty() { "no such name".into() } else { format!("not one of {names}").into() };
    }
    if let Some(found) = before.strip_prefix("invalid type: ") {
        return format!("expected {}, found {}", kind(expected), present(found)).into();
    }
    if before.starts_with("invalid value: ") || before.starts_with("invalid length ") {
        return format!("expected {}", kind(expected)).into();
    }
    sentence.into()
}

/// What a field takes.
fn kind(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        _ if expected.contains("true") && expected.contains("false") => "true or false",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("enum ") => "a name",
        // The sentences of this crate's own types, and serde's of texts.
        _ if expected.starts_with("a ") || expected.starts_with("an ") => expected,
        _ => "something else",
    }
}

/// What was sent instead.
fn present(found: &str) -> &'static str {
    match found.split(' ').next().unwrap_or_default() {
        "null" | "unit" | "Option" => "null",
        "boolean" => "true or false",
        "integer" | "floating" | "number" => "a number",
        "string" | "character" => "a string",
        "sequence" => "a list",
        "map" => "an object",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_no_types() {
        for (sentence, told) in [
            ("invalid type: sequence, expected struct ClientInput", "expected an object, found a list"),
            ("invalid type: null, expected a string", "expected a string, found null"),
            (
                "invalid type: string \"1, expected x\", expected u16",
                "expected a whole number from 0 to 65535, found a string",
            ),
            ("invalid type: boolean `true`, expected a sequence", "expected a list, found true or false"),
            ("invalid value: integer `-1`, expected u16", "expected a whole number from 0 to 65535"),
            ("unknown variant `x`, expected one of `a`, `b`", "not one of `a`, `b`"),
            ("unknown variant `x`, expected `a` or `b`", "not one of `a` or `b`"),
            ("invalid digit found in string", "not a whole number"),
            ("unsupported value", "given more than once"),
            ("a patch is a JSON object", "a patch is a JSON object"),
        ] {
            assert_eq!(plain(sentence), told, "{sentence}");
        }
    }
}
