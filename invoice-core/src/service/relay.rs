//! Takes events out of the outbox and hands them on, again and again until somebody has them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::ports::{ClaimedEvent, Clock, Outbox, StoreError};
use crate::{Event, Timestamp};

/// Gets the events: a broker, a webhook, a log.
#[async_trait]
pub trait Receiver: Send + Sync {
    /// Takes one event. It may come again, also after it was taken: its id tells.
    async fn receive(&self, event: &Event) -> Result<(), NotReceived>;

    /// Is told that an event which it did not take will come again, or is set aside, such as for a log. Does nothing
    /// unless it is written.
    fn not_received(&self, _event: &ClaimedEvent, _reason: &NotReceived) {}
}

/// Why an event was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReceived {
    /// It may be taken later: the receiver is busy or away.
    #[error("not received yet: {0}")]
    Yet(String),
    /// It will never be taken as it is.
    #[error("never to be received: {0}")]
    Ever(String),
}

/// How patient a [`Relay`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Most events taken in one pass.
    pub batch: u16,
    /// For how long nobody else gets them: longer than a pass takes.
    pub lease_millis: u32,
    /// The wait after the first failure; it doubles with each.
    pub first_wait_millis: u32,
    /// The longest wait.
    pub longest_wait_millis: u32,
    /// After so many failures an event is set aside, so that the later ones of its aggregate go on.
    pub attempts: u32,
}

impl Default for Patience {
    /// A hundred events a pass, a lease of a minute, waits of 1 s to 1 h, and 20 attempts: about half a day.
    fn default() -> Self {
        Self {
            batch: 100,
            lease_millis: 60_000,
            first_wait_millis: 1_000,
            longest_wait_millis: 3_600_000,
            attempts: 20,
        }
    }
}

impl Patience {
    /// How long to wait after a failed attempt, the first being 1.
    ///
    /// ```
    /// use invoice_core::service::Patience;
    ///
    /// let waits = [1, 2, 3, 50].map(|attempt| Patience::default().wait_millis(attempt));
    /// assert_eq!(waits, [1_000, 2_000, 4_000, 3_600_000]);
    /// ```
    pub fn wait_millis(&self, attempt: u32) -> u32 {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.first_wait_millis.saturating_mul(doubled).min(self.longest_wait_millis)
    }
}

/// What became of the events of one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pass {
    /// Received, and gone from the outbox.
    pub delivered: u64,
    /// To be tried again later.
    pub postponed: u64,
    /// Set aside as undeliverable.
    pub buried: u64,
    /// No longer held when their turn or the end of the pass came; another worker has them. Some may have
    /// been received.
    pub lost: u64,
}

impl Pass {
    /// Whether there was nothing to do: the moment to wait before the next pass.
    pub const fn is_idle(&self) -> bool {
        self.delivered == 0 && self.postponed == 0 && self.buried == 0 && self.lost == 0
    }
}

/// Polls an outbox. Any number of them may run at once, in as many processes.
///
/// An event is delivered at least once, and those of one aggregate in their order.
#[derive(Clone)]
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Relay {
    /// A relay over an outbox.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use invoice_core::memory::MemoryBilling;
    /// use invoice_core::service::{Patience, Relay};
    /// use invoice_core::testing::FixedClock;
    ///
    /// let outbox = Arc::new(MemoryBilling::new());
    /// let relay = Relay::new(outbox, Arc::new(FixedClock::default()), Patience::default());
    /// # let _ = relay;
    /// ```
    pub const fn new(outbox: Arc<dyn Outbox>, clock: Arc<dyn Clock>, patience: Patience) -> Self {
        Self { outbox, clock, patience }
    }

    /// Takes a batch, hands it on, and says what came of it. Call it in a loop, and wait a little after an
    /// idle pass. If it fails half-way, what was not acknowledged comes again when its lease is over.
    pub async fn pass(&self, receiver: &dyn Receiver) -> Result<Pass, StoreError> {
        let Patience { batch, lease_millis, .. } = self.patience;
        let claimed = self.outbox.claim(self.clock.now(), lease_millis, batch).await?;
        let mut pass = Pass::default();
        let mut received = Vec::with_capacity(claimed.len());
        let mut put_back = Ok(());
        for event in claimed {
            if self.clock.now() >= event.leased_until {
                pass.lost += 1;
                continue;
            }
            match receiver.receive(&event.event).await {
                Ok(()) => received.push(event),
                Err(refusal) => {
                    receiver.not_received(&event, &refusal);
                    put_back = self.put_back(&event, refusal, &mut pass).await;
                }
            }
            if put_back.is_err() {
                break;
            }
        }
        // Whatever failed, what was received shall not come again.
        if !received.is_empty() {
            pass.delivered = self.outbox.acknowledge(&received).await?;
            let received = u64::try_from(received.len()).unwrap_or(u64::MAX);
            pass.lost += received.saturating_sub(pass.delivered);
        }
        put_back.map(|()| pass)
    }

    async fn put_back(
        &self,
        event: &ClaimedEvent,
        refusal: NotReceived,
        pass: &mut Pass,
    ) -> Result<(), StoreError> {
        let reason = match refusal {
            NotReceived::Yet(_) if event.attempts < self.patience.attempts => {
                let held = self.outbox.retry(event, self.next_try(event.attempts)).await?;
                *(if held { &mut pass.postponed } else { &mut pass.lost }) += 1;
                return Ok(());
            }
            NotReceived::Yet(reason) | NotReceived::Ever(reason) => reason,
        };
        let held = self.outbox.bury(event, &reason.replace('\0', "\u{fffd}")).await?;
        *(if held { &mut pass.buried } else { &mut pass.lost }) += 1;
        Ok(())
    }

    fn next_try(&self, attempt: u32) -> Timestamp {
        self.clock.now().plus_millis(self.patience.wait_millis(attempt).into())
    }
}
