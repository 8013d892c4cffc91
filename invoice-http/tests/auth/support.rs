//! An application over memory stores, with accounts of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use invoice_auth::testing::{MemoryMailer, auth, token};
use invoice_core::memory::{MemoryBilling, MemoryIdentity};
use invoice_core::ports::BillingPorts;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::service::Billing;
use invoice_core::testing::{FixedClock, SequentialIds};
use invoice_http::FullState;
use invoice_store_sqlite::SqliteStore;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::answer::Answer;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct App {
    router: Router,
    mailer: Arc<MemoryMailer>,
    pub(crate) clock: Arc<FixedClock>,
    told_apart: AtomicU32,
}

impl App {
    /// Empty stores on Monday, 2 March 2026.
    pub(crate) async fn new() -> Self {
        Self::layered(|router, _| router).await
    }

    /// On SQLite.
    pub(crate) async fn on_sqlite() -> Self {
        let store = Arc::new(SqliteStore::open_in_memory().unwrap());
        let ports = (BillingPorts::from_store(&store), IdentityPorts::from_store(&store));
        Self::over(ports, |router, _| router).await
    }

    /// With something in front of the routes.
    pub(crate) async fn layered(
        layer: impl FnOnce(Router<FullState>, &FullState) -> Router<FullState>,
    ) -> Self {
        let billing = BillingPorts::from_store(&Arc::new(MemoryBilling::default()));
        Self::over((billing, IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()))), layer).await
    }

    async fn over(
        (billing, identity): (BillingPorts, IdentityPorts),
        layer: impl FnOnce(Router<FullState>, &FullState) -> Router<FullState>,
    ) -> Self {
        let (clock, ids) = (Arc::new(FixedClock::default()), Arc::new(SequentialIds::new()));
        let mailer = Arc::new(MemoryMailer::new());
        let auth = auth(identity, clock.clone(), ids.clone(), mailer.clone()).await.unwrap();
        let state = FullState::new(Billing::new(billing, clock.clone(), ids), auth);
        let router = layer(invoice_http::router_with_auth(), &state).with_state(state);
        Self { router, mailer, clock, told_apart: AtomicU32::new(1) }
    }

    pub(crate) fn anyone(&self) -> Client<'_> {
        Client { app: self, bearer: None, headers: Vec::new(), address: Ipv4Addr::new(192, 0, 2, 7) }
    }

    /// Somebody at an address that nobody called from before: limits count by it.
    fn newcomer(&self) -> Client<'_> {
        let address = Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + self.number());
        Client { address, ..self.anyone() }
    }

    /// Another number with each call.
    pub(crate) fn number(&self) -> u32 {
        self.told_apart.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn bearing(&self, bearer: impl Into<String>) -> Client<'_> {
        Client { bearer: Some(bearer.into()), ..self.anyone() }
    }

    /// The token in the oldest mail to an address.
    pub(crate) async fn mailed(&self, address: &str) -> String {
        token(&self.mailer.next_to(address).await).unwrap().expose().to_owned()
    }

    /// Waits for the oldest mail to an address, which has no token.
    pub(crate) async fn told(&self, address: &str) {
        assert!(token(&self.mailer.next_to(address).await).is_none());
    }

    /// Makes an account `name@example.org` with its address verified.
    pub(crate) async fn register(&self, name: &str) {
        let anyone = self.newcomer();
        let email = email(name);
        let body = json!({"email": email, "password": PASSWORD, "name": name});
        anyone.post("/auth/register", body).await.expect(202);
        let token = self.mailed(&email).await;
        anyone.post("/auth/email-verification/confirm", json!({"token": token})).await.expect(204);
    }

    /// The tokens of a new session.
    pub(crate) async fn log_in(&self, name: &str, password: &str) -> Answer {
        self.newcomer().post("/auth/login", json!({"email": email(name), "password": password})).await
    }

    /// Somebody with an account who has logged in.
    pub(crate) async fn person(&self, name: &str) -> Client<'_> {
        self.register(name).await;
        self.bearing(self.log_in(name, PASSWORD).await.expect(200).text("/access_token"))
    }

    /// Invites a person into a team, by its path, and lets them accept. Their path in the team is given.
    pub(crate) async fn join(&self, team: &str, host: &Client<'_>, guest: &Client<'_>, role: &str) -> String {
        let email = guest.get("/users/me").await.expect(200).text("/email");
        let body = json!({"email": email, "role": role});
        host.post(&format!("{team}/invitations"), body).await.expect(201);
        let token = self.mailed(&email).await;
        let joined = guest.post("/invitations/accept", json!({"token": token})).await.expect(200);
        format!("{team}/members/{}", joined.text("/user"))
    }
}

pub(crate) fn email(name: &str) -> String {
    format!("{name}@example.org")
}

#[derive(Clone)]
pub(crate) struct Client<'a> {
    app: &'a App,
    bearer: Option<String>,
    headers: Vec<(&'static str, String)>,
    address: Ipv4Addr,
}

impl Client<'_> {
    /// The same, sending one more header.
    pub(crate) fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut client = self.clone();
        client.headers.push((name, value.into()));
        client
    }

    /// Sends to a whole path, with a JSON body if there is one.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        match body {
            Some(body) => {
                self.with("content-type", "application/json").raw(method, path, body.to_string()).await
            }
            None => self.raw(method, path, "").await,
        }
    }

    /// Sends a body as it is.
    pub(crate) async fn raw(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let address = ConnectInfo(SocketAddr::from((self.address, 4_711)));
        let mut request = Request::builder().method(method).uri(path).extension(address);
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(body.into()).unwrap();
        let response = self.app.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", &api(path), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", &api(path), Some(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", &api(path), Some(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, etag: &str, body: Value) -> Answer {
        self.with("if-match", etag).send("PATCH", &api(path), Some(&body)).await
    }

    /// Deletes what has a version.
    pub(crate) async fn delete(&self, path: &str, etag: &str) -> Answer {
        self.with("if-match", etag).send("DELETE", &api(path), None).await
    }

    /// Ends what has no version to name.
    pub(crate) async fn revoke(&self, path: &str) -> Answer {
        self.send("DELETE", &api(path), None).await
    }

    /// Makes a team, and gives its path.
    pub(crate) async fn team(&self, name: &str) -> String {
        format!("/teams/{}", self.post("/teams", json!({"name": name})).await.expect(201).text("/id"))
    }

    /// The same person, with a token for the team at this path.
    pub(crate) async fn working_in(&self, team: &str) -> Self {
        let switched = self.post(&format!("{team}/switch"), json!({})).await.expect(200);
        Self { bearer: Some(switched.text("/access_token")), ..self.clone() }
    }
}

fn api(path: &str) -> String {
    format!("/api/v1{path}")
}
