use std::fmt;
use std::time::Duration;

use ::redis::Script;

use super::patient::Patient;
use crate::error::AuthError;
use crate::keys::{MacKey, MasterKey};
use crate::secret::base64url;

const PREFIX: &str = "invoice:window:";

/// Sliding windows in Redis (5 or later), in which several processes count requests together.
///
/// Each count is one script, by the clock of the server, and waits 250 ms for it at most. While Redis is away nothing is
/// counted here, and one request a second finds out whether it is back. Counts expire by themselves.
///
/// The names of the counters are hashed with a key made of the master key: who reads Redis learns nothing about who
/// asks, and deployments that share a server don't meet.
pub struct RedisWindows {
    redis: Patient,
    names: MacKey,
    count: Script,
}

/// What was counted before a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// In the window before the present one.
    pub last: u32,
    /// In the present one. A window of a minute begins with the minute.
    pub present: u32,
    /// How much of the present one is over.
    pub over: Duration,
}

impl RedisWindows {
    /// With the server at this URL (`redis://…`; the driver's TLS is not built in), which is connected to when it is
    /// first needed. All processes of a deployment take the same master key.
    ///
    /// A URL that is none is a violation at `/url`. Needs a runtime of tokio.
    ///
    /// ```
    /// use invoice_auth::MasterKey;
    /// use invoice_auth::redis::RedisWindows;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), invoice_auth::AuthError> {
    /// let windows = RedisWindows::open("redis://localhost", &MasterKey::generate()?).await?;
    /// # let _ = windows;
    /// # Ok(())
    /// # }
    /// ```
    #[expect(clippy::unused_async, reason = "what the driver starts must run in a runtime of tokio")]
    pub async fn open(url: &str, master: &MasterKey) -> Result<Self, AuthError> {
        Ok(Self {
            redis: Patient::open(url, "requests")?,
            names: master.mac_key("windows")?,
            count: Script::new(include_str!("count.lua")),
        })
    }

    /// Counts one more of `name`, unless `most` were counted in the last `window`, which is at least a millisecond:
    /// `last`, as far as the window still covers it, and `present` together. `None` if Redis is away.
    pub async fn count(&self, name: &str, most: u32, window: Duration) -> Option<Counted> {
        let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX).max(1);
        // Counts of windows of another length are other counts.
        let tag = self.names.tag(&[&millis.to_be_bytes(), name.as_bytes()]);
        let name = base64url(tag.first_chunk::<16>().map_or(&[], |start| start));
        let mut script = self.count.key(format!("{PREFIX}{name}"));
        let (last, present, over) = self.redis.ask(script.arg(most).arg(millis)).await?;
        Some(Counted { last, present, over: Duration::from_millis(over) })
    }
}

impl fmt::Debug for RedisWindows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisWindows")
    }
}
