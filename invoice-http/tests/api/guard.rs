//! What stands before the routes.

use std::cell::RefCell;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::HeaderValue;
use axum::routing::get;
use invoice_http::middleware::{Limit, Settings, apply};
use serde_json::json;

use crate::support::{App, client};

fn guarded(change: impl FnOnce(Settings) -> Settings) -> App {
    App::layered(|router, state, clock, ids| {
        let settings = change(Settings::default().with_clock(clock, ids));
        let own = Router::new()
            .route("/panics", get(|| async { std::hint::black_box(None::<()>).unwrap() }))
            .route("/hangs", get(std::future::pending::<()>));
        apply(router.merge(own), state, settings)
    })
}

#[tokio::test]
async fn every_answer_has_an_identifier_and_safe_headers() {
    let app = guarded(|settings| settings.with_https_only(true));
    let answer = app.owner().get("/clients").await.expect(200);
    assert_eq!(answer.header("x-request-id").len(), 32);
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    let given = app.owner().with("x-request-id", "abc-123").get("/clients/x").await.refused(404, "not_found");
    assert_eq!((given.header("x-request-id"), given.text("/request_id")), ("abc-123", "abc-123".to_owned()));
    let forged = app.owner().with("x-request-id", "a b{}").get("/clients").await;
    assert_eq!(forged.header("x-request-id").len(), 32);
}

#[tokio::test]
async fn a_panic_is_a_problem_and_tells_nothing() {
    let app = guarded(|settings| settings);
    let answer = app.owner().send("GET", "/panics", axum::body::Body::empty()).await.refused(500, "internal");
    assert!(answer.at("/detail").is_null() && answer.at("/request_id").is_string());
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let app = guarded(|settings| settings.with_timeout(Duration::from_millis(1)));
    let user = app.owner().with("accept-language", "de");
    let answer = user.send("GET", "/hangs", axum::body::Body::empty()).await.refused(503, "timeout");
    assert_eq!(answer.text("/title"), "Die Anfrage hat zu lange gedauert.");
}

#[tokio::test]
async fn callers_are_counted_by_themselves_and_strangers_by_their_address() {
    let app = guarded(|settings| {
        let minute = Duration::from_mins(1);
        let settings = settings.with_trusted_proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        settings.with_limits(Limit::new(1, minute), Limit::new(2, minute))
    });
    let owner = app.owner();
    let first = owner.get("/clients").await.expect(200);
    assert_eq!(first.header("ratelimit-policy"), "\"actor\";q=2;w=60");
    assert_eq!(first.header("ratelimit"), "\"actor\";r=1;t=60");
    owner.get("/clients").await.expect(200);
    let refused = owner.get("/clients").await.refused(429, "too_many_requests");
    assert_eq!(refused.header("retry-after"), "60");
    app.user("1-admin").get("/clients").await.expect(200);

    let proxied = |from: &str| app.anonymous().with("x-forwarded-for", from);
    proxied("192.0.2.1").get("/clients").await.refused(401, "unauthenticated");
    proxied("192.0.2.1").get("/clients").await.refused(429, "too_many_requests");
    proxied("192.0.2.2").get("/clients").await.refused(401, "unauthenticated");
    app.clock.advance_millis(120_000);
    owner.get("/clients").await.expect(200);
}

#[tokio::test]
async fn browsers_of_named_origins_may_call() {
    let app =
        guarded(|settings| settings.with_origins(vec![HeaderValue::from_static("https://app.example")]));
    let ask = |origin: &'static str| {
        let user = app.anonymous().with("origin", origin).with("access-control-request-method", "PATCH");
        async move { user.send("OPTIONS", "/api/v1/clients", axum::body::Body::empty()).await }
    };
    let allowed = ask("https://app.example").await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(ask("https://evil.example").await.header("access-control-allow-origin"), "");
}

thread_local! {
    /// What this test's thread logged: one subscriber serves all tests, each of which has a thread.
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn logs_hold_the_route_and_neither_tokens_nor_what_people_wrote() {
    let log = tracing_subscriber::fmt().json().with_writer(|| Lines).finish();
    tracing::subscriber::set_global_default(log).unwrap();
    let app = guarded(|settings| settings);
    app.owner().post("/clients", client()).await.expect(201);
    app.owner().get("/clients?name_prefix=Secretname").await.expect(200);
    app.user("1-nobody").post("/clients", json!({"party": {"name": "Secretname"}})).await.expect(401);
    let text = String::from_utf8(LINES.take()).unwrap();
    let requests: Vec<_> = text.lines().filter(|line| line.contains("\"message\":\"request\"")).collect();
    assert_eq!(requests.len(), 3, "{text}");
    assert!(requests[0].contains("\"http.route\":\"/api/v1/clients\"") && requests[0].contains("201"));
    for secret in ["1-owner", "1-nobody", "Bearer", "Secretname", "Sperl"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

/// Requests in these tests come from one of our own proxies.
pub(crate) fn proxied() -> ConnectInfo<SocketAddr> {
    ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 1)))
}
