use http::{HeaderMap, HeaderValue, header};

use super::AuthRejection;

/// Most bytes of a token that is looked at.
const MAX_LEN: usize = 8 * 1_024;

/// The bearer token of the one `Authorization` header (RFC 6750, section 2.1).
pub(super) fn token(headers: &HeaderMap) -> Result<&str, AuthRejection> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    match (all.next(), all.next()) {
        (None, _) => Err(AuthRejection::Missing),
        (Some(one), None) => credentials(one),
        (Some(_), Some(_)) => Err(AuthRejection::Repeated),
    }
}

/// `Bearer`, in whatever case (RFC 9110, section 11.1), spaces, and the token.
fn credentials(header: &HeaderValue) -> Result<&str, AuthRejection> {
    let text = header.to_str().map_err(|_| AuthRejection::Malformed)?;
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthRejection::OtherScheme);
    }
    let token = rest.trim_start_matches(' ');
    if is_b64token(token) { Ok(token) } else { Err(AuthRejection::Malformed) }
}

fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && text.len() <= MAX_LEN && body.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&[u8]]) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        token(&headers).map(str::to_owned).map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn the_scheme_is_read_in_any_case_and_the_token_as_it_is() {
        for value in ["Bearer a.B-c_d~e+f/g==", "bearer a.B-c_d~e+f/g==", "BEARER   a.B-c_d~e+f/g=="] {
            assert_eq!(read(&[value.as_bytes()]).as_deref(), Ok("a.B-c_d~e+f/g=="));
        }
    }

    #[test]
    fn everything_else_is_refused_by_its_cause() {
        let long = format!("Bearer {}", "a".repeat(MAX_LEN + 1));
        let cases: [(&[&[u8]], &str); 13] = [
            (&[], "Missing"),
            (&[b"Bearer a", b"Bearer a"], "Repeated"),
            (&[b"Basic YTpi"], "OtherScheme"),
            (&[b"Bearer: a"], "OtherScheme"),
            (&[b""], "OtherScheme"),
            (&[b"Bearer"], "Malformed"),
            (&[b"Bearer "], "Malformed"),
            (&[b"Bearer\ta"], "OtherScheme"),
            (&[b"Bearer a b"], "Malformed"),
            (&[b"Bearer a,Bearer b"], "Malformed"),
            (&[b"Bearer =a"], "Malformed"),
            (&[b"Bearer \xe9"], "Malformed"),
            (&[long.as_bytes()], "Malformed"),
        ];
        for (values, cause) in cases {
            assert_eq!(read(values), Err(cause.to_owned()), "{values:?}");
        }
    }
}
