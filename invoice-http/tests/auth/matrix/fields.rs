//! The fields of a body, as its schema has them.

use serde_json::{Map, Value, json};

use crate::document;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Whole,
    YesNo,
    List,
    Record,
    /// Texts by names of the caller's own.
    Texts,
}

pub(super) struct Field {
    /// As a JSON Pointer.
    pub(super) pointer: String,
    pub(super) form: Form,
    pub(super) nullable: bool,
}

impl Form {
    /// Values of other types.
    pub(super) fn wrong(self) -> Vec<Value> {
        match self {
            Self::Text => vec![json!(7), json!({})],
            Self::Whole => vec![json!("7"), json!(1.5), json!(-1.0e300)],
            Self::YesNo => vec![json!("true"), json!(1)],
            Self::List => vec![json!("x"), json!({"0": 1})],
            Self::Record | Self::Texts => vec![json!("x"), json!([])],
        }
    }
}

/// Every field of a body with this schema, at any depth; the body itself is the first.
pub(super) fn of(schema: &Value) -> Vec<Field> {
    let document = document::document();
    let mut found = Vec::new();
    // A patch has the fields of what it changes.
    let name = schema["$ref"].as_str().unwrap_or_default().replace("Patch", "Input");
    let input = json!({"$ref": name});
    let known = document.pointer(name.trim_start_matches('#')).is_some();
    collect(document, if known { &input } else { schema }, String::new(), 0, &mut found);
    found
}

fn collect(document: &Value, schema: &Value, pointer: String, depth: usize, found: &mut Vec<Field>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).unwrap();
        return collect(document, target, pointer, depth, found);
    }
    if let Some(either) = schema["oneOf"].as_array() {
        let forms: Vec<_> = either.iter().filter(|one| one["type"] != "null").collect();
        let (first, nullable) = (found.len(), forms.len() < either.len());
        let one = if forms.len() > 1 { &all_of(&forms) } else { forms[0] };
        let inside = format!("{pointer}/");
        collect(document, one, pointer, depth, found);
        for (place, field) in found[first..].iter_mut().enumerate() {
            let child = field.pointer.strip_prefix(&inside).is_some_and(|name| !name.contains('/'));
            // One form may not have what another needs, which is told of the whole.
            field.nullable |= if place == 0 { nullable } else { forms.len() > 1 && child };
        }
        return;
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let nullable = types.contains(&json!("null"));
    let form = match types.iter().find(|one| **one != "null").and_then(Value::as_str) {
        Some("string") => Form::Text,
        Some("integer") => Form::Whole,
        Some("boolean") => Form::YesNo,
        Some("array") => Form::List,
        Some("object") if schema["properties"].is_object() || schema["additionalProperties"] == false => {
            Form::Record
        }
        Some("object") => Form::Texts,
        // A patch whose schema says nothing of its fields.
        _ => return,
    };
    found.push(Field { pointer: pointer.clone(), form, nullable });
    assert!(depth < 8, "{pointer} is too deep");
    match form {
        Form::List => collect(document, &schema["items"], format!("{pointer}/0"), depth + 1, found),
        Form::Record => {
            for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                collect(document, field, format!("{pointer}/{name}"), depth + 1, found);
            }
        }
        _ => {}
    }
}

/// A schema of all fields that an object has in any of its forms.
fn all_of(forms: &[&Value]) -> Value {
    let mut fields = Map::new();
    for (name, field) in forms.iter().flat_map(|form| form["properties"].as_object().into_iter().flatten()) {
        if field["type"] != "null" {
            fields.entry(name.clone()).or_insert_with(|| field.clone());
        }
    }
    json!({"type": "object", "properties": fields, "additionalProperties": false})
}

/// The body with another value at this place, and objects and lists around it where there were none.
pub(super) fn with(body: &Value, pointer: &str, value: Value) -> Value {
    let Some((name, rest)) = pointer.strip_prefix('/').map(|path| match path.split_once('/') {
        Some((name, rest)) => (name, format!("/{rest}")),
        None => (path, String::new()),
    }) else {
        return value;
    };
    if name == "0" {
        let mut items = body.as_array().cloned().unwrap_or_default();
        let first = with(items.first().unwrap_or(&Value::Null), &rest, value);
        items.splice(..items.len().min(1), [first]);
        return Value::Array(items);
    }
    // What is looked at first is told first.
    let before = body.as_object().cloned().unwrap_or_default();
    let changed = with(before.get(name).unwrap_or(&Value::Null), &rest, value);
    let mut fields = Map::new();
    fields.extend(before);
    fields.insert(name.to_owned(), changed);
    Value::Object(fields)
}
