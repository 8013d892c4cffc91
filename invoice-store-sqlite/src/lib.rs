//! The invoicing engine on SQLite: one file, durable, many readers and one writer.

pub use rusqlite;
