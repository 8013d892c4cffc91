//! The invoicing engine on PostgreSQL: one statement and one round trip a commit.

pub use sqlx;
