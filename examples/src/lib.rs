//! Runnable examples of the invoicing engine; see the `[[example]]` targets beside this file.

pub mod totals;

/// Keeps the README's code compiling.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
