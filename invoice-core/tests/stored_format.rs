//! The stored form of every billing record: databases hold these texts, so they change on purpose only.
//!
//! `WRITE_GOLDEN=1 cargo test --test stored_format` writes them anew; the difference is then to be read.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says it by panicking")]

#[path = "support/json.rs"]
mod json;
#[path = "support/specimens.rs"]
mod specimens;

use std::fmt::Debug;
use std::path::Path;

use invoice_core::change::{AggregateId, AuditEntry, IdempotencyRecord, Record};
use invoice_core::credit::Credited;
use invoice_core::ports::PageRequest;
use invoice_core::totals::Totals;
use invoice_core::{Counter, CounterKey, Event, Timestamp};
use json::{is_leaf, pointers, with, without};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use specimens::Specimens;

/// The text in the file, and nothing but it, reads back as the value.
#[track_caller]
fn is_stored_as<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == golden, "{name} is stored otherwise:\n{text}");
    assert_eq!(&serde_json::from_str::<T>(&golden).unwrap(), value);
    let json: Value = serde_json::from_str(&golden).unwrap();
    refuses_other_shapes(&json, value, name);
}

/// A field too many, one too few, a number for a text or a text for a number, anywhere.
#[track_caller]
fn refuses_other_shapes<T: DeserializeOwned + PartialEq + Debug>(json: &Value, value: &T, name: &str) {
    let parsed = |json: Value| serde_json::from_value::<T>(json);
    for at in pointers(json, &Value::is_object) {
        let mut fields = json.pointer(&at).unwrap().clone();
        fields.as_object_mut().unwrap().insert("surprise".to_owned(), json!(1));
        let outcome = parsed(with(json, &at, fields));
        assert!(outcome.is_err(), "{name}: an unknown field at `{at}` is overlooked");
        for key in json.pointer(&at).unwrap().as_object().unwrap().keys() {
            let field = format!("{at}/{}", json::escaped(key));
            if !json.pointer(&field).unwrap().is_null() {
                let same = parsed(without(json, &field)).is_ok_and(|read| read == *value);
                assert!(!same, "{name}: nothing is missing without `{field}`");
            }
        }
    }
    for at in pointers(json, &is_leaf) {
        let other = match json.pointer(&at).unwrap() {
            Value::String(_) => json!(12),
            Value::Null => json!([]),
            _ => json!("12"),
        };
        assert!(parsed(with(json, &at, other)).is_err(), "{name}: another type at `{at}` is taken");
    }
}

fn record(record: impl Into<Record>) -> Record {
    record.into()
}

#[tokio::test]
async fn master_data_is_stored_like_this() {
    let made = Specimens::new().await;
    is_stored_as(&record(made.supplier.clone()), "supplier");
    is_stored_as(&record(made.client.clone()), "client");
    is_stored_as(&record(made.series.clone()), "series");
    is_stored_as(&record(made.item().await), "item_archived");
    let archived = made.billing.archive_series(&made.owner, made.series.id()).await.unwrap();
    is_stored_as(&record(archived), "series_archived");
    let archived = made.billing.archive_client(&made.owner, made.client.id()).await.unwrap();
    is_stored_as(&record(archived), "client_archived");
}

#[tokio::test]
async fn invoices_are_stored_like_this() {
    let made = Specimens::new().await;
    is_stored_as(&record(made.draft().await), "invoice_draft");
    let made = Specimens::new().await;
    is_stored_as(&record(made.issued().await), "invoice_issued");
    let made = Specimens::new().await;
    is_stored_as(&record(made.settled().await), "invoice_settled");
    let made = Specimens::new().await;
    let (original, replacement) = made.replaced().await;
    is_stored_as(&record(original), "invoice_void");
    is_stored_as(&record(replacement), "invoice_replacement");
}

#[tokio::test]
async fn credit_notes_are_stored_like_this() {
    let made = Specimens::new().await;
    is_stored_as(&record(made.drafted_note().await), "credit_note_draft");
    let made = Specimens::new().await;
    is_stored_as(&record(made.sent_note().await), "credit_note_sent");
}

