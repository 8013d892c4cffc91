//! What is wrong is told with its place, and nothing is written.

use serde_json::{Value, json};

use crate::support::{App, client};

async fn post(app: &App, body: &[u8]) -> crate::support::Answer {
    let owner = app.owner().with("content-type", "application/json");
    owner.send("POST", "/api/v1/clients", body.to_vec()).await
}

#[tokio::test]
async fn broken_json_is_a_problem_with_its_place() {
    let app = App::ready().await;
    let deep = format!("{{\"party\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (body, at) in [
        (&b"{"[..], ""),
        (b"{\"party\": {\"name\": \"\\ud800\"}}", "/party/name"),
        (b"{\"party\": {\"name\": \"\xff\"}}", "/party/name"),
        (b"{\"party\": {\"name\": \"A\"}} x", ""),
        (b"not json", ""),
    ] {
        let refused = post(&app, body).await.refused(400, "malformed_json");
        let fields = refused.problem().1;
        assert!(fields.is_empty() || fields[0].0 == at, "{:?} {fields:?}", String::from_utf8_lossy(body));
    }
    let refused = post(&app, deep.as_bytes()).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
    assert_eq!(app.owner().get("/clients").await.at("/items"), json!([]));
}

#[tokio::test]
async fn wrong_shapes_are_named_by_field_and_code() {
    let app = App::ready().await;
    for (body, at, code) in [
        ("{}", "/party", "required"),
        ("[]", "", "wrong_type"),
        ("null", "", "wrong_type"),
        ("[{\"name\": \"A\"}, null, null, null, null, {}]", "", "wrong_type"),
        (
            "{\"party\": [\"A\", null, null, null, null, null, null, null, null, null]}",
            "/party",
            "wrong_type",
        ),
        ("{\"party\": {}}", "/party/name", "required"),
        ("{\"party\": {\"name\": 7}}", "/party/name", "wrong_type"),
        ("{\"party\": {\"name\": \"A\", \"colour\": 1}}", "/party/colour", "unknown_field"),
        ("{\"party\": {\"name\": \"A\"}, \"team\": \"team_1\"}", "/team", "unknown_field"),
        ("{\"party\": {\"name\": \"A\", \"name\": \"B\"}}", "/party/name", "repeated"),
        (
            "{\"party\": {\"name\": \"A\"}, \"metadata\": {\"a\": \"1\", \"a\": \"2\"}}",
            "/metadata/a",
            "repeated",
        ),
        ("{\"party\": {\"name\": \"A\"}, \"metadata\": {\"a/b\": 1}}", "/metadata/a~1b", "wrong_type"),
        ("{\"party\": {\"name\": \"A\\u0000\"}}", "/party/name", "nul_character"),
        ("{\"party\": {\"name\": \"\"}}", "/party/name", "required"),
    ] {
        let refused = post(&app, body.as_bytes()).await.expect(422);
        let (_, pointer, found) = refused.field();
        assert_eq!((pointer.as_str(), found.as_str()), (at, code), "{body}");
    }
}

#[tokio::test]
async fn amounts_and_numbers_are_strings_and_json_numbers_are_refused() {
    let app = App::ready().await;
    let owner = app.owner();
    let id = owner.client().await;
    let line = |quantity: Value, price: Value| {
        json!({"client": id, "currency": "EUR", "lines": [{"name": "Lamp", "quantity": quantity, "price": price,
            "taxes": [{"category": "S", "rate": "19"}]}]})
    };
    for (body, at, code) in [
        (line(json!(4), json!("1")), "/lines/0/quantity", "wrong_type"),
        (line(json!("4"), json!(1.5)), "/lines/0/price", "wrong_type"),
        (line(json!("4e1"), json!("1")), "/lines/0/quantity", "bad_decimal"),
        (line(json!("4"), json!("123456789012")), "/lines/0/price", "too_many_integer_digits"),
    ] {
        let refused = owner.post("/invoices", body).await.refused(422, "invalid");
        assert_eq!(refused.field(), ("invalid".to_owned(), at.to_owned(), code.to_owned()));
    }
}

#[tokio::test]
async fn status_totals_number_and_team_can_not_be_assigned() {
    let app = App::ready().await;
    let owner = app.owner();
    let id = owner.client().await;
    for name in ["status", "totals", "number", "team", "id", "version", "issued", "due", "created_by"] {
        let mut body = crate::support::invoice(&id);
        body[name] = json!("x");
        let refused = owner.post("/invoices", body).await.refused(422, "invalid");
        assert_eq!(refused.field(), ("invalid".to_owned(), format!("/{name}"), "unknown_field".to_owned()));
    }
}

