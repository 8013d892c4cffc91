//! Events as commits leave them.

use invoice_core::change::AggregateId;
use invoice_core::{ClientId, Event, EventId, EventKind, TeamId, Timestamp, Version};
use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::bson::spec::BinarySubtype;
use invoice_store_mongo::mongodb::bson::{Binary, DateTime, Document, doc};
use uuid::Uuid;

/// The event with this number as its identifier, of the client with that number.
pub(crate) fn event(id: u128, team: u128, client: u128, version: u128) -> Event {
    Event {
        id: EventId::from_uuid(Uuid::from_u128(id)),
        schema: Event::SCHEMA,
        kind: EventKind::ClientUpdated,
        team: TeamId::from_uuid(Uuid::from_u128(team)),
        aggregate: AggregateId::Client(ClientId::from_uuid(Uuid::from_u128(client))),
        aggregate_version: Version::new(u64::try_from(version).expect("it is small")),
        ordinal: 0,
        at: Timestamp::from_millis(0),
        number: None,
        amount: None,
        related: None,
    }
}

fn uuid(id: Uuid) -> Binary {
    Binary { subtype: BinarySubtype::Uuid, bytes: id.as_bytes().to_vec() }
}

fn document(event: &Event) -> Document {
    let (team, aggregate) = (event.team.as_uuid(), event.aggregate.as_uuid());
    let kind = event.aggregate.kind().as_str();
    let lane = [team.as_bytes().as_slice(), aggregate.as_bytes(), kind.as_bytes()].concat();
    doc! {
        "_id": { "team": uuid(team), "kind": "event", "id": uuid(event.id.as_uuid()) },
        "team": uuid(team),
        "kind": "event",
        "id": uuid(event.id.as_uuid()),
        "aggregate_kind": kind,
        "aggregate": uuid(aggregate),
        "aggregate_version": i64::try_from(event.aggregate_version.get()).expect("it is small"),
        "ordinal": i32::from(event.ordinal),
        "lane": Binary { subtype: BinarySubtype::Generic, bytes: lane },
        "free_at": DateTime::from_millis(0),
        "attempts": 0,
        "event": Binary {
            subtype: BinarySubtype::Generic,
            bytes: serde_json::to_vec(event).expect("an event is JSON"),
        },
    }
}

/// Puts events into the outbox without the commits that they tell of: many at once, or whatever order is wanted.
pub(crate) async fn put(store: &MongoStore, events: &[Event]) {
    let name = format!("{}billing", store.prefix());
    let billing = store.database().collection::<Document>(&name);
    for chunk in events.chunks(10_000) {
        let documents = chunk.iter().map(document);
        billing.insert_many(documents).ordered(false).await.expect("events are inserted");
    }
}
