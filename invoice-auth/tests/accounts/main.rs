//! Accounts, from registering to deleting, on each of the stores.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story says what it expects by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod closing;
mod email;
mod logging_in;
mod logs;
mod mails;
mod password;
mod profile;
mod registering;
