//! The database itself refuses what must never be stored, whoever writes it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that can't begin fails")]

mod support;

use invoice_core::testing::run;
use invoice_store_mongo::mongodb::Collection;
use invoice_store_mongo::mongodb::bson::{Binary, Bson, DateTime, Document, doc, spec::BinarySubtype};
use invoice_store_mongo::mongodb::error::{Error, ErrorKind, WriteFailure};
use uuid::Uuid;

use support::a_store;

/// A document fails validation.
const REFUSED: i32 = 121;

fn id() -> Binary {
    Binary { subtype: BinarySubtype::Uuid, bytes: Uuid::new_v4().as_bytes().to_vec() }
}

fn bytes(count: usize) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: vec![7; count] }
}

fn day() -> DateTime {
    DateTime::from_millis(1_767_225_600_000)
}

/// A document of billing with what all have.
fn of(kind: &str, fields: Document) -> Document {
    let (team, id) = (id(), id());
    let mut document = doc! {
        "_id": { "team": team.clone(), "kind": kind, "id": id.clone() }, "team": team, "kind": kind, "id": id,
    };
    document.extend(fields);
    document
}

/// An aggregate with what all have.
fn aggregate(kind: &str, fields: Document) -> Document {
    let mut document = of(kind, doc! { "version": 1_i64, "commit": id(), "record": {} });
    document.extend(fields);
    document
}

fn draft(kind: &str) -> Document {
    aggregate(
        kind,
        doc! {
            "status": "draft", "subtype": "standard", "client": id(), "currency": "EUR", "payable": 100_i64, "due": 0_i64,
            "live": false, "written_off": false, "overdue_noted": false, "customer_key": "a", "customer_sort": "a",
            "payment_state": "nothing_due", "created_at": day(), "updated_at": day(),
        },
    )
}

fn issued(kind: &str) -> Document {
    let mut document = draft(kind);
    document.extend(doc! {
        "status": "issued", "number": "A-1", "number_sort": "A-1", "series": id(), "period": "2026", "seq": 1_i64,
        "issue_date": day(), "due_date": day(), "live": true, "customer_name": "A",
    });
    document
}

fn open() -> Document {
    with(issued("invoice"), doc! { "due": 100_i64, "open": true, "payment_state": "unpaid" })
}

fn with(mut document: Document, fields: Document) -> Document {
    document.extend(fields);
    document
}

fn without(mut document: Document, field: &str) -> Document {
    assert!(document.remove(field).is_some(), "there is no {field}");
    document
}

fn payment() -> Document {
    let fields = doc! {
        "client": id(), "date": day(), "currency": "EUR", "amount": 100_i64, "unallocated": 0_i64, "invoices": [id()],
        "refunded": false, "created_at": day(),
    };
    aggregate("payment", fields)
}

fn counter() -> Document {
    of("counter", doc! { "series": id(), "period": "all", "next": 1_i64, "head": bytes(32) })
}

fn commit() -> Document {
    of("commit", doc! { "at": day(), "answer": bytes(0) })
}

fn audit() -> Document {
    let fields = doc! {
        "commit": id(), "at": day(), "subject_kind": "invoice", "subject": id(), "version": 1_i64, "actions": ["issued"],
    };
    of("audit", fields)
}

fn event() -> Document {
    let fields = doc! {
        "aggregate_kind": "invoice", "aggregate": id(), "aggregate_version": 1_i64, "ordinal": 0, "event": bytes(2),
        "attempts": 0, "lane": bytes(16), "free_at": day(),
    };
    of("event", fields)
}

fn named(kind: &str) -> Document {
    let fields = doc! { "created_at": day(), "archived": false, "name_key": "a", "name_sort": "a" };
    aggregate(kind, fields)
}

fn series() -> Document {
    let fields = doc! {
        "created_at": day(), "archived": false, "document_type": "invoice", "name": "A", "name_in_use": "A",
    };
    aggregate("series", fields)
}

