#![doc = include_str!("../README.md")]

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
pub use invoice_store_sql::migrations::{MigrationError, Status};
pub use rusqlite;
pub use store::{Durability, Settings, SqliteStore};
