//! What stands on a document, whichever kind it is.

mod check;
mod content;
mod issuance;
mod metadata;
mod references;
mod terms;

pub(crate) use check::Issue;
pub use content::Content;
pub(crate) use issuance::Issuance;
pub use issuance::{AccountingTotal, IssueFacts, Issued, Origin};
pub use metadata::Metadata;
pub(crate) use metadata::check_annotation;
pub(crate) use references::validate_notes;
pub use references::{AccountingRate, Delivery, Note, Preceding, References};
pub use terms::{Due, EarlyPayment, Iban, PaymentInstruction, PaymentTerms};
