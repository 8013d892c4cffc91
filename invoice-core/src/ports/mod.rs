//! What the engine needs from outside: a clock, identifiers and the two storage ports.
//!
//! Traits are small, object-safe and without default bodies, so that an adapter can't inherit a wrong
//! answer; convenience lives in extension traits.

mod billing;
mod chain;
mod error;
pub mod identity;
mod page;
mod query;
mod report;

pub use billing::*;
pub use chain::ChainDocument;
pub use error::{StoreError, Unique};
pub use page::{Cursor, Page, PageRequest};
pub use query::{
    ClientQuery, CreditNoteQuery, DateRange, Direction, InvoiceQuery, InvoiceSort, InvoiceSummary, ItemQuery,
    PaymentQuery, QuoteQuery,
};
pub use report::{
    AgingRow, MonthRange, RevenueRow, Statement, StatementEntry, StatementEntryKind, StatementQuery,
    TaxSummaryRow,
};

use uuid::Uuid;

use crate::Timestamp;

/// Tells the time. The engine reads no clock of its own.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// Makes identifiers. The engine has no randomness of its own.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait IdGenerator: Send + Sync {
    /// A new UUIDv7 (RFC 9562), never given before; `now` is its time part, so that ids sort by creation.
    fn uuid(&self, now: Timestamp) -> Uuid;
}
