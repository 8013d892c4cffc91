#![doc = include_str!("../README.md")]

mod bridge;
mod error;
mod layout;
mod store;
mod transaction;

pub use mongodb;
pub use store::{MongoStore, Settings};
