//! The identity port.
//!
//! A record is its JSON, written whole; see the migration for the columns beside it.

mod commit;
mod purge;
mod reads;
mod rows;
mod sessions;
mod steps;
mod teams;
mod write;

#[cfg(test)]
mod plans;
