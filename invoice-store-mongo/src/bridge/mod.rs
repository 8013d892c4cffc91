//! Records as nested BSON documents: what is a text in JSON becomes a decimal, a date or a UUID where its key
//! says that it is one, and the same text again when it is read.
//!
//! Both ways tell serde that they are human readable, so that records are written with the texts they have in
//! JSON, and go from one form to the other without a tree in between. A text is converted only if converting
//! it back gives the same text; else it stays one. What a user names (the keys of metadata) becomes pairs.

mod compound;
mod decimal;
mod id;
mod key;
mod read;
mod table;
mod text;
mod time;
mod write;

#[cfg(test)]
mod tests;

use std::fmt;

use invoice_core::ports::StoreError;
use mongodb::bson::{RawDocument, RawDocumentBuf};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::unreadable;

/// The types of BSON elements that records are made of, as their first byte.
mod element {
    pub(super) const STRING: u8 = 0x02;
    pub(super) const DOCUMENT: u8 = 0x03;
    pub(super) const ARRAY: u8 = 0x04;
    pub(super) const BINARY: u8 = 0x05;
    pub(super) const BOOL: u8 = 0x08;
    pub(super) const DATE_TIME: u8 = 0x09;
    pub(super) const NULL: u8 = 0x0A;
    pub(super) const INT32: u8 = 0x10;
    pub(super) const INT64: u8 = 0x12;
    pub(super) const DECIMAL128: u8 = 0x13;
}

/// The subtype of a binary that is a UUID.
const UUID: u8 = 4;

/// The record as a document. Its kind (`AggregateKind::as_str`, or one of identity's such as `user`) says what
/// its `id` is.
pub(crate) fn to_bson<T: Serialize>(kind: &str, record: &T) -> Result<RawDocumentBuf, StoreError> {
    let bytes = write::document(table::id_of(kind), record).map_err(StoreError::backend)?;
    RawDocumentBuf::from_bytes(bytes).map_err(StoreError::backend)
}

/// The record that [`to_bson`] wrote.
pub(crate) fn from_bson<T: DeserializeOwned>(kind: &str, document: &RawDocument) -> Result<T, StoreError> {
    read::document(table::id_of(kind), document.as_bytes()).map_err(|error| unreadable("record", error))
}

/// Why a record can't be written or read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BridgeError(String);

impl BridgeError {
    fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl serde::ser::Error for BridgeError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self(text.to_string())
    }
}

impl serde::de::Error for BridgeError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self(text.to_string())
    }
}
