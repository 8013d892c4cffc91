//! The rows of one statement, from change sets whose numbers are bound.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use invoice_core::adapter::{DocumentRow, Postings};
use invoice_core::change::{
    AggregateId, AggregateKind, AuditEntry, CounterMove, Guard, IdempotencyRecord, Record, ResolvedChange,
    Write,
};
use invoice_core::ports::StoreError;
use invoice_core::{
    ClientId, CounterKey, Event, Metadata, MoneyError, Month, Payment, TeamId, Timestamp, UserId,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::columns::{document_columns, key_and_version, other_columns};
use super::slot::Given;
use super::table::{Part, Table};
use super::text::Shape;
use super::value::Value;

pub(super) type Row<'a> = Vec<Value<'a>>;

/// What stands for no due date in the sums of what is due.
const NEVER: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(date) => date,
    None => NaiveDate::MAX,
};

/// All that one statement writes.
pub(super) struct Batch<'a> {
    /// Whose rows come now.
    pub(super) team: Uuid,
    /// Rows of another team came before.
    pub(super) mixed: bool,
    pub(super) parts: BTreeMap<Part, Rows<'a>>,
    pub(super) names: bool,
    sums: Sums<'a>,
}

/// The rows of a part, and whose each of them is.
#[derive(Default)]
pub(super) struct Rows<'a> {
    pub(super) teams: Vec<Uuid>,
    pub(super) rows: Vec<Row<'a>>,
}

