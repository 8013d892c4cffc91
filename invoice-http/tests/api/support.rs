//! An application over the memory store, and callers who say by their token who they are.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Parts;
use invoice_auth::Caller;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::BillingPorts;
use invoice_core::service::Billing;
use invoice_core::testing::{FixedClock, SequentialIds};
use invoice_core::{Role, TeamId, UserId};
use invoice_http::{Authenticator, InvoiceState, Problem, ProblemCode, bearer};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

pub(crate) use crate::answer::Answer;

/// Knows tokens such as `1-owner`: the team's number and the role.
struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, head: &Parts) -> Result<Caller, Problem> {
        let token = bearer(head)?;
        let unknown = || Problem::new(ProblemCode::Unauthenticated);
        let (team, role) = token.split_once('-').ok_or_else(unknown)?;
        let team: u128 = team.parse().map_err(|_| unknown())?;
        let place = Role::ALL.iter().position(|known| known.as_str() == role).ok_or_else(unknown)?;
        let user = Caller::user(UserId::from_uuid(Uuid::from_u128(100 * team + place as u128)));
        Ok(user.in_team(TeamId::from_uuid(Uuid::from_u128(team)), Some(Role::ALL[place])))
    }
}

pub(crate) struct App {
    router: Router,
    pub(crate) clock: Arc<FixedClock>,
}

impl App {
    /// An empty store on Monday, 2 March 2026.
    pub(crate) fn new() -> Self {
        Self::with(|state| state)
    }

    pub(crate) fn with(change: impl FnOnce(InvoiceState) -> InvoiceState) -> Self {
        let clock = Arc::new(FixedClock::default());
        let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::default()));
        let billing = Billing::new(ports, clock.clone(), Arc::new(SequentialIds::new()));
        let state = change(InvoiceState::new(billing, Arc::new(Tokens)));
        Self { router: invoice_http::router().with_state(state), clock }
    }

    /// With something in front of the routes, told the clock and the source of identifiers.
    pub(crate) fn layered(
        layer: impl FnOnce(
            Router<InvoiceState>,
            InvoiceState,
            Arc<FixedClock>,
            Arc<SequentialIds>,
        ) -> Router<InvoiceState>,
    ) -> Self {
        let clock = Arc::new(FixedClock::default());
        let ids = Arc::new(SequentialIds::new());
        let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::default()));
        let billing = Billing::new(ports, clock.clone(), ids.clone());
        let state = InvoiceState::new(billing, Arc::new(Tokens));
        let router = layer(invoice_http::router(), state.clone(), clock.clone(), ids);
        Self { router: router.with_state(state), clock }
    }

    /// A team with its profile and its series.
    pub(crate) async fn ready() -> Self {
        let app = Self::new();
        app.owner().set_up().await;
        app
    }

    pub(crate) fn owner(&self) -> User<'_> {
        self.user("1-owner")
    }

    pub(crate) fn user(&self, token: &'static str) -> User<'_> {
        User { app: self, token: Some(token), headers: Vec::new() }
    }

    pub(crate) fn anonymous(&self) -> User<'_> {
        User { app: self, token: None, headers: Vec::new() }
    }
}

#[derive(Clone)]
pub(crate) struct User<'a> {
    app: &'a App,
    token: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
}

impl User<'_> {
    /// The same user, sending one more header.
    pub(crate) fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut user = self.clone();
        user.headers.push((name, value.into()));
        user
    }

    /// Sends a body as it is.
    pub(crate) async fn send(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.extension(crate::guard::proxied()).body(body.into()).unwrap();
        let response = self.app.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.with("content-type", "application/json").send(method, &api(path), body.to_string()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", &api(path), Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.json("POST", path, &body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.json("PUT", path, &body).await
    }

    pub(crate) async fn patch(&self, path: &str, etag: &str, body: Value) -> Answer {
        self.with("if-match", etag).json("PATCH", path, &body).await
    }

    pub(crate) async fn delete(&self, path: &str, etag: &str) -> Answer {
        self.with("if-match", etag).send("DELETE", &api(path), Body::empty()).await
    }

    /// The profile and a series for each type.
    pub(crate) async fn set_up(&self) {
        let address = json!({"lines": ["Hauptstraße 1"], "city": "Berlin", "country": "DE"});
        let party = json!({"name": "Muster GmbH", "address": address, "vat_id": "DE123456789"});
        self.put("/supplier", json!({"party": party, "time_zone": "Europe/Berlin"})).await.expect(200);
        for (kind, prefix) in
            [("invoice", "INV"), ("credit_note", "CN"), ("quote", "QUO"), ("pro_forma", "PF")]
        {
            let pattern = format!("{prefix}-{{year}}-{{seq:05}}");
            let body =
                json!({"document_type": kind, "pattern": pattern, "reset": "yearly", "from": "2026-01-01"});
            self.post("/series", body).await.expect(201);
        }
    }

    /// A client, by its identifier.
    pub(crate) async fn client(&self) -> String {
        self.post("/clients", client()).await.expect(201).text("/id")
    }

    /// A draft of 119.00 EUR with its tax, by its identifier.
    pub(crate) async fn draft(&self) -> String {
        let client = self.client().await;
        self.post("/invoices", invoice(&client)).await.expect(201).text("/id")
    }

    /// An issued invoice of 119.00 EUR with its tax, by its identifier.
    pub(crate) async fn issued(&self) -> String {
        let id = self.draft().await;
        self.post(&format!("/invoices/{id}/publish"), json!({})).await.expect(200);
        id
    }
}

pub(crate) fn client() -> Value {
    let address = json!({"lines": ["Gumpendorfer Straße 11"], "city": "Wien", "country": "AT"});
    json!({"party": {"name": "Kaffeehaus Sperl KG", "address": address}})
}

pub(crate) fn invoice(client: &str) -> Value {
    let tax = json!({"category": "S", "rate": "19"});
    json!({
        "client": client,
        "currency": "EUR",
        "lines": [{"name": "Lamp", "quantity": "4", "price": "25.00", "taxes": [tax]}],
        "terms": {"due": {"kind": "days", "days": 14}}
    })
}

fn api(path: &str) -> String {
    format!("/api/v1{path}")
}
