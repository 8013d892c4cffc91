//! Accounts, from registering to deleting, on each of the stores.

#[path = "../common/mod.rs"]
mod common;

mod closing;
mod email;
mod logging_in;
mod password;
mod profile;
mod registering;
