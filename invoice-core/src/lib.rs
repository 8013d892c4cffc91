//! The pure domain of an embeddable invoicing engine.

mod id;
pub mod identity;
#[cfg(feature = "memory")]
pub mod memory;
pub mod ports;
mod role;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod time;
mod version;
mod violation;

pub use id::{
    ApiKeyId, AuditId, ClientId, CommitId, CreditNoteId, EventId, IdError, InvitationId, InvoiceId, ItemId,
    OneTimeTokenId, PaymentId, QuoteId, SeriesId, SessionId, TeamId, UserId,
};
pub use role::{Actor, Permission, Role};
pub use time::{Month, TimeZone, Timestamp};
pub use version::Version;
pub use violation::{Code, Violation, Violations};
