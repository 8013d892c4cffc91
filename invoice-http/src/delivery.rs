use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use invoice_core::change::AggregateId;
use invoice_core::ports::StoreError;
use invoice_core::service::{Billing, Error, NotReceived, Receiver};
use invoice_core::{Actor, Event, EventKind, Invoice, Violations};

use crate::print;
use crate::problem::Locale;

/// An invoice on its way to the customer.
#[derive(Debug, Clone)]
pub struct Parcel {
    invoice: Invoice,
    page: String,
}

impl Parcel {
    /// The invoice, issued.
    pub fn invoice(&self) -> &Invoice {
        &self.invoice
    }

    /// The page to be printed, in the document's language.
    pub fn page(&self) -> &str {
        &self.page
    }
}

/// Brings invoices to customers, such as by mail.
///
/// A send is recorded first, and delivered from the outbox: a repeated request sends nothing twice, a customer's
/// mail server that is away delays no request, and a crash in between loses nothing.
#[async_trait]
pub trait Delivery: Send + Sync {
    /// Says beforehand why this invoice can't be delivered, such as for want of an address; pointers are those of
    /// the invoice. What is refused here is not recorded as sent.
    fn check(&self, invoice: &Invoice) -> Result<(), Violations>;

    /// Delivers. The same event may come again: its identifier tells.
    async fn deliver(&self, event: &Event, parcel: &Parcel) -> Result<(), NotReceived>;
}

/// Hands what was sent from the outbox to a [`Delivery`]: give it to an [`invoice_core::service::Relay`]. Other
/// events pass by.
#[derive(Clone)]
pub struct Deliveries {
    billing: Billing,
    delivery: Arc<dyn Delivery>,
}

impl Deliveries {
    /// Deliveries of what these use cases record.
    pub fn new(billing: Billing, delivery: Arc<dyn Delivery>) -> Self {
        Self { billing, delivery }
    }
}

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deliveries")
    }
}

#[async_trait]
impl Receiver for Deliveries {
    async fn receive(&self, event: &Event) -> Result<(), NotReceived> {
        let (EventKind::InvoiceSent, AggregateId::Invoice(id)) = (event.kind, event.aggregate) else {
            return Ok(());
        };
        let invoice =
            self.billing.invoice(&Actor::system(event.team), id).await.map_err(|error| match error {
                Error::Store(StoreError::Unavailable | StoreError::UnknownOutcome) => {
                    NotReceived::Yet(error.to_string())
                }
                error => NotReceived::Ever(error.to_string()),
            })?;
        let locale = invoice.content().language().and_then(Locale::of_tag).unwrap_or(Locale::DEFAULT);
        let page = print::page(&invoice, None, None, locale);
        let page = page.map_err(|error| NotReceived::Ever(error.to_string()))?;
        self.delivery.deliver(event, &Parcel { invoice, page }).await
    }
}
