//! What holds on every route.

use axum::Router;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::IntoResponse as _;
use invoice_auth::TokenError;
use invoice_core::ports::StoreError;
use invoice_http::Problem;
use invoice_http::middleware::{Settings, apply};
use serde_json::json;

use crate::document::operations;
use crate::support::{App, PASSWORD, email};

#[tokio::test]
async fn anonymous_and_unknown_callers_learn_nothing() {
    let app = App::new().await;
    let (anyone, stranger) = (app.anyone(), app.bearing("a.b.c"));
    let mut closed = 0;
    for (path, method, operation) in operations() {
        if operation["security"] == json!([{}]) {
            continue;
        }
        closed += 1;
        let path = path.replace(['{', '}'], "");
        let body = json!({"nonsense": 1});
        for (caller, challenge) in [(&anyone, "Bearer"), (&stranger, "Bearer error=\"invalid_token\"")] {
            let answer = caller.send(&method.to_uppercase(), &path, Some(&body)).await;
            let found = (answer.status.as_u16(), answer.header("www-authenticate"));
            assert_eq!(found, (401, challenge), "{method} {path}");
            assert_eq!(answer.text("/code"), "unauthenticated", "{method} {path}");
        }
    }
    assert!(closed >= 100, "{closed}");
}

#[tokio::test]
async fn unknown_fields_are_refused_and_so_are_headers_that_would_not_be_heeded() {
    let app = App::new().await;
    let ada = app.person("ada").await;
    for (path, method, operation) in operations() {
        let of_accounts =
            ["/auth/", "/users", "/teams", "/invitations/"].iter().any(|own| path.contains(own));
        if method != "post" || !of_accounts || path.contains('{') {
            continue;
        }
        let name = operation["operationId"].to_string();
        let refused = ada.send("POST", &path, Some(&json!({"nonsense": 1}))).await.refused(422, "invalid");
        assert_eq!(refused.field(), ("invalid".into(), "/nonsense".into(), "unknown_field".into()), "{name}");
        for header in ["if-match", "idempotency-key"] {
            let refused = ada.with(header, "\"1\"").send("POST", &path, Some(&json!({}))).await;
            refused.refused(400, "malformed_header");
        }
        ada.send("POST", &format!("{path}?a=1"), Some(&json!({}))).await.refused(400, "invalid_query");
    }
}

#[tokio::test]
async fn bodies_are_bounded_and_of_the_right_type() {
    let app = App::new().await;
    let long = json!({"email": email("ada"), "password": "x".repeat(40_000)});
    app.anyone().post("/auth/login", long).await.refused(413, "body_too_large");
    let wrong = json!({"email": email("ada"), "password": 7});
    let refused = app.anyone().post("/auth/login", wrong).await.refused(422, "invalid");
    assert_eq!(refused.field().1, "/password");
    let team = json!({"email": email("ada"), "password": PASSWORD, "team": "mine"});
    let refused = app.anyone().post("/auth/login", team).await.refused(422, "invalid");
    assert_eq!(refused.field().1, "/team");
}

#[tokio::test]
async fn a_problem_is_told_in_the_language_asked_for() {
    let app = App::new().await;
    let body = json!({"token": "nonsense"});
    let german = app.anyone().with("accept-language", "de");
    let refused = german.post("/auth/email-verification/confirm", body).await;
    let refused = refused.refused(400, "invalid_mailed_token");
    assert_eq!(refused.text("/title"), "Dieser Link ist unbekannt, verbraucht oder abgelaufen.");
}

#[test]
fn a_store_that_is_away_is_no_refusal_of_a_token() {
    let away = Problem::from(TokenError::Store(StoreError::Unavailable)).into_response();
    assert_eq!(away.status(), 503);
    assert_eq!(away.headers()[RETRY_AFTER], "1");
    let expired = Problem::from(TokenError::Expired).into_response();
    assert_eq!(expired.status(), 401);
    assert_eq!(expired.headers()[WWW_AUTHENTICATE], "Bearer error=\"invalid_token\"");
}

#[tokio::test]
async fn anybody_reads_the_keys_that_verify_tokens_and_nothing_secret_of_them() {
    let app = App::new().await;
    let keys = app.anyone().send("GET", "/.well-known/jwks.json", None).await.expect(200);
    assert_eq!(
        (keys.text("/keys/0/use"), keys.header("cache-control")),
        ("sig".into(), "public, max-age=300")
    );
    assert!(keys.at("/keys").as_array().unwrap().iter().all(|key| key.get("d").is_none()));
    let document = app.anyone().send("GET", "/openapi.json", None).await.expect(200);
    assert!(document.body()["paths"]["/api/v1/auth/login"].is_object());
}

#[tokio::test]
async fn accounts_work_under_any_path_and_behind_the_middleware() {
    let app = App::layered(|router, state| {
        let guarded = apply(router, state.billing().clone(), Settings::default());
        Router::new().nest("/of/{tenant}", guarded)
    })
    .await;
    let keys = app.anyone().send("GET", "/of/acme/.well-known/jwks.json", None).await.expect(200);
    assert_eq!(keys.header("x-request-id").len(), 32);
    let login = json!({"email": email("ada"), "password": PASSWORD});
    let refused = app.anyone().send("POST", "/of/acme/api/v1/auth/login", Some(&login)).await;
    let refused = refused.refused(401, "invalid_credentials");
    assert_eq!(refused.text("/request_id"), refused.header("x-request-id"));

    let registration = json!({"email": email("ada"), "password": PASSWORD});
    app.anyone().send("POST", "/of/acme/api/v1/auth/register", Some(&registration)).await.expect(202);
    let tokens = app.anyone().send("POST", "/of/acme/api/v1/auth/login", Some(&login)).await.expect(200);
    let ada = app.bearing(tokens.text("/access_token"));
    let made = ada.send("POST", "/of/acme/api/v1/teams", Some(&json!({"name": "Engines"}))).await.expect(201);
    let team = format!("/of/acme/api/v1/teams/{}", made.text("/id"));
    assert_eq!(ada.send("GET", &team, None).await.expect(200).body(), made.body());
}
