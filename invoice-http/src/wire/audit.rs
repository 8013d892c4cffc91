use invoice_core::change::{AggregateKind, AuditEntry};
use invoice_core::service::CounterReport;
use invoice_core::{ChainFault, EventKind, Timestamp, UserId, Version};
use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

/// Who did what to one record.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditView<'a> {
    #[schema(value_type = schema::AuditId)]
    id: invoice_core::AuditId,
    /// What was written together has one commit.
    #[schema(value_type = schema::CommitId)]
    commit: invoice_core::CommitId,
    /// When.
    #[schema(value_type = schema::Instant)]
    at: Timestamp,
    /// Who; none for the application itself.
    #[schema(value_type = Option<schema::UserId>)]
    actor: Option<UserId>,
    /// To what kind of record.
    #[schema(value_type = schema::RecordKind)]
    kind: AggregateKind,
    /// To which.
    subject: String,
    /// The version it led to.
    #[schema(value_type = u64)]
    version: Version,
    /// What happened, in the order it did, such as `invoice.issued`.
    actions: Vec<&'static str>,
    /// The number of the document, once it has one.
    number: Option<&'a str>,
    /// Why, where a reason was given.
    reason: Option<&'a str>,
}

impl<'a> From<&'a AuditEntry> for AuditView<'a> {
    fn from(entry: &'a AuditEntry) -> Self {
        Self {
            id: entry.id,
            commit: entry.commit,
            at: entry.at,
            actor: entry.actor,
            kind: entry.subject.kind(),
            subject: entry.subject.to_string(),
            version: entry.version,
            actions: entry.actions.iter().copied().map(EventKind::as_str).collect(),
            number: entry.number.as_deref(),
            reason: entry.reason.as_deref(),
        }
    }
}

/// What is wrong with a chain, at its first bad link.
#[derive(Serialize, ToSchema)]
#[schema(as = ChainFault)]
pub(crate) struct FaultView<'a> {
    /// A sequence is missing (`gap`), a document does not continue the one before it (`unlinked`), is not what was
    /// sealed (`changed`), or documents at the end are missing (`truncated`).
    #[schema(value_type = schema::FaultKind)]
    kind: &'static str,
    /// The number of the document, if one is to be named.
    number: Option<&'a str>,
    /// The sequence expected there.
    expected: Option<u64>,
    /// The sequence found there.
    found: Option<u64>,
}

impl<'a> From<&'a ChainFault> for FaultView<'a> {
    fn from(fault: &'a ChainFault) -> Self {
        let (kind, number, expected, found) = match fault {
            ChainFault::Gap { expected, found } => ("gap", None, Some(*expected), Some(*found)),
            ChainFault::Unlinked { number } => ("unlinked", Some(number.as_str()), None, None),
            ChainFault::Changed { number } => ("changed", Some(number.as_str()), None, None),
            ChainFault::Truncated { last, next } => ("truncated", None, Some(*next), *last),
        };
        Self { kind, number, expected, found }
    }
}

/// What the verification of one counter found.
#[derive(Serialize, ToSchema)]
#[schema(as = CounterReport)]
pub(crate) struct CounterView<'a> {
    /// The series; of imports, an identifier that is no series.
    #[schema(value_type = schema::SeriesId)]
    series: invoice_core::SeriesId,
    /// The period counted in: `all`, `2026`, `2026-03` or `FY2026`.
    #[schema(value_type = String)]
    period: invoice_core::PeriodKey,
    /// Documents looked at.
    documents: u64,
    /// What is wrong; none if the chain is whole.
    fault: Option<FaultView<'a>>,
}

/// What the verification of all hash chains found.
#[derive(Serialize, ToSchema)]
#[schema(as = Verification)]
pub(crate) struct VerificationView<'a> {
    /// Whether every chain is whole.
    whole: bool,
    /// Counter by counter.
    counters: Vec<CounterView<'a>>,
}

impl<'a> From<&'a [CounterReport]> for VerificationView<'a> {
    fn from(reports: &'a [CounterReport]) -> Self {
        let counter = |found: &'a CounterReport| CounterView {
            series: found.counter.series,
            period: found.counter.period,
            documents: found.report.documents,
            fault: found.report.fault.as_ref().map(FaultView::from),
        };
        Self {
            whole: reports.iter().all(|found| found.report.fault.is_none()),
            counters: reports.iter().map(counter).collect(),
        }
    }
}
