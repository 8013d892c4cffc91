//! What nobody should send, and what a database should not hold.

use std::collections::BTreeMap;
use std::fmt::Debug;

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc, rawdoc};
use proptest::prelude::*;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bridge::{from_bson, to_bson};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Holder<T> {
    metadata: T,
}

type Metadata = Holder<BTreeMap<String, String>>;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Numbers {
    small: u16,
    wide: u32,
    large: u64,
    signed: i64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Nothing,
    One(String),
    Two(String, u8),
    Named { amount: String, id: String },
}

#[track_caller]
fn is_kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(record: &T) -> Document {
    let written = to_bson("invoice", record).unwrap();
    assert_eq!(&from_bson::<T>("invoice", &written).unwrap(), record);
    Document::try_from(written).unwrap()
}

fn refusal<T: DeserializeOwned + Debug>(document: &RawDocument) -> String {
    let error = from_bson::<T>("invoice", document).unwrap_err();
    std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
}

#[test]
fn keys_of_metadata_are_plain_data() {
    let keys = ["$where", "a.b", "", "a\0b", "_id", "id", "amount", "metadata", "k", "v", "é", "0"];
    let metadata: BTreeMap<_, _> =
        keys.iter().map(|key| ((*key).to_owned(), "2026-03-15".to_owned())).collect();
    let written = is_kept(&Holder { metadata });
    let pairs = written.get_array("metadata").unwrap();
    assert_eq!(pairs.len(), keys.len());
    assert_eq!(pairs.first(), Some(&Bson::Document(doc! { "k": "", "v": "2026-03-15" })));
    let written = is_kept(&Holder { metadata: BTreeMap::<String, String>::new() });
    assert_eq!(written, doc! { "metadata": [] });
}

#[test]
fn a_key_with_a_nul_is_refused_elsewhere() {
    let record = BTreeMap::from([("a\0b".to_owned(), 1)]);
    assert!(to_bson("invoice", &record).is_err());
    assert!(to_bson("invoice", &BTreeMap::from([(1, 1)])).is_err());
    let text = BTreeMap::from([("name".to_owned(), "a\0b".to_owned())]);
    assert_eq!(is_kept(&text), doc! { "name": "a\0b" });
}

#[test]
fn numbers_keep_a_width_and_too_large_ones_are_refused() {
    let numbers = Numbers { small: 7, wide: 7, large: u64::MAX >> 1, signed: i64::MIN };
    let written = is_kept(&numbers);
    let expected = doc! { "small": 7_i32, "wide": 7_i64, "large": i64::MAX, "signed": i64::MIN };
    assert_eq!(written, expected);
    assert!(to_bson("invoice", &Numbers { large: 1 << 63, ..numbers }).is_err());
    assert!(to_bson("invoice", &BTreeMap::from([("rate", 0.5_f64)])).is_err());
    assert!(
        from_bson::<Numbers>("invoice", &rawdoc! { "small": -1, "wide": 1, "large": 1, "signed": 1 })
            .is_err()
    );
    assert!(from_bson::<Value>("invoice", &rawdoc! { "rate": 0.5_f64 }).is_err());
}

#[test]
fn variants_of_every_shape_are_kept() {
    let id = "inv_019cf15e120070008000000000000019".to_owned();
    for shape in [
        Shape::Nothing,
        Shape::One("1.50".to_owned()),
        Shape::Two("1.50".to_owned(), 3),
        Shape::Named { amount: "1.50".to_owned(), id },
    ] {
        is_kept(&BTreeMap::from([("amount".to_owned(), shape)]));
    }
    is_kept(&Shape::Named { amount: "1.50".to_owned(), id: "1".to_owned() });
    for document in
        [rawdoc! {}, rawdoc! { "One": "1", "Two": "2" }, rawdoc! { "Nothing": "1" }, rawdoc! { "Other": 1 }]
    {
        assert!(from_bson::<Shape>("invoice", &document).is_err(), "{document:?}");
    }
}

