//! What a record shares with no other, and what it needs to exist.

use crate::change::{AggregateId, Record};
use crate::ports::Unique;
use crate::{Allocation, DocumentType, InvoiceId};

/// What at most one record of a team may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UniqueValue {
    /// A document's number.
    Number(String),
    /// A payment's external reference.
    ExternalReference(String),
    /// The name of a series in use within its document type.
    SeriesName(DocumentType, String),
    /// An item's code.
    ItemCode(String),
}

impl UniqueValue {
    /// What an error calls it.
    pub const fn kind(&self) -> Unique {
        match self {
            Self::Number(_) => Unique::Number,
            Self::ExternalReference(_) => Unique::ExternalReference,
            Self::SeriesName(..) => Unique::SeriesName,
            Self::ItemCode(_) => Unique::ItemCode,
        }
    }

    /// The one a record has.
    pub fn of(record: &Record) -> Option<Self> {
        match record {
            Record::Invoice(_) | Record::CreditNote(_) | Record::Quote(_) => {
                record.number().map(|number| Self::Number(number.to_owned()))
            }
            Record::Payment(payment) => {
                payment.external_reference().map(|reference| Self::ExternalReference(reference.to_owned()))
            }
            // The name of an archived series is free again.
            Record::Series(series) => (!series.is_archived())
                .then(|| Self::SeriesName(series.document_type(), series.name().to_owned())),
            Record::Item(item) => item.code().map(|code| Self::ItemCode(code.to_owned())),
            // One a team by its identifier.
            Record::Supplier(_) | Record::Client(_) => None,
        }
    }
}

/// What must exist for the record to be stored, and may not be deleted before it.
pub fn references(record: &Record) -> Vec<AggregateId> {
    let client = record.client().map(AggregateId::Client);
    let invoices: Vec<InvoiceId> = match record {
        Record::CreditNote(note) => vec![note.invoice()],
        Record::Payment(payment) => payment.allocations().iter().map(Allocation::invoice).collect(),
        _ => Vec::new(),
    };
    client.into_iter().chain(invoices.into_iter().map(AggregateId::Invoice)).collect()
}
