//! Accounts and teams on the wire. What holds a secret can't be printed.

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod invitation;
pub(crate) mod member;
pub(crate) mod profile;
pub(crate) mod security;
pub(crate) mod session;
pub(crate) mod team;

use invoice_auth::Password;

use super::read::{At, Reader};

/// A password as it was typed.
fn password(reader: &mut Reader, at: &At<'_>, text: String) -> Option<Password> {
    reader.check(at, Password::new(text))
}
