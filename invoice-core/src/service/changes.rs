//! Collects what a use case decided into one change set, with its audit entries and events.

use std::sync::Arc;

use crate::change::{
    AggregateId, AuditEntry, ChangeSet, Guard, Idempotency, PendingIssue, PendingNumber, Record, Write,
};
use crate::ports::IdGenerator;
use crate::series::{CounterKey, Series};
use crate::{Actor, AuditId, CommitId, Event, EventId, EventKind, Money, Timestamp, Version};

pub(super) struct Changes {
    set: ChangeSet,
    actor: Actor,
    ids: Arc<dyn IdGenerator>,
    tells: bool,
}

/// What an event says beyond its kind.
#[derive(Default, Clone, Copy)]
pub(super) struct About {
    pub(super) amount: Option<Money>,
    pub(super) related: Option<AggregateId>,
}

impl Changes {
    /// Without events unless it `tells`.
    pub(super) fn new(actor: Actor, ids: Arc<dyn IdGenerator>, at: Timestamp, tells: bool) -> Self {
        let set = ChangeSet {
            id: CommitId::from_uuid(ids.uuid(at)),
            team: actor.team(),
            at,
            writes: Vec::new(),
            guards: Vec::new(),
            issues: Vec::new(),
            idempotency: None,
            audit: Vec::new(),
            events: Vec::new(),
        };
        Self { set, actor, ids, tells }
    }

    pub(super) fn insert(&mut self, record: impl Into<Record>, kinds: &[EventKind], about: About) {
        let record = record.into();
        self.tell(record.id(), record.version(), record.number(), kinds, about);
        self.set.writes.push(Write::Insert(record));
    }

    /// Writes a changed aggregate, whose version is still the one it was loaded at.
    pub(super) fn update(&mut self, record: impl Into<Record>, kinds: &[EventKind], about: About) {
        let mut record = record.into();
        let expected = record.version();
        record.touch(self.set.at);
        self.tell(record.id(), record.version(), record.number(), kinds, about);
        self.set.writes.push(Write::Update { expected, record });
    }

    pub(super) fn delete(&mut self, id: AggregateId, expected: Version, kind: EventKind) {
        self.tell(id, expected.next(), None, &[kind], About::default());
        self.set.writes.push(Write::Delete { id, expected });
    }

    pub(super) fn guard(&mut self, id: AggregateId, expected: Version) {
        self.set.guards.push(Guard { id, expected });
    }

    /// Lets the commit number a document that was inserted or updated as pending.
    pub(super) fn number(&mut self, document: AggregateId, series: &Series, issue_date: chrono::NaiveDate) {
        self.set.issues.push(PendingIssue {
            document,
            counter: series.counter(issue_date),
            first: series.first_seq(series.period(issue_date)),
            number: PendingNumber::Next {
                pattern: series.pattern().clone(),
                issue_date,
                fiscal_year: series.fiscal_year_start().fiscal_year(issue_date),
            },
        });
    }

    /// Lets the commit chain a pending document that brings its number along.
    pub(super) fn import(&mut self, document: AggregateId, number: String) {
        self.set.issues.push(PendingIssue {
            document,
            counter: CounterKey::imports(self.set.team),
            first: 1,
            number: PendingNumber::Given(number),
        });
    }

    /// Whether nothing was decided.
    pub(super) fn is_empty(&self) -> bool {
        self.set.writes.is_empty()
    }

    /// Says why, in the audit entry of the write before.
    pub(super) fn because(&mut self, reason: Option<&str>) {
        if let Some(entry) = self.set.audit.last_mut() {
            entry.reason = reason.map(str::to_owned);
        }
    }

    fn tell(
        &mut self,
        aggregate: AggregateId,
        version: Version,
        number: Option<&str>,
        kinds: &[EventKind],
        about: About,
    ) {
        let (team, at) = (self.set.team, self.set.at);
        self.set.audit.push(AuditEntry {
            id: AuditId::from_uuid(self.ids.uuid(at)),
            commit: self.set.id,
            team,
            at,
            actor: self.actor.user_id(),
            subject: aggregate,
            version,
            actions: kinds.to_vec(),
            number: number.map(str::to_owned),
            reason: None,
        });
        let told = if self.tells { kinds } else { &[] };
        for (ordinal, kind) in (0..).zip(told) {
            self.set.events.push(Event {
                id: EventId::from_uuid(self.ids.uuid(at)),
                schema: Event::SCHEMA,
                kind: *kind,
                team,
                aggregate,
                aggregate_version: version,
                ordinal,
                at,
                number: number.map(str::to_owned),
                amount: about.amount,
                related: about.related,
            });
        }
    }

    pub(super) fn into_set(mut self, idempotency: Option<Idempotency>) -> ChangeSet {
        self.set.idempotency = idempotency;
        self.set
    }
}
