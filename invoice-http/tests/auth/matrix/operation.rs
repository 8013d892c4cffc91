//! An operation as the OpenAPI document has it, and requests to it.

use serde_json::Value;

use super::rows::{self, Row};
use super::side::{Kind, Person, Side, Thing};
use crate::answer::Answer;
use crate::document;
use crate::support::{Client, PASSWORD, email};

pub(super) struct Operation {
    pub(super) row: &'static Row,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) documented: Value,
}

/// Words of a body that stand for something of a team's.
pub(super) const NAMED: [(&str, Kind); 6] = [
    ("$client", Kind::Client),
    ("$customer", Kind::Client),
    ("$invoice", Kind::Invoice),
    ("$draft", Kind::Draft),
    ("$member", Kind::Member),
    ("$team", Kind::Team),
];

impl Operation {
    /// Every operation, which has to have a row.
    pub(super) fn all() -> Vec<Self> {
        let all = document::operations().into_iter().map(|(path, method, documented)| {
            let row = rows::of(documented["operationId"].as_str().unwrap());
            Self { row, method: method.to_uppercase(), path, documented }
        });
        all.collect()
    }

    pub(super) fn name(&self) -> &'static str {
        self.row.operation
    }

    /// The schemas of its parameters of this sort, by their names.
    pub(super) fn parameters(&self, sort: &str) -> Vec<(&str, &Value)> {
        let all = self.documented["parameters"].as_array().unwrap().iter();
        let all = all.filter(|one| one["in"] == sort);
        all.map(|one| (one["name"].as_str().unwrap(), &one["schema"])).collect()
    }

    pub(super) fn takes(&self, header: &str) -> bool {
        self.parameters("header").iter().any(|(name, _)| *name == header)
    }

    pub(super) fn changes(&self) -> bool {
        self.method != "GET"
    }

    /// The body before its words are filled in.
    pub(super) fn template(&self) -> Option<String> {
        if let Some(body) = self.row.body {
            return Some(body.to_owned());
        }
        let content = self.documented["requestBody"]["content"].as_object()?;
        let reference = content.values().next()?["schema"]["$ref"].as_str()?;
        let schema = document::document().pointer(reference.trim_start_matches('#')).unwrap();
        let example = schema.get("example").unwrap_or_else(|| &schema["examples"][0]).to_string();
        let mut body = example;
        for (id, word) in [("cli_", "$client"), ("inv_", "$invoice"), ("usr_", "$member")] {
            body = body.replace(&format!("{id}0192d3f0c1a47b3e8f7a5d6c4b3a2910"), word);
        }
        Some(body)
    }

    /// The path with these identifiers in it.
    pub(super) fn at(&self, ids: &[String]) -> String {
        let mut path = String::new();
        let mut ids = ids.iter();
        for part in self.path.split('/').skip(1) {
            path.push('/');
            path.push_str(if part.starts_with('{') { ids.next().unwrap() } else { part });
        }
        assert!(ids.next().is_none(), "{}: more identifiers than its path has", self.name());
        if self.row.query.is_empty() { path } else { format!("{path}?{}", self.row.query) }
    }

    /// Asks, and holds the answer against what is documented.
    pub(super) async fn ask(
        &self,
        caller: &Client<'_>,
        path: &str,
        etag: &str,
        body: Option<&str>,
    ) -> Answer {
        let caller = if etag.is_empty() { caller.clone() } else { caller.with("if-match", etag) };
        let caller = if body.is_some() { caller.with("content-type", "application/json") } else { caller };
        let answer = caller.raw(&self.method, path, body.unwrap_or_default().to_owned()).await;
        self.check(&answer);
        answer
    }

    /// An answer as the document says that it may be.
    pub(super) fn check(&self, answer: &Answer) {
        let status = answer.status.as_str();
        let told = format!("{}: {status} {}", self.name(), answer.text_of_body());
        let documented = &self.documented["responses"][status];
        assert!(documented.is_object(), "not documented: {told}");
        assert!(!answer.status.is_server_error(), "{told}");
        let kind = answer.header("content-type").split(';').next().unwrap_or_default();
        match documented["content"].as_object() {
            Some(content) => assert!(content.contains_key(kind), "{kind} is not documented: {told}"),
            None => assert!(answer.bytes.is_empty(), "no content is documented: {told}"),
        }
        for header in documented["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
            let optional = header.eq_ignore_ascii_case("retry-after");
            assert!(optional || !answer.header(header).is_empty(), "without {header}: {told}");
        }
        if answer.status.is_client_error() {
            let (code, _) = answer.problem();
            assert!(!code.is_empty() && answer.body()["status"] == answer.status.as_u16(), "{told}");
        }
    }

    /// The entity tag that a change must name, if it names one.
    pub(super) async fn etag(&self, side: &Side<'_>, by: &Person<'_>, thing: Option<&Thing>) -> String {
        if !self.changes() || self.method == "POST" || !self.takes("If-Match") {
            return String::new();
        }
        match (self.row.about, thing) {
            (Some(kind), Some(thing)) => side.etag(kind, &thing.ids).await,
            _ => by.client.send("GET", &self.path, None).await.expect(200).etag(),
        }
    }

    /// The body with something of this team's for each of its words but one.
    pub(super) async fn filled(
        &self,
        side: &Side<'_>,
        by: &Person<'_>,
        thing: Option<&Thing>,
        but: &str,
    ) -> Option<String> {
        let mut body = self.template()?;
        for (word, kind) in NAMED {
            if word != but && body.contains(word) {
                let id = match word {
                    "$customer" => side.customer().to_owned(),
                    _ => side.make(kind, by).await.ids.pop().unwrap(),
                };
                body = body.replace(word, &id);
            }
        }
        let invoice = thing.map_or("", |thing| thing.invoice.as_str());
        let filled = body
            .replace("$its_invoice", invoice)
            .replace("$unique", &format!("n{}", side.app.number()))
            .replace("$unused", &side.unused())
            .replace("$email", &email(&by.name))
            .replace("$password", PASSWORD);
        Some(filled)
    }
}