#[tokio::test]
async fn quotes_are_stored_like_this() {
    let made = Specimens::new().await;
    is_stored_as(&record(made.drafted_quote().await), "quote_draft");
    let made = Specimens::new().await;
    is_stored_as(&record(made.converted_quote().await), "quote_converted");
}

#[tokio::test]
async fn payments_are_stored_like_this() {
    let made = Specimens::new().await;
    is_stored_as(&record(made.refunded_payment().await), "payment_refunded");
    let made = Specimens::new().await;
    is_stored_as(&record(made.reversed_payment().await), "payment_reversed");
}

#[tokio::test]
async fn figures_are_stored_like_this() {
    let made = Specimens::new().await;
    is_stored_as::<Totals>(made.issued().await.totals(), "totals_net");
    let made = Specimens::new().await;
    let settled = made.settled().await;
    is_stored_as::<Totals>(settled.totals(), "totals_inclusive");
    is_stored_as::<Credited>(settled.credit(), "credited");
    assert_eq!(serde_json::to_string(&Credited::default()).unwrap(), "{}");
}

#[tokio::test]
async fn counters_are_stored_like_this() {
    let made = Specimens::new().await;
    made.issued().await;
    let counters = made.billing.ports().trail.counters(made.owner.actor().team()).await.unwrap();
    let (key, counter) = counters.first().unwrap();
    is_stored_as::<CounterKey>(key, "counter_key");
    is_stored_as::<Counter>(counter, "counter");
}

#[tokio::test]
async fn the_trail_is_stored_like_this() {
    let made = Specimens::new().await;
    let (original, _) = made.replaced().await;
    let voided = made.billing.void_invoice(&made.owner, made.replaced().await.1.id(), "Twice").await.unwrap();
    let page = PageRequest::first(10).unwrap();
    let subject = Some(AggregateId::Invoice(voided.id()));
    let trail = made.billing.audit(made.owner.actor(), subject, &page).await.unwrap();
    is_stored_as::<AuditEntry>(trail.items.first().unwrap(), "audit_entry");
    is_stored_as::<Event>(&event(&made, AggregateId::Invoice(original.id())).await, "event");
    is_stored_as::<IdempotencyRecord>(&made.idempotency().await, "idempotency");
}

/// The last event of an aggregate.
async fn event(made: &Specimens, id: AggregateId) -> Event {
    let outbox = made.billing.ports().outbox.clone();
    let mut last = None;
    loop {
        let claimed = outbox.claim(Timestamp::from_millis(0), 1_000, 100).await.unwrap();
        if claimed.is_empty() {
            return last.expect("an event of the aggregate");
        }
        outbox.acknowledge(&claimed).await.unwrap();
        last = claimed.into_iter().map(|it| it.event).rfind(|it| it.aggregate == id).or(last);
    }
}

#[tokio::test]
async fn what_a_later_release_stored_is_refused_by_its_schema() {
    let made = Specimens::new().await;
    let made_later = Specimens::new().await;
    let records = [
        record(made.issued().await),
        record(made_later.sent_note().await),
        record(made_later.converted_quote().await),
    ];
    for record in records {
        let json = serde_json::to_value(&record).unwrap();
        for schema in [0, 2, 65_535] {
            let error = serde_json::from_value::<Record>(with(&json, "/record/schema", json!(schema)));
            let message = error.unwrap_err().to_string();
            let said = format!("stored with schema version {schema}; this release reads versions 1 to 1");
            assert!(message.contains(&said), "{message}");
        }
    }
    let json = serde_json::to_value(event(&made, AggregateId::Client(made.client.id())).await).unwrap();
    let error = serde_json::from_value::<Event>(with(&json, "/schema", json!(2))).unwrap_err();
    assert!(error.to_string().contains("schema version 2"), "{error}");
}
