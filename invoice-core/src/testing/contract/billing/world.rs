//! What most cases begin with.

use std::fmt::{self, Debug};
use std::ops::Deref;

use chrono::NaiveDate;

use crate::change::{AggregateId, AuditEntry, Receipt, Record};
use crate::event::Event;
use crate::ports::{
    BillingPorts, ClientQuery, CommitsExt as _, CreditNoteQuery, InvoiceQuery, InvoiceSummary, ItemQuery,
    Page, PageRequest, PaymentQuery, QuoteQuery, StoreError,
};
use crate::series::{Counter, CounterKey};
use crate::testing::contract::must;
use crate::testing::{BillingChange, BillingFixtures};
use crate::{Client, CreditNote, DocumentType, Invoice, Item, Payment, Quote, Series, SupplierProfile};

/// A team's fixtures and the store they go to.
#[derive(Clone)]
pub(super) struct World<'a> {
    pub(super) ports: &'a BillingPorts,
    make: BillingFixtures,
}

impl Deref for World<'_> {
    type Target = BillingFixtures;

    fn deref(&self) -> &BillingFixtures {
        &self.make
    }
}

/// All that is read of a team: two that are equal differ in nothing a commit could have written.
#[derive(PartialEq, Eq)]
pub(super) struct Snapshot {
    invoices: Vec<InvoiceSummary>,
    credit_notes: Vec<CreditNote>,
    quotes: Vec<Quote>,
    clients: Vec<Client>,
    items: Vec<Item>,
    supplier: Option<SupplierProfile>,
    series: Vec<Series>,
    payments: Vec<Payment>,
    audit: Vec<AuditEntry>,
    counters: Vec<(CounterKey, Counter)>,
}

/// Short enough to be read where two differ.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn records<R: Clone + Into<Record>>(list: &[R]) -> Vec<String> {
            let records = list.iter().map(|record| -> Record { record.clone().into() });
            records.map(|record| format!("{} v{}", record.id(), record.version())).collect()
        }
        let invoices = self.invoices.iter().map(|row| format!("{} v{}", row.id, row.version));
        let audit = self.audit.iter().map(|entry| format!("{} v{}", entry.subject, entry.version));
        let counters = self.counters.iter().map(|(key, counter)| format!("{key:?} next {}", counter.next));
        f.debug_struct("Snapshot")
            .field("invoices", &invoices.collect::<Vec<_>>())
            .field("credit_notes", &records(&self.credit_notes))
            .field("quotes", &records(&self.quotes))
            .field("clients", &records(&self.clients))
            .field("items", &records(&self.items))
            .field("supplier", &self.supplier.as_ref().map(SupplierProfile::version))
            .field("series", &records(&self.series))
            .field("payments", &records(&self.payments))
            .field("audit", &audit.collect::<Vec<_>>())
            .field("counters", &counters.collect::<Vec<_>>())
            .finish()
    }
}

impl Snapshot {
    /// The same but for the trail, which only grows.
    pub(super) fn without_audit(mut self) -> Self {
        self.audit.clear();
        self
    }
}

impl<'a> World<'a> {
    pub(super) fn new(ports: &'a BillingPorts) -> Self {
        Self { ports, make: BillingFixtures::new() }
    }

    pub(super) fn beside(&self) -> Self {
        Self { ports: self.ports, make: self.another_team() }
    }

    pub(super) async fn try_commit(&self, change: BillingChange) -> Result<Receipt, StoreError> {
        self.ports.commits.commit(change.build()).await
    }

    pub(super) async fn commit(&self, change: BillingChange) -> Receipt {
        must(self.try_commit(change).await, "a sound change is committed")
    }

    pub(super) async fn insert<R: Into<Record> + Clone>(&self, record: R) -> R {
        self.commit(self.change().insert(record.clone())).await;
        record
    }

    /// Writes a changed record; gives it as it is stored then.
    pub(super) async fn update<R: Into<Record> + TryFrom<Record>>(&self, record: R) -> R {
        only(self.commit(self.change().update(record)).await)
    }

