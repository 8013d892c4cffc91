use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, FromRedisValue, ScriptInvocation};
use invoice_core::{Code, Violation};
use tokio::time::{Instant, timeout};

use crate::error::AuthError;
use crate::runtime::runtime;

/// What a request waits for Redis at most.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long Redis is left alone after it did not answer, by all but one.
const PAUSE: Duration = Duration::from_secs(1);

/// A Redis that may be away without holding anybody up.
pub(super) struct Patient {
    connection: ConnectionManager,
    /// What is counted there, for the log.
    what: &'static str,
    /// Until when Redis is left alone; `None` while it answers.
    away: Mutex<Option<Instant>>,
}

impl Patient {
    /// What the driver starts belongs to the runtime it is called in.
    pub(super) fn open(url: &str, what: &'static str) -> Result<Self, AuthError> {
        runtime()?;
        // The driver's error may show the URL, in which there is a password.
        let wrong = |_| Violation::new("/url", Code::Malformed, "not the URL of a Redis");
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = ConnectionManager::new_lazy_with_config(Client::open(url).map_err(wrong)?, config);
        Ok(Self { connection: connection.map_err(wrong)?, what, away: Mutex::new(None) })
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
    pub(super) async fn ask<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Option<T> {
        if runtime().is_err() || !self.may_ask() {
            return None;
        }
        let mut connection = self.connection.clone();
        let answer = timeout(PATIENCE, script.invoke_async::<T>(&mut connection)).await;
        let (mut away, what) = (self.away.lock().unwrap_or_else(PoisonError::into_inner), self.what);
        match answer {
            Ok(Ok(answer)) => {
                if away.take().is_some() {
                    tracing::info!("Redis is back: {what} are counted there again");
                }
                Some(answer)
            }
            other => {
                if away.replace(Instant::now() + PAUSE).is_none() {
                    let kind = other.ok().and_then(Result::err).map(|error| error.kind());
                    tracing::warn!(?kind, "Redis is away: {what} are counted in this process");
                }
                None
            }
        }
    }
}
