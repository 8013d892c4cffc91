//! Events: what happened, for the outbox.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::change::AggregateId;
use crate::{EventId, Money, TeamId, Timestamp, Version};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)+) => {
        /// What happened. The text never changes; the `schema` of an [`Event`] counts changes of its shape.
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the text says it")]
        pub enum EventKind { $($name,)+ }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable text, such as `invoice.issued`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

events! {
    InvoiceCreated => "invoice.created",
    InvoiceUpdated => "invoice.updated",
    InvoiceDeleted => "invoice.deleted",
    InvoiceIssued => "invoice.issued",
    InvoiceSent => "invoice.sent",
    InvoiceViewed => "invoice.viewed",
    InvoiceVoided => "invoice.voided",
    InvoiceReplaced => "invoice.replaced",
    InvoiceCredited => "invoice.credited",
    InvoiceUncollectible => "invoice.uncollectible",
    InvoiceCollectible => "invoice.collectible",
    InvoicePartiallyPaid => "invoice.partially_paid",
    InvoicePaid => "invoice.paid",
    InvoiceOverpaid => "invoice.overpaid",
    InvoiceReopened => "invoice.reopened",
    InvoiceWrittenOff => "invoice.written_off",
    InvoiceWriteOffReversed => "invoice.write_off_reversed",
    InvoiceDelivered => "invoice.delivered",
    InvoiceImported => "invoice.imported",
    InvoiceOverdue => "invoice.overdue",
    CreditNoteCreated => "credit_note.created",
    CreditNoteUpdated => "credit_note.updated",
    CreditNoteDeleted => "credit_note.deleted",
    CreditNoteIssued => "credit_note.issued",
    CreditNoteImported => "credit_note.imported",
    CreditNoteSent => "credit_note.sent",
    QuoteCreated => "quote.created",
    QuoteUpdated => "quote.updated",
    QuoteDeleted => "quote.deleted",
    QuoteIssued => "quote.issued",
    QuoteSent => "quote.sent",
    QuoteAccepted => "quote.accepted",
    QuoteDeclined => "quote.declined",
    QuoteExpired => "quote.expired",
    QuoteConverted => "quote.converted",
    PaymentRecorded => "payment.recorded",
    PaymentAllocated => "payment.allocated",
    PaymentDeallocated => "payment.deallocated",
    PaymentRefunded => "payment.refunded",
    PaymentReversed => "payment.reversed",
    ClientCreated => "client.created",
    ClientUpdated => "client.updated",
    ClientArchived => "client.archived",
    ClientRestored => "client.restored",
    ClientDeleted => "client.deleted",
    ItemCreated => "item.created",
    ItemUpdated => "item.updated",
    ItemArchived => "item.archived",
    ItemRestored => "item.restored",
    ItemDeleted => "item.deleted",
    SeriesCreated => "series.created",
    SeriesArchived => "series.archived",
    SupplierUpdated => "supplier.updated",
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let kind = Self::ALL.iter().find(|kind| kind.as_str() == text);
        kind.copied().ok_or_else(|| serde::de::Error::custom("not the kind of an event"))
    }
}

/// One event. Events of one aggregate are delivered in the order of `(aggregate_version, ordinal)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its identifier, for receivers that see it twice.
    pub id: EventId,
    /// The version of its shape; 1 today.
    #[serde(deserialize_with = "crate::schema::known::<_, { Event::SCHEMA }>")]
    pub schema: u16,
    /// What happened.
    pub kind: EventKind,
    /// The team it happened in.
    pub team: TeamId,
    /// To what.
    pub aggregate: AggregateId,
    /// The version of the aggregate that the event led to.
    pub aggregate_version: Version,
    /// Its place among the events of one write.
    pub ordinal: u16,
    /// When.
    pub at: Timestamp,
    /// The document's number, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The amount it is about: payable, paid, credited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The other aggregate it involves, such as the invoice of a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related: Option<AggregateId>,
}

impl Event {
    /// The version of the shape written today.
    pub const SCHEMA: u16 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_unique_and_read_back() {
        for (index, kind) in EventKind::ALL.iter().enumerate() {
            let json = serde_json::to_string(kind).unwrap();
            assert_eq!(serde_json::from_str::<EventKind>(&json).unwrap(), *kind);
            assert!(EventKind::ALL.iter().skip(index + 1).all(|other| other.as_str() != kind.as_str()));
        }
        assert!(serde_json::from_str::<EventKind>("\"invoice.exploded\"").is_err());
    }
}
