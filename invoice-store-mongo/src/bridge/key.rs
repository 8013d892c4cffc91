//! The keys of maps, which are texts.

use serde::ser::{Impossible, Serialize, Serializer};

use super::BridgeError;

/// Writes the key of a map, which is a text.
pub(super) struct Key<'a>(pub(super) &'a mut String);

impl Key<'_> {
    fn refuse<T>() -> Result<T, BridgeError> {
        Err(BridgeError::new("a key of a map that is not a text"))
    }
}

macro_rules! refuse {
    ($($method:ident: $type:ty),+) => {$(
        fn $method(self, _: $type) -> Result<(), BridgeError> {
            Self::refuse()
        }
    )+};
}

impl Serializer for Key<'_> {
    type Ok = ();
    type Error = BridgeError;
    type SerializeSeq = Impossible<(), BridgeError>;
    type SerializeTuple = Impossible<(), BridgeError>;
    type SerializeTupleStruct = Impossible<(), BridgeError>;
    type SerializeTupleVariant = Impossible<(), BridgeError>;
    type SerializeMap = Impossible<(), BridgeError>;
    type SerializeStruct = Impossible<(), BridgeError>;
    type SerializeStructVariant = Impossible<(), BridgeError>;

    refuse!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_bytes: &[u8]
    );

    fn serialize_str(self, key: &str) -> Result<(), BridgeError> {
        self.0.push_str(key);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), BridgeError> {
        Self::refuse()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), BridgeError> {
        Self::refuse()
    }

    fn serialize_unit(self) -> Result<(), BridgeError> {
        Self::refuse()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), BridgeError> {
        Self::refuse()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, key: &'static str) -> Result<(), BridgeError> {
        self.serialize_str(key)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        key: &T,
    ) -> Result<(), BridgeError> {
        key.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), BridgeError> {
        Self::refuse()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, BridgeError> {
        Self::refuse()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, BridgeError> {
        Self::refuse()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, BridgeError> {
        Self::refuse()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, BridgeError> {
        Self::refuse()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, BridgeError> {
        Self::refuse()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, BridgeError> {
        Self::refuse()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, BridgeError> {
        Self::refuse()
    }
}
