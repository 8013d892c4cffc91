//! Requests that can't be meant, to every operation: refused where they are wrong, and without a trace.

use serde_json::{Value, json};

use super::fields::{self, Form};
use super::operation::Operation;
use super::side::Side;
use crate::answer::Answer;
use crate::support::{App, Client};

/// A request that succeeds, to be spoilt.
struct Trial<'a> {
    operation: &'a Operation,
    side: &'a Side<'a>,
    path: String,
    etag: String,
    body: String,
}

impl<'a> Trial<'a> {
    async fn new(operation: &'a Operation, side: &'a Side<'a>) -> Self {
        let thing = match operation.row.about {
            Some(kind) => Some(side.make(kind, &side.founder).await),
            None => None,
        };
        let path = operation.at(thing.as_ref().map_or(&[], |thing| &thing.ids));
        let etag = operation.etag(side, &side.founder, thing.as_ref()).await;
        let body = operation.filled(side, &side.founder, thing.as_ref(), "").await;
        Self { operation, side, path, etag, body: body.unwrap_or_default() }
    }

    fn sender(&self) -> Client<'_> {
        let owner = self.side.founder.client.clone();
        if self.etag.is_empty() { owner } else { owner.with("if-match", &*self.etag) }
    }

    async fn send(&self, body: impl Into<Vec<u8>>) -> Answer {
        let sender = self.sender().with("content-type", "application/json");
        let answer = sender.raw(&self.operation.method, &self.path, body.into()).await;
        self.operation.check(&answer);
        answer
    }

    /// What was done in the team until now.
    async fn trace(&self) -> (Value, Value) {
        let owner = &self.side.founder.client;
        let security = format!("/teams/{}/security-audit", self.side.team);
        let (billing, security) = (owner.get("/audit").await, owner.get(&security).await);
        (billing.expect(200).body(), security.expect(200).body())
    }
}

#[track_caller]
fn refused(answer: &Answer, told: &str, statuses: &[u16], pointer: &str) {
    let text = answer.text_of_body();
    assert!(statuses.contains(&answer.status.as_u16()), "{told}: {} {text}", answer.status.as_u16());
    let (_, fields) = answer.problem();
    let named = fields.iter().any(|(named, _)| named == pointer);
    assert!(named, "{told}: not at {pointer}: {text}");
}

#[tokio::test]
async fn a_field_of_another_type_and_one_too_many_are_refused_at_their_place() {
    let app = App::new().await;
    let side = Side::new(&app, "ours").await;
    let mut tried = 0;
    for operation in Operation::all() {
        let Some(content) = operation.documented["requestBody"]["content"].as_object() else { continue };
        let trial = Trial::new(&operation, &side).await;
        let before = trial.trace().await;
        let valid: Value = serde_json::from_str(&trial.body).unwrap();
        let is_patch = operation.method == "PATCH";
        for field in fields::of(&content.values().next().unwrap()["schema"]) {
            let at = &field.pointer;
            let mut wrong = field.form.wrong();
            if !field.nullable && !is_patch {
                wrong.push(Value::Null);
            }
            for value in wrong {
                tried += 1;
                let told = format!("{} {at} = {value}", operation.name());
                let answer = trial.send(fields::with(&valid, at, value).to_string()).await;
                refused(&answer, &told, &[422], at);
            }
            if field.form == Form::Record {
                tried += 1;
                let at = format!("{at}/nonsense");
                let answer = trial.send(fields::with(&valid, &at, json!(1)).to_string()).await;
                refused(&answer, &format!("{} {at}", operation.name()), &[422], &at);
            }
        }
        assert_eq!(trial.trace().await, before, "{} left a trace", operation.name());
    }
    assert!(tried >= 3_000, "{tried}");
}

