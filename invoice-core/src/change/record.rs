//! The aggregates a store keeps.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Client, ClientId, CreditNote, CreditNoteId, Invoice, InvoiceId, Issued, Item, ItemId, Payment, PaymentId,
    Quote, QuoteId, Series, SeriesId, SupplierProfile, TeamId, Version,
};

/// The kinds of aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the kind it says")]
pub enum AggregateKind {
    Client,
    Item,
    Supplier,
    Series,
    Invoice,
    CreditNote,
    Quote,
    Payment,
}

impl AggregateKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Client,
        Self::Item,
        Self::Supplier,
        Self::Series,
        Self::Invoice,
        Self::CreditNote,
        Self::Quote,
        Self::Payment,
    ];

    /// The name as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Item => "item",
            Self::Supplier => "supplier",
            Self::Series => "series",
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
            Self::Quote => "quote",
            Self::Payment => "payment",
        }
    }
}

crate::text::named!(AggregateKind, "the kind of an aggregate");

impl fmt::Display for AggregateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An aggregate within its team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id", deny_unknown_fields)]
#[expect(missing_docs, reason = "each is the identifier it says")]
pub enum AggregateId {
    Client(ClientId),
    Item(ItemId),
    /// The one profile of a team.
    Supplier(TeamId),
    Series(SeriesId),
    Invoice(InvoiceId),
    CreditNote(CreditNoteId),
    Quote(QuoteId),
    Payment(PaymentId),
}

impl AggregateId {
    /// The aggregate of a kind with an identifier.
    ///
    /// ```
    /// use invoice_core::change::{AggregateId, AggregateKind};
    ///
    /// let id = AggregateId::new(AggregateKind::Quote, uuid::Uuid::from_u128(7));
    /// assert_eq!((id.kind(), id.as_uuid().as_u128()), (AggregateKind::Quote, 7));
    /// ```
    pub const fn new(kind: AggregateKind, id: Uuid) -> Self {
        match kind {
            AggregateKind::Client => Self::Client(ClientId::from_uuid(id)),
            AggregateKind::Item => Self::Item(ItemId::from_uuid(id)),
            AggregateKind::Supplier => Self::Supplier(TeamId::from_uuid(id)),
            AggregateKind::Series => Self::Series(SeriesId::from_uuid(id)),
            AggregateKind::Invoice => Self::Invoice(InvoiceId::from_uuid(id)),
            AggregateKind::CreditNote => Self::CreditNote(CreditNoteId::from_uuid(id)),
            AggregateKind::Quote => Self::Quote(QuoteId::from_uuid(id)),
            AggregateKind::Payment => Self::Payment(PaymentId::from_uuid(id)),
        }
    }

    /// The kind.
    pub const fn kind(self) -> AggregateKind {
        match self {
            Self::Client(_) => AggregateKind::Client,
            Self::Item(_) => AggregateKind::Item,
            Self::Supplier(_) => AggregateKind::Supplier,
            Self::Series(_) => AggregateKind::Series,
            Self::Invoice(_) => AggregateKind::Invoice,
            Self::CreditNote(_) => AggregateKind::CreditNote,
            Self::Quote(_) => AggregateKind::Quote,
            Self::Payment(_) => AggregateKind::Payment,
        }
    }

    /// The bare UUID.
    pub const fn as_uuid(self) -> Uuid {
        match self {
            Self::Client(id) => id.as_uuid(),
            Self::Item(id) => id.as_uuid(),
            Self::Supplier(id) => id.as_uuid(),
            Self::Series(id) => id.as_uuid(),
            Self::Invoice(id) => id.as_uuid(),
            Self::CreditNote(id) => id.as_uuid(),
            Self::Quote(id) => id.as_uuid(),
            Self::Payment(id) => id.as_uuid(),
        }
    }
}

impl fmt::Display for AggregateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(id) => id.fmt(f),
            Self::Item(id) => id.fmt(f),
            Self::Supplier(id) => id.fmt(f),
            Self::Series(id) => id.fmt(f),
            Self::Invoice(id) => id.fmt(f),
            Self::CreditNote(id) => id.fmt(f),
            Self::Quote(id) => id.fmt(f),
            Self::Payment(id) => id.fmt(f),
        }
    }
}

/// An aggregate as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "record", deny_unknown_fields)]
#[expect(missing_docs, reason = "each is the aggregate it says")]
pub enum Record {
    Client(Box<Client>),
    Item(Box<Item>),
    Supplier(Box<SupplierProfile>),
    Series(Box<Series>),
    Invoice(Box<Invoice>),
    CreditNote(Box<CreditNote>),
    Quote(Box<Quote>),
    Payment(Box<Payment>),
}

