//! Binding numbers: pure and re-runnable, so that an adapter may predict a counter and try again.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    AuditEntry, ChangeSet, Guard, IdempotencyRecord, PendingIssue, PendingNumber, Receipt, Record, Write,
};
use crate::document::Origin;
use crate::event::Event;
use crate::series::{Counter, CounterKey, Series};
use crate::{Code, CommitId, TeamId, Timestamp, Violation};

/// A change set whose numbers are bound: exactly what an adapter has to write.
///
/// Adapters take it apart without `..`, so that a new field breaks their build until it is handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedChange {
    /// The commit's identifier.
    pub id: CommitId,
    /// The team all of it belongs to.
    pub team: TeamId,
    /// When it was decided.
    pub at: Timestamp,
    /// Inserts, updates and deletes, with numbers.
    pub writes: Vec<Write>,
    /// Aggregates that must be as they were when deciding.
    pub guards: Vec<Guard>,
    /// The counters as they must be found and as they shall be left, in the order to lock them.
    pub counters: Vec<CounterMove>,
    /// What to keep for a repeated request.
    pub idempotency: Option<IdempotencyRecord>,
    /// Who did what.
    pub audit: Vec<AuditEntry>,
    /// What is to be told.
    pub events: Vec<Event>,
}

/// One counter's step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterMove {
    /// Which counter.
    pub key: CounterKey,
    /// As it must be found; `None`: it must not exist yet.
    pub before: Option<Counter>,
    /// As it shall be left.
    pub after: Counter,
}

impl ResolvedChange {
    /// The receipt for this change.
    pub fn receipt(&self) -> Receipt {
        Receipt {
            commit: self.id,
            records: self.writes.iter().filter_map(|write| write.record().cloned()).collect(),
            replayed: false,
        }
    }
}

/// Binds the numbers of a change set, given the counters as they are; a counter that is not in the map
/// has not counted anything.
///
/// Pure: the same input gives the same numbers and hashes. Several documents of one counter get
/// consecutive numbers in the order of `issues`. To bind several change sets in one transaction, pass the
/// counters that the one before left.
///
/// Fails if an issue date lies before the counter's last one, if a counter is exhausted, or if `issues`
/// names something that is not a pending document among the writes.
pub fn resolve(
    change: &ChangeSet,
    counters: &BTreeMap<CounterKey, Counter>,
) -> Result<ResolvedChange, Violation> {
    let ChangeSet { id, team, at, writes, guards, issues, idempotency, audit, events } = change;
    let mut writes = writes.clone();
    let mut moves: BTreeMap<CounterKey, CounterMove> = BTreeMap::new();
    for issue in issues {
        let step = moves.entry(issue.counter).or_insert_with(|| {
            let before = counters.get(&issue.counter).copied();
            CounterMove {
                key: issue.counter,
                before,
                after: before.unwrap_or_else(|| Counter::starting_at(issue.first)),
            }
        });
        bind(&mut writes, issue, &mut step.after)?;
    }
    let number_of =
        |id| writes.iter().find(|write| write.id() == id).and_then(Write::record).and_then(Record::number);
    let mut audit = audit.clone();
    for entry in audit.iter_mut().filter(|entry| entry.number.is_none()) {
        entry.number = number_of(entry.subject).map(str::to_owned);
    }
    let mut events = events.clone();
    for event in events.iter_mut().filter(|event| event.number.is_none()) {
        event.number = number_of(event.aggregate).map(str::to_owned);
    }
    let idempotency = idempotency.as_ref().map(|request| IdempotencyRecord {
        key: request.key.clone(),
        fingerprint: request.fingerprint,
        commit: *id,
        at: *at,
        answer: writes.iter().filter_map(|write| write.record().cloned()).collect(),
    });
    Ok(ResolvedChange {
        id: *id,
        team: *team,
        at: *at,
        writes,
        guards: guards.clone(),
        counters: moves.into_values().collect(),
        idempotency,
        audit,
        events,
    })
}

fn bind(writes: &mut [Write], issue: &PendingIssue, counter: &mut Counter) -> Result<(), Violation> {
    let (seq, place) = (counter.next, issue.counter);
    if seq > Series::MAX_SEQ {
        return Err(Violation::new("/series", Code::OutOfRange, "the series has no numbers left"));
    }
    let (number, origin, date) = match &issue.number {
        PendingNumber::Next { pattern, issue_date, fiscal_year } => {
            check_order(*issue_date, counter.last_issue_date)?;
            let number = pattern.format(*issue_date, *fiscal_year, seq);
            (number, Origin::Counter { counter: place, seq }, Some(*issue_date))
        }
        PendingNumber::Given(number) => {
            (number.clone(), Origin::Imported { counter: place, seq }, counter.last_issue_date)
        }
    };
    let seal = writes
        .iter_mut()
        .find(|write| write.id() == issue.document)
        .and_then(Write::record_mut)
        .and_then(|record| match record {
            Record::Invoice(document) => document.bind(number, origin, counter.head),
            Record::CreditNote(document) => document.bind(number, origin, counter.head),
            Record::Quote(document) => document.bind(number, origin, counter.head),
            _ => None,
        })
        .ok_or_else(|| {
            Violation::new("/issues", Code::Unknown, "not a pending document of this change set")
        })?;
    *counter = Counter { next: seq + 1, head: seal.hash, last_issue_date: date };
    Ok(())
}

fn check_order(issue_date: NaiveDate, last: Option<NaiveDate>) -> Result<(), Violation> {
    match last {
        Some(last) if issue_date < last => {
            let detail = format!("the last document of this series is of {last}: dates do not go back");
            Err(Violation::new("/issue_date", Code::DateBeforeLastIssue, detail))
        }
        _ => Ok(()),
    }
}
