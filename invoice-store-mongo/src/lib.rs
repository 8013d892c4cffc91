#![doc = include_str!("../README.md")]

mod bridge;
mod commit;
mod error;
mod identity;
mod layout;
mod limit;
mod migrate;
mod outbox;
mod reads;
mod store;
mod transaction;
mod watch;

pub use invoice_store_common::migrations::{MigrationError, Status};
pub use migrate::MigrateError;
pub use mongodb;
pub use store::{MongoStore, Settings};
pub use watch::{ResumeToken, Signals, Wake};
