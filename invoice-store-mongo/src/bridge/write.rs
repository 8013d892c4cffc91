//! A serde serializer that writes raw BSON in one pass.

use std::fmt::{self, Write as _};

use serde::ser::{Serialize, Serializer};

use super::compound::{Compound, Variant};
use super::{BridgeError, UUID, decimal, element, id, table, time};

/// A usual record fits without growing.
const USUAL: usize = 4_096;

/// The bytes of the document of a record whose own `id` has this prefix.
pub(super) fn document<T: Serialize>(
    prefix: Option<&'static str>,
    record: &T,
) -> Result<Vec<u8>, BridgeError> {
    let mut out = Out { bytes: Vec::with_capacity(USUAL), shown: String::new(), prefix };
    record.serialize(Value { out: &mut out, place: Place { name: Name::Top, key: "", own: false } })?;
    Ok(out.bytes)
}

/// What is written, and what it takes to write it.
pub(super) struct Out {
    pub(super) bytes: Vec<u8>,
    /// What a `Display` wrote, kept for its memory.
    shown: String,
    prefix: Option<&'static str>,
}

/// What an element is called.
#[derive(Clone, Copy)]
pub(super) enum Name {
    /// It is the document itself.
    Top,
    /// As its key.
    Key,
    /// By its place in an array.
    Index(usize),
}

/// Where a value is to stand.
#[derive(Clone, Copy)]
pub(super) struct Place<'k> {
    pub(super) name: Name,
    /// The key, or that of the array around it.
    pub(super) key: &'k str,
    /// Whether it is a field of the record itself.
    pub(super) own: bool,
}

impl Out {
    /// The type and name of an element.
    pub(super) fn header(&mut self, place: Place<'_>, element: u8) -> Result<(), BridgeError> {
        match place.name {
            Name::Top if element == element::DOCUMENT => return Ok(()),
            Name::Top => return Err(BridgeError::new("a record is a structure")),
            Name::Key => {
                self.bytes.push(element);
                self.bytes.extend_from_slice(place.key.as_bytes());
            }
            Name::Index(index @ 0..10) => {
                self.bytes.push(element);
                self.bytes.push(b'0' + u8::try_from(index).unwrap_or(0));
            }
            Name::Index(index) => {
                self.bytes.push(element);
                self.bytes.extend_from_slice(index.to_string().as_bytes());
            }
        }
        self.bytes.push(0);
        Ok(())
    }

    /// Begins a document or array and says where; [`Out::close`] needs it.
    pub(super) fn open(&mut self, place: Place<'_>, element: u8) -> Result<usize, BridgeError> {
        self.header(place, element)?;
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        Ok(start)
    }

    /// Ends what began at `start`.
    pub(super) fn close(&mut self, start: usize) -> Result<(), BridgeError> {
        self.bytes.push(0);
        let length = i32::try_from(self.bytes.len() - start).map_err(|_| BridgeError::new("too large"))?;
        match self.bytes.get_mut(start..start + 4) {
            Some(place) => place.copy_from_slice(&length.to_le_bytes()),
            None => return Err(BridgeError::new("a document without a beginning")),
        }
        Ok(())
    }

    fn fixed(&mut self, place: Place<'_>, element: u8, bytes: &[u8]) -> Result<(), BridgeError> {
        self.header(place, element)?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// A text as it is.
    pub(super) fn string(&mut self, place: Place<'_>, text: &str) -> Result<(), BridgeError> {
        self.header(place, element::STRING)?;
        let length = i32::try_from(text.len() + 1).map_err(|_| BridgeError::new("too large"))?;
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
        Ok(())
    }

    /// A text as what its key says it is. What it looks like is asked first, since most texts look like none.
    fn text(&mut self, place: Place<'_>, text: &str) -> Result<(), BridgeError> {
        let key = place.key;
        match text.as_bytes() {
            [b'0'..=b'9', _, _, _, b'-', .., b'Z'] if table::is_instant(key) => {
                if let Some(millis) = time::parse_instant(text) {
                    return self.fixed(place, element::DATE_TIME, &millis.to_le_bytes());
                }
            }
            [b'0'..=b'9', _, _, _, b'-', ..] if table::is_date(key) => {
                if let Some(millis) = time::parse_date(text) {
                    return self.fixed(place, element::DATE_TIME, &millis.to_le_bytes());
                }
            }
            [b'0'..=b'9' | b'-', ..] if table::is_decimal(key) => {
                if let Some(bytes) = decimal::parse(text) {
                    return self.fixed(place, element::DECIMAL128, &bytes);
                }
            }
            [b'a'..=b'z', ..] if text.len() > id::DIGITS => {
                let prefix = if place.own && key == "id" { self.prefix } else { table::prefix(key) };
                if let Some(bytes) = prefix.and_then(|prefix| id::parse(prefix, text)) {
                    self.header(place, element::BINARY)?;
                    self.bytes.extend_from_slice(&[16, 0, 0, 0, UUID]);
                    self.bytes.extend_from_slice(&bytes);
                    return Ok(());
                }
            }
            _ => {}
        }
        self.string(place, text)
    }
}

/// Writes one value where it stands.
pub(super) struct Value<'a, 'k> {
    pub(super) out: &'a mut Out,
    pub(super) place: Place<'k>,
}

impl Value<'_, '_> {
    fn int32(self, value: i32) -> Result<(), BridgeError> {
        self.out.fixed(self.place, element::INT32, &value.to_le_bytes())
    }

