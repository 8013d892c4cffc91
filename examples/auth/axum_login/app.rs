//! The application: a router of axum over `invoice-auth`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use invoice_auth::extract::{RequirePermission, permission};
use invoice_auth::{
    Auth, AuthError, Authenticated, ClientInfo, Mailer, MasterKey, OpaqueToken, Password, Registration,
    Settings, Tokens,
};
use invoice_core::Role;
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::identity::IdentityPorts;
use serde::Deserialize;
use serde_json::{Value, json};

/// All parts. The store forgets everything in the end; any other takes its place.
pub(crate) async fn auth(mailer: Arc<dyn Mailer>) -> Result<Auth, AuthError> {
    let ports = IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()));
    // One that is kept, or nobody is logged in after the next start.
    let master = MasterKey::generate()?;
    let settings = Settings::new("https://bills.example", "bills");
    Auth::builder(ports, master, settings, mailer).build().await
}

/// The routes.
pub(crate) fn router(auth: Auth) -> Router {
    Router::new()
        .route("/register", post(register))
        .route("/verify", post(verify))
        .route("/log-in", post(log_in))
        .route("/refresh", post(refresh))
        .route("/log-out", post(log_out))
        .route("/me", get(me))
        .route("/teams", post(create_team))
        .route("/invitations", post(invite))
        .route("/invitations/accept", post(accept))
        .route("/.well-known/jwks.json", get(keys))
        .layer(from_fn(client))
        .with_state(auth)
}

/// Tells limits and audit where a request comes from. Behind a proxy it is the proxy that knows, if it is one's own.
async fn client(mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let client = ClientInfo::new().with_address(address).with_user_agent(agent.unwrap_or_default());
    request.extensions_mut().insert(client);
    next.run(request).await
}

/// An answer in place of what was asked for: the status, its cause in a word, and when to come again.
pub(crate) struct Refusal(AuthError);

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(json!({ "code": self.0.code() }))).into_response();
        if let Some(wait) = self.0.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
        }
        response
    }
}

/// What most handlers answer.
type Answer = Result<Json<Value>, Refusal>;

fn password(text: String) -> Result<Password, Refusal> {
    Password::new(text).map_err(|wrong| Refusal(wrong.under("/password").into()))
}

fn shown(tokens: &Tokens) -> Json<Value> {
    Json(json!({
        "access_token": tokens.access.expose(),
        "expires_at": tokens.access.expires_at().to_string(),
        "refresh_token": tokens.refresh.expose(),
    }))
}

#[derive(Deserialize)]
struct NewAccount {
    email: String,
    password: String,
    name: String,
}

/// 202 whether the address has an account or not.
async fn register(
    State(auth): State<Auth>,
    Extension(client): Extension<ClientInfo>,
    Json(new): Json<NewAccount>,
) -> Result<StatusCode, Refusal> {
    let NewAccount { email, password: text, name } = new;
    let new = Registration { email, password: password(text)?, name, locale: None };
    auth.register(new, &client).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
struct Mailed {
    token: String,
}

async fn verify(
    State(auth): State<Auth>,
    Extension(client): Extension<ClientInfo>,
    Json(mailed): Json<Mailed>,
) -> Result<StatusCode, Refusal> {
    auth.verify_email(&OpaqueToken::new(mailed.token), &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

async fn log_in(
    State(auth): State<Auth>,
    Extension(client): Extension<ClientInfo>,
    Json(credentials): Json<Credentials>,
) -> Answer {
    let tokens = auth.log_in(&credentials.email, &password(credentials.password)?, &client).await?;
    Ok(shown(&tokens))
}

#[derive(Deserialize)]
struct Renewal {
    refresh_token: String,
}

async fn refresh(
    State(auth): State<Auth>,
    Extension(client): Extension<ClientInfo>,
    Json(renewal): Json<Renewal>,
) -> Answer {
    // To a browser this token is better given as a cookie: HttpOnly, Secure, SameSite=Strict.
    let tokens = auth.refresh(&OpaqueToken::new(renewal.refresh_token), &client).await?;
    Ok(shown(&tokens))
}

async fn log_out(State(auth): State<Auth>, found: Authenticated) -> Result<StatusCode, Refusal> {
    auth.log_out(found.caller()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(State(auth): State<Auth>, found: Authenticated) -> Answer {
    let profile = auth.profile(found.caller()).await?;
    let role = found.caller().role().map(Role::as_str);
    Ok(Json(json!({ "email": profile.email, "name": profile.name, "role": role })))
}

#[derive(Deserialize)]
struct NewTeam {
    name: String,
}

/// Makes a team and goes to work in it.
async fn create_team(State(auth): State<Auth>, found: Authenticated, Json(new): Json<NewTeam>) -> Answer {
    let team = auth.create_team(found.caller(), &new.name).await?;
    let access = auth.switch_team(found.caller(), team.id()).await?;
    Ok(Json(json!({ "team": team.id().to_string(), "access_token": access.expose() })))
}

#[derive(Deserialize)]
struct Guest {
    email: String,
}

/// Only for who may: the use case would say so by itself, the argument says it before the body is read.
async fn invite(
    State(auth): State<Auth>,
    found: RequirePermission<permission::ManageMembers>,
    Json(guest): Json<Guest>,
) -> Result<StatusCode, Refusal> {
    auth.invite(found.caller(), &guest.email, Role::Member).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn accept(State(auth): State<Auth>, found: Authenticated, Json(mailed): Json<Mailed>) -> Answer {
    let joined = auth.accept_invitation(found.caller(), &OpaqueToken::new(mailed.token)).await?;
    let access = auth.switch_team(found.caller(), joined.team()).await?;
    Ok(Json(json!({ "team": joined.team().to_string(), "access_token": access.expose() })))
}

async fn keys(State(auth): State<Auth>) -> Answer {
    Ok(Json(auth.keys().jwks().await?))
}
