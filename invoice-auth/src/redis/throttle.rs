use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::Script;
use async_trait::async_trait;
use invoice_core::ports::Clock;

use super::patient::Patient;
use crate::error::AuthError;
use crate::keys::{MacKey, MasterKey};
use crate::secret::base64url;
use crate::throttle::{FREE, InMemoryThrottle, LONGEST_MS, MOST, Throttle, ThrottleKey};

/// All names in one slot of a cluster, so that one script reaches all counters of an attempt.
const PREFIX: &str = "invoice:{throttle}:";

/// Counters of failed attempts in Redis (5 or later), for several processes.
///
/// One script counts by all keys of an attempt at once, by the clock of the server. A log-in waits 250 ms for it at most.
/// While Redis is away each process counts for itself, from nothing; one attempt a second finds out whether it is back,
/// and then its counters go on where they were. Counters expire by themselves, after 3¾ hours at most; a server that may
/// throw keys away earlier (`maxmemory-policy`) lets an attacker who fills it begin anew.
///
/// The names of the counters are hashed with a key made of the master key: who reads Redis learns neither accounts nor
/// addresses, and deployments that share a server don't meet.
pub struct RedisThrottle {
    redis: Patient,
    names: MacKey,
    attempt: Script,
    take_back: Script,
    local: InMemoryThrottle,
}

impl RedisThrottle {
    /// With the server at this URL (`redis://…`; the driver's TLS is not built in), which is connected to when it is
    /// first needed. All processes of a deployment take the same master key. The clock is for the counters in process.
    ///
    /// A URL that is none is a violation at `/url`. It needs a runtime of tokio with I/O and time enabled, and outside
    /// of one answers [`AuthError::NoRuntime`].
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use invoice_auth::MasterKey;
    /// use invoice_auth::redis::RedisThrottle;
    /// use invoice_core::system::SystemClock;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), invoice_auth::AuthError> {
    /// let master = MasterKey::generate()?;
    /// let throttle = RedisThrottle::open("redis://localhost", &master, Arc::new(SystemClock)).await?;
    /// # let _ = throttle;
    /// # Ok(())
    /// # }
    /// ```
    #[expect(clippy::unused_async, reason = "what the driver starts must run in a runtime of tokio")]
    pub async fn open(url: &str, master: &MasterKey, clock: Arc<dyn Clock>) -> Result<Self, AuthError> {
        Ok(Self {
            redis: Patient::open(url, "failed attempts")?,
            names: master.mac_key("throttle")?,
            attempt: Script::new(include_str!("attempt.lua")),
            take_back: Script::new(include_str!("take_back.lua")),
            local: InMemoryThrottle::new(clock),
        })
    }

    fn name(&self, key: &ThrottleKey) -> String {
        let tag = self.names.tag(&[key.as_str().as_bytes()]);
        format!("{PREFIX}{}", base64url(tag.first_chunk::<16>().map_or(&[], |start| start)))
    }

    /// Takes the last attempt back by the keys for which that is all, and forgets the others.
    async fn take_back_if(&self, keys: &[ThrottleKey], is_all: fn(&ThrottleKey) -> bool) {
        let mut script = self.take_back.arg(LONGEST_MS);
        for key in keys {
            script.key(self.name(key)).arg(u8::from(is_all(key)));
        }
        self.redis.ask::<u64>(&script).await;
    }
}

#[async_trait]
impl Throttle for RedisThrottle {
    async fn attempt(&self, keys: &[ThrottleKey]) -> Result<(), Duration> {
        let mut script = self.attempt.arg(FREE);
        script.arg(LONGEST_MS).arg(MOST);
        for key in keys {
            script.key(self.name(key));
        }
        match self.redis.ask(&script).await {
            Some(0) => Ok(()),
            Some(millis) => Err(Duration::from_millis(millis)),
            None => self.local.attempt(keys).await,
        }
    }

    async fn succeeded(&self, keys: &[ThrottleKey]) {
        // Wherever the attempt was counted.
        self.local.succeeded(keys).await;
        self.take_back_if(keys, ThrottleKey::is_of_address).await;
    }

    async fn take_back(&self, keys: &[ThrottleKey]) {
        self.local.take_back(keys).await;
        self.take_back_if(keys, |_| true).await;
    }
}

impl fmt::Debug for RedisThrottle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisThrottle")
    }
}
