//! The pure domain of an embeddable invoicing engine.

pub mod change;
pub mod credit;
mod credit_note;
pub mod document;
mod event;
mod id;
pub mod identity;
mod invoice;
mod item;
pub mod line;
#[cfg(feature = "memory")]
pub mod memory;
mod money;
mod number;
mod party;
mod payment;
pub mod ports;
mod quote;
mod role;
mod seal;
mod series;
pub mod tax;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod time;
pub mod totals;
mod transition;
mod version;
mod violation;

pub use change::IdempotencyKey;
pub use credit_note::{CreditLine, CreditNote, CreditNoteData, CreditNoteStatus, CreditScope, CreditedLine};
pub use document::{
    AccountingRate, AccountingTotal, Content, Delivery, Due, EarlyPayment, Iban, Issued, Metadata, Note,
    Origin, PaymentInstruction, PaymentTerms, Preceding, References,
};
pub use event::{Event, EventKind};
pub use id::{
    ApiKeyId, AuditId, ClientId, CommitId, CreditNoteId, EventId, IdError, InvitationId, InvoiceId, ItemId,
    OneTimeTokenId, PaymentId, QuoteId, SeriesId, SessionId, TeamId, UserId,
};
pub use invoice::{Invoice, InvoiceData, InvoiceKind, PaymentState, Sent, Status, WriteOff, WriteOffReason};
pub use item::{Item, ItemData};
pub use money::{Currency, Money, MoneyError, RoundingMode};
pub use number::{BaseQuantity, ExchangeRate, NumberError, Percentage, Quantity, TaxRate, UnitPrice};
pub use party::{Address, Client, ClientData, Country, FiscalYearStart, Party, Regime, SupplierProfile};
pub use payment::{Allocation, Payment, PaymentData, PaymentMethod, Refund, Reversal};
pub use quote::{Quote, QuoteData, QuoteKind, QuoteStatus};
pub use role::{Actor, Permission, Role};
pub use seal::{ChainFault, ChainReport, ChainVerifier, Hash, Seal};
pub use series::{Counter, CounterKey, DocumentType, Pattern, PeriodKey, Reset, Series, SeriesData};
pub use time::{Month, TimeZone, Timestamp};
pub use transition::{Action, IllegalTransition, Obstacle};
pub use version::Version;
pub use violation::{Code, Violation, Violations};
