//! What a body says it is (RFC 9110, section 8.3.1).

use axum::http::{HeaderMap, HeaderValue, header};

const BLANKS: [char; 2] = [' ', '\t'];

/// Charsets whose texts are UTF-8, as the Encoding Standard and IANA name them.
const UTF_8: [&str; 3] = ["utf-8", "utf8", "us-ascii"];

/// Whether a body says that it is JSON. Bodies are read as they come, so that one which says it is packed or in another
/// charset is not understood.
pub(super) fn is_json(headers: &HeaderMap, patch: bool) -> bool {
    let is_plain = |value: &HeaderValue| {
        let coding = value.as_bytes().trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    };
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(is_plain) {
        return false;
    }
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default();
    let (essence, parameters) = media_type.split_once(';').unwrap_or((media_type, ""));
    let essence = essence.trim_matches(BLANKS);
    let is_json = essence.eq_ignore_ascii_case("application/json")
        || (patch && essence.eq_ignore_ascii_case("application/merge-patch+json"));
    is_json && are_taken(parameters)
}

/// Whether parameters can be read and name no other charset. Blanks around `=` are none of the standard's, and do no
/// harm.
fn are_taken(mut rest: &str) -> bool {
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        if rest.is_empty() {
            return true;
        }
        let Some((name, value, behind)) = parameter(rest) else { return false };
        let is_charset = name.eq_ignore_ascii_case("charset");
        if is_charset && !UTF_8.iter().any(|known| value.eq_ignore_ascii_case(known)) {
            return false;
        }
        rest = behind;
    }
}

/// The first parameter's name, its value without quotes, and what stands behind it.
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let (name, rest) = (name.trim_end_matches(BLANKS), rest.trim_start_matches(BLANKS));
    let (value, behind) = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_at_checked(end_of_quotes(quoted)?)?,
        None => rest.split_at_checked(rest.find(';').unwrap_or(rest.len()))?,
    };
    let behind = behind.strip_prefix('"').unwrap_or(behind).trim_start_matches(BLANKS);
    let is_quoted = rest.starts_with('"');
    let value = if is_quoted { value } else { value.trim_end_matches(BLANKS) };
    let is_whole = is_token(name) && (is_quoted || is_token(value));
    (is_whole && (behind.is_empty() || behind.starts_with(';'))).then_some((name, value, behind))
}

/// Where the quotes end that began before this text.
fn end_of_quotes(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })
}

fn is_token(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(media_type: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, media_type.parse().unwrap());
        is_json(&headers, false)
    }

    #[test]
    fn json_is_taken_in_each_way_to_say_that_it_is_utf_8() {
        for parameters in [
            "",
            ";",
            "; ",
            " ; charset=utf-8",
            ";charset=UTF8",
            "; Charset=\"Utf-8\"",
            "; charset=us-ascii",
            "; charset = utf8",
            "; charset\t=\t\"utf-8\" ;",
            "; v=1; charset=utf-8 ; w=\"\"",
            "; x=\"a; charset=utf-16\"",
            r#"; x="a\"; charset=utf-16"; charset=utf-8"#,
        ] {
            assert!(taken(&format!("application/json{parameters}")), "{parameters}");
        }
    }

    #[test]
    fn other_charsets_and_what_can_not_be_read_are_refused() {
        for parameters in [
            "; charset=utf-16",
            "; charset = utf-16",
            "; charset=\"utf-16\"",
            "; charset=utf-8; charset=utf-16",
            "; charset=",
            "; charset=\"\"",
            "; charset=\"utf-8",
            "; charset=utf-8\"",
            "; charset=\"utf-8\"x",
            "; charset='utf-8'",
            "; charset",
            "; x; charset=utf-16",
            "; =utf-8",
            r#"; x="a\\"; charset=utf-16"#,
        ] {
            assert!(!taken(&format!("application/json{parameters}")), "{parameters}");
        }
        assert!(!taken("application/jsonx") && !taken("application/json charset=utf-8"));
    }
}
