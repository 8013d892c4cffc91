//! Accounts and teams as their users see them: requests in, answers out.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by panicking")]

mod accounts;
#[path = "../common/answer.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod answer;
mod api_keys;
mod conventions;
mod document;
mod matrix;
mod members;
mod story;
mod support;
mod teams;
