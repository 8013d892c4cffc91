//! Reads: look-ups on the caller's thread, lists and sums on one that may block.

mod catalog;
mod documents;
mod invoices;
mod lists;
mod outbox;
mod payments;
#[cfg(test)]
mod plans;
pub(crate) mod reports;
mod statement;
pub(crate) mod trail;
pub(crate) mod versions;
