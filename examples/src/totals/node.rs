//! JSON as it stands in the file: numbers unread, keys in order and possibly twice, and every error with its place.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Problem;

pub(super) enum Node {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Reads a whole document.
pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let path = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = At { path: &path }.deserialize(&mut deserializer);
    let whole = parsed.and_then(|node| deserializer.end().map(|()| node));
    whole.map_err(|error| Problem::new(path.take().concat(), format!("not readable as JSON: {error}")))
}

/// One more step of a JSON Pointer.
pub(super) fn step(name: impl fmt::Display) -> String {
    format!("/{}", name.to_string().replace('~', "~0").replace('/', "~1"))
}

/// Where the reading is. What fails leaves the path as it was, so that the error has a place.
#[derive(Clone, Copy)]
struct At<'a> {
    path: &'a RefCell<Vec<String>>,
}

impl At<'_> {
    fn enter(self, name: impl fmt::Display) {
        self.path.borrow_mut().push(step(name));
    }

    fn leave(self) {
        self.path.borrow_mut().pop();
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        self.enter(0);
        while let Some(node) = items.next_element_seed(self)? {
            list.push(node);
            self.leave();
            self.enter(list.len());
        }
        self.leave();
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.enter(&key);
            object.push((key, entries.next_value_seed(self)?));
            self.leave();
        }
        Ok(Node::Object(object))
    }
}
