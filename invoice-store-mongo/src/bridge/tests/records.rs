//! Every record there is: written, looked at and read back.

use std::fmt::Debug;
use std::path::Path;

use invoice_core::Role;
use invoice_core::change::{AggregateKind, Record};
use invoice_core::credit::Credited;
use invoice_core::identity::{Acceptance, SecurityAction, SecurityEvent, TokenPurpose};
use invoice_core::testing::IdentityFixtures;
use invoice_core::totals::Totals;
use mongodb::bson::raw::{RawArray, RawBsonRef, RawDocument};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{DateTime, Decimal128};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bridge::{from_bson, to_bson};

/// Texts that may look like something else: codes, references and what others number.
const TEXTS: [&str; 13] = [
    "account",
    "accounting_reference",
    "address",
    "bank",
    "id",
    "line",
    "order_line",
    "postal_code",
    "previous",
    "reason_code",
    "standard_item_id",
    "type_code",
    "v",
];

/// Writes the record, looks at what was written, and reads it back.
#[track_caller]
fn is_kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(kind: &str, record: &T) {
    let json = serde_json::to_string(record).unwrap();
    let written = to_bson(kind, record).unwrap();
    let tree: Value = serde_json::from_str(&json).unwrap();
    is_same_document(&written, &tree);
    let read: T = from_bson(kind, &written).unwrap();
    assert_eq!(&read, record);
    assert_eq!(serde_json::to_string(&read).unwrap(), json);
}

fn is_same_document(document: &RawDocument, json: &Value) {
    let fields = json.as_object().unwrap();
    assert_eq!(document.iter().count(), fields.len(), "{document:?}");
    for field in document {
        let (key, value) = field.unwrap();
        is_same(key.as_str(), value, &fields[key.as_str()]);
    }
}

fn is_same(key: &str, value: RawBsonRef<'_>, json: &Value) {
    match (value, json) {
        (RawBsonRef::Document(document), json) => is_same_document(document, json),
        (RawBsonRef::Array(pairs), Value::Object(map)) if key == "metadata" => {
            assert_eq!(pairs.into_iter().count(), map.len());
            for pair in pairs {
                let pair = pair.unwrap().as_document().unwrap();
                assert_eq!(map[pair.get_str("k").unwrap()], pair.get_str("v").unwrap());
            }
        }
        (RawBsonRef::Array(array), Value::Array(all)) => is_same_array(key, array, all),
        (RawBsonRef::Boolean(value), Value::Bool(json)) => assert_eq!(value, *json),
        (RawBsonRef::Int32(value), Value::Number(json)) => assert_eq!(json.as_i64(), Some(value.into())),
        (RawBsonRef::Int64(value), Value::Number(json)) => assert_eq!(json.as_i64(), Some(value)),
        (value, Value::String(text)) => is_same_text(key, value, text),
        (value, json) => panic!("{key}: {value:?} for {json}"),
    }
}

fn is_same_array(key: &str, array: &RawArray, all: &[Value]) {
    let elements = RawDocument::from_bytes(array.as_bytes()).unwrap();
    let mut names = elements.iter().map(|it| it.unwrap().0.as_str().to_owned());
    assert!((0..all.len()).map(|place| place.to_string()).eq(names.by_ref()), "{key}");
    for (value, json) in array.into_iter().zip(all) {
        is_same(key, value.unwrap(), json);
    }
}

/// The driver's own types say the same as the text.
fn is_same_text(key: &str, value: RawBsonRef<'_>, text: &str) {
    match value {
        RawBsonRef::String(value) => {
            assert_eq!(value, text);
            assert!(!looks_typed(text) || TEXTS.contains(&key), "`{key}` is kept as the text `{text}`");
        }
        RawBsonRef::Decimal128(value) => assert_eq!(value, text.parse::<Decimal128>().unwrap(), "{key}"),
        RawBsonRef::DateTime(value) => {
            let instant = if text.len() == 10 { format!("{text}T00:00:00.000Z") } else { text.to_owned() };
            assert_eq!(value, DateTime::parse_rfc3339_str(instant).unwrap(), "{key}");
        }
        RawBsonRef::Binary(value) => {
            assert_eq!(value.subtype, BinarySubtype::Uuid);
            let uuid = uuid::Uuid::from_slice(value.bytes).unwrap();
            assert_eq!(text.split_once('_').unwrap().1, uuid.simple().to_string(), "{key}");
        }
        other => panic!("{key}: {other:?} for {text}"),
    }
}

