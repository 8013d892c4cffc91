//! Runnable examples on databases; see the `[[example]]` targets beside this folder.

/// Keeps the README's code compiling.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