    fn int64<T: TryInto<i64>>(self, value: T) -> Result<(), BridgeError> {
        let value = value.try_into().map_err(|_| BridgeError::new("a number of more than 63 bits"))?;
        self.out.fixed(self.place, element::INT64, &value.to_le_bytes())
    }

    fn float(self) -> BridgeError {
        BridgeError(format!("a floating-point number under `{}`", self.place.key))
    }
}

impl<'a, 'k> Serializer for Value<'a, 'k> {
    type Ok = ();
    type Error = BridgeError;
    type SerializeSeq = Compound<'a, 'k>;
    type SerializeTuple = Compound<'a, 'k>;
    type SerializeTupleStruct = Compound<'a, 'k>;
    type SerializeTupleVariant = Variant<'a>;
    type SerializeMap = Compound<'a, 'k>;
    type SerializeStruct = Compound<'a, 'k>;
    type SerializeStructVariant = Variant<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), BridgeError> {
        self.out.fixed(self.place, element::BOOL, &[value.into()])
    }

    fn serialize_i8(self, value: i8) -> Result<(), BridgeError> {
        self.int32(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), BridgeError> {
        self.int32(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), BridgeError> {
        self.int32(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), BridgeError> {
        self.int64(value)
    }

    fn serialize_i128(self, value: i128) -> Result<(), BridgeError> {
        self.int64(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), BridgeError> {
        self.int32(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), BridgeError> {
        self.int32(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), BridgeError> {
        self.int64(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), BridgeError> {
        self.int64(value)
    }

    fn serialize_u128(self, value: u128) -> Result<(), BridgeError> {
        self.int64(value)
    }

    fn serialize_f32(self, _: f32) -> Result<(), BridgeError> {
        Err(self.float())
    }

    fn serialize_f64(self, _: f64) -> Result<(), BridgeError> {
        Err(self.float())
    }

    fn serialize_char(self, value: char) -> Result<(), BridgeError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), BridgeError> {
        self.out.text(self.place, value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), BridgeError> {
        Err(BridgeError(format!("bytes under `{}`", self.place.key)))
    }

    fn serialize_none(self) -> Result<(), BridgeError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), BridgeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), BridgeError> {
        self.out.header(self.place, element::NULL)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), BridgeError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), BridgeError> {
        self.out.string(self.place, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), BridgeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), BridgeError> {
        let start = self.out.open(self.place, element::DOCUMENT)?;
        let place = Place { name: Name::Key, key: variant, own: false };
        value.serialize(Value { out: &mut *self.out, place })?;
        self.out.close(start)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a, 'k>, BridgeError> {
        Compound::array(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a, 'k>, BridgeError> {
        Compound::array(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a, 'k>, BridgeError> {
        Compound::array(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<'a>, BridgeError> {
        Variant::new(self, variant, element::ARRAY)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a, 'k>, BridgeError> {
        Compound::map(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'a, 'k>, BridgeError> {
        Compound::document(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<'a>, BridgeError> {
        Variant::new(self, variant, element::DOCUMENT)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), BridgeError> {
        let mut shown = std::mem::take(&mut self.out.shown);
        shown.clear();
        write!(shown, "{value}").map_err(|_| BridgeError::new("a value does not show"))?;
        let written = self.out.text(self.place, &shown);
        self.out.shown = shown;
        written
    }
}