fn month() -> Document {
    of("month", doc! { "month": day(), "currency": "EUR" })
}

/// One that is let in of each kind, and of each state that decides what it must have.
fn sound() -> Vec<Document> {
    let credit_note = |document| with(document, doc! { "invoice": id() });
    vec![
        draft("invoice"),
        issued("invoice"),
        open(),
        credit_note(draft("credit_note")),
        credit_note(issued("credit_note")),
        draft("quote"),
        issued("quote"),
        payment(),
        with(payment(), doc! { "unallocated": 1_i64, "has_unallocated": true }),
        counter(),
        commit(),
        with(commit(), doc! { "idempotency_key": "k", "fingerprint": bytes(32) }),
        audit(),
        event(),
        with(without(without(event(), "lane"), "free_at"), doc! { "buried": "it is poisonous" }),
        month(),
        named("client"),
        named("item"),
        series(),
        with(without(series(), "name_in_use"), doc! { "archived": true }),
        aggregate("supplier", doc! {}),
    ]
}

fn is_refused(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteError(error)) if error.code == REFUSED)
}

async fn refuses(collection: &Collection<Document>, why: &str, document: Document) {
    match collection.insert_one(document).await {
        Err(error) if is_refused(&error) => {}
        other => panic!("{why}: {other:?}"),
    }
}

async fn billing() -> Collection<Document> {
    a_store().await.database().collection("billing")
}

#[test]
fn what_is_sound_is_let_in() {
    run(async {
        let billing = billing().await;
        for document in sound() {
            let done = billing.insert_one(&document).await;
            assert!(done.is_ok(), "{document}: {done:?}");
        }
    });
}

#[test]
fn what_must_never_be_is_refused() {
    run(async {
        let billing = billing().await;
        let null = || doc! { "number": Bson::Null };
        let cases = [
            ("an issued invoice without a number", without(open(), "number")),
            ("an issued invoice whose number is null", with(open(), null())),
            ("an issued invoice outside of all series", without(open(), "series")),
            ("an issued invoice without its place", without(open(), "seq")),
            ("an issued invoice without an issue date", without(open(), "issue_date")),
            ("a credit note with a number but no place", without(issued("credit_note"), "seq")),
            ("an issued quote without a number", without(issued("quote"), "number")),
            ("a draft invoice with a number", with(draft("invoice"), doc! { "number": "A-1" })),
            ("a draft invoice that is live", with(draft("invoice"), doc! { "live": true })),
            ("a place before the first", with(open(), doc! { "seq": 0_i64 })),
            ("less than nothing due", with(issued("invoice"), doc! { "due": -1_i64 })),
            ("less than nothing due on an open one", with(open(), doc! { "due": -1_i64 })),
            ("something due that is not open", without(open(), "open")),
            ("nothing due and yet open", with(open(), doc! { "due": 0_i64 })),
            ("something due on a void one", with(open(), doc! { "live": false })),
            ("something due on a quote", with(issued("quote"), doc! { "due": 1_i64 })),
            ("a credit note of no invoice", issued("credit_note")),
            ("a currency of two letters", with(open(), doc! { "currency": "EU" })),
            ("an amount that is a float", with(open(), doc! { "payable": 1.5 })),
            ("a date that is a text", with(open(), doc! { "issue_date": "2026-01-01" })),
            ("a payment with less than nothing left", with(payment(), doc! { "unallocated": -1_i64 })),
            ("a payment whose rest is not marked", with(payment(), doc! { "unallocated": 1_i64 })),
            ("a payment marked to have a rest", with(payment(), doc! { "has_unallocated": true })),
            ("a counter before the first number", with(counter(), doc! { "next": 0_i64 })),
            ("a counter that is a float", with(counter(), doc! { "next": 1.0 })),
            ("a chain that begins with 31 bytes", with(counter(), doc! { "head": bytes(31) })),
            ("a chain that begins with 33 bytes", with(counter(), doc! { "head": bytes(33) })),
            ("a chain that begins with a text", with(counter(), doc! { "head": "7".repeat(32) })),
            ("a chain that begins with nothing", without(counter(), "head")),
            ("a key without its fingerprint", with(commit(), doc! { "idempotency_key": "k" })),
            ("a fingerprint without a key", with(commit(), doc! { "fingerprint": bytes(32) })),
            (
                "a fingerprint of 16 bytes",
                with(commit(), doc! { "idempotency_key": "k", "fingerprint": bytes(16) }),
            ),
            ("a commit without its answer", without(commit(), "answer")),
            ("an audit entry without its commit", without(audit(), "commit")),
            ("an event delivered less than never", with(event(), doc! { "attempts": -1 })),
            ("an event that waits in no lane", without(event(), "lane")),
            ("an event that is never free", without(event(), "free_at")),
            ("an event of no aggregate", without(event(), "aggregate")),
            ("a month without a currency", without(month(), "currency")),
            ("sums that are floats", with(month(), doc! { "invoiced": 1.5 })),
            ("a client used less than never", with(named("client"), doc! { "uses": -1_i64 })),
            ("an item with a number for a code", with(named("item"), doc! { "code": 7 })),
            ("a series in use without a name", without(series(), "name_in_use")),
            ("an archived series that keeps its name", with(series(), doc! { "archived": true })),
        ];
        for (why, document) in cases {
            refuses(&billing, why, document).await;
        }
    });
}

