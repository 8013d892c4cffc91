use async_trait::async_trait;
use invoice_core::Timestamp;
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::Housekeeping;
use mongodb::options::Hint;

use super::keys;
use super::queries::Query;
use crate::MongoStore;
use crate::limit::Limit;

/// What is deleted, and by which index and field.
pub(super) const SESSIONS: (&str, &str) = ("session_end", "absolute_expires_at");
pub(super) const TOKENS: (&str, &str) = ("one_time_token_end", "expires_at");
pub(super) const COMMITS: (&str, &str) = ("commit_at", "at");

#[async_trait]
impl Housekeeping for MongoStore {
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let sessions = self.delete_all(Query::before(keys::SESSION, SESSIONS, before)).await?;
        let tokens = self.delete_all(Query::before(keys::ONE_TIME_TOKEN, TOKENS, before)).await?;
        self.delete_all(Query::before(keys::COMMIT, COMMITS, before)).await?;
        Ok(sessions.saturating_add(tokens))
    }
}

impl MongoStore {
    /// Outside a transaction each document is deleted by itself, so that nobody waits for long. If an answer is lost, what
    /// was deleted by then goes uncounted.
    async fn delete_all(&self, query: Query) -> Result<u64, StoreError> {
        let Query { filter, index, .. } = query;
        let delete = || async {
            let mut delete = self.identity().delete_many(filter.clone());
            if let Some(index) = index {
                delete = delete.hint(Hint::Name(index.to_owned()));
            }
            delete.await
        };
        let done = Limit::unhurried(&self.shared.settings).persist(delete).await?;
        Ok(done.deleted_count)
    }
}
