//! What is of this store alone: its file, who shares it, its migrations and plans.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test says what it expects by panicking")]

mod desk;
mod joining;
mod migrations;
mod opening;
mod sharing;
