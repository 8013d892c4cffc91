//! Whether the program lives, and whether it should get requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use invoice_core::ports::identity::{IdentityPorts, Users};
use invoice_core::ports::{BillingPorts, Catalog, StoreError};
use invoice_core::{TeamId, UserId};
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

/// How long a store may take to answer a question about nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// What readiness depends on.
#[derive(Clone)]
pub(crate) struct Health {
    catalog: Arc<dyn Catalog>,
    users: Arc<dyn Users>,
    stopping: Arc<AtomicBool>,
}

impl Health {
    pub(crate) fn new(billing: &BillingPorts, identity: &IdentityPorts) -> Self {
        let (catalog, users) = (billing.catalog.clone(), identity.users.clone());
        Self { catalog, users, stopping: Arc::default() }
    }

    /// Asks to be sent no more requests.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// `/healthz` and `/readyz`.
    pub(crate) fn routes(self) -> Router {
        Router::new()
            .route("/healthz", get(async || answer(StatusCode::OK, json!({ "status": "alive" }))))
            .route("/readyz", get(ready))
            .with_state(self)
    }
}

async fn ready(State(health): State<Health>) -> Response {
    let (team, user) = (TeamId::from_uuid(Uuid::nil()), UserId::from_uuid(Uuid::nil()));
    let (invoices, identity) = tokio::join!(
        timeout(PATIENCE, health.catalog.supplier(team)),
        timeout(PATIENCE, health.users.user(user)),
    );
    let (invoices, identity) = (word(&invoices), word(&identity));
    let stopping = health.stopping.load(Ordering::Relaxed);
    let is_ready = invoices == UP && identity == UP && !stopping;
    let (status, said) = match (is_ready, stopping) {
        (true, _) => (StatusCode::OK, "ready"),
        (false, true) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    answer(status, json!({ "status": said, "invoices": invoices, "identity": identity }))
}

const UP: &str = "up";

fn word<T, E>(answer: &Result<Result<T, StoreError>, E>) -> &'static str {
    match answer {
        Ok(Ok(_)) => UP,
        Ok(Err(_)) => "down",
        Err(_) => "slow",
    }
}

fn answer(status: StatusCode, body: serde_json::Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
