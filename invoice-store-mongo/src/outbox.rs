//! The outbox: for each aggregate a lane of events, of which only the oldest is handed out.
//!
//! An event that waits has a `lane` and the instant at which it is free, `free_at`; 1970 means that nobody ever
//! took it. One that is set aside has neither, so that it is in no index of those that wait. A claim is one
//! compare-and-swap for each event: it must be free still.

mod claim;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use invoice_core::ports::{ClaimedEvent, Outbox, StoreError};
use invoice_core::{Event, EventId, Timestamp};
use mongodb::bson::raw::{RawArrayBuf, RawDocument, RawDocumentBuf, cstr};
use mongodb::bson::{Binary, DateTime, Document, doc, rawdoc};
use mongodb::options::Hint;

use crate::MongoStore;
use crate::error::{store_error, unreadable};
use crate::layout::{Fields, bytes, instant, key, kind, there, uuid};

/// Of those that wait, by lane.
const LANE: &str = "event_lane";
/// Of those that wait, by the instant from which on they can be claimed.
const FREE: &str = "event_free";
/// Of those that are set aside.
const BURIED: &str = "event_buried";

/// As many statements as a command gets; far from what a message holds.
const CHUNK: usize = 1_000;

/// Since when an event is free that nobody ever took.
const NEVER_TAKEN: DateTime = DateTime::from_millis(0);

/// The document of an event that nobody took yet.
pub(crate) fn waiting(event: &Event) -> Result<RawDocumentBuf, StoreError> {
    let text = serde_json::to_vec(event).map_err(StoreError::backend)?;
    let version = i64::try_from(event.aggregate_version.get()).map_err(StoreError::backend)?;
    Ok(rawdoc! {
        "_id": id_of(event),
        "team": uuid(event.team.as_uuid()),
        "kind": kind::EVENT,
        "id": uuid(event.id.as_uuid()),
        "aggregate_kind": event.aggregate.kind().as_str(),
        "aggregate": uuid(event.aggregate.as_uuid()),
        "aggregate_version": version,
        "ordinal": i32::from(event.ordinal),
        "lane": lane_of(event),
        "free_at": NEVER_TAKEN,
        "attempts": 0_i32,
        "event": bytes(text),
    })
}

fn id_of(event: &Event) -> RawDocumentBuf {
    key(event.team, kind::EVENT, event.id.as_uuid())
}

/// The aggregate: teams may use the same identifiers. It begins with the team.
fn lane_of(event: &Event) -> Binary {
    let mut lane = Vec::with_capacity(48);
    lane.extend_from_slice(event.team.as_uuid().as_bytes());
    lane.extend_from_slice(event.aggregate.as_uuid().as_bytes());
    lane.extend_from_slice(event.aggregate.kind().as_str().as_bytes());
    bytes(lane)
}

/// A claim is known by how often its event was claimed, and until when. The team is there for routers.
fn held(claimed: &ClaimedEvent) -> RawDocumentBuf {
    rawdoc! {
        "_id": id_of(&claimed.event),
        "team": uuid(claimed.event.team.as_uuid()),
        "attempts": i64::from(claimed.attempts),
        "leased_until": instant(claimed.leased_until),
    }
}

#[async_trait]
impl Outbox for MongoStore {
    async fn claim(
        &self,
        now: Timestamp,
        lease_millis: u32,
        limit: u16,
    ) -> Result<Vec<ClaimedEvent>, StoreError> {
        claim::claim(self, now, now.plus_millis(lease_millis.into()), limit.into()).await
    }

    async fn acknowledge(&self, claimed: &[ClaimedEvent]) -> Result<u64, StoreError> {
        let mut count = 0;
        for chunk in claimed.chunks(CHUNK) {
            let mut deletes = RawArrayBuf::new();
            for claimed in chunk {
                deletes.push(rawdoc! { "q": held(claimed), "limit": 1_i32 });
            }
            // When an answer is lost and what is held is deleted again, those of the first time go uncounted.
            count +=
                self.change_events(rawdoc! { "delete": self.billing().name(), "deletes": deletes }).await?;
        }
        Ok(count)
    }

