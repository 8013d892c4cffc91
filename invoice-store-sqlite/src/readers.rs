//! Reading: connections that see what is committed and hold nobody up.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use invoice_core::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::error::SqliteError;
use crate::open;
use crate::store::Settings;

/// Connections for reading, opened when they are needed, at most so many.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    settings: Settings,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, settings: Settings) -> Self {
        let permits = Semaphore::new(settings.readers.get().into());
        Self { path, settings, idle: Mutex::default(), permits }
    }

    /// Reads on the caller's thread: a look-up takes less time than handing it to another thread would.
    pub(crate) async fn look_up<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let permit = self.permits.acquire().await.map_err(|_| SqliteError::Closed)?;
        let answer = self.with_connection(work);
        drop(permit);
        answer
    }

    /// Reads on a thread that may block, if there is a runtime to lend one: for lists and sums.
    pub(crate) async fn scan<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.permits.acquire().await.map_err(|_| SqliteError::Closed)?;
        let answer = match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let readers = Arc::clone(&self);
                let task = runtime.spawn_blocking(move || readers.with_connection(work));
                task.await.unwrap_or_else(|_| Err(SqliteError::Panicked.into()))
            }
            Err(_) => self.with_connection(work),
        };
        drop(permit);
        answer
    }

    fn with_connection<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.path, &self.settings)?,
        };
        // One that was lost to a panic is opened anew.
        let answer = work(&connection);
        if connection.is_autocommit() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        answer
    }
}

/// Several statements that see the same state.
pub(crate) fn snapshot<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    use crate::error::Stored as _;

    if !connection.is_autocommit() {
        return work(connection);
    }
    let execute = |text| connection.prepare_cached(text).and_then(|mut it| it.execute([])).stored();
    execute("BEGIN")?;
    let answer = work(connection);
    execute("COMMIT")?;
    answer
}
