//! The handle of the store.

use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use invoice_core::ports::StoreError;
use invoice_store_common::migrations::Status;
use rusqlite::Connection;

use crate::error::{Lost, SqliteError};
use crate::readers::Readers;
use crate::writer::{BATCH, Writer};
use crate::{migrate, open};

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// When it is on disk: what was acknowledged survives a loss of power.
    #[default]
    Full,
    /// When the operating system has it: what was acknowledged survives a crash of the program. A loss of
    /// power may take the last commits away, whole ones and never only some before others.
    Normal,
}

/// How to open a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub(crate) durability: Durability,
    pub(crate) readers: NonZeroU16,
    pub(crate) busy_timeout: Duration,
    pub(crate) max_bytes: Option<u64>,
}

impl Settings {
    /// Full durability, 16 readers at most, 5 seconds of patience with other processes.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use invoice_store_sqlite::{Durability, Settings};
    ///
    /// let settings = Settings::new().durability(Durability::Normal).busy_timeout(Duration::from_secs(30));
    /// assert_ne!(settings, Settings::new());
    /// ```
    pub const fn new() -> Self {
        let readers = NonZeroU16::MIN.saturating_add(15);
        Self { durability: Durability::Full, readers, busy_timeout: Duration::from_secs(5), max_bytes: None }
    }

    /// When a commit counts as done.
    #[must_use]
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How many connections read at the same time, at most. They are opened when they are needed.
    #[must_use]
    pub const fn readers(mut self, readers: NonZeroU16) -> Self {
        self.readers = readers;
        self
    }

    /// How long to wait for another process that holds the file, before a commit is `Unavailable`.
    #[must_use]
    pub const fn busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// How large this store may make the file, in bytes; after that commits fail as on a full disk.
    #[must_use]
    pub const fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = Some(max_bytes);
        self
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

/// The billing and identity ports on one SQLite file, or in memory. Clones share it; it is closed with the
/// last of them, after what was begun is done.
///
/// Give [`BillingPorts::from_store`](invoice_core::ports::BillingPorts::from_store) one for the use cases.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    // Readers go first, so that the writer is the last connection, which tidies the file up.
    readers: Option<Arc<Readers>>,
    writer: Arc<Writer>,
}

impl SqliteStore {
    /// What the header of this store's files says they are (`PRAGMA application_id`).
    ///
    /// A file with tables of another application is refused. Whoever wants this store in such a file
    /// nevertheless says so by setting that pragma first.
    pub const APPLICATION_ID: i32 = 0x696e_7631;

    /// Opens a file, or makes it, and brings its schema up to this release.
    ///
    /// Several processes may open the same file, at the same time too: one of them migrates. The folder
    /// must be writable, since the write-ahead log lies beside the file, and must not be a network share.
    /// The call blocks while it reads and migrates; in a program that serves others, open before serving.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use invoice_core::ports::BillingPorts;
    /// use invoice_store_sqlite::SqliteStore;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let store = SqliteStore::open(folder.path().join("invoices.db"))?;
    /// # let _ = store;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SqliteError> {
        Self::open_with(path, Settings::new())
    }

    /// Opens a file like [`SqliteStore::open`], with settings.
    ///
    /// ```
    /// use invoice_store_sqlite::{Durability, Settings, SqliteStore};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let settings = Settings::new().durability(Durability::Normal);
    /// let store = SqliteStore::open_with(folder.path().join("invoices.db"), settings)?;
    /// # let _ = store;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_with(path: impl AsRef<Path>, settings: Settings) -> Result<Self, SqliteError> {
        let path = path.as_ref();
        let connection = open::writer(path, &settings)?;
        migrate::up_alone(&connection)?;
        let readers = Some(Arc::new(Readers::new(open::lasting(path), settings)));
        Ok(Self { readers, writer: Self::start(connection, BATCH)? })
    }

    /// Opens a file like [`SqliteStore::open`] if a store is in it. An empty file is refused with
    /// [`SqliteError::Empty`] and stays as it is, as does another application's; none is made.
    ///
    /// ```
    /// use invoice_store_sqlite::{SqliteError, SqliteStore};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let file = folder.path().join("invoices.db");
    /// std::fs::write(&file, "")?;
    /// assert!(matches!(SqliteStore::open_existing(&file), Err(SqliteError::Empty)));
    /// assert_eq!(std::fs::metadata(&file)?.len(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, SqliteError> {
        let settings = Settings::new();
        open::check_existing(path.as_ref(), &settings)?;
        Self::open_with(path, settings)
    }

    /// A store in memory, gone with its last clone. It has one connection, which reads too: connections
    /// that shared a database in memory would lock each other out.
    ///
    /// ```
    /// use invoice_store_sqlite::SqliteStore;
    ///
    /// let store = SqliteStore::open_in_memory()?;
    /// # let _ = store;
    /// # Ok::<(), invoice_store_sqlite::SqliteError>(())
    /// ```
    pub fn open_in_memory() -> Result<Self, SqliteError> {
        let connection = open::in_memory(&Settings::new())?;
        migrate::up_alone(&connection)?;
        // Nothing is synced, so nothing is gained by landing together.
        Ok(Self { readers: None, writer: Self::start(connection, 1)? })
    }

    fn start(connection: Connection, batch: usize) -> Result<Arc<Writer>, SqliteError> {
        let writer =
            Writer::start(connection, batch).map_err(|error| SqliteError::NoThread(Arc::new(error)))?;
        Ok(Arc::new(writer))
    }

    /// Brings the schema up to this release, as opening does; tells how many migrations that took: none,
    /// unless some were taken back since.
    pub async fn migrate(&self) -> Result<usize, SqliteError> {
        self.writer.submit(migrate::up).await
    }

    /// Takes the last `count` migrations back; tells how many there were. Unless forced, it is refused if
    /// a table would go that holds data, with [`SqliteError::NotEmpty`].
    ///
    /// ```
    /// use invoice_store_sqlite::SqliteStore;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let store = SqliteStore::open_in_memory()?;
    /// let newest = store.status().await?.newest();
    /// assert_eq!(store.rollback(1, false).await?, 1);
    /// assert_eq!(store.status().await?.current(), newest - 1);
    /// assert_eq!(store.migrate().await?, 1);
    /// # Ok::<(), invoice_store_sqlite::SqliteError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn rollback(&self, count: usize, force: bool) -> Result<usize, SqliteError> {
        self.writer.submit(move |connection| migrate::down(connection, count, force)).await
    }

    /// How far the schema is.
    pub async fn status(&self) -> Result<Status, SqliteError> {
        self.writer.submit(migrate::status).await
    }

    /// Runs a job that writes: alone as far as it can see, undone if it fails, answered when it is durable.
    pub(crate) fn write<T, E, F>(&self, work: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<Lost> + Send + 'static,
        F: FnMut(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.writer.submit(work)
    }

    /// Looks single rows up.
    pub(crate) async fn look_up<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.readers {
            Some(readers) => readers.look_up(work).await,
            None => self.writer.submit(once(work)).await,
        }
    }

    /// Reads lists and sums, on a thread that may block.
    pub(crate) async fn scan<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.readers {
            Some(readers) => Arc::clone(readers).scan(work).await,
            None => self.writer.submit(once(work)).await,
        }
    }
}

/// A read as a job of the writer in memory, which runs each once.
fn once<T>(
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> impl FnMut(&Connection) -> Result<T, StoreError> {
    let mut work = Some(work);
    move |connection| match work.take() {
        Some(work) => work(connection),
        None => Err(SqliteError::Panicked.into()),
    }
}
