//! What a commit says to the server: new documents, updates of others, and deletions where it has to be.

use std::collections::{BTreeMap, HashMap, HashSet};

use invoice_core::adapter::{UniqueValue, references};
use invoice_core::change::{AggregateId, CounterMove, Guard, Record, ResolvedChange, Write};
use invoice_core::ports::StoreError;
use invoice_core::{ClientId, CommitId, Counter, CounterKey, TeamId, Version};
use invoice_store_common::bound::Bound;
use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf, cstr};
use mongodb::bson::rawdoc;

use super::command::{Owner, Statements, statement};
use super::row::{Row, int};
use super::sums::{Sign, Sums};
use super::trail;
use crate::error::too_large;
use crate::layout::{aggregate_key, bytes, counter_key, date, kind, uuid};
use crate::outbox;

/// What the server holds in one document.
const LONGEST: usize = 16 << 20;

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
    pub(super) clients: HashMap<(TeamId, ClientId), String>,
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
    owner: Owner,
    known: &'a Known,
    pending: &'a HashSet<(TeamId, AggregateId)>,
    statements: &'a mut Statements,
    referred: BTreeMap<AggregateId, (Reference, i64)>,
    sums: Sums,
}

impl Statements {
    /// Adds all that change sets of one team with bound numbers write.
    pub(super) fn add(
        &mut self,
        owner: Owner,
        bound: &Bound,
        pending: &HashSet<(TeamId, AggregateId)>,
        known: &Known,
    ) -> Result<(), StoreError> {
        let mut batch = Batch {
            owner,
            known,
            pending,
            statements: self,
            referred: BTreeMap::new(),
            sums: Sums::default(),
        };
        for step in bound.moves() {
            batch.counter(step)?;
        }
        for change in bound.changes() {
            batch.change(change)?;
        }
        batch.finish()
    }
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
            self.insert(trail::audit(self.owner.team, entry))?;
        }
        for event in events {
            self.insert(outbox::waiting(event)?)?;
        }
        self.insert(trail::commit(self.owner.team, *id, *at, writes, idempotency.as_ref())?)
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
            self.statements.releases.push(statement(self.at(id, expected), rawdoc! { "$unset": field }));
        }
    }

    /// A document that must not be there. Like all of them it names the team, by which a sharded cluster finds the shard.
    fn insert(&mut self, document: RawDocumentBuf) -> Result<(), StoreError> {
        if document.as_bytes().len() > LONGEST {
            return Err(too_large());
        }
        self.statements.inserts.push(document);
        Ok(())
    }

    /// An aggregate at a version.
    fn at(&self, id: AggregateId, version: Version) -> RawDocumentBuf {
        rawdoc! {
            "_id": aggregate_key(self.owner.team, id),
            "team": uuid(self.owner.team.as_uuid()),
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
        let client_name =
            record.client().and_then(|client| self.known.clients.get(&(self.owner.team, client)));
        let Row { set, unset } = Row::of(record, commit, client_name.map_or("", String::as_str))?;
        if let Write::Update { expected, record: _ } = write {
            let mut change = rawdoc! { "$set": set };
            if !unset.is_empty() {
                change.append(cstr!("$unset"), unset);
            }
            self.statements.updates.push(statement(self.at(id, *expected), change));
        } else {
            let mut document = rawdoc! {
                "_id": aggregate_key(self.owner.team, id),
                "team": uuid(self.owner.team.as_uuid()),
                "kind": id.kind().as_str(),
                "id": uuid(id.as_uuid()),
            };
            append_all(&mut document, &set)?;
            self.insert(document)?;
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
        if self.pending.contains(&(self.owner.team, id)) && !is_void {
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
        self.statements.deletes.push(rawdoc! { "q": query, "limit": 1 });
    }

    /// Really writes: two transactions that only read of each other's records would both be let through.
    fn guard(&mut self, guard: &Guard, commit: CommitId) {
        let change = rawdoc! { "$set": { "guarded": uuid(commit.as_uuid()) } };
        self.statements.updates.push(statement(self.at(guard.id, guard.expected), change));
    }

    fn counter(&mut self, step: &CounterMove) -> Result<(), StoreError> {
        let CounterMove { key: place, before, after: Counter { next, head, last_issue_date } } = *step;
        let id = counter_key(self.owner.team, place);
        if let Some(before) = before {
            let query = self.owner.query(id);
            self.statements.updates.push(rawdoc! { "q": query, "u": step_on(before, step.after) });
            return Ok(());
        }
        let mut document = rawdoc! {
            "_id": id,
            "team": uuid(self.owner.team.as_uuid()),
            "kind": kind::COUNTER,
            "series": uuid(place.series.as_uuid()),
            "period": place.period.to_string(),
        };
        document.append(cstr!("next"), int(next));
        document.append(cstr!("head"), bytes(head.as_bytes().as_slice()));
        if let Some(day) = last_issue_date {
            document.append(cstr!("last_issue_date"), date(day));
        }
        self.insert(document)?;
        if place != CounterKey::imports(self.owner.team) {
            self.referred.insert(AggregateId::Series(place.series), (Reference::Lasting, 1));
        }
        Ok(())
    }

    fn finish(self) -> Result<(), StoreError> {
        let Self { owner, known: _, pending: _, statements, referred, sums } = self;
        statements.updates.extend(referred.into_iter().map(|(id, reference)| refer(owner, id, reference)));
        statements.updates.extend(sums.statements(owner)?);
        Ok(())
    }
}

/// Moves a counter from where it has to be, and fails where it is elsewhere. The query could say where, but then the
/// server would make a plan, which takes longer than all the rest.
fn step_on(before: Counter, after: Counter) -> RawArrayBuf {
    let head = |counter: Counter| bytes(counter.head.as_bytes().as_slice());
    let expected = rawdoc! { "$eq": [["$next", "$head"], [int(before.next), head(before)]] };
    // A word is no number.
    let fail = rawdoc! { "$toLong": "$kind" };
    let mut set = rawdoc! {
        "next": { "$cond": [expected, int(after.next), fail] },
        "head": head(after),
    };
    if let Some(day) = after.last_issue_date {
        set.append(cstr!("last_issue_date"), date(day));
    }
    RawArrayBuf::from_iter([rawdoc! { "$set": set }])
}

/// Marks what is referred to. It matches, and so proves that it is there; and it writes wherever a deletion
/// could come in between.
fn refer(owner: Owner, id: AggregateId, (reference, count): (Reference, i64)) -> RawDocumentBuf {
    let query = owner.query(aggregate_key(owner.team, id));
    match (id, reference) {
        (AggregateId::Client(_) | AggregateId::Series(_), Reference::Lasting) => {
            rawdoc! { "q": query, "u": { "$set": { "kept": true } } }
        }
        (AggregateId::Client(_), Reference::Passing) => {
            let uses = rawdoc! { "$add": [{ "$ifNull": ["$uses", 0_i64] }, count] };
            let uses = rawdoc! { "$cond": [{ "$eq": ["$kept", true] }, "$uses", uses] };
            let pipeline = RawArrayBuf::from_iter([rawdoc! { "$set": { "uses": uses } }]);
            rawdoc! { "q": query, "u": pipeline }
        }
        _ => rawdoc! { "q": query, "u": { "$inc": { "uses": count } } },
    }
}

fn append_all(document: &mut RawDocumentBuf, fields: &RawDocumentBuf) -> Result<(), StoreError> {
    for field in fields {
        let (name, value) = field.map_err(StoreError::backend)?;
        document.append(name, value);
    }
    Ok(())
}