/// Whether a text could be a decimal, a date, an instant or an identifier.
fn looks_typed(text: &str) -> bool {
    let only = |allowed: &str| text.chars().all(|it| it.is_ascii_digit() || allowed.contains(it));
    let is_numeric =
        text.chars().any(|it| it.is_ascii_digit()) && (only(".-") || (text.len() >= 20 && only("-T:.Z")));
    let is_id = text.split_once('_').is_some_and(|(prefix, rest)| {
        prefix.bytes().all(|it| it.is_ascii_lowercase())
            && rest.len() == 32
            && rest.bytes().all(|it| it.is_ascii_hexdigit())
    });
    is_numeric || is_id
}

fn golden() -> impl Iterator<Item = (String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../invoice-core/tests/golden");
    std::fs::read_dir(folder).unwrap().map(|file| {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    })
}

/// Applies a function to what is in a record.
macro_rules! inner {
    ($record:expr, $function:ident, $kind:expr) => {
        match $record {
            Record::Client(it) => $function($kind, it),
            Record::Item(it) => $function($kind, it),
            Record::Supplier(it) => $function($kind, it),
            Record::Series(it) => $function($kind, it),
            Record::Invoice(it) => $function($kind, it),
            Record::CreditNote(it) => $function($kind, it),
            Record::Quote(it) => $function($kind, it),
            Record::Payment(it) => $function($kind, it),
        }
    };
}

#[test]
fn every_billing_record_is_kept_and_nothing_in_it_is_kept_as_a_mere_text() {
    let mut seen = std::collections::BTreeSet::new();
    for (_, text) in golden() {
        if let Ok(record) = serde_json::from_str::<Record>(&text) {
            let kind = record.id().kind().as_str();
            seen.insert(kind);
            inner!(&record, is_kept, kind);
        }
    }
    assert_eq!(seen.len(), AggregateKind::ALL.len(), "{seen:?}");
}

#[test]
fn figures_are_kept() {
    for (name, text) in golden() {
        if name.starts_with("totals_") {
            is_kept("invoice", &serde_json::from_str::<Totals>(&text).unwrap());
        } else if name == "credited" {
            is_kept("invoice", &serde_json::from_str::<Credited>(&text).unwrap());
        }
    }
    is_kept("invoice", &Credited::default());
}

#[test]
fn every_identity_record_is_kept_and_nothing_in_it_is_kept_as_a_mere_text() {
    let make = IdentityFixtures::new();
    let (team, user, now) = (make.team("Engines"), make.user("Ada"), make.now());
    is_kept("team", &team);
    is_kept("membership", &make.membership(team.id(), user.id(), Role::Accountant));
    is_kept("user", &user.clone().with_disabled_at(Some(now)));
    let acceptance = Acceptance { user: user.id(), at: now };
    let invitation = make.invitation(team.id(), user.id(), "Grace");
    is_kept("invitation", &invitation.with_acceptance(acceptance).with_revoked_at(now));
    let session = make.session(user.id()).with_team(Some(team.id()));
    let idle = session.idle_expires_at();
    let session = session.rotated(make.fingerprint(), now, idle).revoked(now);
    is_kept("session", &session.with_secret(Some(make.sealed())));
    let token = make.one_time_token(user.id(), TokenPurpose::ChangeEmail);
    is_kept("one_time_token", &token.with_payload("new@example.org").unwrap().with_used_at(now));
    let key = make.api_key(team.id(), user.id());
    is_kept("api_key", &key.with_expires_at(Some(now)).used(now).with_revoked_at(now));
    let key = make.signing_key("k1").activated(now).unwrap().retired(now).unwrap();
    is_kept("signing_key", &key.destroyed(now));
    let event: SecurityEvent = make.event(SecurityAction::SessionRevoked);
    is_kept("security_event", &event.in_team(team.id()).by_user(user.id()).on("ses_1"));
}
