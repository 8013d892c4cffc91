//! What the SQL stores share: migrations, and the statements of lists.

pub mod identity;
