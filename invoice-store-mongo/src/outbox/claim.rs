//! Finds the events that head their lanes and can be had, and takes them.

use std::collections::HashSet;

use futures::TryStreamExt as _;
use invoice_core::Timestamp;
use invoice_core::ports::{ClaimedEvent, StoreError};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::raw::{RawArrayBuf, RawDocument, RawDocumentBuf};
use mongodb::bson::{Bson, Document, doc, rawdoc};
use mongodb::options::{Hint, ReadConcern};
use uuid::Uuid;

use super::{CHUNK, FREE, LANE, NEVER_TAKEN, event_of};
use crate::MongoStore;
use crate::error::store_error;
use crate::layout::{Fields, bytes, instant, kind, there, uuid};

/// How often it looks again when others were quicker.
const TRIES: u32 = 8;

/// How many events are looked at for each that is wanted: some are behind others of their lane.
const LOOK: usize = 4;
/// How many at least.
const LOOK_LEAST: usize = 200;
/// How many more in the second look.
const LOOK_AGAIN: usize = 8;
/// How many at most: beyond them it is cheaper to go through the lanes.
const LOOK_MOST: usize = 5_000;

/// An event that may be the first of its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Head {
    /// What they are sorted by: identifiers grow with time.
    id: Uuid,
    team: Uuid,
}

impl Head {
    /// A lane begins with its team.
    fn new(id: Uuid, lane: &[u8]) -> Result<Self, StoreError> {
        let team = lane.get(..16).and_then(|team| Uuid::from_slice(team).ok());
        Ok(Self { id, team: there("lane", team)? })
    }

    fn key(self) -> RawDocumentBuf {
        rawdoc! { "team": uuid(self.team), "kind": kind::EVENT, "id": uuid(self.id) }
    }
}

pub(super) async fn claim(
    store: &MongoStore,
    now: Timestamp,
    leased_until: Timestamp,
    limit: usize,
) -> Result<Vec<ClaimedEvent>, StoreError> {
    let mut claimed: Vec<ClaimedEvent> = Vec::new();
    for _ in 0..TRIES {
        let round = one_round(store, now, leased_until, limit - claimed.len(), &claimed).await;
        match round {
            Ok((round, others_were_quicker)) => {
                claimed.extend(round);
                if !others_were_quicker || claimed.len() == limit {
                    break;
                }
            }
            Err(error) if claimed.is_empty() => return Err(error),
            // What it has shall be of use.
            Err(_) => break,
        }
    }
    claimed.sort_unstable_by_key(|claimed| claimed.event.id);
    Ok(claimed)
}

/// What could be had, and whether there was more that others took meanwhile.
async fn one_round(
    store: &MongoStore,
    now: Timestamp,
    leased_until: Timestamp,
    limit: usize,
    before: &[ClaimedEvent],
) -> Result<(Vec<ClaimedEvent>, bool), StoreError> {
    let mut heads = if limit == 0 { Vec::new() } else { heads(store, now, limit).await? };
    // A lease of no length at all is over at once.
    heads.retain(|head| before.iter().all(|claimed| claimed.event.id.as_uuid() != head.id));
    let mut taken = Vec::with_capacity(heads.len());
    for chunk in heads.chunks(CHUNK) {
        take(store, chunk, now, leased_until, &mut taken).await?;
    }
    let less = taken.len() < heads.len();
    Ok((taken, less))
}

/// The oldest events that head their lanes and are free, at most so many.
///
/// It looks at the oldest of all free events, and then at the lanes of those. Only if many of them stand behind
/// others, as when a lane is long or many are blocked, it goes through all lanes, of each of which the index gives
/// the first event.
async fn heads(store: &MongoStore, now: Timestamp, limit: usize) -> Result<Vec<Head>, StoreError> {
    let first = LOOK.saturating_mul(limit).clamp(LOOK_LEAST, LOOK_MOST);
    for most in [first, first.saturating_mul(LOOK_AGAIN).min(LOOK_MOST)] {
        let (never_taken, taken_once) = tokio::try_join!(
            free(store, doc! { "free_at": NEVER_TAKEN }, most),
            free(store, doc! { "free_at": { "$gt": NEVER_TAKEN, "$lte": instant(now) } }, most),
        )?;
        let all_seen = never_taken.len() < most && taken_once.len() < most;
        let mut found: Vec<_> = never_taken.into_iter().chain(taken_once).collect();
        found.sort_unstable_by_key(|(head, _)| *head);
        if !all_seen {
            // Of what is younger there may be more.
            found.truncate(most);
        }
        let lanes: HashSet<&[u8]> = found.iter().map(|(_, lane)| lane.as_slice()).collect();
        let firsts = firsts(store, lanes).await?;
        let mut heads: Vec<_> = found.iter().map(|(head, _)| *head).collect();
        heads.retain(|head| firsts.contains(head));
        if all_seen || heads.len() >= limit {
            heads.truncate(limit);
            return Ok(heads);
        }
    }
    all_firsts(store, now, limit).await
}