#[tokio::test]
async fn whole_numbers_may_end_in_a_point_and_a_zero_and_are_told_when_they_are_out_of_range() {
    let app = App::new().await;
    let side = Side::new(&app, "ours").await;
    let mut tried = 0;
    for operation in Operation::all() {
        let Some(content) = operation.documented["requestBody"]["content"].as_object() else { continue };
        for field in fields::of(&content.values().next().unwrap()["schema"]) {
            if field.form != Form::Whole {
                continue;
            }
            tried += 1;
            let (at, mut found) = (&field.pointer, Vec::new());
            for value in [json!(3), json!(3.0), json!(65_536.0 * 65_536.0 * 65_536.0 * 65_536.0), json!(-1)] {
                let trial = Trial::new(&operation, &side).await;
                let valid: Value = serde_json::from_str(&trial.body).unwrap();
                let answer = trial.send(fields::with(&valid, at, value).to_string()).await;
                let errors = if answer.status.is_success() { Value::Null } else { answer.at("/errors") };
                found.push((answer.status, errors));
            }
            let told = format!("{} {at}", operation.name());
            assert_eq!(found[0], found[1], "{told}");
            assert_eq!(found[2], found[3], "{told}");
            let error = &found[2].1[0];
            assert_eq!((&error["pointer"], &error["code"]), (&json!(at), &json!("out_of_range")), "{told}");
        }
    }
    assert!(tried >= 20, "{tried}");
}

#[tokio::test]
async fn texts_that_are_none_are_refused() {
    let app = App::new().await;
    let side = Side::new(&app, "ours").await;
    let mut tried = 0;
    for operation in Operation::all() {
        let Some(content) = operation.documented["requestBody"]["content"].as_object() else { continue };
        let trial = Trial::new(&operation, &side).await;
        let before = trial.trace().await;
        let valid: Value = serde_json::from_str(&trial.body).unwrap();
        for field in fields::of(&content.values().next().unwrap()["schema"]) {
            let at = match field.form {
                Form::Text => field.pointer,
                Form::Texts => format!("{}/name", field.pointer),
                _ => continue,
            };
            let marked = fields::with(&valid, &at, json!("<here>")).to_string();
            for (name, text) in [("a lone surrogate", "\\ud800"), ("half an escape", "\\u12")] {
                tried += 1;
                let answer = trial.send(marked.replace("<here>", text)).await;
                let told = format!("{} {at}: {name}", operation.name());
                assert_eq!(answer.status, 400, "{told}");
                assert_eq!(answer.problem().0, "malformed_json", "{told}");
            }
            let (start, end) = marked.split_once("<here>").unwrap();
            let answer = trial.send([start.as_bytes(), b"\xff", end.as_bytes()].concat()).await;
            assert_eq!(answer.status, 400, "{} {at}: not UTF-8", operation.name());
            let answer = trial.send(marked.replace("<here>", "a\\u0000b")).await;
            let told = format!("{} {at}: NUL: {}", operation.name(), answer.text_of_body());
            let taken = if operation.path.contains("/bulk/") && answer.status.is_success() {
                // Each of them is answered alone.
                !answer.at("/items/0/problem").is_null()
            } else {
                // Cleaned instead of refused: nobody should fail to log in for it.
                operation.name() == "log_in" && at == "/device"
            };
            assert!(answer.status.is_client_error() || taken, "{told}");
        }
        assert_eq!(trial.trace().await, before, "{} left a trace", operation.name());
    }
    assert!(tried >= 800, "{tried}");
}

