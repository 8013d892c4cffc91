//! For tests.
pub use crate::token::{read_token, verify_jws};
