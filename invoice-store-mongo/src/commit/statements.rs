//! What a commit says to the server: statements for one `update` command, and for a `delete` where it has to be.

use std::collections::{BTreeMap, HashMap, HashSet};

use invoice_core::adapter::{UniqueValue, references};
use invoice_core::change::{AggregateId, CounterMove, Guard, Record, ResolvedChange, Write};
use invoice_core::ports::StoreError;
use invoice_core::{ClientId, CommitId, Counter, CounterKey, TeamId, Version};
use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf, cstr};
use mongodb::bson::rawdoc;

use super::command::{Commands, in_commands, insert, statement};
use super::row::{Row, int};
use super::sums::{Sign, Sums};
use super::trail;
use crate::layout::{aggregate_key, bytes, counter_key, date, kind, uuid};

/// What is known of a stored aggregate before it is written to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    pub(super) version: Version,
    /// A document that is issued and not void.
    pub(super) live: bool,
    /// How often others came to refer to it; a deletion names it, so that none gets in between.
    pub(super) uses: Option<i64>,
    /// Something refers to it for good.
    pub(super) kept: bool,
}

/// What is known before statements are made.
#[derive(Default)]
pub(super) struct Known {
    /// The names of clients that drafts are written for, as lists compare them.
    pub(super) clients: HashMap<ClientId, String>,
    /// The stored aggregates, where somebody looked.
    pub(super) before: HashMap<AggregateId, Before>,
    /// The stored records that go while reports still count them.
    pub(super) gone: HashMap<AggregateId, Record>,
}

/// A statement that says that an invoice or client is referred to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reference {
    /// By a draft, which may be deleted again. Counted, so that it can't pass a deletion unseen.
    Passing,
    /// By what stays for ever.
    Lasting,
}

struct Batch<'a> {
    team: TeamId,
    known: &'a Known,
    pending: &'a HashSet<AggregateId>,
    counters: Vec<RawDocumentBuf>,
    records: Vec<RawDocumentBuf>,
    trail: Vec<RawDocumentBuf>,
    deletes: Vec<RawDocumentBuf>,
    referred: BTreeMap<AggregateId, (Reference, i64)>,
    sums: Sums,
}

/// All that change sets with bound numbers write.
pub(super) fn commands(
    team: TeamId,
    changes: &[ResolvedChange],
    moves: &[CounterMove],
    pending: &HashSet<AggregateId>,
    known: &Known,
) -> Result<Commands, StoreError> {
    let mut batch = Batch {
        team,
        known,
        pending,
        counters: Vec::new(),
        records: Vec::new(),
        trail: Vec::new(),
        deletes: Vec::new(),
        referred: BTreeMap::new(),
        sums: Sums::default(),
    };
    for step in moves {
        batch.counter(step);
    }
    for change in changes {
        batch.change(change)?;
    }
    batch.finish()
}