/// Changes of sums, one for each row of theirs.
#[derive(Default)]
struct Sums<'a> {
    receivables: BTreeMap<(&'static str, NaiveDate, NaiveDate), i64>,
    taxes: BTreeMap<TaxRow<'a>, [i64; 3]>,
    revenue: BTreeMap<(NaiveDate, &'static str), [i64; 4]>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct TaxRow<'a> {
    month: NaiveDate,
    currency: &'static str,
    scheme: std::borrow::Cow<'a, str>,
    category: &'static str,
    rate: String,
    withheld: bool,
}

/// A document that is not live any more, as it was stored: what it added is taken back.
pub(super) struct Ended {
    pub(super) record: Record,
}

impl<'a> Batch<'a> {
    pub(super) fn new(team: TeamId) -> Self {
        let team = team.as_uuid();
        Self { team, mixed: false, parts: BTreeMap::new(), names: false, sums: Sums::default() }
    }

    /// What comes now is another team's.
    pub(super) fn turn_to(&mut self, team: TeamId) {
        self.add_sums();
        self.team = team.as_uuid();
        self.mixed = true;
    }

    /// Adds a change set. `pending` are the documents that it numbers, `ended` those that it ends.
    pub(super) fn add(
        &mut self,
        change: &'a ResolvedChange,
        pending: &HashSet<AggregateId>,
        ended: &[Ended],
    ) -> Result<(), StoreError> {
        let ResolvedChange { id, team, at, writes, guards, counters: _, idempotency, audit, events } = change;
        let commit = id.as_uuid();
        let names: HashMap<ClientId, &str> =
            writes.iter().filter_map(Write::record).filter_map(client_name).collect();
        for (ordinal, write) in (0_i32..).zip(writes) {
            match write {
                Write::Insert(record) => {
                    self.version(commit, ordinal, record)?;
                    self.put(Part::Insert, commit, ordinal, record, &names);
                    self.begins(record)?;
                    self.links(record);
                }
                Write::Update { expected: _, record } => {
                    self.version(commit, ordinal, record)?;
                    self.put(Part::Update, commit, ordinal, record, &names);
                    let is_new = pending.contains(&record.id());
                    if is_new {
                        self.begins(record)?;
                    } else {
                        self.goes_on(record)?;
                    }
                    self.unlink(record.id());
                    self.links(record);
                }
                Write::Delete { id, expected } => {
                    self.push(Part::Delete(Table::of(*id)), key_and_version(*id, expected.get()));
                    if id.kind() == AggregateKind::Invoice {
                        self.push(Part::OpenBefore, vec![Value::Uuid(id.as_uuid())]);
                    }
                    if !matches!(id, AggregateId::Payment(_)) {
                        self.unlink(*id);
                    }
                }
            }
        }
        for Ended { record } in ended {
            self.post(record, -1)?;
        }
        for Guard { id, expected } in guards {
            self.push(Part::Guard(Table::of(*id)), key_and_version(*id, expected.get()));
        }
        self.trail(audit);
        self.events(events)?;
        self.commit(commit, *at, idempotency.as_ref());
        debug_assert_eq!(*team, TeamId::from_uuid(self.team), "a batch is of one team");
        Ok(())
    }

    /// The counters, as they must be found and as they shall be left.
    pub(super) fn counters(&mut self, moves: &[CounterMove], team: TeamId) {
        for CounterMove { key, before, after } in moves {
            let CounterKey { series, period } = key;
            let numbered_by = (*key != CounterKey::imports(team)).then(|| series.as_uuid());
            let place = [Value::Uuid(series.as_uuid()), Value::text(period.to_string())];
            let state = |counter: &invoice_core::Counter| {
                [
                    Value::count(counter.next),
                    Value::Bytes(counter.head.as_bytes().to_vec().into()),
                    Value::date(counter.last_issue_date),
                ]
            };
            let mut row = Row::from(place);
            let part = if let Some(before) = before {
                row.extend(state(before));
                Part::CountersMoved
            } else {
                row.push(Value::some_uuid(numbered_by));
                Part::CountersNew
            };
            row.extend(state(after));
            self.push(part, row);
        }
    }

    /// Nothing more comes.
    pub(super) fn finish(mut self) -> Self {
        self.add_sums();
        self
    }

    /// The sums of a team become rows.
    fn add_sums(&mut self) {
        let sums = std::mem::take(&mut self.sums);
        for ((currency, due_date, issue_date), amount) in sums.receivables {
            let row = vec![
                Value::text(currency),
                Value::Date(due_date),
                Value::Date(issue_date),
                Value::Big(amount),
            ];
            self.push(Part::Receivables, row);
        }
        for (key, [taxable, tax, documents]) in sums.taxes {
            let TaxRow { month, currency, scheme, category, rate, withheld } = key;
            self.push(
                Part::Taxes,
                vec![
                    Value::Date(month),
                    Value::text(currency),
                    Value::Text(scheme),
                    Value::text(category),
                    Value::text(rate),
                    Value::Bool(withheld),
                    Value::Big(taxable),
                    Value::Big(tax),
                    Value::Big(documents),
                ],
            );
        }
        for ((month, currency), sums) in sums.revenue {
            let mut row = vec![Value::Date(month), Value::text(currency)];
            row.extend(sums.map(Value::Big));
            self.push(Part::Revenue, row);
        }
    }

    pub(super) fn shape(&self) -> Shape {
        // One way for all arrays, so that there are few texts.
        let most = self.parts.values().map(|rows| rows.rows.len()).max().unwrap_or_default();
        let given = |rows: &Rows<'_>| if self.is_array(rows) { Given::arrays(most) } else { Given::Alone };
        let parts = self.parts.iter().map(|(part, rows)| (*part, given(rows))).collect();
        Shape { parts, names: self.names, teams: self.mixed }
    }

    /// Whether rows are given as arrays.
    pub(super) fn is_array(&self, rows: &Rows<'_>) -> bool {
        self.mixed || rows.rows.len() > 1
    }

    fn push(&mut self, part: Part, row: Row<'a>) {
        let rows = self.parts.entry(part).or_default();
        rows.teams.push(self.team);
        rows.rows.push(row);
    }

    fn version(&mut self, commit: Uuid, ordinal: i32, record: &Record) -> Result<(), StoreError> {
        let id = record.id();
        self.push(
            Part::Versions,
            vec![
                Value::Uuid(commit),
                Value::Int(ordinal),
                Value::text(id.kind().as_str()),
                Value::Uuid(id.as_uuid()),
                Value::count(record.version().get()),
                Value::Json(json(record)?),
            ],
        );
        Ok(())
    }

    fn put(
        &mut self,
        part: fn(Table) -> Part,
        commit: Uuid,
        ordinal: i32,
        record: &'a Record,
        names: &HashMap<ClientId, &str>,
    ) {
        let head = [Value::count(record.version().get()), Value::Uuid(commit), Value::Int(ordinal)];
        let mut row = Vec::with_capacity(28);
        if let Some(document) = DocumentRow::of(record) {
            row.push(Value::text(document.kind.as_str()));
            row.push(Value::Uuid(record.id().as_uuid()));
            row.extend(head);
            self.names |= document_columns(&mut row, &document, names);
        } else {
            if !matches!(record, Record::Supplier(_)) {
                row.push(Value::Uuid(record.id().as_uuid()));
            }
            row.extend(head);
            other_columns(&mut row, record);
        }
        self.push(part(Table::of(record.id())), row);
    }

    /// A document that is live from this commit on.
    fn begins(&mut self, record: &'a Record) -> Result<(), StoreError> {
        self.opens(record)?;
        if DocumentRow::of(record).is_some_and(|document| document.live) {
            self.post(record, 1)?;
        }
        Ok(())
    }

    /// An invoice that may have been open before.
    fn goes_on(&mut self, record: &'a Record) -> Result<(), StoreError> {
        if matches!(record, Record::Invoice(invoice) if invoice.issued().is_some()) {
            self.push(Part::OpenBefore, vec![Value::Uuid(record.id().as_uuid())]);
            self.opens(record)?;
        }
        Ok(())
    }

    fn opens(&mut self, record: &'a Record) -> Result<(), StoreError> {
        if let Some(open) = DocumentRow::of(record).and_then(|document| document.open()) {
            let key = (open.currency().code(), open.due_date.unwrap_or(NEVER), open.issue_date);
            add(self.sums.receivables.entry(key).or_default(), open.amount.minor())?;
        }
        Ok(())
    }

    fn post(&mut self, record: &Record, sign: i64) -> Result<(), StoreError> {
        let Some(Postings { taxes, revenue }) = Postings::of(record).map_err(StoreError::backend)? else {
            return Ok(());
        };
        for posting in taxes {
            let row = posting.row;
            let key = TaxRow {
                month: first_day(posting.month),
                currency: row.taxable.currency().code(),
                scheme: row.scheme.as_str().to_owned().into(),
                category: row.category.map_or("", invoice_core::tax::TaxCategory::code),
                rate: row.rate.to_string(),
                withheld: row.withheld,
            };
            let [taxable, tax, documents] = self.sums.taxes.entry(key).or_default();
            add(taxable, sign * row.taxable.minor())?;
            add(tax, sign * row.tax.minor())?;
            add(documents, sign)?;
        }
        let key = (first_day(revenue.month), revenue.invoiced.currency().code());
        let [invoiced, credited, invoices, credit_notes] = self.sums.revenue.entry(key).or_default();
        add(invoiced, sign * revenue.invoiced.minor())?;
        add(credited, sign * revenue.credited.minor())?;
        add(invoices, sign * i64::try_from(revenue.invoices).unwrap_or(i64::MAX))?;
        add(credit_notes, sign * i64::try_from(revenue.credit_notes).unwrap_or(i64::MAX))
    }

    /// What the record has in tables of its own: metadata, allocations.
    fn links(&mut self, record: &'a Record) {
        let (metadata, created_at) = match record {
            Record::Invoice(invoice) => (invoice.metadata(), invoice.created_at()),
            Record::Client(client) => (client.metadata(), client.created_at()),
            Record::Payment(payment) => return self.allocations(payment),
            _ => return,
        };
        let id = record.id();
        for pair in pairs(metadata) {
            self.push(
                Part::Metadata,
                vec![
                    Value::text(id.kind().as_str()),
                    Value::Uuid(id.as_uuid()),
                    Value::Bytes(pair.to_vec().into()),
                    Value::instant(created_at),
                ],
            );
        }
    }

    fn allocations(&mut self, payment: &Payment) {
        let invoices: HashSet<_> = payment.allocations().iter().map(|it| it.invoice().as_uuid()).collect();
        for invoice in invoices {
            let row = vec![
                Value::Uuid(payment.id().as_uuid()),
                Value::Uuid(invoice),
                Value::instant(payment.created_at()),
            ];
            self.push(Part::Allocations, row);
        }
    }

    /// What it had there before goes, unless it still has it.
    fn unlink(&mut self, id: AggregateId) {
        let uuid = Value::Uuid(id.as_uuid());
        match id {
            AggregateId::Invoice(_) | AggregateId::Client(_) => {
                self.push(Part::MetadataOf, vec![Value::text(id.kind().as_str()), uuid]);
            }
            AggregateId::Payment(_) => self.push(Part::AllocationsOf, vec![uuid]),
            _ => {}
        }
    }

    fn trail(&mut self, entries: &'a [AuditEntry]) {
        for entry in entries {
            let AuditEntry { id, commit, team: _, at, actor, subject, version, actions, number, reason } =
                entry;
            let actions: Vec<_> = actions.iter().map(|action| action.as_str()).collect();
            self.push(
                Part::Audit,
                vec![
                    Value::Uuid(id.as_uuid()),
                    Value::Uuid(commit.as_uuid()),
                    Value::instant(*at),
                    Value::some_uuid(actor.map(UserId::as_uuid)),
                    Value::text(subject.kind().as_str()),
                    Value::Uuid(subject.as_uuid()),
                    Value::count(version.get()),
                    Value::text(actions.join(",")),
                    Value::some_text(number.as_deref()),
                    Value::some_text(reason.as_deref()),
                ],
            );
        }
    }

    fn events(&mut self, events: &[Event]) -> Result<(), StoreError> {
        for event in events {
            self.push(
                Part::Outbox,
                vec![
                    Value::Uuid(event.id.as_uuid()),
                    Value::text(event.aggregate.kind().as_str()),
                    Value::Uuid(event.aggregate.as_uuid()),
                    Value::count(event.aggregate_version.get()),
                    Value::Int(event.ordinal.into()),
                    Value::Json(to_json(event)?),
                ],
            );
        }
        Ok(())
    }

    fn commit(&mut self, id: Uuid, at: Timestamp, request: Option<&'a IdempotencyRecord>) {
        let key = request.map_or(Value::Null, |request| Value::text(request.key.as_str()));
        let fingerprint = request
            .map_or(Value::Null, |request| Value::Bytes(request.fingerprint.as_bytes().as_slice().into()));
        self.push(Part::Commits, vec![Value::Uuid(id), Value::instant(at), key, fingerprint]);
    }
}

/// Amounts are bounded, but many of them may be too much for one parameter.
fn add(sum: &mut i64, amount: i64) -> Result<(), StoreError> {
    *sum = sum.checked_add(amount).ok_or_else(|| StoreError::backend(MoneyError::Overflow))?;
    Ok(())
}

fn client_name(record: &Record) -> Option<(ClientId, &str)> {
    match record {
        Record::Client(client) => Some((client.id(), client.party().name())),
        _ => None,
    }
}

/// The aggregate's own form, without the kind that stands beside it.
fn json(record: &Record) -> Result<Vec<u8>, StoreError> {
    match record {
        Record::Client(record) => to_json(record),
        Record::Item(record) => to_json(record),
        Record::Supplier(record) => to_json(record),
        Record::Series(record) => to_json(record),
        Record::Invoice(record) => to_json(record),
        Record::CreditNote(record) => to_json(record),
        Record::Quote(record) => to_json(record),
        Record::Payment(record) => to_json(record),
    }
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    // An invoice of five lines fits.
    let mut bytes = Vec::with_capacity(4_096);
    serde_json::to_writer(&mut bytes, value).map_err(StoreError::backend)?;
    Ok(bytes)
}

fn first_day(month: Month) -> NaiveDate {
    NaiveDate::from_ymd_opt(month.year(), month.month(), 1).unwrap_or(NEVER)
}

/// What finds a record by one of its pairs: the first 16 bytes of SHA-256 over key, zero, value.
fn pairs(metadata: &Metadata) -> impl Iterator<Item = [u8; 16]> {
    metadata.iter().map(|(key, value)| pair(key, value))
}

/// The fingerprint of one pair of metadata. Keys hold no zero byte.
fn pair(key: &str, value: &str) -> [u8; 16] {
    let hash: [u8; 32] =
        Sha256::new().chain_update(key).chain_update([0]).chain_update(value).finalize().into();
    let mut first = [0; 16];
    for (byte, full) in first.iter_mut().zip(hash) {
        *byte = full;
    }
    first
}
