//! A serde deserializer that reads raw BSON where it lies.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::compound::PAIRS;
use super::text::Text;
use super::{BridgeError, UUID, decimal, element, id, table, time};

/// Far deeper than any record, and far from the end of a stack.
const MAX_DEPTH: u8 = 64;

/// The record in a document, its own `id` having this prefix.
pub(super) fn document<T: DeserializeOwned>(
    prefix: Option<&'static str>,
    bytes: &[u8],
) -> Result<T, BridgeError> {
    T::deserialize(Value { element: element::DOCUMENT, bytes, key: "", own: false, depth: 0, prefix })
}

fn malformed() -> BridgeError {
    BridgeError::new("it is not BSON")
}

/// A type, a name and the bytes of a value.
struct Raw<'de> {
    element: u8,
    name: &'de [u8],
    bytes: &'de [u8],
}

/// The elements of a document or array one after another.
#[derive(Clone, Copy)]
struct Elements<'de>(&'de [u8]);

impl<'de> Elements<'de> {
    /// Of the bytes of a document or array.
    fn of(bytes: &'de [u8]) -> Result<Self, BridgeError> {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(malformed)?;
        match rest {
            [elements @ .., 0] if usize::try_from(i32::from_le_bytes(*length)) == Ok(bytes.len()) => {
                Ok(Self(elements))
            }
            _ => Err(malformed()),
        }
    }

    fn next(&mut self) -> Result<Option<Raw<'de>>, BridgeError> {
        let Some((element, rest)) = self.0.split_first() else { return Ok(None) };
        let end = rest.iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
        let (name, rest) = rest.split_at_checked(end).ok_or_else(malformed)?;
        let rest = rest.get(1..).ok_or_else(malformed)?;
        let length = length(*element, rest).ok_or_else(malformed)?;
        let (bytes, rest) = rest.split_at_checked(length).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(Some(Raw { element: *element, name, bytes }))
    }
}

/// How long an element's bytes are, of a type that records are made of.
fn length(element: u8, bytes: &[u8]) -> Option<usize> {
    let stated = || bytes.first_chunk::<4>().and_then(|it| usize::try_from(i32::from_le_bytes(*it)).ok());
    Some(match element {
        element::DATE_TIME | element::INT64 => 8,
        element::STRING => stated()?.checked_add(4)?,
        element::DOCUMENT | element::ARRAY => stated()?,
        element::BINARY => stated()?.checked_add(5)?,
        element::BOOL => 1,
        element::NULL => 0,
        element::INT32 => 4,
        element::DECIMAL128 => 16,
        _ => return None,
    })
}

fn utf8(bytes: &[u8]) -> Result<&str, BridgeError> {
    std::str::from_utf8(bytes).map_err(|_| malformed())
}

/// A value and where it stands.
#[derive(Clone, Copy)]
struct Value<'de> {
    element: u8,
    bytes: &'de [u8],
    /// Its key, or that of the array around it.
    key: &'de str,
    /// Whether it is a field of the record itself.
    own: bool,
    /// How many documents and arrays are around it.
    depth: u8,
    prefix: Option<&'static str>,
}

