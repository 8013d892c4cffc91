//! Accounts and teams as their users see them: requests in, answers out.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by panicking")]

mod document;
