//! Limits on failed attempts: they slow an attacker down and lock nobody out for good.

mod attempt;
mod counter;
mod key;
mod memory;

use std::time::Duration;

use async_trait::async_trait;

pub(crate) use attempt::Attempt;
#[cfg(feature = "redis")]
pub(crate) use counter::{FREE, LONGEST_MS, MOST};
pub use key::ThrottleKey;
pub use memory::InMemoryThrottle;

/// Counts failed attempts: five are free, and after the n-th failure the next attempt waits 2^(n-5) seconds, 15 minutes
/// at most.
///
/// An attempt at a password has three counters: the account's, whether there is such an account or not; the one of this
/// account at this address; and the address's. It waits for the slowest. Mails are counted by who gets them,
/// registrations also by the address they come from.
///
/// An attempt counts as failed while it is under way, or guesses made side by side would be free. So of more than five
/// log-ins at one moment from one address, all with the right password, the others are told to wait a second. An attempt
/// of which nothing came before anybody looked at the password, since the store was away or the caller gone, is taken
/// back.
///
/// Each quarter of an hour without an attempt takes one failure off a counter, which holds 15 at most: 3¾ hours after
/// the last attempt all is forgotten. So an attacker who waits gains nothing on one who tries whenever it is allowed, and
/// a house full of people behind one address may mistype four passwords an hour without ever waiting.
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

    /// Takes the attempt back, because it came to nothing before anybody looked at the password, or no mail was sent.
    /// Earlier failures stay.
    async fn take_back(&self, keys: &[ThrottleKey]);
}
