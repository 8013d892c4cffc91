//! What an access token says when it is made.

use invoice_core::identity::{KeyAlgorithm, KeyId, Session};
use invoice_core::{Code, SessionId, TeamId, Timestamp, UserId, Violation};
use serde::Serialize;
use serde_json::{Map, Value};

use super::AccessToken;
use super::compact::MAX_TOKEN;
use super::json::{MAX_DEPTH, MAX_MEMBERS, Strictness, object};
use super::signature::name;
use crate::error::AuthError;
use crate::secret::base64url;
use crate::settings::{Settings, millis};

/// Most bytes of the application's own claims as JSON.
const MAX_APP: usize = 2 * 1024;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

#[derive(Serialize)]
pub(super) struct Draft<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: UserId,
    client_id: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    sid: SessionId,
    sv: u32,
    uv: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<TeamId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<&'a Map<String, Value>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        session: &Session,
        uv: u32,
        now: Timestamp,
        token_id: &'a str,
        app: Option<&'a Map<String, Value>>,
    ) -> Self {
        let end = now.plus_millis(millis(settings.access_ttl)).min(session.idle_expires_at());
        Self {
            iss: &settings.issuer,
            aud: &settings.audience,
            sub: session.user(),
            client_id: &settings.audience,
            iat: now.as_millis() / 1_000,
            exp: end.as_millis() / 1_000,
            jti: token_id,
            sid: session.id(),
            sv: session.sv(),
            uv,
            team: session.team(),
            app,
        }
    }

    /// The first two parts.
    pub(super) fn signing_input(&self, algorithm: KeyAlgorithm, key_id: &KeyId) -> Result<String, AuthError> {
        let alg = name(algorithm).ok_or(AuthError::Crypto("no token is signed by such an algorithm"))?;
        let header = json(&Header { alg, typ: "at+jwt", kid: key_id.as_str() })?;
        Ok(format!("{}.{}", base64url(&header), base64url(&json(self)?)))
    }

    /// All three.
    pub(super) fn sealed(&self, signed: &str, signature: &[u8]) -> Result<AccessToken, AuthError> {
        let text = format!("{signed}.{}", base64url(signature));
        if text.len() > MAX_TOKEN {
            return Err(AuthError::Crypto("an access token came out longer than is ever taken"));
        }
        Ok(AccessToken::new(text, Timestamp::from_millis(self.exp.saturating_mul(1_000))))
    }
}

/// The application's claims, if there are any and they will be taken when they come back.
pub(super) fn checked_app(app: Map<String, Value>) -> Result<Option<Map<String, Value>>, AuthError> {
    if app.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_string(&app).map_err(|_| refused(Code::Malformed, "not JSON".to_owned()))?;
    if text.len() > MAX_APP {
        return Err(refused(Code::TooLong, format!("longer than {MAX_APP} bytes")));
    }
    // One level deeper than the text alone, as a claim.
    if object(&format!("{{\"app\":{text}}}"), Strictness::FULL).is_err() {
        let detail = format!("more than {} deep, or more than {MAX_MEMBERS} members", MAX_DEPTH - 1);
        return Err(refused(Code::OutOfRange, detail));
    }
    Ok(Some(app))
}

fn refused(code: Code, detail: String) -> AuthError {
    Violation::new("/app", code, detail).into()
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, AuthError> {
    serde_json::to_vec(value).map_err(|_| AuthError::Crypto("an access token is not JSON"))
}