#[test]
fn every_document_has_a_team_a_known_kind_and_if_an_aggregate_its_record() {
    run(async {
        let billing = billing().await;
        let kinds: std::collections::BTreeSet<_> =
            sound().iter().map(|it| it.get_str("kind").unwrap().to_owned()).collect();
        assert_eq!(kinds.len(), 13);
        for document in sound() {
            let kind = document.get_str("kind").unwrap();
            let generic = with(document.clone(), doc! { "team": bytes(16) });
            refuses(&billing, &format!("{kind} whose team is no UUID"), generic).await;
            let text = with(document.clone(), doc! { "team": Uuid::new_v4().to_string() });
            refuses(&billing, &format!("{kind} whose team is a text"), text).await;
            for field in ["team", "kind", "version", "commit", "record"] {
                if document.contains_key(field) {
                    let why = format!("{kind} without {field}");
                    refuses(&billing, &why, without(document.clone(), field)).await;
                }
            }
            if document.contains_key("record") {
                let text = with(document.clone(), doc! { "record": "{}" });
                refuses(&billing, &format!("{kind} whose record is a text"), text).await;
                let nought = with(document.clone(), doc! { "version": 0_i64 });
                refuses(&billing, &format!("{kind} before its first version"), nought).await;
            }
            let unknown = with(document.clone(), doc! { "kind": "never" });
            refuses(&billing, "a kind that there is not", unknown).await;
        }
    });
}

#[test]
fn what_is_there_does_not_become_what_must_never_be() {
    run(async {
        let billing = billing().await;
        let (invoice, counter) = (open(), counter());
        billing.insert_many([&invoice, &counter]).await.unwrap();
        let invoice = doc! { "_id": invoice.get_document("_id").unwrap() };
        let counter = doc! { "_id": counter.get_document("_id").unwrap() };
        for (which, change) in [
            (&invoice, doc! { "$inc": { "due": -101_i64 } }),
            (&invoice, doc! { "$unset": { "number": "" } }),
            (&invoice, doc! { "$set": { "status": "draft" } }),
            (&invoice, doc! { "$set": { "kind": "supplier", "team": "mine" } }),
            (&counter, doc! { "$inc": { "next": -1_i64 } }),
            (&counter, doc! { "$set": { "head": bytes(20) } }),
        ] {
            let error = billing.update_one(which.clone(), change.clone()).await.expect_err("a refusal");
            assert!(is_refused(&error), "{change}: {error:?}");
        }
        let paid = doc! { "$set": { "due": 0_i64 }, "$unset": { "open": "" } };
        assert_eq!(billing.update_one(invoice, paid).await.unwrap().modified_count, 1);
        let next = doc! { "$inc": { "next": 1_i64 } };
        assert_eq!(billing.update_one(counter, next).await.unwrap().modified_count, 1);
    });
}

