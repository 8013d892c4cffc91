//! Limits on failed attempts: they slow an attacker down and lock nobody out for good.

mod counter;
mod key;
mod memory;

use std::time::Duration;

use async_trait::async_trait;

#[cfg(feature = "redis")]
pub(crate) use counter::{FREE, LONGEST_MS, MOST};
pub use key::ThrottleKey;
pub use memory::InMemoryThrottle;

/// Counts failed attempts: five are free, then each makes the next wait 2^(n-5) seconds, at most 15 minutes.
///
/// Three things are counted by: the account, whether it exists or not; the account at this address; and the address.
/// Mails are counted by who gets them. An attempt waits for the slowest of them. Each quarter of an hour without an attempt takes back one of the failures
/// counted, of which there are 15 at most, so that all is forgotten 3¾ hours after the last one: an attacker who waits
/// gains nothing on one who tries whenever it is allowed, and a house full of people behind one address may mistype
/// four passwords an hour without ever waiting.
///
/// The counter of an account makes its owner wait too while somebody else is guessing, at any one time for 15 minutes
/// at most. That is the price of not letting a thousand addresses guess at one account.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Counts an attempt before it is made, as failed; refused with the time to wait, and then not counted.
    ///
    /// Of attempts made at the same time no more get through than one after another would.
    async fn attempt(&self, keys: &[ThrottleKey]) -> Result<(), Duration>;

    /// Takes the attempt back, because it did not fail, and forgets the account's failures. Those of the address stay:
    /// logging in to an account of their own gives an attacker no further guesses at others.
    async fn succeeded(&self, keys: &[ThrottleKey]);

    /// Takes the attempt back, because it came to nothing before anybody looked at the password. Earlier failures stay.
    async fn take_back(&self, keys: &[ThrottleKey]);
}
