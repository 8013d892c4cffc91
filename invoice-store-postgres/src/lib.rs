//! The invoicing engine on PostgreSQL: one statement and one round trip a commit.
//!
//! ```no_run
//! # async fn open() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use invoice_core::ports::BillingPorts;
//! use invoice_store_postgres::PostgresStore;
//!
//! let store = PostgresStore::connect("postgres://app@localhost/app").await?;
//! store.migrate().await?;
//! let ports = BillingPorts::from_store(Arc::new(store));
//! # let _ = ports;
//! # Ok(())
//! # }
//! ```
//!
//! # Connections
//!
//! [`PostgresStore::connect`] holds connections of its own and does not ask the server before each use
//! whether they live. [`PostgresStore::from_pool`] shares the application's pool, and
//! [`PostgresStore::commit_in`] joins a transaction of the application. Tables are in a schema of their own.
//!
//! # Commits
//!
//! A commit is one statement: it predicts the counters of the numbers it takes from the last receipt, and
//! writes only if they are so and every record is at the version expected; otherwise nothing is written and
//! a transaction that looks at everything first finds out what stands against it. Commits that wait for one
//! counter land together ([`Settings::together`]), each with its own receipt; one that fails does not fail
//! the others, and one whose caller goes away does not stop them.
//!
//! Serialization failures and deadlocks are tried again, a bounded number of times. Where a connection is
//! lost while a commit is on it, the store looks for the commit by its id over another one;
//! [`UnknownOutcome`](invoice_core::ports::StoreError::UnknownOutcome) is answered only if the server can't
//! be reached for that, and committing the same change set again is safe.
//!
//! # What it keeps
//!
//! Every version of every record, once, with the commit that wrote it; commits, answered requests and the
//! audit trail for ever; events until they are acknowledged. The sums of the reports are kept by each commit.
//! Times are kept to the millisecond, amounts in minor units, sums as exact numerics.

mod commit;
mod error;
mod identity;
mod migrate;
mod pool;
mod reads;
mod record;
mod store;

pub use invoice_store_sql::migrations::{MigrationError, Status};
pub use migrate::MigrateError;
pub use sqlx;
pub use store::{PostgresStore, Settings};
