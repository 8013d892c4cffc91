use async_trait::async_trait;
use invoice_core::Timestamp;
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::Housekeeping;
use invoice_store_common::identity::first_made_at;

use super::rows::{Bound, execute, utc};
use crate::PostgresStore;

/// Most rows deleted in one transaction, so that nobody waits long for a row of it.
const BATCH: i64 = 1_000;

// The rows are chosen once, found by their keys, and locked in one order by all who purge.
pub(super) const SESSIONS: &str = "\
    DELETE FROM {s}.sessions WHERE id = ANY (ARRAY(\
        SELECT id FROM {s}.sessions WHERE absolute_expires_at < $1 \
        ORDER BY absolute_expires_at, id LIMIT $2 FOR UPDATE))";
pub(super) const TOKENS: &str = "\
    DELETE FROM {s}.one_time_tokens WHERE id = ANY (ARRAY(\
        SELECT id FROM {s}.one_time_tokens WHERE expires_at < $1 \
        ORDER BY expires_at, id LIMIT $2 FOR UPDATE))";
pub(super) const COMMITS: &str = "\
    DELETE FROM {s}.identity_commits WHERE id = ANY (ARRAY(\
        SELECT id FROM {s}.identity_commits WHERE id < $1 ORDER BY id LIMIT $2 FOR UPDATE))";

#[async_trait]
impl Housekeeping for PostgresStore {
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let instant = utc(before);
        let sessions = delete_all(self, || sqlx::query(self.sql(SESSIONS)).bind(instant)).await?;
        let tokens = delete_all(self, || sqlx::query(self.sql(TOKENS)).bind(instant)).await?;
        let first_kept = first_made_at(before);
        delete_all(self, || sqlx::query(self.sql(COMMITS)).bind(first_kept)).await?;
        Ok(sessions.saturating_add(tokens))
    }
}

/// Runs a deletion of a batch at a time until nothing is left.
async fn delete_all<'q>(
    store: &PostgresStore,
    query: impl Fn() -> Bound<'q> + Send + Sync,
) -> Result<u64, StoreError> {
    let mut count = 0_u64;
    loop {
        let deleted = execute(store, query().bind(BATCH)).await?;
        count = count.saturating_add(deleted);
        if deleted == 0 {
            return Ok(count);
        }
    }
}
