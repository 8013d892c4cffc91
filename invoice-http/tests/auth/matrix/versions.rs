//! Versions of what is changed, and requests that may be repeated.

use super::operation::Operation;
use super::rows::May;
use super::side::{Side, Thing};
use crate::support::App;

/// What is ended at once, whatever became of it since it was seen.
const ENDED: [&str; 3] = ["revoke_session", "revoke_api_key", "revoke_invitation"];

/// Something new for a request to be about, its path and its body.
async fn prepared(operation: &Operation, side: &Side<'_>) -> (Option<Thing>, String, Option<String>) {
    let thing = match operation.row.about {
        Some(kind) => Some(side.make(kind, &side.founder).await),
        None => None,
    };
    let path = operation.at(thing.as_ref().map_or(&[], |thing| &thing.ids));
    let body = operation.filled(side, &side.founder, thing.as_ref(), "").await;
    (thing, path, body)
}

#[tokio::test]
async fn what_changes_or_removes_names_the_version_that_it_is_about() {
    let app = App::new().await;
    let side = Side::new(&app, "ours").await;
    let owner = &side.founder.client;
    let mut tried = 0;
    for operation in Operation::all() {
        if !["PATCH", "PUT", "DELETE"].contains(&operation.method.as_str()) {
            continue;
        }
        let name = operation.name();
        let (thing, path, body) = prepared(&operation, &side).await;
        if ENDED.contains(&name) {
            let refused = operation.ask(owner, &path, "\"1\"", body.as_deref()).await;
            refused.refused(400, "malformed_header");
            continue;
        }
        tried += 1;
        assert!(operation.takes("If-Match"), "{name} documents no If-Match");
        let etag = operation.etag(&side, &side.founder, thing.as_ref()).await;
        assert!(etag.len() >= 3, "{name} has no entity tag to name");
        operation.ask(owner, &path, "", body.as_deref()).await.refused(428, "precondition_required");
        for stale in ["\"4711\"", "W/\"1\"", "\"x\""] {
            let refused = operation.ask(owner, &path, stale, body.as_deref()).await;
            refused.refused(412, "precondition_failed");
        }
        for malformed in ["*", "1", "\"1\", \"2\""] {
            let refused = operation.ask(owner, &path, malformed, body.as_deref()).await;
            refused.refused(400, "malformed_header");
        }
        let found = operation.etag(&side, &side.founder, thing.as_ref()).await;
        assert_eq!(found, etag, "{name} did something at another version");
    }
    assert!(tried >= 15, "{tried}");
}

#[tokio::test]
async fn an_action_may_name_the_version_that_it_is_about() {
    let app = App::new().await;
    let side = Side::new(&app, "ours").await;
    let owner = &side.founder.client;
    let mut tried = 0;
    for operation in Operation::all() {
        if operation.method != "POST" || operation.row.about.is_none() || !operation.takes("If-Match") {
            continue;
        }
        tried += 1;
        let (_, path, body) = prepared(&operation, &side).await;
        let refused = operation.ask(owner, &path, "\"4711\"", body.as_deref()).await;
        assert_eq!(refused.status, 412, "{}", operation.name());
        let done = operation.ask(owner, &path, "", body.as_deref()).await;
        assert!(done.status.is_success(), "{} was done before", operation.name());
    }
    assert!(tried >= 20, "{tried}");
}

#[tokio::test]
async fn what_is_about_no_record_takes_no_version() {
    let app = App::new().await;
    let side = Side::new(&app, "ours").await;
    let mut tried = 0;
    for operation in Operation::all() {
        let of_billing = !operation.path.contains("/auth/");
        if operation.method != "POST" || operation.takes("If-Match") || !of_billing {
            continue;
        }
        tried += 1;
        let name = operation.name();
        let (_, path, body) = prepared(&operation, &side).await;
        for version in ["\"7\"", "\"x\"", "W/\"1\"", "*"] {
            let refused = operation.ask(&side.founder.client, &path, version, body.as_deref()).await;
            refused.refused(400, "malformed_header");
        }
        let anonymous = operation.ask(&app.anyone(), &path, "\"7\"", body.as_deref()).await;
        assert_eq!(anonymous.status, 401, "{name}");
        assert!(operation.documented["responses"]["412"].is_null(), "{name} documents 412");
    }
    assert!(tried >= 18, "{tried}");
}

#[tokio::test]
async fn every_post_of_billing_may_be_repeated_with_its_key() {
    let app = App::new().await;
    let side = Side::new(&app, "ours").await;
    let mut tried = 0;
    for operation in Operation::all() {
        let of_billing = !matches!(operation.row.may, May::Anybody | May::Anyone)
            && !["/teams/", "/users"].iter().any(|part| operation.path.contains(part));
        if operation.method != "POST" || !of_billing {
            continue;
        }
        tried += 1;
        let name = operation.name();
        assert!(operation.takes("Idempotency-Key"), "{name} documents no Idempotency-Key");
        let (_, path, body) = prepared(&operation, &side).await;
        let body = body.unwrap_or_default();
        let keyed = side.founder.client.with("idempotency-key", name);
        let first = operation.ask(&keyed, &path, "", Some(&body)).await;
        assert!(first.status.is_success(), "{name}: {}", first.text_of_body());
        app.clock.advance_millis(1_000);
        let again = operation.ask(&keyed, &path, "", Some(&body)).await;
        assert_eq!(again.bytes, first.bytes, "{name}");
        assert_eq!((again.status, again.headers), (first.status, first.headers), "{name}");
        // A space is another body.
        let other = operation.ask(&keyed, &path, "", Some(&format!("{body} "))).await;
        let nothing_to_repeat = name == "preview_invoice";
        if nothing_to_repeat || path.contains("/bulk/") {
            continue;
        }
        other.refused(422, "idempotency_mismatch");
        for malformed in ["", "ü", "a b", &"k".repeat(256)] {
            let keyed = side.founder.client.with("idempotency-key", malformed);
            operation.ask(&keyed, &path, "", Some(&body)).await.refused(400, "malformed_header");
        }
    }
    assert!(tried >= 35, "{tried}");
}
