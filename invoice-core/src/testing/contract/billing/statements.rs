//! Clients' statements.

use super::world::{Desk, World, all, page_of};
use crate::ports::{
    BillingPorts, Cursor, DateRange, Page, PageRequest, Statement, StatementEntry, StatementEntryKind,
    StatementQuery, StoreError,
};
use crate::testing::contract::must;
use crate::testing::fixtures::sound;
use crate::testing::{day, euros};
use crate::{Currency, Money, PaymentData, Refund, Reversal, WriteOffReason};

/// What a client bought and paid, and what must not be on the statement.
struct Account<'a> {
    desk: Desk<'a>,
    /// Day, kind, reference and amount of each entry, and the balance after it.
    entries: Vec<StatementEntry>,
}

impl<'a> Account<'a> {
    async fn new(world: &World<'a>) -> Self {
        let desk = world.desk().await;
        let other = world.insert(world.client("Gasthaus Ubl")).await;
        world.insert(world.draft(&desk.client, "1000")).await;
        world.insert(world.payment(&other, "1000")).await;
        let first = desk.issue("100", day("2026-01-10")).await;
        let mut void = desk.issue("500", day("2026-01-10")).await;
        sound(void.void(desk.now()));
        world.update(void).await;
        let second = desk.issue("50", day("2026-02-01")).await;
        let francs = desk.content_in(&desk.client, "70", Currency::CHF);
        desk.issue_of(desk.invoice(francs), day("2026-02-01")).await;
        let change =
            world.change().issue(world.draft(&other, "1"), &desk.invoices, &other, day("2026-02-01"));
        world.commit(change).await;
        world.insert(world.credit_note(&first, crate::CreditScope::Full)).await;
        let note = desk.credit(&second, day("2026-02-10")).await;

        let payment = |amount: &str, date: &str, reference: Option<&str>| {
            let mut data = PaymentData::new(desk.client.id(), euros(amount), day(date));
            data.external_reference = reference.map(str::to_owned);
            desk.payment_of(data)
        };
        let paid = world.insert(payment("50", "2026-01-15", Some("E2E-1"))).await;
        let mut refunded = payment("30", "2026-02-10", None);
        for (amount, date) in [("10", "2026-02-20"), ("4", "2026-02-20"), ("1", "2026-02-21")] {
            let refund = Refund { amount: euros(amount), date: day(date), reason: None, by: None };
            sound(refunded.refund(refund));
        }
        let refunded = world.insert(refunded).await;
        let mut reversed = payment("20", "2026-02-12", Some("E2E-3"));
        sound(reversed.reverse(Reversal { date: day("2026-02-25"), reason: None }));
        let reversed = world.insert(reversed).await;
        let mut first = world.update(first).await;
        for (amount, date) in [("3", "2026-03-01"), ("2", "2026-03-02")] {
            let reason = WriteOffReason::SmallDifference;
            sound(first.write_off(euros(amount), reason, None, day(date), None));
        }
        let first = world.update(first).await;

        let (inv1, inv2, cn1) = (Some("INV-1"), Some("INV-3"), Some("CN-1"));
        let entries = [
            ("2026-01-10", StatementEntryKind::Invoice(first.id()), inv1, "120", "120"),
            ("2026-01-15", StatementEntryKind::Payment(paid.id()), Some("E2E-1"), "-50", "70"),
            ("2026-02-01", StatementEntryKind::Invoice(second.id()), inv2, "60", "130"),
            ("2026-02-10", StatementEntryKind::CreditNote(note.id()), cn1, "-60", "70"),
            ("2026-02-10", StatementEntryKind::Payment(refunded.id()), None, "-30", "40"),
            ("2026-02-12", StatementEntryKind::Payment(reversed.id()), Some("E2E-3"), "-20", "20"),
            ("2026-02-20", StatementEntryKind::Refund(refunded.id()), None, "10", "30"),
            ("2026-02-20", StatementEntryKind::Refund(refunded.id()), None, "4", "34"),
            ("2026-02-21", StatementEntryKind::Refund(refunded.id()), None, "1", "35"),
            ("2026-02-25", StatementEntryKind::Reversal(reversed.id()), Some("E2E-3"), "20", "55"),
            ("2026-03-01", StatementEntryKind::WriteOff(first.id()), inv1, "-3", "52"),
            ("2026-03-02", StatementEntryKind::WriteOff(first.id()), inv1, "-2", "50"),
        ];
        let entries = entries.map(|(date, kind, reference, amount, balance)| StatementEntry {
            date: day(date),
            kind,
            reference: reference.map(str::to_owned),
            amount: euros(amount),
            balance: euros(balance),
        });
        Self { desk, entries: entries.to_vec() }
    }

    async fn read(&self, range: DateRange, page: &PageRequest) -> Result<Statement, StoreError> {
        let query = StatementQuery { client: self.desk.client.id(), currency: Currency::EUR, range };
        self.desk.ports.reports.statement(self.desk.team(), &query, page).await
    }
}

