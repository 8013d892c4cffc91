use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use invoice_auth::Auth;
use utoipa_axum::router::OpenApiRouter;

use crate::Problem;
use crate::extract::NoParams;

pub(crate) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    OpenApiRouter::new().routes(utoipa_axum::routes!(read))
}

/// The public keys that verify access tokens (RFC 7517). Keys are published long before they sign.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "auth", operation_id = "read_keys", security(()),
    responses((status = 200, description = "A JWK Set.", body = serde_json::Value, example = json!({"keys": [{
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "use": "sig",
        "alg": "EdDSA",
        "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    }]}))))]
async fn read(State(auth): State<Auth>, _: NoParams) -> Result<Response, Problem> {
    let keys = auth.keys().jwks().await?;
    // Short, for a key that must be taken out before its time.
    Ok(([(CACHE_CONTROL, "public, max-age=300")], Json(keys)).into_response())
}