impl<'de> Value<'de> {
    fn parts(self) -> Result<Parts<'de>, BridgeError> {
        if self.depth >= MAX_DEPTH {
            return Err(BridgeError::new("it is nested too deeply"));
        }
        Ok(Parts { elements: Elements::of(self.bytes)?, around: self, value: None })
    }

    fn fixed<const N: usize>(self) -> Result<[u8; N], BridgeError> {
        self.bytes.try_into().map_err(|_| malformed())
    }

    fn str(self) -> Result<&'de str, BridgeError> {
        match self.bytes.get(4..) {
            Some([text @ .., 0]) => utf8(text),
            _ => Err(malformed()),
        }
    }

    /// The text of an identifier, a date or a decimal.
    fn text(self) -> Result<Text, BridgeError> {
        let text = match self.element {
            element::BINARY => self.id(),
            element::DATE_TIME if table::is_date(self.key) => time::show_date(self.millis()?),
            element::DATE_TIME => time::show_instant(self.millis()?),
            _ => decimal::show(self.fixed()?),
        };
        text.ok_or_else(|| BridgeError(format!("what is under `{}` has no text", self.key)))
    }

    fn millis(self) -> Result<i64, BridgeError> {
        self.fixed().map(i64::from_le_bytes)
    }

    fn id(self) -> Option<Text> {
        let prefix = if self.own && self.key == "id" { self.prefix } else { table::prefix(self.key) }?;
        let bytes = self.bytes.strip_prefix(&[16, 0, 0, 0, UUID])?;
        Some(id::show(prefix, bytes.try_into().ok()?))
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = BridgeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BridgeError> {
        match self.element {
            element::STRING => visitor.visit_borrowed_str(self.str()?),
            element::DOCUMENT => visitor.visit_map(self.parts()?),
            element::ARRAY if self.key == PAIRS => visitor.visit_map(Pairs(self.parts()?)),
            element::ARRAY => visitor.visit_seq(self.parts()?),
            element::BINARY | element::DATE_TIME | element::DECIMAL128 => {
                visitor.visit_str(self.text()?.get().ok_or_else(malformed)?)
            }
            element::BOOL => match self.bytes {
                [0] => visitor.visit_bool(false),
                [1] => visitor.visit_bool(true),
                _ => Err(malformed()),
            },
            element::NULL => visitor.visit_unit(),
            element::INT32 => visitor.visit_i32(i32::from_le_bytes(self.fixed()?)),
            element::INT64 => visitor.visit_i64(i64::from_le_bytes(self.fixed()?)),
            _ => Err(malformed()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BridgeError> {
        if self.element == element::NULL { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, BridgeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BridgeError> {
        match self.element {
            element::STRING => visitor.visit_enum(BorrowedStrDeserializer::new(self.str()?)),
            element::DOCUMENT => visitor.visit_enum(self.parts()?),
            _ => Err(BridgeError(format!("what is under `{}` is no variant", self.key))),
        }
    }

    /// Nothing to walk through, however deep it is.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BridgeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier
    }
}

/// The parts of a document or array on their way.
struct Parts<'de> {
    elements: Elements<'de>,
    around: Value<'de>,
    /// The value of the key given last.
    value: Option<Value<'de>>,
}

impl<'de> Parts<'de> {
    /// The next field of a document.
    fn field(&mut self) -> Result<Option<Value<'de>>, BridgeError> {
        let Some(Raw { element, name, bytes }) = self.elements.next()? else { return Ok(None) };
        let Value { depth, prefix, .. } = self.around;
        let own = depth == 0;
        Ok(Some(Value { element, bytes, key: utf8(name)?, own, depth: depth + 1, prefix }))
    }

    /// The next element of an array.
    fn element(&mut self) -> Result<Option<Value<'de>>, BridgeError> {
        let Some(Raw { element, bytes, .. }) = self.elements.next()? else { return Ok(None) };
        Ok(Some(Value { element, bytes, own: false, depth: self.around.depth + 1, ..self.around }))
    }

    fn value<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, BridgeError> {
        let value = self.value.take().ok_or_else(|| BridgeError::new("a value without a key"))?;
        seed.deserialize(value)
    }
}

impl<'de> SeqAccess<'de> for Parts<'de> {
    type Error = BridgeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, BridgeError> {
        self.element()?.map(|value| seed.deserialize(value)).transpose()
    }
}

impl<'de> MapAccess<'de> for Parts<'de> {
    type Error = BridgeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, BridgeError> {
        self.value = self.field()?;
        let Some(value) = self.value else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(value.key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, BridgeError> {
        self.value(seed)
    }
}

/// A map that is written as pairs, its keys being the user's.
struct Pairs<'de>(Parts<'de>);

impl<'de> MapAccess<'de> for Pairs<'de> {
    type Error = BridgeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, BridgeError> {
        let Some(pair) = self.0.element()? else { return Ok(None) };
        if pair.element != element::DOCUMENT {
            return Err(malformed());
        }
        let mut parts = pair.parts()?;
        let (Some(key), Some(value), None) = (parts.field()?, parts.field()?, parts.field()?) else {
            return Err(malformed());
        };
        if key.element != element::STRING || key.key != "k" || value.key != "v" {
            return Err(malformed());
        }
        self.0.value = Some(value);
        seed.deserialize(BorrowedStrDeserializer::new(key.str()?)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, BridgeError> {
        self.0.value(seed)
    }
}

/// A variant with fields: a document with one key.
impl<'de> EnumAccess<'de> for Parts<'de> {
    type Error = BridgeError;
    type Variant = Value<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        mut self,
        seed: S,
    ) -> Result<(S::Value, Value<'de>), BridgeError> {
        let (Some(mut value), None) = (self.field()?, self.field()?) else {
            return Err(BridgeError::new("a variant is a document with one key"));
        };
        value.own = false;
        Ok((seed.deserialize(BorrowedStrDeserializer::new(value.key))?, value))
    }
}

impl<'de> VariantAccess<'de> for Value<'de> {
    type Error = BridgeError;

    fn unit_variant(self) -> Result<(), BridgeError> {
        Err(BridgeError(format!("the variant `{}` has nothing in it", self.key)))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, BridgeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, BridgeError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BridgeError> {
        self.deserialize_any(visitor)
    }
}
