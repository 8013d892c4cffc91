#![doc = include_str!("../README.md")]
//!
//! # Where to look
//!
//! | to | look at |
//! | --- | --- |
//! | register, log in, refresh, invite, make API keys | [`Auth`] |
//! | turn what a request carries into who is calling | [`Auth::authenticate`], and the extractors behind the feature `axum` |
//! | keep the keys that sign | [`KeyRing`], [`MasterKey`] |
//! | send mail | [`Mailer`] |
//! | run several processes | [`Broadcast`], [`Throttle`], and `redis` for both |
//!
//! Records are those of [`invoice_core::identity`], kept by any store of the identity port. What a token says
//! about a session is checked against the store each time, through a bounded cache that lives for at most ten
//! seconds; a role is never read from a token.

mod accounts;
mod api_keys;
mod auth;
mod caller;
mod checks;
mod client;
mod email;
mod error;
mod keys;
mod mailer;
mod password;
mod person;
#[cfg(feature = "redis")]
pub mod redis;
mod retry;
mod secret;
mod sessions;
mod settings;
mod teams;
#[cfg(feature = "testing")]
pub mod testing;
mod throttle;
mod token;

#[cfg(feature = "axum")]
pub mod extract;

pub use accounts::{Profile, ProfileChange, Registration};
pub use api_keys::{ApiKeyData, NewApiKey};

pub use auth::{Auth, AuthBuilder};
pub use caller::{Authenticated, Caller};
pub use checks::{Broadcast, InProcess, Listener, Notice};
pub use client::ClientInfo;
pub use email::email_address;
pub use error::{AuthError, Rule};
pub use keys::{EdDsaSigner, Es256Signer, KeyRing, KeyView, MasterKey, Signer};
pub use mailer::{Mail, MailError, Mailer, NoMailer};
pub use password::{Argon2Params, Password, PasswordScheme, Passwords, Verdict};
pub use secret::OpaqueToken;
pub use sessions::{SessionView, Tokens};
pub use settings::{Settings, TokenMode};
pub use throttle::{InMemoryThrottle, Throttle, ThrottleKey};
pub use token::{AccessToken, ClaimsSource, NoClaims, TokenError};
