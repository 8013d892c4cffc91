//! Where events go.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::Event;
use invoice_core::ports::ClaimedEvent;
use invoice_core::service::{NotReceived, Patience, Receiver};
use invoice_http::Deliveries;
use tracing::{error, warn};

use crate::seldom::Seldom;

/// While a mail server is away, every invoice that waits for it fails again and again.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Who gets events, and how long they are tried with.
pub(crate) struct Outlet {
    pub(crate) receiver: Arc<dyn Receiver>,
    pub(crate) patience: Patience,
}

impl Outlet {
    /// Sends are recorded, and nothing else. Events of a time when there was a mail server are taken all the same: kept,
    /// they would bring customers the invoices of the past when there is one again.
    pub(crate) fn nobody() -> Self {
        Self { receiver: Arc::new(Nobody), patience: Patience::default() }
    }

    /// Invoices go by mail, a few in one pass: a slow server must answer for all of them within the lease.
    pub(crate) fn mail(deliveries: Deliveries) -> Self {
        let patience = Patience { batch: 10, lease_millis: 300_000, ..Patience::default() };
        Self { receiver: Arc::new(Mailed { deliveries, failed: Seldom::new(TOLD_EVERY) }), patience }
    }
}

struct Nobody;

#[async_trait]
impl Receiver for Nobody {
    async fn receive(&self, _event: &Event) -> Result<(), NotReceived> {
        Ok(())
    }
}

struct Mailed {
    deliveries: Deliveries,
    failed: Seldom,
}

#[async_trait]
impl Receiver for Mailed {
    async fn receive(&self, event: &Event) -> Result<(), NotReceived> {
        self.deliveries.receive(event).await
    }

    fn not_received(&self, event: &ClaimedEvent, reason: &NotReceived) {
        let (id, attempt) = (event.event.id, event.attempts);
        match reason {
            NotReceived::Yet(cause) => {
                if let Some(others) = self.failed.pass() {
                    warn!(event.id = %id, attempt, cause, others, "an invoice could not be mailed yet");
                }
            }
            // Why is kept with the event: it may name the addressee.
            NotReceived::Ever(_) => error!(event.id = %id, attempt, "an invoice can't be mailed"),
        }
    }
}
