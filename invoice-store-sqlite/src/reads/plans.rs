//! What SQLite makes of the statements: every one finds its rows by an index, and lists come out of it in
//! their order. The planner of SQLite knows nothing of the rows, so an empty database shows the same plans
//! as a large one.

use std::fmt::Write as _;

use invoice_core::adapter::{Key, Order};
use invoice_core::ports::{
    ClientQuery, CreditNoteQuery, DateRange, Direction, InvoiceQuery, InvoiceSort, ItemQuery, PageRequest,
    PaymentQuery, QuoteQuery,
};
use invoice_core::testing::{day, euros};
use invoice_core::{
    ClientId, Currency, InvoiceId, InvoiceKind, PaymentState, QuoteKind, QuoteStatus, Status, TeamId,
};
use invoice_store_common::lists::{self, Dialect, Statement};
use rusqlite::Connection;
use uuid::Uuid;

use super::{catalog, documents, invoices, outbox, reports, statement, trail};
use crate::migrate;

const SORTS: [InvoiceSort; 6] = [
    InvoiceSort::Created,
    InvoiceSort::IssueDate,
    InvoiceSort::DueDate,
    InvoiceSort::Amount,
    InvoiceSort::Number,
    InvoiceSort::Customer,
];

fn team() -> TeamId {
    TeamId::from_uuid(Uuid::from_u128(1))
}

fn client() -> ClientId {
    ClientId::from_uuid(Uuid::from_u128(2))
}

fn invoice() -> InvoiceId {
    InvoiceId::from_uuid(Uuid::from_u128(3))
}

fn pair() -> (String, String) {
    ("order".to_owned(), "7".to_owned())
}

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    migrate::up_alone(&connection).unwrap();
    connection
}

/// The lines of a statement's plan.
fn plan(connection: &Connection, text: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
    let mut rows = statement.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        lines.push(row.get(3).unwrap());
    }
    lines
}

/// What is wrong with a plan: it reads a whole table, or sorts.
fn faults(lines: &[String], may_sort: bool) -> Vec<&String> {
    let reads_all = |line: &str| line.starts_with("SCAN") && !line.contains("CONSTANT ROW");
    let sorts = |line: &str| line.contains("TEMP B-TREE") && !may_sort;
    lines.iter().filter(|line| reads_all(line) || sorts(line)).collect()
}

fn by(sort: InvoiceSort) -> InvoiceQuery {
    let currency = (sort == InvoiceSort::Amount).then_some(Currency::EUR);
    InvoiceQuery { sort, currency, ..InvoiceQuery::new() }
}

/// Every order alone, and with each filter for equality; then the filters that need an order of their own.
fn invoice_queries() -> Vec<InvoiceQuery> {
    let mut queries = Vec::new();
    for sort in SORTS {
        queries.extend([
            by(sort),
            InvoiceQuery { direction: Direction::Ascending, ..by(sort) },
            InvoiceQuery { status: Some(Status::Paid), ..by(sort) },
            InvoiceQuery { status: Some(Status::Sent), ..by(sort) },
            InvoiceQuery { payment_state: Some(PaymentState::Unpaid), ..by(sort) },
            InvoiceQuery { kind: Some(InvoiceKind::Standard), ..by(sort) },
            InvoiceQuery { client: Some(client()), ..by(sort) },
            InvoiceQuery { currency: Some(Currency::EUR), ..by(sort) },
            InvoiceQuery { metadata: Some(pair()), ..by(sort) },
            InvoiceQuery {
                metadata: Some(pair()),
                client: Some(client()),
                status: Some(Status::Paid),
                ..by(sort)
            },
        ]);
    }
    let march = Some(DateRange { from: Some(day("2026-03-01")), to: Some(day("2026-03-31")) });
    let today = Some(day("2026-03-31"));
    queries.extend([
        InvoiceQuery { issued: march, ..by(InvoiceSort::IssueDate) },
        InvoiceQuery { due: march, ..by(InvoiceSort::DueDate) },
        InvoiceQuery { overdue_as_of: today, ..by(InvoiceSort::DueDate) },
        InvoiceQuery { overdue_as_of: today, overdue_not_noted: true, ..by(InvoiceSort::DueDate) },
        InvoiceQuery {
            amount_from: Some(euros("10")),
            amount_to: Some(euros("20")),
            ..by(InvoiceSort::Amount)
        },
        InvoiceQuery { number_prefix: Some("INV-2026".to_owned()), ..by(InvoiceSort::Number) },
        InvoiceQuery { customer_prefix: Some("spec".to_owned()), ..by(InvoiceSort::Customer) },
    ]);
    queries
}

fn first() -> PageRequest {
    PageRequest::first(50).unwrap()
}

fn after(order: Order, key: Key) -> PageRequest {
    first().after(order.cursor(&(key, Uuid::from_u128(9))).unwrap())
}

fn key(sort: InvoiceSort) -> Key {
    match sort {
        InvoiceSort::Created => Key::Number(1_770_000_000_000),
        InvoiceSort::IssueDate | InvoiceSort::DueDate => Key::date(day("2026-03-02")),
        InvoiceSort::Amount => Key::Number(1_000),
        InvoiceSort::Number => Key::text("INV-2026-0001"),
        InvoiceSort::Customer => Key::text("specimen ag"),
    }
}

