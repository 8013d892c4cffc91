//! The identity port.
//!
//! A record is one document, with the record itself under `record`; beside it stands what is looked up,
//! constrained or checked on every request. Of these `last_seen_at` and `last_used_at` win over the record's,
//! because they move by touches.

mod accounts;
mod commit;
mod examine;
mod keys;
mod purge;
mod queries;
mod sessions;
mod statements;
mod teams;
mod values;

#[cfg(test)]
mod plans;
