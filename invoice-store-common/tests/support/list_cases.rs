//! Every list with every filter, to look at the plans a database makes for them. Each store's test includes
//! this file, and fills its database with what is found by it.

#![allow(dead_code, clippy::expect_used, reason = "each test file takes what it needs; its cases are sound")]

use chrono::{Days, NaiveDate};
use invoice_core::adapter::{Key, Order};
use invoice_core::ports::{
    ClientQuery, CreditNoteQuery, DateRange, Direction, InvoiceQuery, InvoiceSort, ItemQuery, PageRequest,
    PaymentQuery, QuoteQuery,
};
use invoice_core::{
    ClientId, Currency, InvoiceId, InvoiceKind, Money, PaymentState, QuoteKind, QuoteStatus, Status, TeamId,
};
use invoice_store_common::lists::{self, Dialect, Statement};
use uuid::Uuid;

/// A list, as a store of SQL reads it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) statement: Statement,
    /// Whether one index has the order and all filters.
    pub(crate) exact: bool,
}

/// A page of a list, as the ports have it.
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) list: List,
    pub(crate) page: PageRequest,
    /// Whether one index has the order and all filters.
    pub(crate) exact: bool,
}

/// Which list.
pub(crate) enum List {
    Invoices(InvoiceQuery),
    CreditNotes(CreditNoteQuery),
    Quotes(QuoteQuery),
    Payments(PaymentQuery),
    Clients(ClientQuery),
    Items(ItemQuery),
}

impl List {
    fn statement(&self, dialect: Dialect<'_>, team: TeamId, page: &PageRequest) -> Statement {
        let statement = match self {
            Self::Invoices(query) => lists::invoices(dialect, team, query, page),
            Self::CreditNotes(query) => lists::credit_notes(dialect, team, query, page),
            Self::Quotes(query) => lists::quotes(dialect, team, query, page),
            Self::Payments(query) => lists::payments(dialect, team, query, page),
            Self::Clients(query) => lists::clients(dialect, team, query, page),
            Self::Items(query) => lists::items(dialect, team, query, page),
        };
        statement.expect("an answerable query and a cursor of its own")
    }
}

/// The nth team; the first is the large one.
pub(crate) fn team(number: u32) -> TeamId {
    TeamId::from_uuid(Uuid::from_u128(u128::from(number)))
}

/// The identifier of a team's nth client, invoice, and so on.
pub(crate) fn id(team: TeamId, number: u32) -> Uuid {
    Uuid::from_u128(team.as_uuid().as_u128() << 64 | u128::from(number))
}

/// The first day of the rows, and how many days they are spread over.
pub(crate) const FIRST_ISSUE: (i32, u32, u32) = (2020, 1, 1);
pub(crate) const DAYS: u32 = 2_000;

fn day(after: u32) -> NaiveDate {
    let (year, month, day) = FIRST_ISSUE;
    let first = NaiveDate::from_ymd_opt(year, month, day).expect("a day");
    first + Days::new(after.into())
}

fn euros(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).expect("an amount")
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

const SORTS: [(InvoiceSort, &str); 6] = [
    (InvoiceSort::Created, "creation"),
    (InvoiceSort::IssueDate, "issue date"),
    (InvoiceSort::DueDate, "due date"),
    (InvoiceSort::Amount, "amount"),
    (InvoiceSort::Number, "number"),
    (InvoiceSort::Customer, "customer"),
];

fn by(sort: InvoiceSort) -> InvoiceQuery {
    let currency = (sort == InvoiceSort::Amount).then_some(Currency::EUR);
    InvoiceQuery { sort, currency, ..InvoiceQuery::new() }
}

/// A position in the middle of the large team's rows.
fn middle(sort: InvoiceSort, invoices: u32) -> Key {
    match sort {
        InvoiceSort::Created => Key::Number(1_577_836_800_000 + i64::from(invoices / 2) * 1_000),
        InvoiceSort::IssueDate => Key::date(day(DAYS / 2)),
        InvoiceSort::DueDate => Key::date(day(DAYS / 2 + 30)),
        InvoiceSort::Amount => Key::Number(500_000),
        InvoiceSort::Number => Key::text(&format!("INV-{:08}", invoices / 2)),
        InvoiceSort::Customer => Key::text(&format!("customer {:06}", invoices / 200)),
    }
}