macro_rules! records {
    ($($name:ident),+) => {$(
        impl From<$name> for Record {
            fn from(record: $name) -> Self {
                Self::$name(Box::new(record))
            }
        }

        impl TryFrom<Record> for $name {
            type Error = Record;

            fn try_from(record: Record) -> Result<Self, Record> {
                match record {
                    Record::$name(record) => Ok(*record),
                    other => Err(other),
                }
            }
        }
    )+};
}

records!(Client, Item, Series, Invoice, CreditNote, Quote, Payment);

impl From<SupplierProfile> for Record {
    fn from(record: SupplierProfile) -> Self {
        Self::Supplier(Box::new(record))
    }
}

impl TryFrom<Record> for SupplierProfile {
    type Error = Record;

    fn try_from(record: Record) -> Result<Self, Record> {
        match record {
            Record::Supplier(record) => Ok(*record),
            other => Err(other),
        }
    }
}

impl Record {
    /// Its identifier.
    pub fn id(&self) -> AggregateId {
        match self {
            Self::Client(record) => AggregateId::Client(record.id()),
            Self::Item(record) => AggregateId::Item(record.id()),
            Self::Supplier(record) => AggregateId::Supplier(record.team()),
            Self::Series(record) => AggregateId::Series(record.id()),
            Self::Invoice(record) => AggregateId::Invoice(record.id()),
            Self::CreditNote(record) => AggregateId::CreditNote(record.id()),
            Self::Quote(record) => AggregateId::Quote(record.id()),
            Self::Payment(record) => AggregateId::Payment(record.id()),
        }
    }

    /// The team it belongs to.
    pub fn team(&self) -> TeamId {
        match self {
            Self::Client(record) => record.team(),
            Self::Item(record) => record.team(),
            Self::Supplier(record) => record.team(),
            Self::Series(record) => record.team(),
            Self::Invoice(record) => record.team(),
            Self::CreditNote(record) => record.team(),
            Self::Quote(record) => record.team(),
            Self::Payment(record) => record.team(),
        }
    }

    /// Its version.
    pub fn version(&self) -> Version {
        match self {
            Self::Client(record) => record.version(),
            Self::Item(record) => record.version(),
            Self::Supplier(record) => record.version(),
            Self::Series(record) => record.version(),
            Self::Invoice(record) => record.version(),
            Self::CreditNote(record) => record.version(),
            Self::Quote(record) => record.version(),
            Self::Payment(record) => record.version(),
        }
    }

    /// Marks one more write: the next version and the time of the write.
    pub(crate) fn touch(&mut self, at: crate::Timestamp) {
        macro_rules! touch {
            ($record:expr) => {{
                $record.version = $record.version.next();
                $record.updated_at = at;
            }};
        }
        match self {
            Self::Client(record) => touch!(record),
            Self::Item(record) => touch!(record),
            Self::Supplier(record) => touch!(record),
            Self::Series(record) => record.version = record.version.next(),
            Self::Invoice(record) => touch!(record),
            Self::CreditNote(record) => touch!(record),
            Self::Quote(record) => touch!(record),
            Self::Payment(record) => touch!(record),
        }
    }

    /// The number of a document, once it has one.
    pub fn number(&self) -> Option<&str> {
        match self {
            Self::Invoice(record) => record.number(),
            Self::CreditNote(record) => record.number(),
            Self::Quote(record) => record.number(),
            Self::Client(_) | Self::Item(_) | Self::Supplier(_) | Self::Series(_) | Self::Payment(_) => None,
        }
    }

    /// The issue of a document that has its number.
    pub fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Invoice(record) => record.issued(),
            Self::CreditNote(record) => record.issued(),
            Self::Quote(record) => record.issued(),
            Self::Client(_) | Self::Item(_) | Self::Supplier(_) | Self::Series(_) | Self::Payment(_) => None,
        }
    }

    /// The client it refers to, which must exist.
    pub fn client(&self) -> Option<ClientId> {
        match self {
            Self::Invoice(record) => Some(record.content().client()),
            Self::CreditNote(record) => Some(record.client()),
            Self::Quote(record) => Some(record.content().client()),
            Self::Payment(record) => Some(record.client()),
            Self::Client(_) | Self::Item(_) | Self::Supplier(_) | Self::Series(_) => None,
        }
    }
}
