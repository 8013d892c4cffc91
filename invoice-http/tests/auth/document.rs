//! The OpenAPI document with the routes of accounts and teams.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&invoice_http::openapi_with_auth().to_json().unwrap()).unwrap());

pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

pub(crate) fn operations() -> Vec<(String, String, Value)> {
    let document = document();
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

/// What accounts add to the document of billing.
fn added() -> Value {
    let billing: Value = serde_json::from_str(&invoice_http::openapi().to_json().unwrap()).unwrap();
    let document = document();
    let own = |pointer: &str| -> Value {
        let (all, known) = (document.pointer(pointer).unwrap(), billing.pointer(pointer).unwrap());
        let fields = all.as_object().unwrap().iter();
        fields
            .filter(|(name, _)| known.get(name.as_str()).is_none())
            .map(|(name, one)| (name.clone(), one.clone()))
            .collect()
    };
    json!({"paths": own("/paths"), "schemas": own("/components/schemas")})
}

/// To accept a change: `UPDATE_SNAPSHOTS=1 cargo test -p invoice-http --all-features the_document`.
#[test]
fn the_document_of_accounts_is_the_one_that_was_looked_at() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/openapi-auth.json");
    let found = serde_json::to_string_pretty(&added()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == found, "the document of accounts has changed: look at it, then UPDATE_SNAPSHOTS=1");
}

#[test]
fn accounts_change_nothing_that_billing_documents() {
    let billing: Value = serde_json::from_str(&invoice_http::openapi().to_json().unwrap()).unwrap();
    let document = document();
    for pointer in ["/paths", "/components/schemas"] {
        for (name, one) in billing.pointer(pointer).unwrap().as_object().unwrap() {
            assert_eq!(document.pointer(pointer).unwrap().get(name), Some(one), "{pointer} {name}");
        }
    }
}

#[test]
fn every_operation_has_its_own_name_a_summary_and_its_errors() {
    let mut names = Vec::new();
    for (path, method, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!names.contains(&name) && !name.is_empty(), "{method} {path}: {name}");
        names.push(name);
        assert!(operation["summary"].is_string(), "{method} {path}");
        for status in ["400", "401", "403", "429", "500", "503"] {
            assert!(operation["responses"][status].is_object(), "{method} {path}: {status}");
        }
        if method == "patch" {
            assert!(operation["parameters"].to_string().contains("If-Match"), "{path}");
        }
    }
    for expected in ["log_in", "create_team", "read_keys", "publish_invoice"] {
        assert!(names.iter().any(|name| name == expected), "{expected}");
    }
}

#[test]
fn only_what_anybody_may_do_needs_no_token() {
    let open: Vec<_> = operations()
        .into_iter()
        .filter(|(_, _, operation)| operation["security"] == serde_json::json!([{}]))
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        "read_keys",
        "confirm_email_change",
        "verify_email",
        "log_in",
        "request_password_reset",
        "reset_password",
        "refresh",
        "register",
    ];
    assert_eq!(open, expected);
}

#[test]
fn every_schema_has_an_example_and_every_reference_leads_somewhere() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema.get("example").or(schema.get("examples")).is_some_and(|one| !one.is_null()), "{name}");
    }
    for part in document.to_string().split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn without_accounts_the_document_has_none() {
    let document = invoice_http::openapi();
    assert!(document.paths.paths.keys().all(|path| !path.contains("/auth/") && !path.contains("/teams")));
}