impl Batch<'_> {
    fn change(&mut self, change: &ResolvedChange) -> Result<(), StoreError> {
        let ResolvedChange { id, team: _, at, writes, guards, counters: _, idempotency, audit, events } =
            change;
        self.release(writes);
        // Before a write of the same record moves its version.
        for guard in guards {
            self.guard(guard, *id);
        }
        let written: HashSet<_> = writes.iter().map(Write::id).collect();
        for write in writes {
            self.write(write, *id, &written)?;
        }
        for entry in audit {
            self.trail.push(trail::audit(self.team, entry));
        }
        for event in events {
            self.trail.push(trail::event(self.team, event)?);
        }
        self.trail.push(trail::commit(self.team, *id, *at, writes, idempotency.as_ref())?);
        Ok(())
    }

    /// Gives free what the records will not hold any more, so that another of the same change may take it,
    /// whatever the order.
    fn release(&mut self, writes: &[Write]) {
        let takes =
            writes.iter().filter(|write| write.record().is_some_and(|it| UniqueValue::of(it).is_some()));
        if writes.len() < 2 || takes.count() == 0 {
            return;
        }
        for write in writes {
            let expected = match write {
                Write::Insert(_) => continue,
                Write::Update { expected, record: _ } | Write::Delete { id: _, expected } => *expected,
            };
            let id = write.id();
            let field = match id {
                AggregateId::Item(_) => rawdoc! { "code": "" },
                AggregateId::Series(_) => rawdoc! { "name_in_use": "" },
                AggregateId::Payment(_) => rawdoc! { "external_reference": "" },
                _ => continue,
            };
            self.records.push(statement(self.at(id, expected), rawdoc! { "$unset": field }));
        }
    }

    /// An aggregate at a version.
    fn at(&self, id: AggregateId, version: Version) -> RawDocumentBuf {
        rawdoc! {
            "_id": aggregate_key(self.team, id),
            "team": uuid(self.team.as_uuid()),
            "version": int(version.get()),
        }
    }

    fn write(
        &mut self,
        write: &Write,
        commit: CommitId,
        written: &HashSet<AggregateId>,
    ) -> Result<(), StoreError> {
        let id = write.id();
        let record = match write {
            Write::Delete { id: _, expected } => {
                self.delete(id, *expected);
                return match self.known.gone.get(&id) {
                    Some(record) => self.sums.post(record, Sign::TakeBack),
                    None => Ok(()),
                };
            }
            Write::Insert(record) | Write::Update { expected: _, record } => record,
        };
        let client_name = record.client().and_then(|client| self.known.clients.get(&client));
        let Row { set, unset } = Row::of(record, commit, client_name.map_or("", String::as_str))?;
        if let Write::Update { expected, record: _ } = write {
            let mut change = rawdoc! { "$set": set };
            if !unset.is_empty() {
                change.append(cstr!("$unset"), unset);
            }
            self.records.push(statement(self.at(id, *expected), change));
        } else {
            let mut document = rawdoc! {
                "_id": aggregate_key(self.team, id),
                "team": uuid(self.team.as_uuid()),
                "kind": id.kind().as_str(),
                "id": uuid(id.as_uuid()),
            };
            append_all(&mut document, &set)?;
            self.records.push(insert(self.team, aggregate_key(self.team, id), document));
        }
        let lasts = record.number().is_some() || matches!(record, Record::Payment(_));
        for target in references(record) {
            if !written.contains(&target) || !matches!(target, AggregateId::Invoice(_)) {
                self.refer(target, lasts && matches!(target, AggregateId::Client(_)));
            }
        }
        self.post(id, record)
    }

    fn refer(&mut self, target: AggregateId, lasts: bool) {
        let entry = self.referred.entry(target).or_insert((Reference::Passing, 0));
        entry.1 += 1;
        if lasts {
            entry.0 = Reference::Lasting;
        }
    }

    /// What becomes live is added to the sums, what is void now is taken back.
    fn post(&mut self, id: AggregateId, record: &Record) -> Result<(), StoreError> {
        let was_live = self.known.before.get(&id).is_some_and(|before| before.live);
        let is_void = matches!(record, Record::Invoice(invoice) if invoice.voided_at().is_some());
        if self.pending.contains(&id) && !is_void {
            self.sums.post(record, Sign::Add)?;
        } else if was_live && is_void {
            self.sums.post(record, Sign::TakeBack)?;
        }
        Ok(())
    }

    fn delete(&mut self, id: AggregateId, expected: Version) {
        let mut query = self.at(id, expected);
        match id {
            AggregateId::Client(_) | AggregateId::Invoice(_) => {
                let before = self.known.before.get(&id);
                match before.and_then(|before| before.uses) {
                    Some(uses) => query.append(cstr!("uses"), uses),
                    None => query.append(cstr!("uses"), rawdoc! { "$exists": false }),
                }
                if before.is_some_and(|before| before.kept) {
                    query.append(cstr!("kept"), true);
                } else {
                    query.append(cstr!("kept"), rawdoc! { "$exists": false });
                }
            }
            // The first counter keeps its series.
            AggregateId::Series(_) => query.append(cstr!("kept"), rawdoc! { "$exists": false }),
            _ => {}
        }
        self.deletes.push(rawdoc! { "q": query, "limit": 1 });
    }

    /// Really writes: two transactions that only read of each other's records would both be let through.
    fn guard(&mut self, guard: &Guard, commit: CommitId) {
        let change = rawdoc! { "$set": { "guarded": uuid(commit.as_uuid()) } };
        self.records.push(statement(self.at(guard.id, guard.expected), change));
    }

    fn counter(&mut self, step: &CounterMove) {
        let CounterMove { key: place, before, after: Counter { next, head, last_issue_date } } = *step;
        let id = counter_key(self.team, place);
        let mut set = rawdoc! { "next": int(next), "head": bytes(head.as_bytes().as_slice()) };
        if let Some(day) = last_issue_date {
            set.append(cstr!("last_issue_date"), date(day));
        }
        if let Some(before) = before {
            let found = rawdoc! {
                "_id": id,
                "team": uuid(self.team.as_uuid()),
                "next": int(before.next),
                "head": bytes(before.head.as_bytes().as_slice()),
            };
            self.counters.push(statement(found, rawdoc! { "$set": set }));
            return;
        }
        let mut document = rawdoc! {
            "_id": id.clone(),
            "team": uuid(self.team.as_uuid()),
            "kind": kind::COUNTER,
            "series": uuid(place.series.as_uuid()),
            "period": place.period.to_string(),
        };
        document.append(cstr!("next"), int(next));
        document.append(cstr!("head"), bytes(head.as_bytes().as_slice()));
        if let Some(day) = last_issue_date {
            document.append(cstr!("last_issue_date"), date(day));
        }
        self.counters.push(insert(self.team, id, document));
        if place != CounterKey::imports(self.team) {
            self.referred.insert(AggregateId::Series(place.series), (Reference::Lasting, 1));
        }
    }

    fn finish(self) -> Result<Commands, StoreError> {
        let Self { team, known: _, pending: _, counters, records, trail, deletes, referred, sums } = self;
        let referred = referred.into_iter().map(|(id, reference)| refer(team, id, reference));
        let all =
            counters.into_iter().chain(records).chain(referred).chain(sums.statements(team)?).chain(trail);
        Ok(Commands { updates: in_commands(all), deletes: in_commands(deletes.into_iter()) })
    }
}