/// The oldest of the events that this filter finds, with their lanes, out of an index alone.
async fn free(store: &MongoStore, filter: Document, most: usize) -> Result<Vec<(Head, Vec<u8>)>, StoreError> {
    let found = store
        .billing()
        .find(filter)
        .sort(doc! { "id": 1 })
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .batch_size(u32::try_from(most).unwrap_or(u32::MAX))
        .projection(doc! { "_id": 0, "id": 1, "lane": 1 })
        .hint(Hint::Name(FREE.to_owned()))
        // Whatever is taken is checked again, and that check waits for a majority.
        .read_concern(ReadConcern::local())
        .await
        .map_err(store_error)?;
    let found: Vec<_> = found.try_collect().await.map_err(store_error)?;
    let read = |document: &RawDocumentBuf| {
        let lane = there("lane", Fields(document).bytes("lane")?)?;
        Ok((Head::new(there("id", Fields(document).uuid("id")?)?, lane)?, lane.to_vec()))
    };
    found.iter().map(read).collect()
}

/// The first event of each of these lanes.
async fn firsts(store: &MongoStore, lanes: HashSet<&[u8]>) -> Result<HashSet<Head>, StoreError> {
    if lanes.is_empty() {
        return Ok(HashSet::new());
    }
    let lanes: Vec<Bson> = lanes.into_iter().map(|lane| Bson::Binary(bytes(lane))).collect();
    let first = doc! { "_id": "$lane", "id": { "$first": "$id" } };
    let found = by_lane(store, doc! { "$in": lanes }, first, Vec::new()).await?;
    let heads = found.iter().map(|document| head(document));
    heads.collect()
}

/// The oldest of the first events of all lanes, of those that are free.
async fn all_firsts(store: &MongoStore, now: Timestamp, limit: usize) -> Result<Vec<Head>, StoreError> {
    let first = doc! { "_id": "$lane", "id": { "$first": "$id" }, "free_at": { "$first": "$free_at" } };
    let rest = vec![
        doc! { "$match": { "free_at": { "$lte": instant(now) } } },
        doc! { "$sort": { "id": 1 } },
        doc! { "$limit": i64::try_from(limit).unwrap_or(i64::MAX) },
    ];
    let found = by_lane(store, doc! { "$gte": bytes(Vec::new()) }, first, rest).await?;
    found.iter().map(|document| head(document)).collect()
}

fn head(document: &RawDocument) -> Result<Head, StoreError> {
    let fields = Fields(document);
    Head::new(there("id", fields.uuid("id")?)?, there("lane", fields.bytes("_id")?)?)
}

/// Groups by lane. With this order the server jumps in the index from one lane to the next.
async fn by_lane(
    store: &MongoStore,
    lanes: Document,
    group: Document,
    rest: Vec<Document>,
) -> Result<Vec<RawDocumentBuf>, StoreError> {
    let order = doc! { "lane": 1, "aggregate_version": 1, "ordinal": 1, "id": 1 };
    let mut stages =
        vec![doc! { "$match": { "lane": lanes } }, doc! { "$sort": order }, doc! { "$group": group }];
    stages.extend(rest);
    let found = store
        .billing()
        .aggregate(stages)
        .hint(Hint::Name(LANE.to_owned()))
        .batch_size(u32::try_from(LOOK_MOST).unwrap_or(u32::MAX))
        .read_concern(ReadConcern::local())
        .with_type::<RawDocumentBuf>()
        .await
        .map_err(store_error)?;
    found.try_collect().await.map_err(store_error)
}

/// Takes what is still free.
async fn take(
    store: &MongoStore,
    heads: &[Head],
    now: Timestamp,
    leased_until: Timestamp,
    taken: &mut Vec<ClaimedEvent>,
) -> Result<(), StoreError> {
    let claim = ObjectId::new();
    let until = instant(leased_until);
    let mut updates = RawArrayBuf::new();
    let mut keys = Vec::with_capacity(heads.len());
    for head in heads {
        let key = head.key();
        keys.push(Bson::Document(Document::try_from(&*key).map_err(StoreError::backend)?));
        let set = rawdoc! { "free_at": until, "leased_until": until, "claim": claim };
        updates.push(rawdoc! {
            "q": { "_id": key, "team": uuid(head.team), "free_at": { "$lte": instant(now) } },
            "u": { "$set": set, "$inc": { "attempts": 1_i32 } },
        });
    }
    let command = rawdoc! { "update": store.billing().name(), "updates": updates };
    // Whatever it counts: if its answer was lost, a repetition changes nothing any more.
    store.change_events(command).await?;
    let found = store
        .billing()
        .find(doc! { "_id": { "$in": keys }, "claim": claim })
        .projection(doc! { "_id": 0, "event": 1, "attempts": 1 })
        .batch_size(u32::try_from(CHUNK).unwrap_or(u32::MAX))
        .hint(Hint::Name("_id_".to_owned()))
        .await
        .map_err(store_error)?;
    let found: Vec<_> = found.try_collect().await.map_err(store_error)?;
    for document in &found {
        let attempts = there("attempts", Fields(document).number("attempts")?)?;
        let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
        taken.push(ClaimedEvent { event: event_of(document)?, attempts, leased_until });
    }
    Ok(())
}