#[test]
fn lists_of_invoices_come_in_their_order_out_of_an_index() {
    let connection = database();
    let mut wrong = String::new();
    for query in invoice_queries() {
        let next = after(Order::of_invoices(&query), key(query.sort));
        // A client has few invoices, and so has a pair: those are found first, and then sorted.
        let has_few = query.client.is_some() || query.metadata.is_some();
        let may_sort = has_few && query.sort != InvoiceSort::Created;
        for request in [first(), next] {
            let statement = lists::invoices(Dialect::Sqlite, team(), &query, &request).unwrap();
            let lines = plan(&connection, statement.text());
            if !faults(&lines, may_sort).is_empty() {
                writeln!(wrong, "{query:?}\n  {}\n  {lines:?}", statement.text()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_next_page_begins_where_the_one_before_ended() {
    let connection = database();
    for sort in SORTS {
        let query = by(sort);
        let request = after(Order::of_invoices(&query), key(sort));
        let statement = lists::invoices(Dialect::Sqlite, team(), &query, &request).unwrap();
        let lines = plan(&connection, statement.text());
        let seeks = |line: &String| line.contains('<') || line.contains(">(");
        assert!(lines.iter().any(seeks), "{sort:?} reads the pages before again: {lines:?}");
    }
}

/// Statements, and whether they may sort.
fn other_lists() -> Vec<(Statement, bool)> {
    let sqlite = Dialect::Sqlite;
    let mut statements = Vec::new();
    let mut may_sort = Vec::new();
    for request in [first(), after(Order::CREDIT_NOTES, Key::Number(1))] {
        for query in [
            CreditNoteQuery::default(),
            CreditNoteQuery { invoice: Some(invoice()), ..CreditNoteQuery::default() },
            CreditNoteQuery { client: Some(client()), ..CreditNoteQuery::default() },
            CreditNoteQuery { issued: Some(true), ..CreditNoteQuery::default() },
        ] {
            statements.push(lists::credit_notes(sqlite, team(), &query, &request).unwrap());
        }
    }
    for query in [
        QuoteQuery::default(),
        QuoteQuery { kind: Some(QuoteKind::ProForma), ..QuoteQuery::default() },
        QuoteQuery { status: Some(QuoteStatus::Sent), ..QuoteQuery::default() },
        QuoteQuery { client: Some(client()), ..QuoteQuery::default() },
    ] {
        statements.push(lists::quotes(sqlite, team(), &query, &first()).unwrap());
    }
    for query in [
        PaymentQuery::default(),
        PaymentQuery { client: Some(client()), ..PaymentQuery::default() },
        PaymentQuery { invoice: Some(invoice()), ..PaymentQuery::default() },
        PaymentQuery { unallocated: Some(true), ..PaymentQuery::default() },
    ] {
        statements.push(lists::payments(sqlite, team(), &query, &first()).unwrap());
    }
    for name_prefix in [None, Some("spec".to_owned())] {
        for archived in [None, Some(false)] {
            let items = ItemQuery { name_prefix: name_prefix.clone(), archived };
            statements.push(lists::items(sqlite, team(), &items, &first()).unwrap());
            for metadata in [None, Some(pair())] {
                let query = ClientQuery { name_prefix: name_prefix.clone(), archived, metadata };
                let list = lists::clients(sqlite, team(), &query, &first()).unwrap();
                let by_name = query.name_prefix.is_some() && query.metadata.is_some();
                if by_name { &mut may_sort } else { &mut statements }.push(list);
            }
        }
    }
    let in_order = statements.into_iter().map(|list| (list, false));
    in_order.chain(may_sort.into_iter().map(|list| (list, true))).collect()
}

#[test]
fn all_other_lists_come_in_their_order_out_of_an_index() {
    let connection = database();
    for (statement, may_sort) in other_lists() {
        let lines = plan(&connection, statement.text());
        assert!(faults(&lines, may_sort).is_empty(), "{}\n{lines:?}", statement.text());
    }
}

#[test]
fn quotes_to_expire_are_found_among_the_open_ones() {
    let connection = database();
    let query = QuoteQuery { expired_as_of: Some(day("2026-03-31")), ..QuoteQuery::default() };
    let statement = lists::quotes(Dialect::Sqlite, team(), &query, &first()).unwrap();
    let lines = plan(&connection, statement.text());
    assert!(faults(&lines, true).is_empty(), "{lines:?}");
}

#[test]
fn single_records_and_sums_are_found_by_an_index() {
    let connection = database();
    for (text, may_sort) in [
        (invoices::BY_ID, false),
        (invoices::BY_NUMBER, false),
        (documents::BY_ID, false),
        (documents::BY_NUMBER, false),
        (catalog::CLIENT, false),
        (catalog::ITEM, false),
        (catalog::SUPPLIER, false),
        (catalog::SERIES, false),
        (catalog::SERIES_BY_NAME, false),
        // A team has few series.
        (catalog::ALL_SERIES, true),
        (trail::ENTRIES, false),
        (trail::ENTRIES_OF_ONE, false),
        (trail::CHAIN, false),
        // Few rows, however many documents they sum up.
        (reports::AGING, true),
        (reports::TAXES, true),
        (reports::REVENUE, true),
        // All of one client.
        (reports::AGING_OF_CLIENT, true),
        (statement::FLAGGED, false),
    ] {
        let lines = plan(&connection, text);
        assert!(faults(&lines, may_sort).is_empty(), "{text}\n{lines:?}");
    }
}

#[test]
fn a_statement_reads_its_client_only() {
    let connection = database();
    for text in [statement::OPENING, statement::PAGE] {
        for line in plan(&connection, text).iter().filter(|line| line.contains("SEARCH")) {
            assert!(line.contains("client=?"), "{line}");
        }
    }
}

#[test]
fn a_lane_of_events_is_looked_at_by_its_index() {
    let lines = plan(&database(), outbox::CLAIMABLE);
    assert!(!lines.iter().any(|line| line.contains("TEMP B-TREE")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("SEARCH e USING INDEX outbox_lane")), "{lines:?}");
}
