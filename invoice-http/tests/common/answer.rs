//! What the API answered, and what a test expects of it.

use std::borrow::Cow;

use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// This answer, which has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text_of_body());
        self
    }

    /// The body as it came.
    pub(crate) fn text_of_body(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    pub(crate) fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    #[track_caller]
    pub(crate) fn at(&self, pointer: &str) -> Value {
        self.body().pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {}", self.body())).clone()
    }

    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> String {
        self.at(pointer).as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn etag(&self) -> String {
        self.header("etag").to_owned()
    }

    /// The problem's code, and the pointers and codes of its fields.
    pub(crate) fn problem(&self) -> (String, Vec<(String, String)>) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let fields = self.at("/errors");
        let field = |field: &Value, name: &str| field[name].as_str().unwrap().to_owned();
        let fields = fields.as_array().unwrap().iter();
        (self.text("/code"), fields.map(|one| (field(one, "pointer"), field(one, "code"))).collect())
    }

    /// The code of a problem with one wrong field, and that field.
    #[track_caller]
    pub(crate) fn field(&self) -> (String, String, String) {
        let (code, mut fields) = self.problem();
        assert_eq!(fields.len(), 1, "{}", self.body());
        let (pointer, field) = fields.remove(0);
        (code, pointer, field)
    }

    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.problem().0, code);
        answer
    }
}