#[tokio::test]
async fn bodies_that_are_none_are_refused() {
    let app = App::new().await;
    let side = Side::new(&app, "ours").await;
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    let (lists, objects) = (deep("[", "]"), deep("{\"a\":", "}"));
    for operation in Operation::all() {
        if !operation.documented["requestBody"].is_object() {
            continue;
        }
        let name = operation.name();
        let trial = Trial::new(&operation, &side).await;
        let before = trial.trace().await;
        let field = |value: &str| {
            let start = trial.body.trim_end().strip_suffix('}').unwrap().trim_end();
            let comma = if start.ends_with('{') { "" } else { "," };
            format!("{start}{comma}\"nonsense\":{value}}}")
        };
        for body in [&lists, &objects, &field(&lists), &field(&objects)] {
            let answer = trial.send(body.as_str()).await;
            assert!([400, 413, 422].contains(&answer.status.as_u16()), "{name}: {}", answer.status);
        }
        for body in
            ["{", "[]", "null", "7", "\"text\"", "nonsense", "{}{}", "{\"a\":1,}", "\u{feff}{}", "{} x", "  "]
        {
            let answer = trial.send(body).await;
            assert!([400, 422].contains(&answer.status.as_u16()), "{name} {body}: {}", answer.status);
        }
        let repeated = trial.body.replacen('{', "{\"nonsense\":1,\"nonsense\":2,", 1).replace(",}", "}");
        refused(&trial.send(repeated).await, name, &[422], "/nonsense");
        let big = trial.send(field(&format!("\"{}\"", "x".repeat(2_000_000)))).await;
        assert!([413, 422].contains(&big.status.as_u16()), "{name}: {}", big.status);
        let huge = trial.send(field(&format!("\"{}\"", "x".repeat(4_200_000)))).await;
        assert_eq!(huge.status, 413, "{name}");
        for kind in
            ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/xml"]
        {
            let sender =
                if kind.is_empty() { trial.sender() } else { trial.sender().with("content-type", kind) };
            let body = if trial.body.is_empty() { "{}".to_owned() } else { trial.body.clone() };
            let answer = sender.raw(&operation.method, &trial.path, body).await;
            operation.check(&answer);
            answer.refused(415, "unsupported_media_type");
        }
        assert_eq!(trial.trace().await, before, "{name} left a trace");
    }
}

#[tokio::test]
async fn queries_that_say_nothing_or_too_much_are_refused_at_their_parameter() {
    let app = App::new().await;
    let side = Side::new(&app, "ours").await;
    let mut tried = 0;
    for operation in Operation::all() {
        let trial = Trial::new(&operation, &side).await;
        let ask = async |query: &str| {
            let joint = if trial.path.contains('?') { '&' } else { '?' };
            let path = format!("{}{joint}{query}", trial.path);
            let sender = trial.sender().with("content-type", "application/json");
            let answer = sender.raw(&operation.method, &path, trial.body.clone()).await;
            operation.check(&answer);
            answer
        };
        let told = |query: &str| format!("{} ?{query}", operation.name());
        refused(&ask("nonsense=1").await, &told("nonsense"), &[400], "/nonsense");
        for (name, schema) in operation.parameters("query") {
            if name == "locale" {
                continue;
            }
            tried += 1;
            let twice = format!("{name}=1&{name}=2");
            refused(&ask(&twice).await, &told(&twice), &[400], &format!("/{name}"));
            for text in ["a%00b", "%FF"] {
                let query = format!("{name}={text}");
                assert_eq!(ask(&query).await.status, 400, "{}", told(&query));
            }
            let document = crate::document::document();
            let target =
                schema["$ref"].as_str().and_then(|path| document.pointer(path.trim_start_matches('#')));
            let schema = target.unwrap_or(schema);
            // A pattern that asks only for something to be seen takes nonsense too.
            let pattern = schema["pattern"].as_str().filter(|pattern| *pattern != r"\S");
            let free = schema["type"] == "string" && pattern.is_none() && schema["enum"].is_null();
            if !free && !operation.row.query.contains(name) {
                // Amounts compare within one currency only, which is looked at first.
                let currency = if name.starts_with("amount_") { "currency=EUR&" } else { "" };
                let wrong = format!("{currency}{name}=nonsense%21");
                refused(&ask(&wrong).await, &told(&wrong), &[400], &format!("/{name}"));
            }
        }
    }
    assert!(tried >= 60, "{tried}");
}
