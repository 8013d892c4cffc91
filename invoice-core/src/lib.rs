//! The pure domain of an embeddable invoicing engine.

mod id;
pub mod line;
mod money;
mod number;
pub mod ports;
mod role;
pub mod tax;
mod text;
mod time;
mod version;
mod violation;

pub use id::{
    ApiKeyId, AuditId, ClientId, CommitId, CreditNoteId, EventId, IdError, InvitationId, InvoiceId, ItemId,
    OneTimeTokenId, PaymentId, QuoteId, SeriesId, SessionId, TeamId, UserId,
};
pub use money::{Currency, Money, MoneyError, RoundingMode};
pub use number::{BaseQuantity, ExchangeRate, NumberError, Percentage, Quantity, TaxRate, UnitPrice};
pub use role::{Actor, Permission, Role};
pub use time::{Month, TimeZone, Timestamp};
pub use version::Version;
pub use violation::{Code, Violation, Violations};