/// Marks what is referred to. It matches, and so proves that it is there; and it writes wherever a deletion
/// could come in between.
fn refer(team: TeamId, id: AggregateId, (reference, count): (Reference, i64)) -> RawDocumentBuf {
    let query = rawdoc! { "_id": aggregate_key(team, id), "team": uuid(team.as_uuid()) };
    match (id, reference) {
        (AggregateId::Client(_) | AggregateId::Series(_), Reference::Lasting) => {
            statement(query, rawdoc! { "$set": { "kept": true } })
        }
        (AggregateId::Client(_), Reference::Passing) => {
            let uses = rawdoc! { "$add": [{ "$ifNull": ["$uses", 0_i64] }, count] };
            let uses = rawdoc! { "$cond": [{ "$eq": ["$kept", true] }, "$uses", uses] };
            let pipeline = RawArrayBuf::from_iter([rawdoc! { "$set": { "uses": uses } }]);
            rawdoc! { "q": query, "u": pipeline }
        }
        _ => statement(query, rawdoc! { "$inc": { "uses": count } }),
    }
}

fn append_all(document: &mut RawDocumentBuf, fields: &RawDocumentBuf) -> Result<(), StoreError> {
    for field in fields {
        let (name, value) = field.map_err(StoreError::backend)?;
        document.append(name, value);
    }
    Ok(())
}
