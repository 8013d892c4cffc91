//! Examples for schemas that state none: put together from those of their parts.

use serde_json::{Map, Value};
use utoipa::openapi::{Components, RefOr, Schema};

/// How deep schemas refer to schemas; ours do not come back to themselves.
const DEEPEST: usize = 12;

/// Gives every object among the components an example.
pub(super) fn complete(components: &mut Components) {
    let Ok(known) = serde_json::to_value(&components.schemas) else { return };
    for schema in components.schemas.values_mut() {
        if let RefOr::T(Schema::Object(object)) = schema
            && object.example.is_none()
            && object.examples.is_empty()
            && let Ok(stated) = serde_json::to_value(&*object)
        {
            object.example = Some(example(&stated, &known, DEEPEST));
        }
    }
}

fn example(schema: &Value, known: &Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    let stated = schema.get("example").or_else(|| schema.pointer("/examples/0"));
    if let Some(stated) = stated.or_else(|| schema.pointer("/enum/0")) {
        return stated.clone();
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        return known.get(name).map_or(Value::Null, |schema| example(schema, known, depth));
    }
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        let first = schema.get(alternatives).and_then(Value::as_array).into_iter().flatten();
        if let Some(first) = first.into_iter().find(|one| one.get("type").is_none_or(|kind| kind != "null")) {
            return example(first, known, depth);
        }
    }
    match kind(schema) {
        "object" => object(schema, known, depth),
        "array" => {
            let items = schema.get("items").map(|items| example(items, known, depth));
            Value::Array(items.into_iter().filter(|item| !item.is_null()).collect())
        }
        "string" => Value::from("text"),
        "integer" => schema.get("minimum").cloned().unwrap_or_else(|| Value::from(1)),
        "boolean" => Value::from(false),
        _ => Value::Null,
    }
}

fn object(schema: &Value, known: &Value, depth: usize) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let fields: Map<_, _> =
        properties.map(|(name, schema)| (name.clone(), example(schema, known, depth))).collect();
    if fields.is_empty() && schema.get("additionalProperties").is_some_and(Value::is_object) {
        return serde_json::json!({"order": "A-17"});
    }
    Value::Object(fields)
}

/// The type that is not `null`.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default()
        }
        _ => "",
    }
}
