//! What the statement of a commit may write, and into which columns.

use invoice_core::change::{AggregateId, AggregateKind};

use super::value::Type::{self, Big, Bool, Bytes, Date, Instant, Int, Json, Text, Uuid};

pub(super) type Column = (&'static str, Type);

/// A table of aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Table {
    Clients,
    Items,
    Suppliers,
    Series,
    Documents,
    Payments,
}

const ID: &[Column] = &[("id", Uuid)];

impl Table {
    pub(super) const ALL: [Self; 6] =
        [Self::Clients, Self::Items, Self::Suppliers, Self::Series, Self::Documents, Self::Payments];

    pub(super) const fn of(id: AggregateId) -> Self {
        match id.kind() {
            AggregateKind::Client => Self::Clients,
            AggregateKind::Item => Self::Items,
            AggregateKind::Supplier => Self::Suppliers,
            AggregateKind::Series => Self::Series,
            AggregateKind::Invoice | AggregateKind::CreditNote | AggregateKind::Quote => Self::Documents,
            AggregateKind::Payment => Self::Payments,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Items => "items",
            Self::Suppliers => "suppliers",
            Self::Series => "series",
            Self::Documents => "documents",
            Self::Payments => "payments",
        }
    }

    /// What tells a row from the others of the team.
    pub(super) const fn key(self) -> &'static [Column] {
        match self {
            Self::Suppliers => &[],
            Self::Documents => &[("kind", Text), ("id", Uuid)],
            Self::Clients | Self::Items | Self::Series | Self::Payments => ID,
        }
    }

    /// All columns but the team.
    pub(super) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Clients => &[
                ("id", Uuid),
                ("version", Big),
                ("commit_id", Uuid),
                ("ordinal", Int),
                ("name_key", Text),
                ("name_sort", Text),
                ("archived", Bool),
                ("created_at", Instant),
            ],
            Self::Items => &[
                ("id", Uuid),
                ("version", Big),
                ("commit_id", Uuid),
                ("ordinal", Int),
                ("code", Text),
                ("name_key", Text),
                ("name_sort", Text),
                ("archived", Bool),
                ("created_at", Instant),
            ],
            Self::Suppliers => &[("version", Big), ("commit_id", Uuid), ("ordinal", Int)],
            Self::Series => &[
                ("id", Uuid),
                ("version", Big),
                ("commit_id", Uuid),
                ("ordinal", Int),
                ("document_type", Text),
                ("name", Text),
                ("name_in_use", Text),
                ("archived", Bool),
                ("created_at", Instant),
            ],
            Self::Documents => DOCUMENTS,
            Self::Payments => &[
                ("id", Uuid),
                ("version", Big),
                ("commit_id", Uuid),
                ("ordinal", Int),
                ("client", Uuid),
                ("date", Date),
                ("currency", Text),
                ("amount", Big),
                ("unallocated", Big),
                ("external_reference", Text),
                ("refunded", Bool),
                ("reversed_on", Date),
                ("created_at", Instant),
            ],
        }
    }
}

const DOCUMENTS: &[Column] = &[
    ("kind", Text),
    ("id", Uuid),
    ("version", Big),
    ("commit_id", Uuid),
    ("ordinal", Int),
    ("subtype", Text),
    ("status", Text),
    ("payment_state", Text),
    ("client", Uuid),
    ("invoice", Uuid),
    ("number", Text),
    ("series", Uuid),
    ("period", Text),
    ("seq", Big),
    ("issue_date", Date),
    ("due_date", Date),
    ("last_day", Date),
    ("currency", Text),
    ("payable", Big),
    ("due", Big),
    ("live", Bool),
    ("written_off", Bool),
    ("customer_name", Text),
    ("customer_key", Text),
    ("customer_sort", Text),
    ("overdue_noted", Bool),
    ("created_at", Instant),
    ("updated_at", Instant),
];

/// One part of the statement, in the order of its text. The server runs what nothing else refers to from
/// the last to the first: commits, which wait for the aggregates, and the shared sums at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// What becomes due, added.
    Receivables,
    /// The invoices whose amounts due, as they are stored, are taken back.
    OpenBefore,
    Revenue,
    Taxes,
    Outbox,
    Audit,
    Metadata,
    /// The records whose metadata that is not among the new goes.
    MetadataOf,
    Allocations,
    /// The payments whose allocations that are not among the new go.
    AllocationsOf,
    Versions,
    Insert(Table),
    Update(Table),
    Delete(Table),
    Guard(Table),
    Commits,
    CountersNew,
    CountersMoved,
}

impl Part {
    pub(super) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Receivables => {
                &[("currency", Text), ("due_date", Date), ("issue_date", Date), ("amount", Big)]
            }
            Self::OpenBefore => ID,
            Self::Revenue => &[
                ("month", Date),
                ("currency", Text),
                ("invoiced", Big),
                ("credited", Big),
                ("invoices", Big),
                ("credit_notes", Big),
            ],
            Self::Taxes => &[
                ("month", Date),
                ("currency", Text),
                ("scheme", Text),
                ("category", Text),
                ("rate", Text),
                ("withheld", Bool),
                ("taxable", Big),
                ("tax", Big),
                ("documents", Big),
            ],
            Self::Outbox => &[
                ("id", Uuid),
                ("aggregate_kind", Text),
                ("aggregate", Uuid),
                ("aggregate_version", Big),
                ("ordinal", Int),
                ("event", Json),
            ],
            Self::Audit => &[
                ("id", Uuid),
                ("commit_id", Uuid),
                ("at", Instant),
                ("actor", Uuid),
                ("subject_kind", Text),
                ("subject", Uuid),
                ("version", Big),
                ("actions", Text),
                ("number", Text),
                ("reason", Text),
            ],
            Self::Metadata => &[("kind", Text), ("id", Uuid), ("pair", Bytes), ("created_at", Instant)],
            Self::MetadataOf => &[("kind", Text), ("id", Uuid)],
            Self::Allocations => &[("payment", Uuid), ("invoice", Uuid), ("created_at", Instant)],
            Self::AllocationsOf => &[("payment", Uuid)],
            Self::Versions => &[
                ("commit_id", Uuid),
                ("ordinal", Int),
                ("kind", Text),
                ("id", Uuid),
                ("version", Big),
                ("data", Json),
            ],
            Self::Insert(table) | Self::Update(table) => table.columns(),
            Self::Delete(table) | Self::Guard(table) => match table {
                Table::Suppliers => &[("version", Big)],
                Table::Documents => &[("kind", Text), ("id", Uuid), ("version", Big)],
                Table::Clients | Table::Items | Table::Series | Table::Payments => {
                    &[("id", Uuid), ("version", Big)]
                }
            },
            Self::Commits => {
                &[("id", Uuid), ("at", Instant), ("idempotency_key", Text), ("fingerprint", Bytes)]
            }
            Self::CountersNew => &[
                ("series", Uuid),
                ("period", Text),
                ("numbered_by", Uuid),
                ("next", Big),
                ("head", Bytes),
                ("last_issue_date", Date),
            ],
            Self::CountersMoved => &[
                ("series", Uuid),
                ("period", Text),
                ("found_next", Big),
                ("found_head", Bytes),
                ("found_date", Date),
                ("next", Big),
                ("head", Bytes),
                ("last_issue_date", Date),
            ],
        }
    }
}
