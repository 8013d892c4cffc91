use async_trait::async_trait;
use invoice_core::Timestamp;
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::Housekeeping;
use invoice_store_common::identity::first_made_at;
use rusqlite::types::Value;

use super::rows::execute;
use crate::SqliteStore;
use crate::error::Stored as _;

/// Most rows deleted in one transaction, so that commits don't wait long behind a purge.
const BATCH: i64 = 1_000;

pub(super) const SESSIONS: &str = "
    DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE absolute_expires_at < ?1 LIMIT ?2)";
pub(super) const TOKENS: &str = "
    DELETE FROM one_time_tokens WHERE id IN (SELECT id FROM one_time_tokens WHERE expires_at < ?1 LIMIT ?2)";
pub(super) const COMMITS: &str = "
    DELETE FROM identity_commits WHERE id IN (SELECT id FROM identity_commits WHERE id < ?1 LIMIT ?2)";

#[async_trait]
impl Housekeeping for SqliteStore {
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let instant = Value::Integer(before.as_millis());
        let sessions = self.delete_all(SESSIONS, instant.clone()).await?;
        let tokens = self.delete_all(TOKENS, instant).await?;
        self.delete_all(COMMITS, Value::Blob(first_made_at(before).into_bytes().to_vec())).await?;
        Ok(sessions.saturating_add(tokens))
    }
}

impl SqliteStore {
    async fn delete_all(&self, text: &'static str, before: Value) -> Result<u64, StoreError> {
        let mut count = 0_u64;
        loop {
            let params = (before.clone(), BATCH);
            let deleted =
                self.write(move |connection| execute(connection, text, params.clone()).stored()).await?;
            let deleted = u64::try_from(deleted).unwrap_or(u64::MAX);
            count = count.saturating_add(deleted);
            if deleted < BATCH.unsigned_abs() {
                return Ok(count);
            }
        }
    }
}
