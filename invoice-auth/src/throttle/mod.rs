//! Limits on failed attempts: they slow an attacker down and lock nobody out for good.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::identity::Fingerprint;
use invoice_core::ports::Clock;

/// What attempts are counted by. It holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ThrottleKey(String);

impl ThrottleKey {
    /// The counters of an attempt on an account, existing or not, from an address: of the account, of both, and of
    /// the address (the /64 of an IPv6 one).
    pub fn of_attempt(_account: Fingerprint, _address: Option<IpAddr>) -> Vec<Self> {
        unimplemented!()
    }

    /// The text that names the counter.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Counts failed attempts: five are free, then each makes the next wait 2^(n-5) seconds, at most 15 minutes.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Counts an attempt before it is made, as failed; refused with the time to wait, and then not counted.
    async fn attempt(&self, keys: &[ThrottleKey]) -> Result<(), Duration>;

    /// Takes the attempt back, because it did not fail, and forgets the account's failures.
    async fn succeeded(&self, keys: &[ThrottleKey]);
}

/// Counters in this process, of a bounded number.
pub struct InMemoryThrottle {}

impl InMemoryThrottle {
    /// With this clock.
    pub fn new(_clock: Arc<dyn Clock>) -> Self {
        Self {}
    }
}

#[async_trait]
impl Throttle for InMemoryThrottle {
    async fn attempt(&self, _keys: &[ThrottleKey]) -> Result<(), Duration> {
        unimplemented!()
    }

    async fn succeeded(&self, _keys: &[ThrottleKey]) {
        unimplemented!()
    }
}