#[test]
fn only_a_structure_is_a_record() {
    assert!(to_bson("invoice", &1).is_err());
    assert!(to_bson("invoice", &"text").is_err());
    assert!(to_bson("invoice", &[1, 2]).is_err());
    assert!(to_bson("invoice", &()).is_err());
}

/// A document in a document, so many times.
fn nested(depth: usize, element: u8) -> RawDocumentBuf {
    let mut bytes = vec![5, 0, 0, 0, 0];
    let length = |bytes: &[u8]| i32::try_from(bytes.len()).unwrap().to_le_bytes();
    for _ in 0..depth {
        let mut outer = vec![0; 4];
        outer.extend([element, b'0', 0]);
        outer.extend(&bytes);
        outer.push(0);
        let stated = length(&outer);
        outer[..4].copy_from_slice(&stated);
        bytes = outer;
    }
    RawDocumentBuf::from_bytes(bytes).unwrap()
}

#[test]
fn what_is_nested_deeper_than_any_record_is_refused_and_not_walked_into() {
    for element in [3, 4] {
        assert!(from_bson::<Value>("invoice", &nested(60, element)).is_ok());
        let deep = nested(4_000, element);
        assert!(refusal::<Value>(&deep).contains("nested too deeply"));
        assert!(from_bson::<IgnoredAny>("invoice", &deep).is_ok());
    }
}

#[test]
fn pairs_that_are_none_are_refused() {
    for pairs in [
        doc! { "metadata": ["a"] },
        doc! { "metadata": [{ "k": "a" }] },
        doc! { "metadata": [{ "v": "a", "k": "a" }] },
        doc! { "metadata": [{ "k": 1, "v": "a" }] },
        doc! { "metadata": [{ "k": "a", "v": "b", "w": "c" }] },
    ] {
        let document = RawDocumentBuf::try_from(&pairs).unwrap();
        assert!(from_bson::<Metadata>("invoice", &document).is_err(), "{pairs}");
    }
}

#[test]
fn types_that_records_are_not_made_of_are_refused() {
    let uuid = mongodb::bson::Uuid::from_bytes([7; 16]);
    for value in [
        Bson::Double(1.5),
        Bson::Undefined,
        Bson::MaxKey,
        Bson::ObjectId(mongodb::bson::oid::ObjectId::from_bytes([1; 12])),
        Bson::JavaScriptCode("x".to_owned()),
        Bson::from(uuid),
    ] {
        let document = RawDocumentBuf::try_from(&doc! { "name": value.clone() }).unwrap();
        assert!(from_bson::<Value>("invoice", &document).is_err(), "{value}");
    }
    let short =
        mongodb::bson::Binary { subtype: mongodb::bson::spec::BinarySubtype::Generic, bytes: vec![7; 16] };
    let document = RawDocumentBuf::try_from(&doc! { "client": short }).unwrap();
    assert!(from_bson::<Value>("invoice", &document).is_err());
}

proptest! {
    #[test]
    fn damaged_bytes_are_an_error_or_another_record_and_never_a_panic(
        place in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(),
    ) {
        let record = doc! {
            "id": mongodb::bson::Uuid::from_bytes([1; 16]), "amount": "1.50".parse::<mongodb::bson::Decimal128>().unwrap(),
            "at": mongodb::bson::DateTime::from_millis(1), "metadata": [{ "k": "a", "v": "b" }],
            "lines": [{ "name": "x", "open": true, "none": Bson::Null, "seq": 1_i64, "days": 2 }],
        };
        let mut bytes = RawDocumentBuf::try_from(&record).unwrap().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(document) = RawDocumentBuf::from_bytes(bytes.clone()) {
            let _ = from_bson::<Value>("invoice", &document);
        }
        bytes.truncate(cut.index(bytes.len()));
        bytes.push(0);
        let length = i32::try_from(bytes.len()).unwrap();
        if let Some(stated) = bytes.first_chunk_mut::<4>() {
            *stated = length.to_le_bytes();
        }
        if let Ok(document) = RawDocumentBuf::from_bytes(bytes) {
            let _ = from_bson::<Value>("invoice", &document);
        }
    }
}
