//! Sessions: listed, ended and moved between teams, on each of the stores.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story says what it expects by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod ending;
mod listing;
mod teams;
