//! Bodies: bounded, of the right type, and strictly what the type says.

use std::collections::BTreeMap;
use std::fmt;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::error::Category;

use super::media_type::is_json;
use super::merged::Merged;
use super::objects::Objects;
use super::strict;
use crate::{FieldError, Problem, ProblemCode};

/// A body that was read and not looked at yet.
pub(crate) struct Body(pub(super) Bytes);

impl Body {
    /// Reads a body of at most `limit` bytes that says it is JSON. A missing one is an empty object: many
    /// actions have nothing to add.
    pub(super) async fn read(request: Request, limit: usize, patch: bool) -> Result<Self, Problem> {
        let too_large =
            || Problem::new(ProblemCode::BodyTooLarge).with_detail(format!("more than {limit} bytes"));
        let (parts, body) = request.into_parts();
        if announced(&parts.headers).is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let bytes = to_bytes(body, limit).await.map_err(|error| {
            let source = std::error::Error::source(&error);
            if source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) {
                too_large()
            } else {
                Problem::new(ProblemCode::MalformedJson).with_detail("the body ended too early")
            }
        })?;
        if bytes.is_empty() {
            return Ok(Self(Bytes::from_static(b"{}")));
        }
        if is_json(&parts.headers, patch) {
            Ok(Self(bytes))
        } else {
            let detail = "send application/json in UTF-8, not encoded in any way";
            Err(Problem::new(ProblemCode::UnsupportedMediaType).with_detail(detail))
        }
    }

    /// The body as `T`.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        // Paths are followed only where something is wrong: following them costs as much as parsing.
        let mut deserializer = serde_json::Deserializer::from_slice(&self.0);
        let value = T::deserialize(Objects(&mut deserializer));
        value.and_then(|value| deserializer.end().map(|()| value)).map_err(|_| self.explain::<T>())
    }

    #[cold]
    fn explain<T: DeserializeOwned>(&self) -> Problem {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.0);
        match serde_path_to_error::deserialize::<_, T>(Objects(&mut deserializer)) {
            Ok(_) => Problem::new(ProblemCode::MalformedJson).with_detail("text after the end of the JSON"),
            Err(error) => {
                let pointer = strict::pointer(error.path());
                explain(&pointer, error.inner())
            }
        }
    }
}

fn explain(pointer: &str, error: &serde_json::Error) -> Problem {
    if error.classify() == Category::Data {
        let field = strict::field_error(pointer, &error.to_string());
        return Problem::new(ProblemCode::Invalid).with_error(field);
    }
    let field = FieldError::new(pointer.to_owned(), "malformed", error.to_string());
    Problem::new(ProblemCode::MalformedJson).with_error(field)
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What a resource says after a JSON merge patch (RFC 7396) of what it said before.
pub(crate) fn merge_patch<T: Serialize + DeserializeOwned>(
    before: &T,
    patch: &Patched,
) -> Result<T, Problem> {
    let mut value = serde_json::to_value(before).map_err(|error| explain("", &error))?;
    merge(&mut value, &patch.0);
    serde_path_to_error::deserialize(Merged(value)).map_err(|error| {
        let pointer = strict::pointer(error.path());
        explain(&pointer, error.inner())
    })
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = target else { return };
    // A name to take away stays as `null`: only the type knows whether there is one.
    for (name, change) in changes {
        merge(fields.entry(name.clone()).or_insert(Value::Null), change);
    }
}

/// A patch: any JSON object without a name twice.
#[derive(Debug)]
pub(crate) struct Patched(Value);

impl Patched {
    /// Whether it changes nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_object().is_some_and(serde_json::Map::is_empty)
    }

    /// Whether it changes no other fields than these.
    pub(crate) fn touches_only(&self, fields: &[&str]) -> bool {
        self.0.as_object().is_some_and(|changes| changes.keys().all(|name| fields.contains(&name.as_str())))
    }
}

impl<'de> Deserialize<'de> for Patched {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Unrepeated(value) = Unrepeated::deserialize(deserializer)?;
        if value.is_object() { Ok(Self(value)) } else { Err(D::Error::custom("a patch is a JSON object")) }
    }
}

/// Any JSON value whose objects name nothing twice.
struct Unrepeated(Value);

impl<'de> Deserialize<'de> for Unrepeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unrepeated(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = serde_json::Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let Unrepeated(value) = map.next_value()?;
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate key `{name}`")));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

/// Texts by key, no key twice: what `metadata` is on the wire.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct TextMap(pub(crate) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for TextMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = TextMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TextMap, A::Error> {
                let mut texts = BTreeMap::new();
                while let Some((key, text)) = map.next_entry::<String, String>()? {
                    if texts.contains_key(&key) {
                        return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
                    }
                    texts.insert(key, text);
                }
                Ok(TextMap(texts))
            }
        }

        deserializer.deserialize_map(Texts)
    }
}
