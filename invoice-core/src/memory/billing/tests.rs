//! What is decided here beyond the port's contract, and reports in small.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDate;
use uuid::Uuid;

use super::MemoryBilling;
use crate::change::{AggregateId, ChangeSet, PendingIssue, PendingNumber, Record, Write};
use crate::document::IssueFacts;
use crate::line::Line;
use crate::ports::{
    BillingPorts, ClientQuery, CommitsExt as _, DateRange, InvoiceQuery, InvoiceSort, MonthRange,
    PageRequest, Statement, StatementEntryKind, StatementQuery, StoreError, Unique,
};
use crate::tax::{Tax, TaxCategory};
use crate::{
    Client, ClientData, ClientId, CommitId, Content, CreditNote, CreditNoteData, CreditNoteId, CreditScope,
    Currency, DocumentType, FiscalYearStart, Invoice, InvoiceData, InvoiceId, Item, ItemData, ItemId, Money,
    Month, Party, Pattern, Payment, PaymentData, PaymentId, Refund, Reset, Series, SeriesData, SeriesId,
    TeamId, Timestamp, Version, WriteOffReason,
};

/// A store with a client and a series in it, and what makes records for it.
struct World {
    ports: BillingPorts,
    count: AtomicU64,
    client: Client,
    series: Vec<Series>,
}

const AT: Timestamp = Timestamp::from_millis(1_772_442_000_000);

