//! Schema versions of stored documents.

use serde::{Deserialize, Deserializer};

/// `deserialize_with` for a schema version of at most `KNOWN`: a document written by a later release is
/// refused, not misread.
pub(crate) fn known<'de, D: Deserializer<'de>, const KNOWN: u16>(deserializer: D) -> Result<u16, D::Error> {
    let schema = u16::deserialize(deserializer)?;
    if (1..=KNOWN).contains(&schema) {
        return Ok(schema);
    }
    let detail = format!("stored with schema version {schema}; this release reads versions 1 to {KNOWN}");
    Err(serde::de::Error::custom(detail))
}

/// What is shared in memory, stored as it is.
pub(crate) mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        shared: &Arc<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        T::serialize(shared, serializer)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}
