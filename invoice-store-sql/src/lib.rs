//! What the SQL stores share: migrations, and the statements of lists.

pub mod lists;
pub mod migrations;
