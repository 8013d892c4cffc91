//! What has parts: documents, arrays, maps and the variants of enums that have fields.

use serde::ser::{self, Serialize};

use super::key::Key;
use super::write::{Name, Out, Place, Value};
use super::{BridgeError, element};

/// Where the keys of maps are the user's, and so stand as values: `{"k": …, "v": …}`.
pub(super) const PAIRS: &str = "metadata";

/// A document or an array on its way.
pub(super) struct Compound<'a, 'k> {
    out: &'a mut Out,
    start: usize,
    /// The key of an array, which its elements go by.
    key: &'k str,
    /// How many elements there were, of an array.
    count: usize,
    /// Whether its fields are the record's own.
    own: bool,
    /// Whether it is a map written as pairs.
    pairs: bool,
    /// The key whose value is next, of a map.
    next: String,
}

impl<'a, 'k> Compound<'a, 'k> {
    fn begin(value: Value<'a, 'k>, element: u8, pairs: bool) -> Result<Self, BridgeError> {
        let Value { out, place } = value;
        let own = matches!(place.name, Name::Top);
        let start = out.open(place, element)?;
        Ok(Self { out, start, key: place.key, count: 0, own, pairs, next: String::new() })
    }

    pub(super) fn document(value: Value<'a, 'k>) -> Result<Self, BridgeError> {
        Self::begin(value, element::DOCUMENT, false)
    }

    pub(super) fn array(value: Value<'a, 'k>) -> Result<Self, BridgeError> {
        Self::begin(value, element::ARRAY, false)
    }

    pub(super) fn map(value: Value<'a, 'k>) -> Result<Self, BridgeError> {
        let pairs = matches!(value.place.name, Name::Key) && value.place.key == PAIRS;
        Self::begin(value, if pairs { element::ARRAY } else { element::DOCUMENT }, pairs)
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BridgeError> {
        let place = Place { name: Name::Index(self.count), key: self.key, own: false };
        self.count += 1;
        value.serialize(Value { out: &mut *self.out, place })
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), BridgeError> {
        let place = Place { name: Name::Key, key, own: self.own };
        value.serialize(Value { out: &mut *self.out, place })
    }

    /// One pair of a map whose keys are the user's.
    fn pair<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), BridgeError> {
        let place = Place { name: Name::Index(self.count), key: "", own: false };
        self.count += 1;
        let start = self.out.open(place, element::DOCUMENT)?;
        self.out.string(Place { name: Name::Key, key: "k", own: false }, key)?;
        let place = Place { name: Name::Key, key: "v", own: false };
        value.serialize(Value { out: &mut *self.out, place })?;
        self.out.close(start)
    }

    fn close(self) -> Result<(), BridgeError> {
        self.out.close(self.start)
    }
}

impl ser::SerializeSeq for Compound<'_, '_> {
    type Ok = ();
    type Error = BridgeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BridgeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), BridgeError> {
        self.close()
    }
}

impl ser::SerializeTuple for Compound<'_, '_> {
    type Ok = ();
    type Error = BridgeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BridgeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), BridgeError> {
        self.close()
    }
}

impl ser::SerializeTupleStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = BridgeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BridgeError> {
        self.element(value)
    }

    fn end(self) -> Result<(), BridgeError> {
        self.close()
    }
}

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = BridgeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), BridgeError> {
        self.next.clear();
        key.serialize(Key(&mut self.next))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BridgeError> {
        let key = std::mem::take(&mut self.next);
        let written = if self.pairs {
            self.pair(&key, value)
        } else if key.contains('\0') {
            Err(BridgeError::new("a key with a NUL"))
        } else {
            self.field(&key, value)
        };
        self.next = key;
        written
    }

    fn end(self) -> Result<(), BridgeError> {
        self.close()
    }
}

impl ser::SerializeStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = BridgeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), BridgeError> {
        self.field(key, value)
    }

    fn end(self) -> Result<(), BridgeError> {
        self.close()
    }
}

/// A variant with fields, in the document that has its name as the only key.
pub(super) struct Variant<'a> {
    outer: usize,
    inner: Compound<'a, 'static>,
}

impl<'a> Variant<'a> {
    pub(super) fn new(value: Value<'a, '_>, name: &'static str, element: u8) -> Result<Self, BridgeError> {
        let Value { out, place } = value;
        let outer = out.open(place, element::DOCUMENT)?;
        let place = Place { name: Name::Key, key: name, own: false };
        Ok(Self { outer, inner: Compound::begin(Value { out, place }, element, false)? })
    }

    fn close(self) -> Result<(), BridgeError> {
        self.inner.out.close(self.inner.start)?;
        self.inner.out.close(self.outer)
    }
}

impl ser::SerializeTupleVariant for Variant<'_> {
    type Ok = ();
    type Error = BridgeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BridgeError> {
        self.inner.element(value)
    }

    fn end(self) -> Result<(), BridgeError> {
        self.close()
    }
}

impl ser::SerializeStructVariant for Variant<'_> {
    type Ok = ();
    type Error = BridgeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), BridgeError> {
        self.inner.field(key, value)
    }

    fn end(self) -> Result<(), BridgeError> {
        self.close()
    }
}
