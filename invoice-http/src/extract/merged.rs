//! What a merge patch leaves, read as what it must be.

use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value};

use super::objects::Objects;

/// A merged value. Outside of lists, `null` takes a field away, which must be one that there is.
pub(super) struct Merged(pub(super) Value);

fn entries<'de, V: Visitor<'de>>(fields: Map<String, Value>, visitor: V) -> Result<V::Value, Error> {
    let mut entries = MapDeserializer::new(fields.into_iter().map(|(name, value)| (name, Merged(value))));
    let value = visitor.visit_map(&mut entries)?;
    entries.end().map(|()| value)
}

impl<'de> Deserializer<'de> for Merged {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Objects(self.0).deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Value::Object(mut fields) = self.0 else {
            return Objects(self.0).deserialize_struct(name, known, visitor);
        };
        // One that there is not stays, so that it is refused.
        fields.retain(|name, value| !value.is_null() || !known.contains(&name.as_str()));
        entries(fields, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Value::Object(mut fields) = self.0 else { return Objects(self.0).deserialize_map(visitor) };
        fields.retain(|_, value| !value.is_null());
        entries(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Objects(self.0).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Merged {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
