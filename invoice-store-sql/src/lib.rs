//! What the SQL stores share: migrations, the statements of lists, and the order of identity writes.

pub mod identity;
pub mod lists;
pub mod migrations;
