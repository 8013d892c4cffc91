//! Requests that prepare what is measured, one connection each.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use invoice_benches::Wrong;
use serde_json::Value;

use crate::wrk::{bearer, request};

/// Somebody who asks a server.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    address: String,
    token: Option<String>,
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), token: None }
    }

    pub(crate) fn bearing(&self, token: &str) -> Self {
        Self { address: self.address.clone(), token: Some(token.to_owned()) }
    }

    /// What is answered, if it says that it was done.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> Result<String, Wrong> {
        let login = self.token.as_deref().map(bearer).unwrap_or_default();
        let head = format!("connection: close\r\n{login}");
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(request(method, path, &self.address, &head, body).as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.starts_with("HTTP/1.1 2") => Ok(body.to_owned()),
            _ => Err(format!("{method} {path} was answered {answer}").into()),
        }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Wrong> {
        Ok(serde_json::from_str(&self.send("POST", path, &body.to_string())?)?)
    }
}

/// A text in an answer, by its pointer.
pub(crate) fn text<'v>(answer: &'v Value, pointer: &str) -> Result<&'v str, Wrong> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| format!("no {pointer} in {answer}").into())
}
