//! The application of the example, asked without a network.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says it by panicking")]

#[path = "../axum_login/app.rs"]
mod app;

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use invoice_auth::{Mail, MailError, Mailer};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower::ServiceExt as _;

struct Post(UnboundedSender<String>);

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let (Mail::VerifyEmail { token, .. } | Mail::Invitation { token, .. }) = mail else { return Ok(()) };
        self.0.send(token.expose().to_owned()).map_err(MailError::new)
    }
}

struct Application {
    router: Router,
    mails: UnboundedReceiver<String>,
}

impl Application {
    async fn start() -> Self {
        let (sender, mails) = unbounded_channel();
        let auth = app::auth(Arc::new(Post(sender))).await.unwrap();
        Self { router: app::router(auth), mails }
    }

    async fn ask(&self, method: &str, path: &str, token: &str, body: Value) -> (u16, Value) {
        let request =
            Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request = match token {
            "" => request,
            token => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        };
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 100_000).await.unwrap();
        (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    /// The access token of somebody new.
    async fn person(&mut self, email: &str) -> String {
        let credentials = json!({ "email": email, "password": "correct horse battery staple", "name": "" });
        assert_eq!(self.ask("POST", "/register", "", credentials.clone()).await.0, 202);
        let token = self.mails.recv().await.unwrap();
        assert_eq!(self.ask("POST", "/verify", "", json!({ "token": token })).await.0, 204);
        let (status, tokens) = self.ask("POST", "/log-in", "", credentials).await;
        assert_eq!(status, 200);
        tokens["access_token"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn who_is_invited_works_in_the_team_and_may_invite_nobody() {
    let mut app = Application::start().await;
    let (ada, bob) = (app.person("ada@example.org").await, app.person("bob@example.org").await);
    let (_, team) = app.ask("POST", "/teams", &ada, json!({ "name": "Engines" })).await;
    let ada = team["access_token"].as_str().unwrap();
    let guest = json!({ "email": "bob@example.org" });
    assert_eq!(app.ask("POST", "/invitations", ada, guest.clone()).await.0, 202);
    let token = app.mails.recv().await.unwrap();
    let (status, joined) = app.ask("POST", "/invitations/accept", &bob, json!({ "token": token })).await;
    assert_eq!((status, &joined["team"]), (200, &team["team"]));

    let bob = joined["access_token"].as_str().unwrap();
    assert_eq!(app.ask("GET", "/me", bob, Value::Null).await.1["role"], "member");
    assert_eq!(app.ask("POST", "/invitations", bob, guest).await.0, 403);
}

#[tokio::test]
async fn who_logged_out_is_out_at_once() {
    let mut app = Application::start().await;
    let ada = app.person("ada@example.org").await;
    assert_eq!(app.ask("GET", "/me", &ada, Value::Null).await.0, 200);
    assert_eq!(app.ask("POST", "/log-out", &ada, Value::Null).await.0, 204);
    assert_eq!(app.ask("GET", "/me", &ada, Value::Null).await.0, 401);
    assert_eq!(app.ask("GET", "/me", "", Value::Null).await.0, 401);
}

#[tokio::test]
async fn each_refusal_says_its_status_and_its_cause() {
    let app = Application::start().await;
    let wrong = json!({ "token": "ivm_invented" });
    let (status, answer) = app.ask("POST", "/verify", "", wrong).await;
    assert_eq!((status, &answer["code"]), (400, &json!("invalid_mailed_token")));
    let (status, answer) = app.ask("POST", "/refresh", "", json!({ "refresh_token": "ivr_invented" })).await;
    assert_eq!((status, &answer["code"]), (401, &json!("invalid_token")));
}
