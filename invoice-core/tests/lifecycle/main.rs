//! The use cases over the in-memory store: what a user of the engine sees.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a story says it by panicking")]

mod advances;
mod credit;
mod idempotency;
mod import;
mod issue;
mod numbers;
mod payments;
mod permissions;
mod quotes;
mod relay;
mod revise;
mod states;
mod story;
mod sweep;
mod trail;
mod versions;
mod write_offs;