#[tokio::test]
async fn other_media_types_and_large_bodies_are_refused() {
    let app = App::with(|state| state.with_body_limit(100));
    let owner = app.owner();
    let send = |kind: &'static str, body: String| {
        let owner = owner.with("content-type", kind);
        async move { owner.send("POST", "/api/v1/clients", body).await }
    };
    send("text/plain", "{}".to_owned()).await.refused(415, "unsupported_media_type");
    send("application/merge-patch+json", "{}".to_owned()).await.refused(415, "unsupported_media_type");
    for other in ["application/json; charset=utf-16", "application/json; charset=\"utf-8"] {
        send(other, "{}".to_owned()).await.refused(415, "unsupported_media_type");
    }
    for utf_8 in [
        "application/json; charset=utf-8",
        "Application/JSON;charset=\"UTF-8\"",
        "application/json; v=1",
        "application/json; charset=utf8",
        "application/json; charset = us-ascii",
    ] {
        send(utf_8, "{}".to_owned()).await.refused(422, "invalid");
    }
    for (coding, status) in [("gzip", 415), ("br", 415), ("identity", 422), ("", 422)] {
        let packed = owner.with("content-encoding", coding).with("content-type", "application/json");
        packed.send("POST", "/api/v1/clients", "{}").await.expect(status);
    }
    send("application/json", " ".repeat(101)).await.refused(413, "body_too_large");
    let stream = axum::body::Body::from_stream(futures::stream::iter(
        (0..20).map(|_| Ok::<_, std::io::Error>(vec![b' '; 10])),
    ));
    let owner = owner.with("content-type", "application/json");
    owner.send("POST", "/api/v1/clients", stream).await.refused(413, "body_too_large");
}

#[tokio::test]
async fn details_are_english_and_name_no_type_of_the_program() {
    let app = App::ready().await;
    let owner = app.owner();
    let invoice = |name: &str, value: Value| {
        let mut body = crate::support::invoice("cli_0000000000000000000000000000ffff");
        body[name] = value;
        body
    };
    for (answer, detail) in [
        (owner.post("/clients", json!([])).await, "expected an object, found a list"),
        (owner.post("/clients", json!({"party": "A"})).await, "expected an object, found a string"),
        (owner.post("/clients", json!({"party": {"name": 7}})).await, "expected a string, found a number"),
        (owner.post("/invoices", invoice("lines", json!({}))).await, "expected a list, found an object"),
        (
            owner.post("/invoices", invoice("terms", json!({"due": {"kind": "days", "days": 70_000}}))).await,
            "expected a whole number from 0 to 65535",
        ),
        (owner.get("/clients?limit=x").await, "not a whole number"),
        (owner.get("/clients?limit=70000").await, "a number too large for this field"),
        (owner.get("/clients?limit=1&limit=2").await, "given more than once"),
        (owner.get("/clients?archived=maybe").await, "expected true or false"),
        (owner.get("/clients?limit=0").await, "a page has 1 to 100 rows"),
        (owner.get("/clients?limit=101").await, "a page has 1 to 100 rows"),
    ] {
        assert!(answer.status.is_client_error());
        assert_eq!(answer.text("/errors/0/detail"), detail);
    }
    let unknown = owner.post("/invoices", invoice("prices", json!("free"))).await.refused(422, "invalid");
    let detail = unknown.text("/errors/0/detail");
    assert!(detail.starts_with("not one of `") && !detail.contains("variant"), "{detail}");
}

async fn told_to(user: crate::support::User<'_>, path: &str) -> (String, String) {
    let answer = user.post(path, json!({"party": {"name": ""}})).await.refused(422, "invalid");
    (answer.header("content-language").to_owned(), answer.text("/errors/0/message"))
}

#[tokio::test]
async fn messages_come_in_the_language_of_the_request() {
    let app = App::ready().await;
    let owner = app.owner();
    let told = |language: &str, message: &str| (language.to_owned(), message.to_owned());
    assert_eq!(told_to(owner.clone(), "/clients").await, told("en", "This is required."));
    let german = owner.with("accept-language", "it, de-AT;q=0.8, en;q=0.5");
    assert_eq!(told_to(german.clone(), "/clients").await, told("de", "Diese Angabe fehlt."));
    assert_eq!(told_to(german, "/clients?locale=fr").await, told("fr", "Cette indication manque."));
}

#[tokio::test]
async fn a_method_that_is_not_there_is_a_problem_and_a_path_is_the_applications() {
    let app = App::ready().await;
    app.owner().put("/clients", client()).await.refused(405, "method_not_allowed");
    let unknown = app.owner().get("/nowhere").await.expect(404);
    assert!(unknown.bytes.is_empty());
}