/// The equality filters, by name.
fn filters(team: TeamId, query: &InvoiceQuery) -> Vec<(&'static str, InvoiceQuery)> {
    let query = || query.clone();
    let client = |number| Some(ClientId::from_uuid(id(team, number)));
    vec![
        ("", query()),
        ("status paid", InvoiceQuery { status: Some(Status::Paid), ..query() }),
        ("status sent", InvoiceQuery { status: Some(Status::Sent), ..query() }),
        ("status void", InvoiceQuery { status: Some(Status::Void), ..query() }),
        ("status draft", InvoiceQuery { status: Some(Status::Draft), ..query() }),
        ("payment state unpaid", InvoiceQuery { payment_state: Some(PaymentState::Unpaid), ..query() }),
        ("payment state overpaid", InvoiceQuery { payment_state: Some(PaymentState::Overpaid), ..query() }),
        ("kind advance", InvoiceQuery { kind: Some(InvoiceKind::Advance), ..query() }),
        ("client", InvoiceQuery { client: client(7), ..query() }),
        ("client of a tenth", InvoiceQuery { client: client(1), ..query() }),
        ("client, status paid", InvoiceQuery { client: client(7), status: Some(Status::Paid), ..query() }),
        ("currency CHF", InvoiceQuery { currency: Some(Currency::CHF), ..query() }),
        ("metadata of half", InvoiceQuery { metadata: Some(pair("source", "web")), ..query() }),
        ("metadata of one", InvoiceQuery { metadata: Some(pair("order", "77")), ..query() }),
    ]
}

/// The filters that go with one order.
fn own_filters(sort: InvoiceSort) -> Vec<(&'static str, InvoiceQuery)> {
    let query = || by(sort);
    let month = Some(DateRange { from: Some(day(1_000)), to: Some(day(1_030)) });
    let since = Some(DateRange { from: Some(day(1_000)), to: None });
    match sort {
        InvoiceSort::Created => Vec::new(),
        InvoiceSort::IssueDate => vec![
            ("issued in a month", InvoiceQuery { issued: month, ..query() }),
            ("issued since", InvoiceQuery { issued: since, ..query() }),
        ],
        InvoiceSort::DueDate => {
            let overdue = || InvoiceQuery { overdue_as_of: Some(day(1_900)), ..query() };
            vec![
                ("due in a month", InvoiceQuery { due: month, ..query() }),
                ("overdue", overdue()),
                ("overdue, not noted", InvoiceQuery { overdue_not_noted: true, ..overdue() }),
            ]
        }
        InvoiceSort::Amount => vec![
            ("amount from", InvoiceQuery { amount_from: Some(euros("9000")), ..query() }),
            (
                "amount between",
                InvoiceQuery { amount_from: Some(euros("500")), amount_to: Some(euros("501")), ..query() },
            ),
        ],
        InvoiceSort::Number => {
            vec![("number prefix", InvoiceQuery { number_prefix: Some("INV-0001".to_owned()), ..query() })]
        }
        InvoiceSort::Customer => {
            let prefix = Some("Customer 0001".to_owned());
            vec![("customer prefix", InvoiceQuery { customer_prefix: prefix, ..query() })]
        }
    }
}

/// Every list of a team as statements; `invoices` says how many the team has.
pub(crate) fn every_list(dialect: Dialect<'_>, team: TeamId, invoices: u32) -> Vec<Case> {
    let case = |Question { name, list, page, exact }| {
        let statement = List::statement(&list, dialect, team, &page);
        Case { name, statement, exact }
    };
    every_question(team, invoices).into_iter().map(case).collect()
}