    pub(super) async fn delete(&self, record: impl Into<Record>) {
        self.commit(self.change().delete(record)).await;
    }

    /// The record of any kind, as this team reads it.
    pub(super) async fn read(&self, id: AggregateId) -> Option<Record> {
        let (ports, team) = (self.ports, self.team());
        let sentence = "a record is read by its identifier";
        match id {
            AggregateId::Client(id) => must(ports.catalog.client(team, id).await, sentence).map(Record::from),
            AggregateId::Item(id) => must(ports.catalog.item(team, id).await, sentence).map(Record::from),
            AggregateId::Supplier(_) => must(ports.catalog.supplier(team).await, sentence).map(Record::from),
            AggregateId::Series(id) => must(ports.catalog.series(team, id).await, sentence).map(Record::from),
            AggregateId::Invoice(id) => {
                must(ports.invoices.invoice(team, id).await, sentence).map(Record::from)
            }
            AggregateId::CreditNote(id) => {
                must(ports.documents.credit_note(team, id).await, sentence).map(Record::from)
            }
            AggregateId::Quote(id) => must(ports.documents.quote(team, id).await, sentence).map(Record::from),
            AggregateId::Payment(id) => {
                must(ports.payments.payment(team, id).await, sentence).map(Record::from)
            }
        }
    }

    pub(super) async fn snapshot(&self) -> Snapshot {
        let (ports, team) = (self.ports, self.team());
        Snapshot {
            invoices: rows(ports.invoices.invoices(team, &InvoiceQuery::new(), &all()).await),
            credit_notes: rows(ports.documents.credit_notes(team, &CreditNoteQuery::default(), &all()).await),
            quotes: rows(ports.documents.quotes(team, &QuoteQuery::default(), &all()).await),
            clients: rows(ports.catalog.clients(team, &ClientQuery::default(), &all()).await),
            items: rows(ports.catalog.items(team, &ItemQuery::default(), &all()).await),
            supplier: must(ports.catalog.supplier(team).await, "the profile is read"),
            series: must(ports.catalog.all_series(team).await, "the series are read"),
            payments: rows(ports.payments.payments(team, &PaymentQuery::default(), &all()).await),
            audit: rows(ports.trail.audit(team, None, &all()).await),
            counters: must(ports.trail.counters(team).await, "the counters are read"),
        }
    }

    /// Takes every event out of the outbox, in the order it hands them out.
    pub(super) async fn drain(&self) -> Vec<Event> {
        let outbox = &self.ports.outbox;
        let mut drained = Vec::new();
        loop {
            let claimed = must(outbox.claim(self.tick(), 60_000, 100).await, "events are claimed");
            if claimed.is_empty() {
                return drained;
            }
            let held = must(outbox.acknowledge(&claimed).await, "events are acknowledged");
            assert_eq!(held, claimed.len() as u64, "what was just claimed is held");
            drained.extend(claimed.into_iter().map(|claimed| claimed.event));
        }
    }

    /// Sets a team up: a client, the profile and the default series of every type.
    pub(super) async fn desk(&self) -> Desk<'a> {
        self.desk_for("Kaffeehaus Sperl").await
    }

    pub(super) async fn desk_for(&self, name: &str) -> Desk<'a> {
        let client = self.client(name);
        let [invoices, credit_notes, quotes, pro_formas] = DocumentType::ALL.map(|kind| self.series(kind));
        let change = self.change().insert(client.clone()).insert(self.supplier());
        let change = change.insert(invoices.clone()).insert(credit_notes.clone());
        self.commit(change.insert(quotes.clone()).insert(pro_formas.clone())).await;
        Desk { world: self.clone(), client, invoices, credit_notes, quotes, pro_formas }
    }
}

/// A team that is ready to issue.
pub(super) struct Desk<'a> {
    world: World<'a>,
    pub(super) client: Client,
    pub(super) invoices: Series,
    pub(super) credit_notes: Series,
    pub(super) quotes: Series,
    pub(super) pro_formas: Series,
}

