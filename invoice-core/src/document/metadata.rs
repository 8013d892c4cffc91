//! Key/value data of the embedding application.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::{LONG, check, collect_lines};
use crate::{Code, Violations};

/// Texts by key that the embedding application keeps with a record and finds it by.
///
/// Keys are plain data in every store: `$`, `.` and quotes mean nothing in them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// Most pairs.
    pub const MAX_PAIRS: usize = 50;
    /// Longest key, in characters.
    pub const MAX_KEY: usize = 100;
    /// Longest value, in characters.
    pub const MAX_VALUE: usize = 500;

    /// No pairs.
    ///
    /// ```
    /// use invoice_core::Metadata;
    ///
    /// let metadata = Metadata::new().with("order", "A-17");
    /// assert_eq!(metadata.get("order"), Some("A-17"));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair, replacing the value of a key that is there.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(crate) fn validate(&self, pointer: &str, found: &mut Violations) {
        if self.0.len() > Self::MAX_PAIRS {
            found.add(pointer, Code::TooLong, format!("more than {} pairs", Self::MAX_PAIRS));
        }
        for (key, value) in &self.0 {
            // The key is part of a JSON Pointer (RFC 6901 section 3).
            let at = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
            if key.is_empty() {
                found.add(&at, Code::Required, "a key must not be empty");
            }
            // What it holds is the application's own affair; nobody is shown it as a name.
            for wrong in [check(key, Self::MAX_KEY), check(value, Self::MAX_VALUE)] {
                wrong.unwrap_or_else(|wrong| found.push(wrong.under(&at)));
            }
        }
    }
}

/// What is wrong with the two fields that stay editable after the issue.
pub(crate) fn check_annotation(internal_notes: Option<&str>, metadata: &Metadata) -> Result<(), Violations> {
    let mut found = Violations::new();
    collect_lines(&mut found, "/internal_notes", internal_notes, LONG);
    metadata.validate("/metadata", &mut found);
    found.into_result()
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}
