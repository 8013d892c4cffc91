//! A route that only checks its token: ours, signed by EdDSA and remembered, beside HS256 checked by `jsonwebtoken`.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use invoice_auth::{Auth, Caller, ClientInfo, MasterKey, NoMailer, Password, Registration, Settings};
use invoice_benches::Wrong;
use invoice_benches::measure::Pairs;
use invoice_benches::table::{Goal, Report};
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::identity::IdentityPorts;
use invoice_http::{Authenticator, bearer};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::team::{EMAIL, PASSWORD};
use crate::wrk::{self, CONNECTIONS, Load, Target, request};
use crate::{Length, engine};

const AUDIENCE: &str = "benchmarks";

pub(crate) async fn measure(report: &mut Report, length: Length) -> Result<(), Wrong> {
    report.heading("A route that only checks its token: EdDSA, remembered, beside HS256");
    let (eddsa, token) = eddsa().await?;
    let ours = engine::serve(eddsa).await?;
    let (hs256, other) = hs256()?;
    let limit = engine::serve(hs256).await?;
    let load = |address: &str, token: &str| {
        Load::of(&[request("GET", "/verified", address, &wrk::bearer(token), "")])
    };
    let (our_load, limit_load) = (load(&ours, &token)?, load(&limit, &other)?);
    let target = |address| Target { address, process: std::process::id(), database: None };
    let (ours, limit) = (target(ours), target(limit));
    let pairs = Pairs::take(
        length.turns(),
        async || our_load.run(&ours, CONNECTIONS, length.sample()).await,
        async || limit_load.run(&limit, CONNECTIONS, length.sample()).await,
    );
    report.speed("`Auth::authenticate`, beside `jsonwebtoken`", &pairs.await?, Goal::AtLeast(800));
    report.note(
        "Ours also asks what is known of the session and of the user's role in the team. The bare check is of \
         signature, audience and expiry.",
    );
    Ok(())
}

/// Ours, and a token for it.
async fn eddsa() -> Result<(Router, String), Wrong> {
    let ports = IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()));
    let settings = Settings::new("http://127.0.0.1", AUDIENCE);
    let auth = Auth::builder(ports, MasterKey::generate()?, settings, Arc::new(NoMailer)).build().await?;
    let (client, password) = (ClientInfo::new(), || Password::new(PASSWORD));
    let ada =
        Registration { email: EMAIL.to_owned(), password: password()?, name: "Ada".to_owned(), locale: None };
    auth.register(ada, &client).await?;
    let user = auth.log_in(EMAIL, &password()?, &client).await?.user;
    let team = auth.create_team(&Caller::user(user), "Engines").await?;
    let tokens = auth.log_in_to_team(team.id(), EMAIL, &password()?, &client).await?;
    let router = Router::new().route("/verified", get(by_auth)).with_state(auth);
    Ok((router, tokens.access.expose().to_owned()))
}

async fn by_auth(State(auth): State<Auth>, request: Request) -> Result<Json<Value>, StatusCode> {
    let (parts, _) = request.into_parts();
    let caller = Authenticator::authenticate(&auth, &parts).await.map_err(|_| StatusCode::UNAUTHORIZED)?;
    Ok(Json(json!({"sub": caller.user_id().to_string()})))
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    aud: String,
    exp: u64,
}

/// What checks one signature each time.
#[derive(Clone)]
struct Hs256(Arc<(DecodingKey, Validation)>);

fn hs256() -> Result<(Router, String), Wrong> {
    let secret = [0x42; 32];
    let exp = SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_hours(1);
    // As long as ours says who it is.
    let sub = "0192d3f0-c1a4-7b3e-8f7a-5d6c4b3a2910".to_owned();
    let claims = Claims { sub, aud: AUDIENCE.to_owned(), exp: exp.as_secs() };
    let token = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(&secret))?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&[AUDIENCE]);
    let state = Hs256(Arc::new((DecodingKey::from_secret(&secret), validation)));
    Ok((Router::new().route("/verified", get(by_hs256)).with_state(state), token))
}

async fn by_hs256(State(Hs256(key)): State<Hs256>, request: Request) -> Result<Json<Value>, StatusCode> {
    let (parts, _) = request.into_parts();
    let token = bearer(&parts).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let claims = jsonwebtoken::decode::<Claims>(token, &key.0, &key.1);
    let claims = claims.map_err(|_| StatusCode::UNAUTHORIZED)?.claims;
    Ok(Json(json!({"sub": claims.sub})))
}
