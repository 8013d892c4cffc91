//! The statements of all lists: text and values to bind, alike for both dialects but for what they must
//! differ in.
//!
//! A list is in the order of an index, and a page starts by comparing a row of that index's own columns with
//! where the page before ended, so that every page costs the same. At least one row more than the page is
//! read, which tells whether there is a next one.
//!
//! A store's tables have the columns that the statements name; records are kept in `versions`, and a list of
//! whole records has one column, `data`.

mod builder;
mod catalog;
mod days;
mod documents;
mod invoices;
mod payments;
mod prefix;

#[cfg(test)]
mod tests;

pub use catalog::{clients, items};
pub use days::{FIRST_DAY, LAST_DAY, kept_day};
pub use documents::{credit_notes, quotes};
pub use invoices::{INVOICE_COLUMNS, count_invoices, invoice_position, invoices};
pub use payments::payments;
pub use prefix::end_of_prefix;

use chrono::NaiveDate;
use invoice_core::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Whose SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect<'a> {
    /// PostgreSQL, with the tables in a schema, whose name stands in the text as it is given here.
    Postgres {
        /// The schema.
        schema: &'a str,
    },
    /// SQLite.
    Sqlite,
}

/// A value to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the type it says")]
pub enum Value {
    Uuid(Uuid),
    Int(i64),
    Text(String),
    /// Within the years 1 to 9999.
    Date(NaiveDate),
    Instant(Timestamp),
    Bytes(Vec<u8>),
    Bool(bool),
}

/// A statement to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    text: String,
    values: Vec<Value>,
    depends_on_values: bool,
}

impl Statement {
    /// The text; its placeholders are numbered from 1.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the placeholders stand for, in order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Both at once.
    pub fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }

    /// Whether the best plan differs from value to value: the filter and the order are not of one index, so
    /// that a rare value wants another plan than a common one. All other statements have one plan for ever.
    pub const fn depends_on_values(&self) -> bool {
        self.depends_on_values
    }
}

/// A metadata pair as the `metadata` table keeps it: the first 16 bytes of SHA-256 over the key, a zero byte
/// and the value.
///
/// ```
/// use invoice_store_common::lists::metadata_pair;
///
/// assert_ne!(metadata_pair("a", "bc"), metadata_pair("ab", "c"));
/// ```
pub fn metadata_pair(key: &str, value: &str) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(key);
    hash.update([0]);
    hash.update(value);
    let whole: [u8; 32] = hash.finalize().into();
    let mut pair = [0; 16];
    pair.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    pair
}
