//! Sessions: listed, ended and moved between teams, on each of the stores.

#[path = "../common/mod.rs"]
mod common;

mod ending;
mod listing;
mod teams;
