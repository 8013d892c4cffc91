//! Runnable examples of the invoicing engine; see the `[[example]]` targets beside this file.

pub mod totals;
