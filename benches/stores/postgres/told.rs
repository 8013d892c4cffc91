//! The statements of the store with their values.

use std::time::Duration;

use invoice_benches::told::Log;
pub(super) use invoice_benches::told::Told;
use invoice_store_postgres::PostgresStore;

use super::server::Server;
use crate::Wrong;

/// Runs something on a store whose statements the server logs; tells those with values.
pub(super) async fn listen<F: Future<Output = Result<(), Wrong>>>(
    server: &Server,
    work: impl FnOnce(PostgresStore) -> F,
) -> Result<Vec<Told>, Wrong> {
    let store = server.store_with(&[("log_min_duration_statement", "0")]).await?;
    let log = Log::at_end(&server.log)?;
    work(store.clone()).await?;
    store.close().await;
    // The server writes its line after the answer.
    tokio::time::sleep(Duration::from_millis(200)).await;
    log.told()
}
