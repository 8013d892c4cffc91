//! Passwords: hashed slowly, a few at a time, checked in equal time whether there is one or not.

mod kept;
mod scheme;
mod text;
mod verify;

pub use scheme::{Argon2Params, PasswordScheme};
pub use text::Password;
pub use verify::{Passwords, Verdict};
