use async_trait::async_trait;
use invoice_auth::redis::RedisWindows;
use invoice_auth::{AuthError, MasterKey};
use invoice_core::Timestamp;

use super::limit::{Decision, InProcessLimits, Limit, Limits};

/// Counts in Redis, for several processes, by the rule and with the answers of [`InProcessLimits`].
///
/// While Redis is away each process counts for itself, from nothing.
#[derive(Debug)]
pub struct RedisLimits {
    windows: RedisWindows,
    local: InProcessLimits,
}

impl RedisLimits {
    /// With the server at this URL (`redis://…`; the driver's TLS is not built in), which is connected to when it is
    /// first needed. All processes of a deployment take the same master key: what is counted by has names that only
    /// who knows it can guess.
    ///
    /// A URL that is none is a violation at `/url`. Needs a runtime of tokio.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use invoice_auth::MasterKey;
    /// use invoice_http::middleware::{RedisLimits, Settings};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), invoice_auth::AuthError> {
    /// let limits = RedisLimits::open("redis://localhost", &MasterKey::generate()?).await?;
    /// let settings = Settings::default().with_counters(Arc::new(limits));
    /// # let _ = settings;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(url: &str, master: &MasterKey) -> Result<Self, AuthError> {
        Ok(Self { windows: RedisWindows::open(url, master).await?, local: InProcessLimits::default() })
    }
}

#[async_trait]
impl Limits for RedisLimits {
    async fn take(&self, key: &str, limit: Limit, now: Timestamp) -> Decision {
        match self.windows.count(key, limit.requests(), limit.window()).await {
            Some(counted) => limit.decide(counted.last, counted.present, counted.over),
            None => self.local.take(key, limit, now).await,
        }
    }
}
