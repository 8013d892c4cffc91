//! The keys: one master key that seals, and a ring of keys that sign.

mod change;
mod derived;
mod jwk;
mod mac;
mod master;
mod plan;
mod ring;
mod ring_key;
mod rotation;
mod signer;
mod snapshot;
mod view;

pub(crate) use derived::SessionKeys;
pub(crate) use mac::MacKey;
pub use master::MasterKey;
pub use ring::KeyRing;
pub(crate) use ring_key::VerifyingKey;
pub use signer::{EdDsaSigner, Es256Signer, Signer};
pub use view::KeyView;

#[cfg(test)]
mod tests;
