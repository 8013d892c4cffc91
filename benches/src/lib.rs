//! What the benchmarks of the invoicing engine measure: documents, and the plain decimal loop beside them.

pub mod decimal;
pub mod documents;
pub mod paired;

#[cfg(test)]
mod tests;
