//! Benchmarks of the invoicing engine; see the `[[bench]]` targets beside this file.
