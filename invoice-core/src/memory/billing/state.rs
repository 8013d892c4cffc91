//! What is stored, by team, with the indexes that follow from it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::outbox::Queue;
use crate::adapter::{UniqueValue, references};
use crate::change::{
    AggregateId, AuditEntry, IdempotencyKey, IdempotencyRecord, Receipt, Record, ResolvedChange, Write,
};
use crate::ports::InvoiceQuery;
use crate::series::{Counter, CounterKey};
use crate::{AuditId, ClientId, CommitId, Invoice, InvoiceId, PaymentId, TeamId};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) ledgers: HashMap<TeamId, Ledger>,
    pub(super) outbox: Queue,
}

/// All that belongs to one team, so that the others cost nothing.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) records: BTreeMap<AggregateId, Arc<Record>>,
    pub(super) counters: BTreeMap<CounterKey, Counter>,
    pub(super) audit: BTreeMap<AuditId, AuditEntry>,
    pub(super) idempotency: HashMap<IdempotencyKey, IdempotencyRecord>,
    commits: HashMap<CommitId, Vec<Arc<Record>>>,
    unique: HashMap<UniqueValue, AggregateId>,
    /// What is referred to, and by what.
    referrers: BTreeSet<(AggregateId, AggregateId)>,
    chain: BTreeMap<(CounterKey, u64), AggregateId>,
    /// The customers' names that lists are sorted by; those of drafts as they were when written.
    customers: HashMap<InvoiceId, String>,
}

/// The place in a counter's chain.
fn link(record: &Record) -> Option<(CounterKey, u64)> {
    record.issued().map(|issued| (issued.origin().counter(), issued.origin().seq()))
}

macro_rules! kinds {
    ($($all:ident: $kind:ident by $id:ident,)+) => {
        impl Ledger {$(
            #[doc = concat!("Every ", stringify!($kind), " of the team by its identifier.")]
            pub(super) fn $all(&self) -> impl Iterator<Item = &crate::$kind> {
                let id = |uuid| AggregateId::$kind(crate::$id::from_uuid(uuid));
                let all = self.records.range(id(Uuid::nil())..=id(Uuid::max()));
                all.filter_map(|(_, record)| match &**record {
                    Record::$kind(record) => Some(&**record),
                    _ => None,
                })
            }
        )+}
    };
}

kinds! {
    clients: Client by ClientId,
    items: Item by ItemId,
    every_series: Series by SeriesId,
    invoices: Invoice by InvoiceId,
    credit_notes: CreditNote by CreditNoteId,
    quotes: Quote by QuoteId,
    payments: Payment by PaymentId,
}

impl Ledger {
    pub(super) fn get(&self, id: AggregateId) -> Option<&Arc<Record>> {
        self.records.get(&id)
    }

    pub(super) fn holder(&self, value: &UniqueValue) -> Option<AggregateId> {
        self.unique.get(value).copied()
    }

    /// All that refers to an aggregate, by kind and identifier.
    pub(super) fn referrers(&self, id: AggregateId) -> impl Iterator<Item = &Arc<Record>> {
        let first = AggregateId::Client(ClientId::from_uuid(Uuid::nil()));
        let last = AggregateId::Payment(PaymentId::from_uuid(Uuid::max()));
        self.referrers.range((id, first)..=(id, last)).filter_map(|(_, referrer)| self.get(*referrer))
    }

    /// The documents of a counter from a sequence on.
    pub(super) fn chain(&self, key: CounterKey, from: u64) -> impl Iterator<Item = &Arc<Record>> {
        self.chain.range((key, from)..=(key, u64::MAX)).filter_map(|(_, id)| self.get(*id))
    }

    /// The customer's name as lists compare it.
    pub(super) fn customer(&self, id: InvoiceId) -> &str {
        self.customers.get(&id).map_or("", String::as_str)
    }

    pub(super) fn receipt(&self, commit: CommitId) -> Option<Receipt> {
        let records = self.commits.get(&commit)?;
        let records = records.iter().map(|record| Record::clone(record)).collect();
        Some(Receipt { commit, records, replayed: false })
    }

    /// Writes a change that was checked; its events are the outbox's.
    pub(super) fn apply(&mut self, change: ResolvedChange) -> Vec<crate::Event> {
        let ResolvedChange { id, team: _, at: _, writes, guards: _, counters, idempotency, audit, events } =
            change;
        for write in &writes {
            self.remove(write.id());
        }
        let mut written = Vec::with_capacity(writes.len());
        for write in writes {
            match write {
                Write::Insert(record) | Write::Update { expected: _, record } => {
                    written.push(self.put(record));
                }
                Write::Delete { id: _, expected: _ } => {}
            }
        }
        for record in &written {
            if let Record::Invoice(invoice) = &**record {
                let name = InvoiceQuery::customer_key(self.customer_name(invoice));
                self.customers.insert(invoice.id(), name);
            }
        }
        self.commits.insert(id, written);
        self.counters.extend(counters.into_iter().map(|step| (step.key, step.after)));
        self.idempotency.extend(idempotency.into_iter().map(|record| (record.key.clone(), record)));
        self.audit.extend(audit.into_iter().map(|entry| (entry.id, entry)));
        events
    }

    fn customer_name<'a>(&'a self, invoice: &'a Invoice) -> &'a str {
        if let Some(issued) = invoice.issued() {
            return issued.customer().name();
        }
        match self.get(AggregateId::Client(invoice.content().client())).map(|record| &**record) {
            Some(Record::Client(client)) => client.party().name(),
            _ => "",
        }
    }

    fn put(&mut self, record: Record) -> Arc<Record> {
        let id = record.id();
        self.unique.extend(UniqueValue::of(&record).map(|value| (value, id)));
        self.referrers.extend(references(&record).into_iter().map(|target| (target, id)));
        self.chain.extend(link(&record).map(|link| (link, id)));
        let record = Arc::new(record);
        self.records.insert(id, Arc::clone(&record));
        record
    }

    fn remove(&mut self, id: AggregateId) {
        let Some(record) = self.records.remove(&id) else { return };
        if let Some(value) = UniqueValue::of(&record) {
            self.unique.remove(&value);
        }
        for target in references(&record) {
            self.referrers.remove(&(target, id));
        }
        if let Some(link) = link(&record) {
            self.chain.remove(&link);
        }
        if let AggregateId::Invoice(id) = id {
            self.customers.remove(&id);
        }
    }
}
