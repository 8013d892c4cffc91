#![doc = include_str!("../README.md")]
//!
//! # How it works
//!
//! | | |
//! | --- | --- |
//! | writing | One thread owns the connection that writes. What waits together lands with one `COMMIT`, hence one fsync, and each change set succeeds or fails by itself. |
//! | durability | [`Durability::Full`] unless asked otherwise: what was acknowledged is on disk. |
//! | reading | Write-ahead logging: readers see what is committed, wait for no writer and hold none up. A look-up runs on the caller's thread, since handing it to another takes longer than it does; lists and sums run on the runtime's blocking threads. |
//! | other processes | may use the same file on the same machine. A commit waits for them as long as [`Settings::busy_timeout`] says. |
//! | records | Every version of every record is kept once, as JSON, in `versions`; the other tables have what is queried or constrained. |
//! | sums | Reports read sums that each commit keeps, so they cost the same at any number of invoices. |
//! | errors | Recognised by SQLite's codes; see [`SqliteError`] for a full disk, a damaged file, a newer schema and the like. |
//!
//! Opening a file brings its schema up to this release. [`SqliteStore::rollback`] goes back.
//!
//! # In the application's own file
//!
//! An application may keep its tables in the same file, under names this store does not use, and write to
//! both in one transaction by [`SqliteStore::commit_in`]. Open the file as a store first, or set
//! [`SqliteStore::APPLICATION_ID`]: the file of another application is refused.
//!
//! To back a file up while it is used, let SQLite do it (`VACUUM INTO`, or its backup interface): the newest
//! commits are in the log beside it.

mod commit;
mod error;
mod identity;
mod migrate;
mod open;
mod readers;
mod reads;
mod store;
mod values;
mod writer;

pub use error::SqliteError;
pub use invoice_store_common::migrations::{MigrationError, Status};
pub use rusqlite;
pub use store::{Durability, Settings, SqliteStore};
