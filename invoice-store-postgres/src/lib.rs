#![doc = include_str!("../README.md")]

mod commit;
mod error;
mod identity;
mod migrate;
mod pool;
mod reads;
mod record;
mod store;

pub use invoice_store_common::migrations::{MigrationError, Status};
pub use migrate::MigrateError;
pub use sqlx;
pub use store::{PostgresStore, Settings};
