//! The engine in this process, on PostgreSQL, behind routers of different completeness.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use invoice_auth::{Auth, ClientInfo, MasterKey, NoMailer, Password, Registration, Settings};
use invoice_benches::Wrong;
use invoice_core::ports::BillingPorts;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::service::Billing;
use invoice_core::system::{RandomIds, SystemClock};
use invoice_http::FullState;
use invoice_http::middleware::{self, Limit};
use invoice_store_postgres::PostgresStore;
use tokio::net::TcpListener;

use crate::team::{EMAIL, PASSWORD};

/// Accounts, with somebody in them; access tokens are signed by EdDSA.
pub(crate) async fn accounts(store: PostgresStore) -> Result<Auth, Wrong> {
    let ports = IdentityPorts::from_store(&Arc::new(store));
    let settings = Settings::new("http://127.0.0.1", "benchmarks");
    let auth = Auth::builder(ports, MasterKey::generate()?, settings, Arc::new(NoMailer)).build().await?;
    let new = Registration {
        email: EMAIL.to_owned(),
        password: Password::new(PASSWORD)?,
        name: "Ada".to_owned(),
        locale: None,
    };
    auth.register(new, &ClientInfo::new()).await?;
    Ok(auth)
}

/// What our routes need.
pub(crate) fn state(store: PostgresStore, auth: &Auth) -> FullState {
    let ports = BillingPorts::from_store(&Arc::new(store));
    let billing = Billing::new(ports, Arc::new(SystemClock), Arc::new(RandomIds::new()));
    FullState::new(billing, auth.clone())
}

/// Our routes alone.
pub(crate) fn routes(state: FullState) -> Router {
    invoice_http::router_with_auth::<FullState>().with_state(state)
}

/// Our routes behind all that stands before them in the server: request identifiers, a time limit, limits that let all
/// through, a line of log for each request, headers, and an origin that may call from a browser.
pub(crate) fn guarded(state: FullState) -> Router {
    let limit = Limit::new(u32::MAX, Duration::from_secs(1));
    let settings = middleware::Settings::default()
        .with_limits(limit, limit)
        .with_origins(vec![HeaderValue::from_static("https://bills.example")]);
    let routes = invoice_http::router_with_auth::<FullState>();
    middleware::apply(routes, state.billing().clone(), settings).with_state(state)
}

/// Logs as the server does with `--log-format json`, into nothing.
pub(crate) fn log() -> Result<(), Wrong> {
    let nothing = OpenOptions::new().write(true).open("/dev/null")?;
    let lines = tracing_subscriber::fmt().json().with_writer(nothing);
    lines.try_init().map_err(|error| error as Wrong)
}

/// Serves on a free port of loopback until the process ends; the address.
pub(crate) async fn serve(router: Router) -> Result<String, Wrong> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(address)
}