    async fn retry(&self, claimed: &ClaimedEvent, at: Timestamp) -> Result<bool, StoreError> {
        let free_at = instant(at).max(NEVER_TAKEN);
        let change =
            doc! { "$set": { "free_at": free_at }, "$unset": { "leased_until": true, "claim": true } };
        self.change_event(&held(claimed), change).await
    }

    async fn bury(&self, claimed: &ClaimedEvent, reason: &str) -> Result<bool, StoreError> {
        let gone = doc! { "lane": true, "free_at": true, "leased_until": true, "claim": true };
        self.change_event(&held(claimed), doc! { "$set": { "buried": reason }, "$unset": gone }).await
    }

    async fn buried(&self, limit: u16) -> Result<Vec<(Event, String)>, StoreError> {
        if limit == 0 {
            // To the server it means all of them.
            return Ok(Vec::new());
        }
        let found = self
            .billing()
            .find(doc! { "buried": { "$exists": true } })
            .sort(doc! { "id": 1 })
            .limit(limit.into())
            .projection(doc! { "_id": 0, "event": 1, "buried": 1 })
            .hint(Hint::Name(BURIED.to_owned()))
            .await
            .map_err(store_error)?;
        let found: Vec<_> = found.try_collect().await.map_err(store_error)?;
        let read = |document: &RawDocumentBuf| {
            let reason = there("buried", Fields(document).text("buried")?)?;
            Ok((event_of(document)?, reason.to_owned()))
        };
        found.iter().map(read).collect()
    }

    async fn revive(&self, id: EventId) -> Result<bool, StoreError> {
        let buried = doc! { "$exists": true };
        let found = self
            .billing()
            .find_one(doc! { "id": uuid(id.as_uuid()), "buried": buried.clone() })
            .projection(doc! { "_id": 0, "event": 1 })
            .hint(Hint::Name(BURIED.to_owned()))
            .await
            .map_err(store_error)?;
        let Some(found) = found else { return Ok(false) };
        let event = event_of(&found)?;
        let filter = rawdoc! {
            "_id": id_of(&event),
            "team": uuid(event.team.as_uuid()),
            "buried": { "$exists": true },
        };
        let back = doc! { "lane": lane_of(&event), "free_at": NEVER_TAKEN };
        self.change_event(&filter, doc! { "$set": back, "$unset": { "buried": true } }).await
    }
}

impl MongoStore {
    /// Changes one event; whether it was as it should be.
    async fn change_event(&self, filter: &RawDocument, change: Document) -> Result<bool, StoreError> {
        let filter = Document::try_from(filter).map_err(StoreError::backend)?;
        let done = self.billing().update_one(filter, change).await.map_err(store_error)?;
        Ok(done.matched_count == 1)
    }

    /// Runs statements that do no harm when they are done twice, again while nobody answers; how many events
    /// they matched.
    async fn change_events(&self, mut command: RawDocumentBuf) -> Result<u64, StoreError> {
        let patience = self.shared.settings.patience;
        let millis = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
        command.append(cstr!("ordered"), false);
        command.append(cstr!("writeConcern"), rawdoc! { "w": "majority", "j": true, "wtimeout": millis });
        let ask = || async { self.database().run_raw_command(command.clone()).await };
        let reply = self.limit().persist(ask).await?;
        if reply.contains_key("writeConcernError") {
            return Err(StoreError::Unavailable);
        }
        if let Ok(errors) = reply.get_array("writeErrors") {
            return Err(unreadable("event", format_args!("{errors:?}")));
        }
        Ok(u64::try_from(reply.get_i32("n").unwrap_or_default()).unwrap_or_default())
    }
}

fn event_of(document: &RawDocument) -> Result<Event, StoreError> {
    let text = there("event", Fields(document).bytes("event")?)?;
    serde_json::from_slice(text).map_err(|error| unreadable("event", error))
}