impl<'a> Deref for Desk<'a> {
    type Target = World<'a>;

    fn deref(&self) -> &World<'a> {
        &self.world
    }
}

impl Desk<'_> {
    /// A change that issues a new invoice over a net amount in euros.
    pub(super) fn issuing(&self, net: &str, date: NaiveDate) -> BillingChange {
        self.issuing_of(self.draft(&self.client, net), date)
    }

    /// A change that issues a new invoice.
    pub(super) fn issuing_of(&self, draft: Invoice, date: NaiveDate) -> BillingChange {
        self.change().issue(draft, &self.invoices, &self.client, date)
    }

    /// An invoice over a net amount in euros, issued and stored.
    pub(super) async fn issue(&self, net: &str, date: NaiveDate) -> Invoice {
        only(self.commit(self.issuing(net, date)).await)
    }

    /// An invoice, issued and stored.
    pub(super) async fn issue_of(&self, draft: Invoice, date: NaiveDate) -> Invoice {
        only(self.commit(self.issuing_of(draft, date)).await)
    }

    /// A credit note over all of an invoice, issued and stored together with what it does to the invoice.
    pub(super) async fn credit(&self, invoice: &Invoice, date: NaiveDate) -> CreditNote {
        let (note, credited) = self.full_credit(invoice);
        let change = self.change().issue(note, &self.credit_notes, &self.client, date).update(credited);
        only(self.commit(change).await)
    }
}

/// The first record of a receipt that is of this kind.
#[track_caller]
pub(super) fn only<R: TryFrom<Record>>(receipt: Receipt) -> R {
    let found = receipt.records.into_iter().find_map(|record| R::try_from(record).ok());
    found.unwrap_or_else(|| panic!("a receipt holds the written records"))
}

/// The numbers of a receipt's documents, in the order of the writes.
pub(super) fn numbers(receipt: &Receipt) -> Vec<&str> {
    receipt.records.iter().filter_map(Record::number).collect()
}

/// What must be there.
#[track_caller]
pub(super) fn stored<T>(answer: Result<Option<T>, StoreError>, what: &str) -> T {
    must(answer, what).unwrap_or_else(|| panic!("{what} is there, but the store found nothing"))
}

/// What must not be there.
#[track_caller]
pub(super) fn absent<T: Debug>(answer: Result<Option<T>, StoreError>, sentence: &str) {
    let found = must(answer, sentence);
    assert!(found.is_none(), "{sentence}, but the store found {found:?}");
}

/// The rows of the only page of a short list.
#[track_caller]
pub(super) fn rows<T>(answer: Result<Page<T>, StoreError>) -> Vec<T> {
    let page = must(answer, "a list is read");
    assert!(page.next.is_none(), "a short list fits into one page");
    page.items
}

/// As many rows as one page takes.
pub(super) fn all() -> PageRequest {
    page_of(PageRequest::MAX_LIMIT)
}

pub(super) fn page_of(size: u16) -> PageRequest {
    PageRequest::first(size).unwrap_or_else(|error| panic!("a page size: {error}"))
}

/// Reads a list to its end in pages of `size` rows.
pub(super) async fn every_page<T, F>(size: u16, mut read: impl FnMut(PageRequest) -> F) -> Vec<T>
where
    F: Future<Output = Result<Page<T>, StoreError>>,
{
    let mut list = Vec::new();
    let mut request = page_of(size);
    for _ in 0..1_000 {
        let page = must(read(request.clone()).await, "a page is read");
        assert!(page.items.len() <= usize::from(size), "a page has at most the rows asked for");
        let full = page.items.len() == usize::from(size);
        list.extend(page.items);
        match page.next {
            None => return list,
            Some(next) => {
                assert!(full, "a page before the last one is full");
                request = page_of(size).after(next);
            }
        }
    }
    panic!("a list ends");
}
