//! The API as its users see it: requests in, answers out.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by panicking")]

#[path = "../common/answer.rs"]
mod answer;
mod clients;
mod conventions;
mod document;
mod guard;
mod invoices;
mod money;
mod print;
mod problems;
mod reports;
mod support;
