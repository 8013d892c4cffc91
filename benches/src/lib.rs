//! What the benchmarks of the invoicing engine measure, and how: documents and the plain decimal loop beside them,
//! samples in pairs, processor time, and the tables that come of it.

pub mod cpu;
pub mod decimal;
pub mod documents;
pub mod machine;
pub mod measure;
pub mod paired;
pub mod table;
pub mod told;

/// What a benchmark gives up with.
pub type Wrong = Box<dyn std::error::Error + Send + Sync>;

#[cfg(test)]
mod tests;
