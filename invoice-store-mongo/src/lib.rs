#![doc = include_str!("../README.md")]

mod bridge;
mod commit;
mod error;
mod layout;
mod migrate;
mod outbox;
mod reads;
mod store;
mod transaction;

pub use invoice_store_common::migrations::{MigrationError, Status};
pub use migrate::MigrateError;
pub use mongodb;
pub use store::{MongoStore, Settings};
