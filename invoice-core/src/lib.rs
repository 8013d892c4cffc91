//! The pure domain of an embeddable invoicing engine: documents and their exact totals, a safe lifecycle,
//! gapless numbers, payments, and the ports that a store implements.
//!
//! An application holds a [`service::Billing`] and calls its use cases on behalf of an [`Actor`]. What it
//! writes goes to any store behind the traits of [`ports`]; `memory` has one to start with.
//!
//! ```
//! use invoice_core::line::Line;
//! use invoice_core::tax::{Tax, TaxCategory};
//! use invoice_core::{ClientId, Content, Currency};
//!
//! let client = ClientId::from_uuid(uuid::Uuid::from_u128(7));
//! let lamp = Line::new("1", "Lamp", "3".parse()?, "19.95".parse()?)?
//!     .with_tax(Tax::vat(TaxCategory::Standard, "8.1".parse()?));
//! let totals = Content::new(client, Currency::CHF).with_line(lamp).preview()?;
//! assert_eq!(totals.payable().to_string(), "64.70 CHF");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | look at |
//! | --- | --- |
//! | compute totals, without storing anything | [`Content::preview`], [`totals`] |
//! | run the whole life of documents | [`service::Billing`] |
//! | write a store | [`ports`], [`change`], [`adapter`], and the contract suite in `testing` |
//! | test an application | `memory` for a store, `testing` for mocks, fixtures and a fixed clock |
//!
//! Core does no I/O, and has no runtime, clock or randomness of its own. Types of other crates in its
//! interface, on purpose: [`chrono::NaiveDate`], [`rust_decimal::Decimal`], [`uuid::Uuid`], and serde's
//! traits for the stored forms.

pub mod adapter;
pub mod change;
pub mod credit;
mod credit_note;
pub mod document;
mod event;
mod hex;
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
mod schema;
mod seal;
mod series;
pub mod service;
#[cfg(feature = "system")]
pub mod system;
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
pub use credit_note::{
    CreditLine, CreditNote, CreditNoteData, CreditNoteStatus, CreditScope, CreditShare, CreditedLine,
};
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
