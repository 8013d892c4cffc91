//! What one process tells, the others hear: through a real Redis that goes away and comes back.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that can't begin fails")]

mod channel;
#[path = "../common/mod.rs"]
mod common;
mod ear;
mod ending;
mod proxy;
mod server;
