//! What the OpenAPI document must say of every operation.

use serde_json::Value;

use super::operation::Operation;
use super::rows::May;
use crate::support::App;

#[test]
fn every_error_is_documented_as_a_problem() {
    for operation in Operation::all() {
        let mut expected = vec!["400", "429", "500", "503"];
        if operation.row.may != May::Anybody {
            expected.extend(["401", "403"]);
        }
        if operation.path.contains('{') {
            expected.push("404");
        }
        if operation.takes("If-Match") {
            expected.push("412");
        }
        if operation.parameters("header").iter().any(|(name, _)| *name == "Idempotency-Key") {
            expected.extend(["409", "422"]);
        }
        if operation.documented["requestBody"].is_object() {
            expected.extend(["413", "415", "422"]);
        }
        if ["PATCH", "PUT", "DELETE"].contains(&operation.method.as_str()) && operation.takes("If-Match") {
            expected.push("428");
        }
        let responses = operation.documented["responses"].as_object().unwrap();
        for status in expected {
            assert!(responses.contains_key(status), "{} does not document {status}", operation.name());
        }
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let content = response["content"].as_object().unwrap();
            let kinds: Vec<_> = content.keys().map(String::as_str).collect();
            assert_eq!(kinds, ["application/problem+json"], "{} {status}", operation.name());
            let schema = &content["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{} {status}", operation.name());
        }
        let succeeds = responses.keys().filter(|status| status.starts_with('2')).count();
        assert!(succeeds >= 1, "{} documents no success", operation.name());
    }
}

#[test]
fn what_is_read_alone_and_what_was_changed_have_entity_tags() {
    for operation in Operation::all() {
        let name = operation.name();
        let tagged = ["200", "201"]
            .iter()
            .any(|status| operation.documented["responses"][status]["headers"]["ETag"].is_object());
        let one = name.starts_with("read_") && !["read_keys", "read_security_audit"].contains(&name);
        let changed = ["PATCH", "PUT"].contains(&operation.method.as_str());
        if one || changed {
            assert!(tagged, "{name} answers without an entity tag");
        }
    }
}

#[test]
fn bodies_refuse_what_they_do_not_know() {
    let document = crate::document::document();
    for operation in Operation::all() {
        let Some(content) = operation.documented["requestBody"]["content"].as_object() else { continue };
        for media in content.values() {
            let reference = media["schema"]["$ref"].as_str().unwrap_or_default();
            let schema = document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
            let forms = schema["oneOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
            for form in forms {
                assert_eq!(form["additionalProperties"], false, "{}: {reference}", operation.name());
            }
        }
    }
}

#[tokio::test]
async fn pages_are_bounded_and_say_what_is_wrong_with_how_they_are_asked_for() {
    let app = App::new().await;
    let side = super::side::Side::new(&app, "ours").await;
    let mut tried = 0;
    for operation in Operation::all() {
        let parameters = operation.parameters("query");
        let answer =
            &operation.documented["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        let is_page = answer.as_str().is_some_and(|schema| schema.contains("/Page_"));
        let limit = parameters.iter().find(|(name, _)| *name == "limit");
        assert!(limit.is_some() || !is_page, "{} is a page without a limit", operation.name());
        let Some((_, limit)) = limit else { continue };
        tried += 1;
        assert_eq!((&limit["minimum"], &limit["maximum"]), (&1.into(), &100.into()), "{}", operation.name());
        let thing = match operation.row.about {
            Some(kind) => side.make(kind, &side.founder).await.ids,
            None => Vec::new(),
        };
        let path = operation.at(&thing);
        let joint = if path.contains('?') { '&' } else { '?' };
        for (wrong, pointer) in [
            ("limit=0", "/limit"),
            ("limit=101", "/limit"),
            ("limit=-1", "/limit"),
            ("limit=many", "/limit"),
            ("limit=99999999999999999999", "/limit"),
            ("limit=1&limit=2", "/limit"),
            ("cursor=nonsense", "/cursor"),
            ("cursor=%C3%BC", "/cursor"),
            ("cursor=a&cursor=b", "/cursor"),
            ("nonsense=1", "/nonsense"),
        ] {
            let told = format!("{} {wrong}", operation.name());
            let refused =
                operation.ask(&side.founder.client, &format!("{path}{joint}{wrong}"), "", None).await;
            assert_eq!(refused.status, 400, "{told}: {}", refused.text_of_body());
            let (code, fields) = refused.problem();
            assert_eq!(code, "invalid_query", "{told}");
            assert_eq!(fields.first().map(|(pointer, _)| pointer.as_str()), Some(pointer), "{told}");
        }
    }
    assert!(tried >= 14, "{tried}");
}