#[test]
fn numbers_and_places_are_had_once_in_a_team() {
    run(async {
        let billing = billing().await;
        let first = open();
        billing.insert_one(&first).await.unwrap();
        let of_same = |fields: &[&str], kind: &str| {
            let document =
                if kind == "invoice" { open() } else { with(issued(kind), doc! { "invoice": id() }) };
            let same = fields.iter().map(|name| ((*name).to_owned(), first.get(name).unwrap().clone()));
            with(document, same.collect())
        };
        for kind in ["invoice", "credit_note", "quote"] {
            for fields in [&["team", "number"][..], &["team", "series", "period", "seq"]] {
                let error = billing.insert_one(of_same(fields, kind)).await.expect_err("it is taken");
                let taken = matches!(&*error.kind,
                    ErrorKind::Write(WriteFailure::WriteError(error)) if error.code == 11_000);
                assert!(taken, "{kind} {fields:?}: {error:?}");
            }
        }
        let elsewhere = of_same(&["number", "series", "period", "seq"], "invoice");
        billing.insert_one(elsewhere).await.expect("another team has numbers of its own");
        billing.insert_many([draft("invoice"), draft("invoice")]).await.expect("drafts have none");
    });
}

/// A document of identity with what all have.
fn person(kind: &str, fields: Document) -> Document {
    let id = id();
    let mut document = doc! {
        "_id": { "kind": kind, "id": id.clone() }, "kind": kind, "id": id, "version": 1_i64, "record": {},
    };
    document.extend(fields);
    document
}

#[test]
fn identities_are_held_to_their_rules_as_well() {
    run(async {
        let identity = a_store().await.database().collection::<Document>("identity");
        let user = || {
            let fields = doc! { "email_key": "a@b", "name_search": "a", "email_search": "a@b", "uv": 1_i64 };
            person("user", fields)
        };
        let session = || {
            let fields = doc! {
                "user_id": id(), "sv": 1_i64, "last_seen_at": day(), "idle_expires_at": day(),
                "absolute_expires_at": day(), "refresh": bytes(32),
            };
            person("session", fields)
        };
        let membership = || {
            let fields = doc! {
                "team_id": id(), "user_id": id(), "role": "owner", "name_search": "a", "email_search": "a@b",
            };
            person("membership", fields)
        };
        let later = DateTime::from_millis(day().timestamp_millis() + 1);
        for (why, document) in [
            ("an unknown kind", person("stranger", doc! {})),
            ("a user without an address", without(user(), "email_key")),
            ("a user before the first version", with(user(), doc! { "version": 0_i64 })),
            ("a user without a record", without(user(), "record")),
            ("a role that there is not", with(membership(), doc! { "role": "god" })),
            ("a fingerprint of 31 bytes", with(session(), doc! { "refresh": bytes(31) })),
            ("a previous one of 33 bytes", with(session(), doc! { "previous_refresh": bytes(33) })),
            ("a session that idles past its end", with(session(), doc! { "idle_expires_at": later })),
            ("an API key without a fingerprint", person("api_key", doc! { "team_id": id() })),
        ] {
            refuses(&identity, why, document).await;
        }
        let documents = [user(), session(), membership(), person("team", doc! {})];
        identity.insert_many(documents).await.expect("they are sound");
        let error = identity.insert_one(user()).await.expect_err("the address is taken");
        assert!(matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteError(it)) if it.code == 11_000));
    });
}
