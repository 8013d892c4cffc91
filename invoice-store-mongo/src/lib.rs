#![doc = include_str!("../README.md")]

pub mod bridge;
mod error;
mod layout;
mod outbox;
mod store;
mod transaction;

pub use mongodb;
pub use store::{MongoStore, Settings};
