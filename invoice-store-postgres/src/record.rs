//! Stored records, read back.

use invoice_core::change::Record;
use invoice_core::ports::StoreError;
use serde::de::DeserializeOwned;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, Postgres, Type};

use crate::commit::value::JSON;
use crate::error::unreadable;

/// The text of a JSON column, to be parsed once into what it is. Known to be a text as a whole: a parser of bytes looks
/// at each of its many strings by itself, which is a sixth of its work.
pub(crate) struct Stored<'r>(&'r str);

impl Type<Postgres> for Stored<'_> {
    fn type_info() -> PgTypeInfo {
        JSON
    }
}

impl<'r> Decode<'r, Postgres> for Stored<'r> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        value.as_str().map(Self)
    }
}

impl Stored<'_> {
    pub(crate) fn read<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(self.0).map_err(|error| unreadable(what, error))
    }

    /// The record of a kind.
    pub(crate) fn record(&self, kind: &str) -> Result<Record, StoreError> {
        Ok(match kind {
            "client" => Record::Client(self.read("client")?),
            "item" => Record::Item(self.read("item")?),
            "supplier" => Record::Supplier(self.read("supplier")?),
            "series" => Record::Series(self.read("series")?),
            "invoice" => Record::Invoice(self.read("invoice")?),
            "credit_note" => Record::CreditNote(self.read("credit note")?),
            "quote" => Record::Quote(self.read("quote")?),
            "payment" => Record::Payment(self.read("payment")?),
            _ => return Err(unreadable("record", "its kind is unknown")),
        })
    }
}
