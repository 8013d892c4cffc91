//! Taking fields out of an object: none unknown, none twice, each of its kind.

use std::str::FromStr;

use invoice_core::{Currency, Money, NumberError};

use super::Problem;
use super::node::{Node, step};

/// An object whose fields are taken one by one.
pub(super) struct Fields<'a> {
    pointer: String,
    entries: Vec<(&'a str, &'a Node)>,
    taken: Vec<&'static str>,
}

/// A value and its place.
#[derive(Clone)]
pub(super) struct Value<'a> {
    pub(super) pointer: String,
    node: &'a Node,
}

impl<'a> Value<'a> {
    pub(super) fn root(node: &'a Node) -> Self {
        Self { pointer: String::new(), node }
    }

    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.pointer.clone(), message)
    }

    fn is_null(&self) -> bool {
        matches!(self.node, Node::Null)
    }

    pub(super) fn object(&self) -> Result<Fields<'a>, Problem> {
        let Node::Object(entries) = self.node else { return Err(self.problem("must be an object")) };
        let mut known: Vec<(&str, &Node)> = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            if known.iter().any(|(earlier, _)| earlier == key) {
                return Err(Problem::new(format!("{}{}", self.pointer, step(key)), "the same field twice"));
            }
            // Documents have some thirty fields; a long list of them is not one.
            if known.len() >= 100 {
                return Err(self.problem("too many fields"));
            }
            known.push((key, node));
        }
        Ok(Fields { pointer: self.pointer.clone(), entries: known, taken: Vec::new() })
    }

    pub(super) fn list(&self) -> Result<Vec<Value<'a>>, Problem> {
        let Node::List(items) = self.node else { return Err(self.problem("must be a list")) };
        let item = |(index, node)| Value { pointer: format!("{}{}", self.pointer, step(index)), node };
        Ok(items.iter().enumerate().map(item).collect())
    }

    pub(super) fn text(&self) -> Result<&'a str, Problem> {
        match self.node {
            Node::Text(text) => Ok(text),
            Node::Number => Err(self.problem("a JSON number; amounts and numbers are written as strings")),
            _ => Err(self.problem("must be a string")),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool, Problem> {
        match self.node {
            Node::Bool(value) => Ok(*value),
            _ => Err(self.problem("must be true or false")),
        }
    }

    /// A number of one of the engine's types.
    pub(super) fn number<T: FromStr<Err = NumberError>>(&self) -> Result<T, Problem> {
        let text = self.text()?;
        text.parse().map_err(|error| self.problem(format!("{error}: {}", quoted(text))))
    }

    pub(super) fn money(&self, currency: Currency) -> Result<Money, Problem> {
        let text = self.text()?;
        Money::parse(text, currency).map_err(|error| self.problem(format!("{error}: {}", quoted(text))))
    }
}

/// A user's text in a message, cut early: the reason stands before it.
pub(super) fn quoted(text: &str) -> String {
    let start: String = text.chars().take(30).collect();
    if start.len() < text.len() { format!("`{start}…`") } else { format!("`{text}`") }
}

impl<'a> Fields<'a> {
    /// The field, if it is there and not null.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<Value<'a>> {
        self.taken.push(name);
        let (_, node) = self.entries.iter().find(|(key, _)| *key == name)?;
        Some(Value { pointer: format!("{}{}", self.pointer, step(name)), node })
            .filter(|value| !value.is_null())
    }

    pub(super) fn required(&mut self, name: &'static str) -> Result<Value<'a>, Problem> {
        let pointer = format!("{}{}", self.pointer, step(name));
        self.optional(name).ok_or_else(|| Problem::new(pointer, "is missing"))
    }

    /// A list that may be absent.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Vec<Value<'a>>, Problem> {
        self.optional(name).map_or(Ok(Vec::new()), |value| value.list())
    }

    /// Texts that only inform; absent or null is fine.
    pub(super) fn information(&mut self, names: &[&'static str]) -> Result<(), Problem> {
        for name in names {
            if let Some(value) = self.optional(name) {
                value.text()?;
            }
        }
        Ok(())
    }

    /// Nothing else may be there.
    pub(super) fn end(self) -> Result<(), Problem> {
        match self.entries.iter().find(|(key, _)| !self.taken.contains(key)) {
            Some((key, _)) => Err(Problem::new(format!("{}{}", self.pointer, step(key)), "unknown field")),
            None => Ok(()),
        }
    }
}