/// Invoices, credit notes, payments, refunds, reversals and write-offs, by day and kind, with the balance
/// after each; nothing void, drafted, of another client or in another currency.
pub async fn a_statement_runs_a_balance_over_all_that_happened(ports: &BillingPorts) {
    let account = Account::new(&World::new(ports)).await;
    let found = must(account.read(DateRange::default(), &all()).await, "a statement is read");
    assert_eq!(found.entries, account.entries, "all that happened, in order");
    assert_eq!((found.opening, found.closing), (euros("0"), euros("50")), "from nothing to what is owed");
    assert_eq!(found.next, None, "the statement ends");
    let query = StatementQuery {
        client: account.desk.client.id(),
        currency: Currency::CHF,
        range: DateRange::default(),
    };
    let found = ports.reports.statement(account.desk.team(), &query, &all()).await;
    let francs = sound(Money::parse("84", Currency::CHF));
    assert_eq!(must(found, "a statement is read").closing, francs, "each currency has its own balance");
}

/// A statement of some days opens with what was owed before them and closes with what is owed after.
pub async fn a_statement_of_some_days_opens_with_what_was_owed(ports: &BillingPorts) {
    let account = Account::new(&World::new(ports)).await;
    for (from, to, skipped, taken, opening, closing) in [
        (Some("2026-02-01"), Some("2026-02-12"), 2, 4, "70", "20"),
        (None, Some("2026-01-31"), 0, 2, "0", "70"),
        (Some("2026-02-20"), None, 6, 6, "20", "50"),
        (Some("2026-01-16"), Some("2026-01-31"), 2, 0, "70", "70"),
        (Some("2026-01-10"), Some("2026-01-10"), 0, 1, "0", "120"),
        (Some("2027-01-01"), None, 12, 0, "50", "50"),
    ] {
        let range = DateRange { from: from.map(day), to: to.map(day) };
        let found = must(account.read(range, &all()).await, "a statement is read");
        let expected: Vec<_> = account.entries.iter().skip(skipped).take(taken).cloned().collect();
        assert_eq!(found.entries, expected, "the entries of {from:?} to {to:?}");
        let balances = (found.opening, found.closing);
        assert_eq!(balances, (euros(opening), euros(closing)), "the balance of {from:?} to {to:?}");
    }
}

/// Pages of any size: each entry once, each page opening with what the one before closed with.
pub async fn pages_of_a_statement_carry_the_balance_on(ports: &BillingPorts) {
    let account = Account::new(&World::new(ports)).await;
    for (range, skipped) in
        [(DateRange::default(), 0), (DateRange { from: Some(day("2026-02-01")), to: None }, 2)]
    {
        for size in [1, 2, 3, 5, 12] {
            let mut seen = Vec::new();
            let mut request = page_of(size);
            let mut balance = if skipped == 0 { euros("0") } else { euros("70") };
            for _ in 0..=account.entries.len() {
                let page = must(account.read(range, &request).await, "a page is read");
                assert_eq!(page.opening, balance, "a page opens with what was owed before it");
                assert!(page.entries.len() <= usize::from(size), "a page has at most what was asked for");
                balance = page.entries.last().map_or(balance, |entry| entry.balance);
                assert_eq!(page.closing, balance, "a page closes with what is owed after it");
                seen.extend(page.entries);
                let Some(next) = page.next else { break };
                request = page_of(size).after(next);
            }
            let expected: Vec<_> = account.entries.iter().skip(skipped).cloned().collect();
            assert_eq!(seen, expected, "each entry once, in pages of {size}");
        }
    }
}

/// What comes between two pages moves nothing: earlier entries are in no later page.
pub async fn pages_of_a_statement_are_stable(ports: &BillingPorts) {
    let account = Account::new(&World::new(ports)).await;
    let mut seen = Vec::new();
    let mut request = page_of(2);
    for _ in 0..account.entries.len() {
        let page = must(account.read(DateRange::default(), &request).await, "a page is read");
        seen.extend(page.entries.into_iter().map(|entry| (entry.date, entry.kind)));
        let Some(next) = page.next else { break };
        request = page_of(2).after(next);
        let data = PaymentData::new(account.desk.client.id(), euros("1"), day("2026-01-01"));
        account.desk.insert(account.desk.payment_of(data)).await;
    }
    let expected: Vec<_> = account.entries.iter().map(|entry| (entry.date, entry.kind.clone())).collect();
    assert_eq!(seen, expected, "each entry once, in order");
}

/// A cursor of another list is refused; nothing panics.
pub async fn a_statement_refuses_a_foreign_cursor(ports: &BillingPorts) {
    let account = Account::new(&World::new(ports)).await;
    let page = must(account.read(DateRange::default(), &page_of(2)).await, "a page is read");
    let own = page.next.unwrap_or_else(|| panic!("a longer statement has a next page"));
    for cursor in super::invoice_lists::mangled(&own) {
        let _ = account.read(DateRange::default(), &page_of(2).after(cursor)).await;
    }
    let desk = &account.desk;
    let foreign: Page<_> = must(
        ports.invoices.invoices(desk.team(), &crate::ports::InvoiceQuery::new(), &page_of(1)).await,
        "a page is read",
    );
    let texts = ["x", "~", "0", "null", "2026-02-01", "====", "statement"];
    let texts = texts.into_iter().map(|text| sound(Cursor::new(text)));
    for cursor in texts.chain(foreign.next) {
        let answer = account.read(DateRange::default(), &page_of(2).after(cursor.clone())).await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{cursor} is none of its, but: {answer:?}");
    }
}
