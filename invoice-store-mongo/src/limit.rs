//! How long is waited: for what was asked as a whole, and for the answer to each command of it.

use std::time::{Duration, Instant};

use invoice_core::ports::StoreError;
use tokio::time::timeout;

use crate::error::{is_lost, is_transient, store_error};
use crate::store::Settings;
use crate::transaction::pause;

/// What a command gets though patience is over, so that one that was begun late can be answered at all.
pub(crate) const LEAST: Duration = Duration::from_secs(1);

/// Since when something is tried, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    start: Instant,
    patience: Duration,
    /// For one command; none if it may take as long as it will.
    answer: Option<Duration>,
}

/// Nobody answered in time. The command may be under way still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Silence;

impl From<Silence> for StoreError {
    fn from(_: Silence) -> Self {
        Self::Unavailable
    }
}

impl Limit {
    /// From now on, as long as the settings say.
    pub(crate) fn of(settings: &Settings) -> Self {
        let Settings { patience, answer, .. } = *settings;
        Self { start: Instant::now(), patience, answer: Some(answer.min(patience).max(LEAST)) }
    }

    /// The same for what may well take long: its commands are waited for as long as the connection lives.
    pub(crate) fn unhurried(settings: &Settings) -> Self {
        Self { answer: None, ..Self::of(settings) }
    }

    /// Whether it was tried for long enough.
    pub(crate) fn is_over(&self) -> bool {
        self.start.elapsed() >= self.patience
    }

    /// Waits for a command, which is given up when it takes too long.
    pub(crate) async fn answer<C: IntoFuture>(&self, command: C) -> Result<C::Output, Silence> {
        let Some(answer) = self.answer else { return Ok(command.await) };
        let left = self.patience.saturating_sub(self.start.elapsed());
        timeout(left.max(LEAST).min(answer), command).await.map_err(|_| Silence)
    }

    /// Asks what may be asked twice, again while the cluster has no primary or does not answer.
    pub(crate) async fn persist<T, F>(&self, ask: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, mongodb::error::Error>>,
    {
        let mut tries = 0;
        loop {
            let error = match self.answer(ask()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) if is_lost(&error) || is_transient(&error) => store_error(error),
                Ok(Err(error)) => return Err(store_error(error)),
                Err(silence) => silence.into(),
            };
            if self.is_over() {
                return Err(error);
            }
            tries += 1;
            pause(tries).await;
        }
    }
}