fn team() -> TeamId {
    TeamId::from_uuid(Uuid::from_u128(1))
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn euros(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

impl World {
    async fn new() -> Self {
        let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::new()));
        let data = ClientData::new(Party::new("Sperl"));
        let client = Client::new(ClientId::from_uuid(Uuid::from_u128(2)), team(), data, None, AT).unwrap();
        let series = [(DocumentType::Invoice, "INV-{seq}"), (DocumentType::CreditNote, "CN-{seq}")];
        let series = series.map(|(document_type, pattern)| {
            let data = SeriesData {
                document_type,
                name: Series::DEFAULT_NAME.to_owned(),
                pattern: Pattern::new(pattern).unwrap(),
                reset: Reset::Never,
                start: 1,
                from: day("2020-01-01"),
            };
            let id = SeriesId::from_uuid(Uuid::from_u128(pattern.len().try_into().unwrap()));
            Series::new(id, team(), data, FiscalYearStart::CALENDAR_YEAR, None, AT).unwrap()
        });
        let world = Self { ports, count: AtomicU64::new(100), client, series: series.to_vec() };
        let records = world.series.iter().cloned().map(Record::from);
        let inserts = records.chain([world.client.clone().into()]).map(Write::Insert);
        world.commit(inserts.collect()).await.unwrap();
        world
    }

    fn uuid(&self) -> Uuid {
        Uuid::from_u128(self.count.fetch_add(1, Ordering::SeqCst).into())
    }

    fn change(&self, writes: Vec<Write>) -> ChangeSet {
        ChangeSet {
            id: CommitId::from_uuid(self.uuid()),
            team: team(),
            at: AT,
            writes,
            guards: Vec::new(),
            issues: Vec::new(),
            idempotency: None,
            audit: Vec::new(),
            events: Vec::new(),
        }
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Record>, StoreError> {
        self.ports.commits.commit(self.change(writes)).await.map(|receipt| receipt.records)
    }

    async fn insert(&self, record: impl Into<Record>) {
        self.commit(vec![Write::Insert(record.into())]).await.unwrap();
    }

    async fn update(&self, record: impl Into<Record>) -> Result<Vec<Record>, StoreError> {
        self.commit(vec![update(record)]).await
    }

    fn draft(&self, net: &str) -> Invoice {
        let line = Line::new("1", "Lamp", "1".parse().unwrap(), net.parse().unwrap()).unwrap();
        let taxed = line.with_tax(Tax::vat(TaxCategory::Standard, "20".parse().unwrap()));
        let content = Content::new(self.client.id(), Currency::EUR).with_line(taxed);
        let id = InvoiceId::from_uuid(self.uuid());
        Invoice::new(id, team(), InvoiceData::new(content), None, AT).unwrap()
    }

    fn facts(&self, date: &str, due: Option<&str>) -> IssueFacts {
        IssueFacts {
            issue_date: day(date),
            due_date: due.map(day),
            tax_point: day(date),
            supplier: Party::new("Lampenwerk"),
            customer: self.client.party().clone(),
            accounting: None,
            advances: Vec::new(),
            issued_at: AT,
            issued_by: None,
        }
    }

    /// The commit that numbers pending documents.
    fn issue(&self, writes: Vec<Write>, date: &str) -> ChangeSet {
        let mut change = self.change(writes);
        for write in &change.writes {
            let series = match write {
                Write::Insert(Record::Invoice(_)) => &self.series[0],
                Write::Insert(Record::CreditNote(_)) => &self.series[1],
                _ => continue,
            };
            change.issues.push(PendingIssue {
                document: write.id(),
                counter: series.counter(day(date)),
                first: 1,
                number: PendingNumber::Next {
                    pattern: series.pattern().clone(),
                    issue_date: day(date),
                    fiscal_year: 2026,
                },
            });
        }
        change
    }

    fn pending(&self, net: &str, date: &str, due: Option<&str>) -> Invoice {
        let mut invoice = self.draft(net);
        let totals = invoice.totals().clone();
        invoice.issue(self.facts(date, due), totals).unwrap();
        invoice
    }

    async fn issued(&self, net: &str, date: &str, due: Option<&str>) -> Invoice {
        let pending = Write::Insert(self.pending(net, date, due).into());
        let receipt = self.ports.commits.commit(self.issue(vec![pending], date)).await.unwrap();
        receipt.records[0].clone().try_into().unwrap()
    }

    async fn credited(&self, mut invoice: Invoice, amount: &str, date: &str) -> CreditNote {
        let scope = CreditScope::Amount(euros(amount));
        let figures = invoice.plan_credit(&scope).unwrap();
        let id = CreditNoteId::from_uuid(self.uuid());
        let wanted = CreditNoteData::new(scope, "Returned");
        let mut note = CreditNote::new(id, &invoice, wanted, None, AT).unwrap();
        note.issue(self.facts(date, None), &invoice, &figures).unwrap();
        invoice.credit_with(&figures, day("2026-01-31"), None).unwrap();
        let change = self.issue(vec![Write::Insert(note.into()), update(invoice)], date);
        let receipt = self.ports.commits.commit(change).await.unwrap();
        receipt.records[0].clone().try_into().unwrap()
    }

    fn payment(&self, amount: &str, date: &str) -> Payment {
        let paid = PaymentData::new(self.client.id(), euros(amount), day(date));
        Payment::new(PaymentId::from_uuid(self.uuid()), team(), paid, None, AT).unwrap()
    }

    async fn statement(&self, range: DateRange, page: &PageRequest) -> Statement {
        let query = StatementQuery { client: self.client.id(), currency: Currency::EUR, range };
        self.ports.reports.statement(team(), &query, page).await.unwrap()
    }
}

fn update(record: impl Into<Record>) -> Write {
    let mut record = record.into();
    let expected = record.version();
    record.touch(AT);
    Write::Update { expected, record }
}

fn item(id: u128, code: &str) -> Item {
    let data =
        ItemData { code: Some(code.into()), ..ItemData::new("Lamp", Currency::EUR, "1".parse().unwrap()) };
    Item::new(ItemId::from_uuid(Uuid::from_u128(id)), team(), data, None, AT).unwrap()
}

fn refused_at(answer: Result<Vec<Record>, StoreError>) -> String {
    match answer {
        Err(StoreError::Refused(violation)) => violation.pointer().to_owned(),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn codes_can_be_swapped_within_one_commit() {
    let world = World::new().await;
    let (mut one, mut other) = (item(50, "A"), item(51, "B"));
    world.commit(vec![Write::Insert(one.clone().into()), Write::Insert(other.clone().into())]).await.unwrap();
    std::mem::swap(&mut one.code, &mut other.code);
    world.commit(vec![update(one.clone()), update(other)]).await.unwrap();

    one.version = one.version.next();
    one.code = Some("A".to_owned());
    let taken = world.update(one).await;
    assert!(matches!(taken, Err(StoreError::Duplicate { what: Unique::ItemCode })), "{taken:?}");
    let freed = Write::Delete {
        id: AggregateId::Item(ItemId::from_uuid(Uuid::from_u128(51))),
        expected: Version::new(2),
    };
    world.commit(vec![freed, Write::Insert(item(52, "A").into())]).await.unwrap();
}

#[tokio::test]
async fn what_a_record_gave_up_is_free_again() {
    let world = World::new().await;
    let mut item = item(50, "A");
    world.insert(item.clone()).await;
    item.code = Some("B".to_owned());
    world.update(item).await.unwrap();
    world.insert(self::item(51, "A")).await;
    let id = ItemId::from_uuid(Uuid::from_u128(51));
    let gone = Write::Delete { id: AggregateId::Item(id), expected: Version::FIRST };
    world.commit(vec![gone]).await.unwrap();
    assert_eq!(world.ports.catalog.item(team(), id).await.unwrap(), None);
    world.insert(self::item(52, "A")).await;
}

#[tokio::test]
async fn a_change_set_that_contradicts_itself_is_refused() {
    let world = World::new().await;
    let twice = vec![Write::Insert(item(50, "A").into()), Write::Insert(item(50, "B").into())];
    assert_eq!(refused_at(world.commit(twice).await), "/writes/1");
    let mut late = item(50, "A");
    late.version = Version::new(2);
    assert_eq!(refused_at(world.commit(vec![Write::Insert(late.into())]).await), "/writes/0");
    let unnumbered = world.pending("10", "2026-03-02", None);
    assert_eq!(refused_at(world.commit(vec![Write::Insert(unnumbered.into())]).await), "/writes/0");
}

#[tokio::test]
async fn a_client_goes_together_with_the_last_draft_for_it() {
    let world = World::new().await;
    let draft = world.draft("10");
    let (client, invoice) = (AggregateId::Client(world.client.id()), AggregateId::Invoice(draft.id()));
    world.insert(draft).await;
    let delete = |id| Write::Delete { id, expected: Version::FIRST };
    let alone = world.commit(vec![delete(client)]).await;
    assert!(matches!(alone, Err(StoreError::InUse)), "{alone:?}");
    world.commit(vec![delete(client), delete(invoice)]).await.unwrap();
}

#[tokio::test]
async fn a_draft_is_sorted_by_the_name_its_client_had_when_it_was_written() {
    let world = World::new().await;
    let draft = world.draft("10");
    world.insert(draft.clone()).await;
    let mut client = world.client.clone();
    client.party = Party::new("Zauner");
    world.update(client).await.unwrap();

    let by_name = |prefix: &str| InvoiceQuery {
        sort: InvoiceSort::Customer,
        customer_prefix: Some(prefix.to_owned()),
        ..InvoiceQuery::new()
    };
    let count = async |prefix| world.ports.invoices.count_invoices(team(), &by_name(prefix)).await.unwrap();
    assert_eq!((count("SPE").await, count("zau").await), (1, 0));
    world.update(draft).await.unwrap();
    assert_eq!((count("SPE").await, count("zau").await), (0, 1));
    let prefixed = ClientQuery { name_prefix: Some("ZAU".to_owned()), ..ClientQuery::default() };
    let clients =
        world.ports.catalog.clients(team(), &prefixed, &PageRequest::first(5).unwrap()).await.unwrap();
    assert_eq!(clients.items.len(), 1);
}

/// An account with an entry of every kind.
async fn busy_account() -> World {
    let world = World::new().await;
    let invoice = world.issued("100", "2026-01-10", None).await;
    world.credited(invoice, "24.00", "2026-01-10").await;
    let mut short = world.issued("50", "2026-01-12", None).await;
    for cents in ["0.01", "0.02"] {
        let reason = WriteOffReason::SmallDifference;
        short.write_off(euros(cents), reason, None, day("2026-01-15"), None).unwrap();
    }
    world.update(short).await.unwrap();
    let mut voided = world.issued("999", "2026-01-12", None).await;
    voided.void(AT).unwrap();
    world.update(voided).await.unwrap();
    let mut payment = world.payment("70.00", "2026-01-12");
    for amount in ["5.00", "6.00"] {
        let refund = Refund { amount: euros(amount), date: day("2026-01-15"), reason: None, by: None };
        payment.refund(refund).unwrap();
    }
    world.insert(payment).await;
    let mut returned = world.payment("30.00", "2026-01-20");
    returned.reverse(crate::Reversal { date: day("2026-01-21"), reason: None }).unwrap();
    world.insert(returned).await;
    world
}

#[tokio::test]
async fn a_statement_lists_every_kind_of_entry_with_the_balance_after_it() {
    let world = busy_account().await;
    let all = world.statement(DateRange::default(), &PageRequest::first(50).unwrap()).await;
    let entries: Vec<_> = all.entries.iter().map(|entry| (entry.amount, entry.balance)).collect();
    let expected = [
        ("120.00", "120.00"), // invoice of 10 January
        ("-24.00", "96.00"),  // credit note
        ("60.00", "156.00"),  // invoice of 12 January
        ("-70.00", "86.00"),  // payment
        ("-0.01", "85.99"),   // write-offs
        ("-0.02", "85.97"),
        ("5.00", "90.97"), // refunds
        ("6.00", "96.97"),
        ("-30.00", "66.97"), // payment
        ("30.00", "96.97"),  // its reversal
    ];
    assert_eq!(entries, expected.map(|(amount, balance)| (euros(amount), euros(balance))));
    assert_eq!((all.opening, all.closing), (euros("0"), euros("96.97")));
    assert_eq!(all.entries[1].reference.as_deref(), Some("CN-1"));
}

#[tokio::test]
async fn pages_of_a_statement_open_where_the_one_before_closed() {
    let world = busy_account().await;
    let range = DateRange { from: Some(day("2026-01-12")), to: Some(day("2026-01-20")) };
    let whole = world.statement(range, &PageRequest::first(50).unwrap()).await;
    assert_eq!((whole.opening, whole.closing, whole.entries.len()), (euros("96.00"), euros("66.97"), 7));
    for limit in 1..=8 {
        let mut request = PageRequest::first(limit).unwrap();
        let (mut entries, mut balance) = (Vec::new(), whole.opening);
        for _ in &whole.entries {
            let page = world.statement(range, &request).await;
            assert_eq!(page.opening, balance);
            balance = page.closing;
            entries.extend(page.entries);
            let Some(next) = page.next else { break };
            request = request.after(next);
        }
        assert_eq!((&entries, balance), (&whole.entries, whole.closing), "{limit} a page");
    }
}

#[tokio::test]
async fn an_entry_before_the_cursor_moves_the_balance_of_the_next_page_and_nothing_else() {
    let world = busy_account().await;
    let first = world.statement(DateRange::default(), &PageRequest::first(3).unwrap()).await;
    let request = PageRequest::first(3).unwrap().after(first.next.unwrap());
    let before = world.statement(DateRange::default(), &request).await;
    world.insert(world.payment("1.00", "2025-12-31")).await;
    let after = world.statement(DateRange::default(), &request).await;
    assert_eq!(after.opening, before.opening.checked_sub(euros("1.00")).unwrap());
    let kinds = |statement: &Statement| -> Vec<StatementEntryKind> {
        statement.entries.iter().map(|entry| entry.kind.clone()).collect()
    };
    assert_eq!(kinds(&after), kinds(&before));
}

#[tokio::test]
async fn the_tax_summary_takes_credit_notes_off_in_their_own_month() {
    let world = World::new().await;
    let invoice = world.issued("100", "2026-01-31", None).await;
    world.credited(invoice, "30.00", "2026-02-01").await;
    let sums = async |from, to| {
        let months = MonthRange::new(Month::new(2026, from).unwrap(), Month::new(2026, to).unwrap()).unwrap();
        let rows = world.ports.reports.tax_summary(team(), months).await.unwrap();
        rows.iter().map(|row| (row.taxable.to_string(), row.tax.to_string())).collect::<Vec<_>>()
    };
    let row = |taxable: &str, tax: &str| vec![(format!("{taxable} EUR"), format!("{tax} EUR"))];
    assert_eq!(sums(1, 1).await, row("100.00", "20.00"));
    assert_eq!(sums(2, 2).await, row("-25.00", "-5.00"));
    assert_eq!(sums(1, 2).await, row("75.00", "15.00"));
    assert_eq!(sums(3, 3).await, []);
}

#[tokio::test]
async fn what_is_due_is_sorted_by_the_days_past_the_due_date() {
    let world = World::new().await;
    let due = [
        "2026-06-30",
        "2026-06-29",
        "2026-05-31",
        "2026-05-30",
        "2026-05-01",
        "2026-04-30",
        "2026-04-01",
        "2026-03-31",
    ];
    for (due, net) in
        due.into_iter().zip(["1", "10", "100", "1000", "10000", "100000", "1000000", "10000000"])
    {
        world.issued(net, "2026-03-01", Some(due)).await;
    }
    world.issued("5", "2026-03-01", None).await;
    let rows = world.ports.reports.aging(team(), day("2026-06-30"), None).await.unwrap();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.current, euros("7.20"));
    assert_eq!(row.days_1_to_30, euros("132.00"));
    assert_eq!(row.days_31_to_60, euros("13200.00"));
    assert_eq!(row.days_61_to_90, euros("1320000.00"));
    assert_eq!(row.over_90_days, euros("12000000.00"));
}
