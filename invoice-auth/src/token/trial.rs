//! Entries for trying published examples, signature vectors and random input on the code that tokens go through.

use invoice_core::identity::Session;

use super::AccessToken;
use super::checklist::Checklist;
use super::claims::Claims;
use super::compact::Parts;
use super::error::TokenError;
use super::jwk::public_key;
use super::signature::{is_signed, name};
use crate::auth::Auth;
use crate::error::AuthError;
use crate::settings::Settings;

/// Checks a compact JWS (RFC 7515) with one key and gives its payload, through the same code as access tokens: the
/// strict parser, the algorithm pinned by the key, the signature. It is for trying published examples and signature
/// vectors on that code, so neither `typ` and `kid` nor any claim is looked at, and the payload may be anything.
///
/// `jwk` is one JWK (RFC 7517) as JSON: `OKP` with `Ed25519` for `EdDSA`, `EC` with `P-256` for `ES256`, or `oct` of at
/// least 32 bytes for `HS256`; nothing else is supported. Its `alg`, `use` and `key_ops`, if there, must agree. Private
/// members are not looked at. The header may have `alg`, `typ` and `kid` alone.
///
/// A vector is *valid* if this is `Ok`. It is *invalid* if this is an error: [`TokenError::Signature`] if only the
/// signature is wrong; [`TokenError::Algorithm`] if the key is of a kind that is not supported, or the header's `alg`
/// is not the key's; [`TokenError::Crypto`] if the JWK itself is unsound; else the parser's causes. Vectors for raw
/// signatures are put into this form: the signing input of a JWS is its first two parts, so a message that isn't of
/// the form `base64url(header).base64url(payload)` can't be tried.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use invoice_auth::testing::verify_jws;
///
/// // RFC 8037 appendix A.4.
/// let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// let jws = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
/// assert_eq!(verify_jws(key, jws).unwrap(), b"Example of Ed25519 signing");
/// # }
/// ```
pub fn verify_jws(jwk: &str, compact: &str) -> Result<Vec<u8>, TokenError> {
    let (algorithm, key) = public_key(jwk)?;
    let checks = Checklist::default();
    let parts = Parts::split(compact, &checks)?;
    if name(algorithm) != Some(parts.header(&checks)?.algorithm.as_ref()) {
        return Err(TokenError::Algorithm);
    }
    if !is_signed(algorithm, &key, parts.signed, &parts.signature) {
        return Err(TokenError::Signature);
    }
    Ok(parts.into_payload())
}

/// Takes a token apart as if its signature were valid, up to what needs the clock and the store: for fuzzing.
///
/// The issuer is `https://bills.example`, the audience `bills`.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// assert_eq!(invoice_auth::testing::read_token("a.b").unwrap_err().code(), "parts");
/// # }
/// ```
pub fn read_token(token: &str) -> Result<(), TokenError> {
    let (checks, settings) = (Checklist::default(), Settings::new("https://bills.example", "bills"));
    let parts = Parts::split(token, &checks)?;
    parts.header(&checks)?.key_id(&checks)?;
    Claims::read(parts.payload()?, &settings, &checks).map(drop)
}

/// Issues an access token for a session as it is in the store, of a user at this epoch, as logging in and refreshing
/// do: for benchmarks.
pub async fn issue(auth: &Auth, session: &Session, uv: u32) -> Result<AccessToken, AuthError> {
    auth.parts().tokens.issue(session, uv).await
}
