//! What stands on a document, whichever kind it is.

mod content;
mod metadata;
mod references;
mod terms;

pub use content::Content;
pub use metadata::Metadata;
pub use references::{AccountingRate, Delivery, Note, Preceding, References};
pub use terms::{Due, EarlyPayment, Iban, PaymentInstruction, PaymentTerms};
