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
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, settings: Settings) -> Self {
        let permits = Arc::new(Semaphore::new(settings.readers.get().into()));
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
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| SqliteError::Closed)?;
        let read = move || {
            let answer = self.with_connection(work);
            // Not before: a caller that goes away does not end the reading.
            drop(permit);
            answer
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn_blocking(read).await.unwrap_or_else(|_| Err(SqliteError::Panicked.into()))
            }
            Err(_) => read(),
        }
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;
    use std::sync::mpsc;

    use invoice_core::testing::run;
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn a_reader_counts_until_it_is_done_even_if_its_caller_went_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("invoices.db");
        Connection::open(&file).unwrap().execute_batch("CREATE TABLE t (n INTEGER)").unwrap();
        let readers = Arc::new(Readers::new(file, Settings::new().readers(NonZeroU16::MIN)));
        run(async {
            let (begin, has_begun) = oneshot::channel();
            let (go_on, may_go_on) = mpsc::channel::<()>();
            let caller = tokio::spawn(Arc::clone(&readers).scan(move |_| {
                begin.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok(())
            }));
            has_begun.await.unwrap();
            caller.abort();
            assert!(caller.await.unwrap_err().is_cancelled());
            assert_eq!(readers.permits.available_permits(), 0);
            go_on.send(()).unwrap();
            readers.look_up(|_| Ok(())).await.unwrap();
            assert_eq!(readers.idle.lock().unwrap().len(), 1);
        });
    }
}
