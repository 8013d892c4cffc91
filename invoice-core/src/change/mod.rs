//! Writes are data: a use case decides, and hands the store one change set to commit.

mod check;
mod record;
mod resolve;

pub use record::{AggregateId, AggregateKind, Record};
pub use resolve::{CounterMove, ResolvedChange, resolve};

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::event::{Event, EventKind};
use crate::seal::Hash;
use crate::series::{CounterKey, Pattern};
use crate::{AuditId, Code, CommitId, TeamId, Timestamp, UserId, Version, Violation};

/// Everything one use case wants written, all of it or nothing.
///
/// Committing the same change set again, recognised by its `id`, is one write: an adapter or a caller
/// that lost the answer just commits it once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// The commit's identifier.
    pub id: CommitId,
    /// The team all of it belongs to.
    pub team: TeamId,
    /// When it was decided.
    pub at: Timestamp,
    /// Inserts, updates and deletes, at most one for each aggregate.
    pub writes: Vec<Write>,
    /// Aggregates that must be as they were when deciding, though nothing is written to them.
    pub guards: Vec<Guard>,
    /// Documents among the writes that get their number in this commit.
    pub issues: Vec<PendingIssue>,
    /// The request this answers, if it may be repeated.
    pub idempotency: Option<Idempotency>,
    /// Who did what.
    pub audit: Vec<AuditEntry>,
    /// What is to be told.
    pub events: Vec<Event>,
}

/// One write to one aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A new aggregate, at [`Version::FIRST`].
    Insert(Record),
    /// An aggregate at `expected`, replaced by `record` at the version after it.
    Update {
        /// The version decided on.
        expected: Version,
        /// The aggregate as it shall be.
        record: Record,
    },
    /// An aggregate at `expected`, removed.
    Delete {
        /// Which.
        id: AggregateId,
        /// The version decided on.
        expected: Version,
    },
}

impl Write {
    /// The aggregate written to.
    pub fn id(&self) -> AggregateId {
        match self {
            Self::Insert(record) | Self::Update { record, .. } => record.id(),
            Self::Delete { id, .. } => *id,
        }
    }

    /// The aggregate as it shall be; `None` for a delete.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Insert(record) | Self::Update { record, .. } => Some(record),
            Self::Delete { .. } => None,
        }
    }

    pub(crate) fn record_mut(&mut self) -> Option<&mut Record> {
        match self {
            Self::Insert(record) | Self::Update { record, .. } => Some(record),
            Self::Delete { .. } => None,
        }
    }
}

/// An aggregate that must still be at a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Which.
    pub id: AggregateId,
    /// The version decided on.
    pub expected: Version,
}

/// A document that takes the next place of a counter. Its number is bound as late as possible, by
/// [`resolve`], so that nothing that fails can burn one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingIssue {
    /// The document, one of the change set's writes.
    pub document: AggregateId,
    /// The counter.
    pub counter: CounterKey,
    /// The first sequence, should the counter not exist yet.
    pub first: u64,
    /// How it gets its number.
    pub number: PendingNumber,
}

/// Where the number of a pending document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingNumber {
    /// The counter's next sequence, written by a pattern.
    Next {
        /// The pattern.
        pattern: Pattern,
        /// The issue date, which may not lie before that of the document before it.
        issue_date: NaiveDate,
        /// The fiscal year of the issue date.
        fiscal_year: i32,
    },
    /// Brought along from another system; the counter only chains it.
    Given(String),
}

/// A key chosen by a caller, so that a repeated request is answered and not done again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Longest key, in characters.
    pub const MAX_LEN: usize = 255;

    /// A key of 1 to 255 visible ASCII characters.
    ///
    /// ```
    /// use invoice_core::IdempotencyKey;
    ///
    /// assert!(IdempotencyKey::new("8e03978e-40d5-43e8-bc93-6894a57f9324").is_ok());
    /// assert!(IdempotencyKey::new("").is_err());
    /// ```
    pub fn new(key: impl Into<String>) -> Result<Self, Violation> {
        let key = key.into();
        if key.is_empty() || key.len() > Self::MAX_LEN || !key.bytes().all(|b| b.is_ascii_graphic()) {
            let detail = "a key has 1 to 255 visible ASCII characters";
            return Err(Violation::new("", Code::Malformed, detail));
        }
        Ok(Self(key))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = Violation;

    fn try_from(key: String) -> Result<Self, Violation> {
        Self::new(key)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repeatable request: its key within the team and a fingerprint of all that must be equal for a
/// repetition to be one (method, path, body).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The caller's key.
    pub key: IdempotencyKey,
    /// SHA-256 of the request.
    pub fingerprint: Hash,
}

/// What an idempotency key stands for: the request and the records that answer it, as they were committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdempotencyRecord {
    /// The caller's key.
    pub key: IdempotencyKey,
    /// SHA-256 of the request.
    pub fingerprint: Hash,
    /// The commit.
    pub commit: CommitId,
    /// When.
    pub at: Timestamp,
    /// The written records in the order of the writes.
    pub answer: Vec<Record>,
}

/// Who did what to one aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// Its identifier.
    pub id: AuditId,
    /// The commit it was written with.
    pub commit: CommitId,
    /// The team.
    pub team: TeamId,
    /// When.
    pub at: Timestamp,
    /// Who; `None` for the application itself.
    pub actor: Option<UserId>,
    /// To what.
    pub subject: AggregateId,
    /// The version it led to.
    pub version: Version,
    /// What happened, in the order it did.
    pub actions: Vec<EventKind>,
    /// The number of the document, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Why, where a reason was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The store's answer to a committed change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The commit that was made.
    pub commit: CommitId,
    /// The written records in the order of the writes, with the numbers they got.
    pub records: Vec<Record>,
    /// Whether nothing was written now because the same request had been answered before.
    pub replayed: bool,
}
