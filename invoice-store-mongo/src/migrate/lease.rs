//! One process at a time: a lease on the document that says what was applied.

use std::time::{Duration, Instant};

use invoice_core::ports::StoreError;
use invoice_store_common::migrations::Migration;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::options::{
    Acknowledgment, CollectionOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern,
};

use super::{MigrateError, row};
use crate::MongoStore;
use crate::transaction::pause;

/// The `_id` of the document.
pub(super) const JOURNAL: &str = "schema";
/// How long a lease is good for, unless it is renewed. Kept by the server's clock.
const TERM: Duration = Duration::from_secs(10);
const RENEWED_EVERY: Duration = Duration::from_secs(2);
/// Who could not renew it stops working this long after the last time, before another may take it.
const RELIED_ON: Duration = Duration::from_secs(7);

/// The right to change the schema, until it is lost or given back.
pub(super) struct Lease<'a> {
    store: &'a MongoStore,
    journal: Collection<Document>,
    holder: Document,
    taken: Instant,
}

impl MongoStore {
    /// The collection of what was applied.
    pub(super) fn journal(&self) -> Collection<Document> {
        let options = CollectionOptions::builder()
            .read_concern(ReadConcern::majority())
            .write_concern(WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build())
            .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
            .build();
        self.database().collection_with_options(&format!("{}migrations", self.prefix()), options)
    }
}

impl<'a> Lease<'a> {
    /// Waits for whoever has it, as long as a turn may take.
    pub(super) async fn take(store: &'a MongoStore) -> Result<Self, MigrateError> {
        let journal = store.journal();
        let holder = doc! { "_id": JOURNAL, "holder": mongodb::bson::Uuid::new() };
        let free = doc! {
            "_id": JOURNAL,
            "$or": [{ "holder": holder.get("holder") }, { "$expr": { "$lt": ["$until", "$$NOW"] } }],
        };
        let taken = vec![doc! { "$set": { "holder": holder.get("holder"), "until": until() } }];
        let fresh = doc! { "$setOnInsert": { "until": mongodb::bson::DateTime::from_millis(0) } };
        let id = doc! { "_id": JOURNAL };
        // Two that insert it at once: the server tries the one that lost again.
        let insert = || async { journal.update_one(id.clone(), fresh.clone()).upsert(true).await };
        store.limit().persist(insert).await?;
        let begun = Instant::now();
        loop {
            let asked = Instant::now();
            let ask = || async { journal.update_one(free.clone(), taken.clone()).await };
            if store.limit().persist(ask).await?.matched_count == 1 {
                return Ok(Self { store, journal, holder, taken: asked });
            }
            let waited = begun.elapsed();
            if waited >= store.shared.settings.turn {
                return Err(MigrateError::Busy { waited });
            }
            pause(6).await;
        }
    }

    /// Works while the lease is held, and gives it back.
    pub(super) async fn hold<T>(
        &self,
        work: impl Future<Output = Result<T, MigrateError>>,
    ) -> Result<T, MigrateError> {
        let result = tokio::select! {
            result = work => result,
            () = self.keep() => Err(StoreError::Unavailable.into()),
        };
        // One that can't be given back ends by itself.
        let free =
            doc! { "$set": { "until": mongodb::bson::DateTime::from_millis(0) }, "$unset": { "holder": "" } };
        let _ = tokio::time::timeout(RELIED_ON, self.journal.update_one(self.holder.clone(), free)).await;
        result
    }

    /// Renews it until that fails for too long.
    async fn keep(&self) {
        let mut renewed = self.taken;
        loop {
            tokio::time::sleep(RENEWED_EVERY).await;
            let asked = Instant::now();
            let longer = vec![doc! { "$set": { "until": until() } }];
            let answer = self.journal.update_one(self.holder.clone(), longer);
            match tokio::time::timeout(RELIED_ON.saturating_sub(renewed.elapsed()), answer).await {
                Ok(Ok(done)) if done.matched_count == 1 => renewed = asked,
                // Another has it.
                Ok(Ok(_)) => return,
                _ if renewed.elapsed() >= RELIED_ON => return,
                _ => {}
            }
        }
    }

    /// A migration was applied.
    pub(super) async fn write_down(&self, migration: &Migration) -> Result<(), StoreError> {
        let others = doc! { "$filter": {
            "input": { "$ifNull": ["$applied", []] },
            "cond": { "$ne": ["$$this.version", i64::from(migration.version())] },
        } };
        let applied = doc! { "$concatArrays": [others, [row(migration)]] };
        self.write(vec![doc! { "$set": { "applied": applied } }]).await
    }

    /// A migration is taken back.
    pub(super) async fn forget(&self, migration: &Migration) -> Result<(), StoreError> {
        let others = doc! { "$filter": {
            "input": "$applied",
            "cond": { "$ne": ["$$this.version", i64::from(migration.version())] },
        } };
        self.write(vec![doc! { "$set": { "applied": others } }]).await
    }

    /// Writes only while nobody else has the lease.
    async fn write(&self, change: Vec<Document>) -> Result<(), StoreError> {
        let ask = || async { self.journal.update_one(self.holder.clone(), change.clone()).await };
        let done = self.store.limit().persist(ask).await?;
        if done.matched_count == 1 { Ok(()) } else { Err(StoreError::Unavailable) }
    }
}

fn until() -> Document {
    let term = i64::try_from(TERM.as_millis()).unwrap_or(i64::MAX);
    doc! { "$add": ["$$NOW", term] }
}
