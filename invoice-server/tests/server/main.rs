//! The program as its users have it: started, asked over HTTP, told to stop.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by panicking"
)]

mod concurrency;
mod connections;
mod errands;
mod http;
mod idempotency;
mod kills;
mod limits;
mod load;
mod looking;
mod place;
mod serving;
mod sink;
mod story;
mod support;
mod team;
mod upkeep;
