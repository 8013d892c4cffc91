//! Billing inside a transaction of the application.

use std::sync::Arc;

use async_trait::async_trait;
use invoice_core::TeamId;
use invoice_core::change::{ChangeSet, IdempotencyKey, IdempotencyRecord, Receipt};
use invoice_core::ports::{BillingPorts, Commits, StoreError};
use invoice_store_postgres::PostgresStore;
use invoice_store_postgres::sqlx::{Postgres, Transaction};
use tokio::sync::Mutex;

/// The store, except that commits join a transaction.
pub(crate) struct Joined {
    store: PostgresStore,
    transaction: Mutex<Transaction<'static, Postgres>>,
}

impl Joined {
    pub(crate) fn new(store: PostgresStore, transaction: Transaction<'static, Postgres>) -> Arc<Self> {
        Arc::new(Self { store, transaction: Mutex::new(transaction) })
    }

    /// Ports for use cases: what they decide lands in the transaction. What they read is what was committed
    /// before it, so let one transaction hold one use case, or several that do not build on each other.
    pub(crate) fn ports(self: &Arc<Self>) -> BillingPorts {
        let ports = BillingPorts::from_store(&Arc::new(self.store.clone()));
        BillingPorts { commits: self.clone(), ..ports }
    }

    /// The transaction back, once no use case holds the ports any more.
    pub(crate) fn leave(self: Arc<Self>) -> Option<Transaction<'static, Postgres>> {
        Some(Arc::into_inner(self)?.transaction.into_inner())
    }
}

#[async_trait]
impl Commits for Joined {
    async fn commit_all(&self, changes: Vec<Arc<ChangeSet>>) -> Vec<Result<Receipt, StoreError>> {
        let mut transaction = self.transaction.lock().await;
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(self.store.commit_in(&mut transaction, &change).await);
        }
        answers
    }

    async fn idempotency(
        &self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.store.idempotency(team, key).await
    }
}