/// Every list of a team; `invoices` says how many the team has.
pub(crate) fn every_question(team: TeamId, invoices: u32) -> Vec<Question> {
    let first = PageRequest::first(50).expect("a limit");
    let mut questions = Vec::new();
    for (sort, name) in SORTS {
        for direction in [Direction::Descending, Direction::Ascending] {
            let arrow = if direction == Direction::Ascending { "up" } else { "down" };
            let own = own_filters(sort).into_iter();
            let own = own.map(|(filter, query)| (filter, query, !filter.contains("not noted")));
            let others = filters(team, &by(sort)).into_iter();
            let others = others.map(|(filter, query)| (filter, query, filter.is_empty()));
            for (filter, query, exact) in others.chain(own) {
                let query = InvoiceQuery { direction, ..query };
                let name = format!("invoices by {name} {arrow}; {filter}");
                if filter.is_empty() {
                    let order = Order::of_invoices(&query);
                    let position = (middle(sort, invoices), id(team, invoices / 2));
                    let page = first.clone().after(order.cursor(&position).expect("a cursor"));
                    let list = List::Invoices(query.clone());
                    questions.push(Question { name: format!("{name}deep"), list, page, exact });
                }
                let list = List::Invoices(query);
                questions.push(Question { name, list, page: first.clone(), exact });
            }
        }
    }
    let others = other_documents(team).into_iter().chain(other_lists(team));
    questions.extend(others.map(|(list, name, filter)| Question {
        name: format!("{name}; {filter}"),
        list,
        page: first.clone(),
        exact: filter.is_empty(),
    }));
    questions
}

type Named = (List, &'static str, &'static str);

fn other_documents(team: TeamId) -> Vec<Named> {
    let client = Some(ClientId::from_uuid(id(team, 7)));
    let notes = |name, query| (List::CreditNotes(query), "credit notes", name);
    let quotes = |name, query| (List::Quotes(query), "quotes", name);
    let of = CreditNoteQuery::default;
    let open = QuoteQuery::default;
    let invoice = Some(InvoiceId::from_uuid(id(team, 50)));
    vec![
        notes("", of()),
        notes("invoice", CreditNoteQuery { invoice, ..of() }),
        notes("client", CreditNoteQuery { client, ..of() }),
        notes("issued", CreditNoteQuery { issued: Some(true), ..of() }),
        notes("drafts", CreditNoteQuery { issued: Some(false), ..of() }),
        quotes("", open()),
        quotes("kind", QuoteQuery { kind: Some(QuoteKind::ProForma), ..open() }),
        quotes("status", QuoteQuery { status: Some(QuoteStatus::Sent), ..open() }),
        quotes("client", QuoteQuery { client, ..open() }),
        quotes("expired", QuoteQuery { expired_as_of: Some(day(100)), ..open() }),
    ]
}

fn other_lists(team: TeamId) -> Vec<Named> {
    let payments = |name, query| (List::Payments(query), "payments", name);
    let clients = |name, query| (List::Clients(query), "clients", name);
    let items = |name, query| (List::Items(query), "items", name);
    let client = Some(ClientId::from_uuid(id(team, 7)));
    let invoice = Some(InvoiceId::from_uuid(id(team, 50)));
    let paid = PaymentQuery::default;
    let known = ClientQuery::default;
    let sold = ItemQuery::default;
    let prefix = || Some("customer 0001".to_owned());
    vec![
        payments("", paid()),
        payments("client", PaymentQuery { client, ..paid() }),
        payments("invoice", PaymentQuery { invoice, ..paid() }),
        payments("unallocated", PaymentQuery { unallocated: Some(true), ..paid() }),
        payments("used up", PaymentQuery { unallocated: Some(false), ..paid() }),
        clients("", known()),
        clients("archived", ClientQuery { archived: Some(true), ..known() }),
        clients("in use", ClientQuery { archived: Some(false), ..known() }),
        clients("metadata", ClientQuery { metadata: Some(pair("source", "web")), ..known() }),
        clients("prefix", ClientQuery { name_prefix: prefix(), ..known() }),
        clients("prefix, in use", ClientQuery { name_prefix: prefix(), archived: Some(false), ..known() }),
        clients(
            "prefix, metadata",
            ClientQuery { name_prefix: prefix(), metadata: Some(pair("source", "web")), ..known() },
        ),
        items("", sold()),
        items("archived", ItemQuery { archived: Some(true), ..sold() }),
        items("prefix", ItemQuery { name_prefix: prefix(), ..sold() }),
        items("prefix, in use", ItemQuery { name_prefix: prefix(), archived: Some(false) }),
    ]
}
