//! Walks over JSON documents.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several test programs")]

use serde_json::Value;

/// The pointers (RFC 6901) of all values that `wanted` accepts.
pub(crate) fn pointers(json: &Value, wanted: &dyn Fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    collect(json, wanted, "", &mut found);
    found
}

fn collect(json: &Value, wanted: &dyn Fn(&Value) -> bool, at: &str, found: &mut Vec<String>) {
    if wanted(json) {
        found.push(at.to_owned());
    }
    match json {
        Value::Object(fields) => {
            for (key, value) in fields {
                collect(value, wanted, &format!("{at}/{}", escaped(key)), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, wanted, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

pub(crate) fn is_leaf(json: &Value) -> bool {
    !json.is_object() && !json.is_array()
}

/// The document with another value at a place.
pub(crate) fn with(json: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = json.clone();
    *changed.pointer_mut(pointer).unwrap() = value;
    changed
}

/// The document without the field or list element at a place.
pub(crate) fn without(json: &Value, pointer: &str) -> Value {
    let mut changed = json.clone();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match changed.pointer_mut(parent).unwrap() {
        Value::Object(fields) => {
            fields.remove(&last.replace("~1", "/").replace("~0", "~")).unwrap();
        }
        Value::Array(items) => {
            items.remove(last.parse().unwrap());
        }
        other => panic!("nothing to remove from {other}"),
    }
    changed
}
