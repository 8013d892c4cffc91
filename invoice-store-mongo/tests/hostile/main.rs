//! Hostile texts, failing servers, callers that go away: what was acknowledged is there once, and nothing else.
//!
//! The server must be one that fails on demand: `--setParameter enableTestCommands=1`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that can't begin fails")]
#![allow(clippy::too_many_lines, clippy::unused_self, reason = "each is one story")]

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/wire.rs"]
mod wire;

mod callers;
mod desk;
mod failures;
mod load;
mod standstill;
mod texts;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Fail points are the server's, so tests that set some do not run beside each other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
