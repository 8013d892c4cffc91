//! What the identity port stores: accounts, teams, sessions, tokens, keys and their audit trail.
//!
//! Records are plain data. Deciding who may do what with them, hashing, signing and mailing belong to the
//! authentication layer; a store only keeps records and checks versions and uniqueness. A record is
//! stored as its serde form, refuses unknown fields, and never shows a secret in `Debug`.

mod api_key;
mod change;
mod email;
mod event;
mod fingerprint;
mod hex;
mod invitation;
mod one_time_token;
mod record;
mod secret;
mod session;
mod signing_key;
mod team;
mod user;
mod views;

pub use api_key::ApiKey;
pub use change::{IdentityChange, IdentityReceipt, IdentityWrite};
pub use email::{EmailAddress, EmailKey};
pub use event::{SecurityAction, SecurityEvent};
pub use fingerprint::Fingerprint;
pub use invitation::{Acceptance, Invitation};
pub use one_time_token::{OneTimeToken, TokenPurpose};
pub use record::{IdentityKey, IdentityRecord};
pub use secret::{SealedBytes, SecretText};
pub use session::{RefreshFamily, RetiredRefresh, Session};
pub use signing_key::{KeyAlgorithm, KeyId, KeyState, SigningKey};
pub use team::{Membership, Team};
pub use user::User;
pub use views::{Member, SearchPrefix, SessionCheck, UserTeam};

/// Most characters of a name, a device or another short text.
const MAX_TEXT: usize = 500;
