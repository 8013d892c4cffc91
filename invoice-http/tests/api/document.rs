//! The OpenAPI document.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::App;

/// To accept a change: `UPDATE_SNAPSHOTS=1 cargo test -p invoice-http the_document`.
#[tokio::test]
async fn the_document_is_the_one_that_was_looked_at() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/openapi.json");
    let found = invoice_http::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &found).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == found, "the OpenAPI document has changed: look at it, then UPDATE_SNAPSHOTS=1");
}

#[tokio::test]
async fn the_document_is_served_to_anyone() {
    let app = App::new();
    let served = app.anonymous().send("GET", "/openapi.json", axum::body::Body::empty()).await.expect(200);
    assert_eq!(served.text("/openapi"), "3.1.0");
}

#[tokio::test]
async fn the_document_says_what_its_paths_follow_where_the_routes_are_nested() {
    let nested = App::layered(|router, _, _, _| axum::Router::new().nest("/of/{tenant}/billing", router));
    let path = "/of/ada/billing/openapi.json";
    let served = nested.anonymous().send("GET", path, axum::body::Body::empty()).await.expect(200);
    assert_eq!(served.at("/servers"), serde_json::json!([{"url": "/of/ada/billing"}]));
    assert!(served.at("/paths/~1api~1v1~1invoices").is_object());
    let alone = App::new();
    let served = alone.anonymous().send("GET", "/openapi.json", axum::body::Body::empty()).await.expect(200);
    assert!(served.body().get("servers").is_none());
}

/// What the document says of a body.
fn schema(name: &str) -> Value {
    let document: Value = serde_json::from_str(&invoice_http::openapi().to_json().unwrap()).unwrap();
    document["components"]["schemas"][name].clone()
}

#[test]
fn an_amount_that_is_paid_or_written_off_comes_with_its_currency() {
    for name in ["PayInput", "WriteOffInput"] {
        let forms = schema(name)["oneOf"].clone();
        let required = forms[0]["required"].to_string();
        assert!(required.contains("\"amount\"") && required.contains("\"currency\""), "{name}: {forms}");
        assert_eq!(forms[1]["properties"]["amount"]["type"], "null", "{name}");
    }
}

fn operations() -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(&invoice_http::openapi().to_json().unwrap()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.is_object() {
                operations.push((path.clone(), method.clone(), operation.clone()));
            }
        }
    }
    operations
}

#[test]
fn every_operation_has_a_name_a_summary_and_its_errors() {
    let mut names = Vec::new();
    for (path, method, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!names.contains(&name) && !name.is_empty(), "{method} {path}: {name}");
        names.push(name);
        assert!(operation["summary"].is_string(), "{method} {path}");
        for status in ["400", "401", "403", "429", "500", "503"] {
            assert!(operation["responses"][status].is_object(), "{method} {path}: {status}");
        }
        let parameters = operation["parameters"].to_string();
        match method.as_str() {
            "post" => assert!(parameters.contains("Idempotency-Key"), "{path}"),
            "put" | "patch" | "delete" => assert!(parameters.contains("If-Match"), "{method} {path}"),
            _ => {}
        }
    }
}

#[test]
fn every_schema_has_an_example() {
    let document: Value = serde_json::from_str(&invoice_http::openapi().to_json().unwrap()).unwrap();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema.get("example").or(schema.get("examples")).is_some_and(|one| !one.is_null()), "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = invoice_http::openapi().to_json().unwrap();
    let value: Value = serde_json::from_str(&document).unwrap();
    for part in document.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(value.pointer(pointer).is_some(), "{pointer}");
    }
}

#[cfg(feature = "docs")]
#[tokio::test]
async fn the_interface_is_served_under_any_path_and_reads_the_document_beside_it() {
    let app = App::layered(|router, _, _, _| axum::Router::new().nest("/billing", router));
    let get = |path: &'static str| {
        let user = app.anonymous();
        async move { user.send("GET", path, axum::body::Body::empty()).await }
    };
    let moved = get("/billing/docs").await;
    assert!(moved.status.is_redirection(), "{}", moved.status);
    assert_eq!(moved.header("location"), "docs/");
    let page = String::from_utf8(get("/billing/docs/").await.expect(200).bytes).unwrap();
    assert!(page.contains("swagger-ui"));
    let start = get("/billing/docs/swagger-initializer.js").await.expect(200);
    assert!(String::from_utf8(start.bytes).unwrap().contains("../openapi.json"));
    get("/billing/openapi.json").await.expect(200);
}
