use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, Script, ScriptInvocation};
use async_trait::async_trait;
use invoice_core::ports::Clock;
use invoice_core::{Code, Violation};
use tokio::time::{Instant, timeout};

use crate::error::AuthError;
use crate::keys::{MacKey, MasterKey};
use crate::runtime::runtime;
use crate::secret::base64url;
use crate::throttle::{FREE, InMemoryThrottle, LONGEST_MS, MOST, Throttle, ThrottleKey};

/// What a log-in waits for Redis at most.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long Redis is left alone after it did not answer, by all but one.
const PAUSE: Duration = Duration::from_secs(1);
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
    connection: ConnectionManager,
    names: MacKey,
    attempt: Script,
    take_back: Script,
    local: InMemoryThrottle,
    /// Until when Redis is left alone; `None` while it answers.
    away: Mutex<Option<Instant>>,
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
    // What the driver starts belongs to a runtime: to be called from one is what `async` makes sure of.
    #[expect(clippy::unused_async, reason = "it must run in a runtime of tokio")]
    pub async fn open(url: &str, master: &MasterKey, clock: Arc<dyn Clock>) -> Result<Self, AuthError> {
        runtime()?;
        // The driver's error may show the URL, in which there is a password.
        let wrong = |_| Violation::new("/url", Code::Malformed, "not the URL of a Redis");
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = ConnectionManager::new_lazy_with_config(Client::open(url).map_err(wrong)?, config)
            .map_err(wrong)?;
        Ok(Self {
            connection,
            names: master.mac_key("throttle")?,
            attempt: Script::new(include_str!("attempt.lua")),
            take_back: Script::new(include_str!("take_back.lua")),
            local: InMemoryThrottle::new(clock),
            away: Mutex::new(None),
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
        self.ask(&script).await;
    }

    /// Whether to ask Redis. Who is the first after a pause asks, and the others go on without.
    fn may_ask(&self) -> bool {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        match *away {
            None => true,
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                *away = Some(Instant::now() + PAUSE);
                true
            }
        }
    }

    /// What the script answers; `None` if Redis is away.
    async fn ask(&self, script: &ScriptInvocation<'_>) -> Option<u64> {
        if runtime().is_err() || !self.may_ask() {
            return None;
        }
        let mut connection = self.connection.clone();
        let answer = timeout(PATIENCE, script.invoke_async::<u64>(&mut connection)).await;
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(Ok(answer)) => {
                if away.take().is_some() {
                    tracing::info!("Redis is back: failed attempts are counted there again");
                }
                Some(answer)
            }
            other => {
                if away.replace(Instant::now() + PAUSE).is_none() {
                    let kind = other.ok().and_then(Result::err).map(|error| error.kind());
                    tracing::warn!(?kind, "Redis is away: failed attempts are counted in this process");
                }
                None
            }
        }
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
        match self.ask(&script).await {
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
