use invoice_core::adapter::{Key, Order};
use invoice_core::ports::{
    ClientQuery, CreditNoteQuery, Cursor, DateRange, Direction, InvoiceQuery, InvoiceSort, ItemQuery,
    PageRequest, PaymentQuery, QuoteQuery, StoreError,
};
use invoice_core::{ClientId, Currency, InvoiceId, PaymentState, QuoteStatus, Status, TeamId};

use super::*;

const POSTGRES: Dialect<'_> = Dialect::Postgres { schema: "invoicing" };

fn team() -> TeamId {
    TeamId::from_uuid(Uuid::from_u128(1))
}

fn client() -> ClientId {
    ClientId::from_uuid(Uuid::from_u128(2))
}

fn first() -> PageRequest {
    PageRequest::first(50).unwrap()
}

fn pair() -> (String, String) {
    ("order".to_owned(), "7".to_owned())
}

fn by(sort: InvoiceSort) -> InvoiceQuery {
    InvoiceQuery {
        sort,
        currency: (sort == InvoiceSort::Amount).then_some(Currency::EUR),
        ..InvoiceQuery::new()
    }
}

fn after(order: Order, key: Key) -> PageRequest {
    first().after(order.cursor(&(key, Uuid::from_u128(9))).unwrap())
}

fn listed(query: &InvoiceQuery) -> Statement {
    invoices(POSTGRES, team(), query, &first()).unwrap()
}

/// One statement of every list.
fn every_list(dialect: Dialect<'_>) -> Vec<Statement> {
    let query = InvoiceQuery {
        status: Some(Status::Paid),
        payment_state: Some(PaymentState::Paid),
        client: Some(client()),
        metadata: Some(pair()),
        customer_prefix: Some("k".repeat(101)),
        ..by(InvoiceSort::Customer)
    };
    let invoice = Some(InvoiceId::from_uuid(Uuid::from_u128(3)));
    let notes = CreditNoteQuery { invoice, client: Some(client()), issued: Some(true) };
    let quotes_of = QuoteQuery { status: Some(QuoteStatus::Sent), ..QuoteQuery::default() };
    let payments_of = PaymentQuery { client: Some(client()), invoice, unallocated: Some(true) };
    let clients_of =
        ClientQuery { name_prefix: Some("a".to_owned()), archived: Some(false), metadata: Some(pair()) };
    let items_of = ItemQuery { name_prefix: None, archived: Some(false) };
    vec![
        invoices(dialect, team(), &query, &first()).unwrap(),
        invoices(dialect, team(), &InvoiceQuery { metadata: Some(pair()), ..InvoiceQuery::new() }, &first())
            .unwrap(),
        count_invoices(dialect, team(), &query).unwrap(),
        credit_notes(dialect, team(), &notes, &first()).unwrap(),
        quotes(dialect, team(), &quotes_of, &first()).unwrap(),
        payments(dialect, team(), &payments_of, &first()).unwrap(),
        clients(dialect, team(), &clients_of, &first()).unwrap(),
        items(dialect, team(), &items_of, &after(Order::ITEMS, Key::Number(5))).unwrap(),
    ]
}

#[test]
fn every_placeholder_has_its_value() {
    for (dialect, sign) in [(POSTGRES, '$'), (Dialect::Sqlite, '?')] {
        for statement in every_list(dialect) {
            let count = statement.values().len();
            assert_eq!(statement.text().matches(sign).count(), count, "{}", statement.text());
            assert!((1..=count).all(|at| statement.text().contains(&format!("{sign}{at}"))));
        }
    }
}

#[test]
fn values_are_never_in_the_text() {
    for statement in every_list(POSTGRES) {
        assert!(!statement.text().contains("order") && !statement.text().contains("kkk"));
        assert_eq!(statement.values()[0], Value::Uuid(team().as_uuid()));
    }
}

#[test]
fn a_page_starts_after_its_cursor_in_the_lists_direction() {
    let up = InvoiceQuery { direction: Direction::Ascending, ..by(InvoiceSort::Amount) };
    let order = Order::of_invoices(&up);
    let text = invoices(POSTGRES, team(), &up, &after(order, Key::Number(7))).unwrap().into_parts().0;
    assert!(text.contains("AND (d.payable, d.id) > ($3, $4)"), "{text}");
    assert!(text.ends_with("ORDER BY d.payable, d.id LIMIT 51"), "{text}");

    let down = by(InvoiceSort::Number);
    let order = Order::of_invoices(&down);
    let (text, values) =
        invoices(Dialect::Sqlite, team(), &down, &after(order, Key::text("INV-7"))).unwrap().into_parts();
    assert!(text.ends_with("AND d.number < ?2 ORDER BY d.number DESC LIMIT ?3"), "{text}");
    assert_eq!(values[1..], [Value::Text("INV-7".to_owned()), Value::Int(51)]);
}

#[test]
fn a_cursor_whose_key_is_of_another_type_is_refused() {
    for (query, key) in [
        (by(InvoiceSort::Created), Key::text("a")),
        (by(InvoiceSort::Created), Key::Number(-1)),
        (by(InvoiceSort::Created), Key::Number(i64::MAX)),
        (by(InvoiceSort::IssueDate), Key::Number(i64::MAX)),
        (by(InvoiceSort::DueDate), Key::Number(-1_000)),
        (by(InvoiceSort::Amount), Key::text("1")),
        (by(InvoiceSort::Customer), Key::Number(1)),
    ] {
        let request = after(Order::of_invoices(&query), key.clone());
        let answer = invoices(POSTGRES, team(), &query, &request);
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{key:?} {answer:?}");
    }
    let foreign = first().after(Cursor::new("quotes~1~2").unwrap());
    assert!(invoices(POSTGRES, team(), &by(InvoiceSort::Created), &foreign).is_err());
}

#[test]
fn only_filters_beside_the_order_want_a_plan_for_their_values() {
    for query in [
        by(InvoiceSort::Created),
        InvoiceQuery { status: Some(Status::Paid), client: Some(client()), ..by(InvoiceSort::Created) },
        InvoiceQuery { metadata: Some(pair()), ..by(InvoiceSort::Created) },
        by(InvoiceSort::Amount),
        InvoiceQuery { number_prefix: Some("I".to_owned()), ..by(InvoiceSort::Number) },
        InvoiceQuery { overdue_as_of: NaiveDate::from_ymd_opt(2026, 3, 2), ..by(InvoiceSort::DueDate) },
    ] {
        assert!(!listed(&query).depends_on_values(), "{query:?}");
    }
    for query in [
        InvoiceQuery { status: Some(Status::Paid), ..by(InvoiceSort::Amount) },
        InvoiceQuery { client: Some(client()), ..by(InvoiceSort::DueDate) },
        InvoiceQuery { metadata: Some(pair()), ..by(InvoiceSort::Number) },
        InvoiceQuery { currency: Some(Currency::CHF), ..by(InvoiceSort::Created) },
    ] {
        assert!(listed(&query).depends_on_values(), "{query:?}");
    }
}

#[test]
fn a_long_prefix_is_looked_for_whole() {
    let list = |length: usize| {
        let prefix = Some("K".repeat(length));
        listed(&InvoiceQuery { customer_prefix: prefix, ..by(InvoiceSort::Customer) })
    };
    assert!(!list(100).text().contains("customer_key"));
    let long = list(101);
    assert!(long.text().contains("d.customer_key >= $4"), "{}", long.text());
    assert_eq!(long.values()[1], Value::Text("k".repeat(100)));
    assert_eq!(long.values()[3], Value::Text("k".repeat(101)));
}

#[test]
fn a_prefix_that_no_text_can_have_finds_nothing() {
    let query = InvoiceQuery { number_prefix: Some("a\0".to_owned()), ..by(InvoiceSort::Number) };
    let statement = listed(&query);
    assert!(statement.text().contains("AND FALSE"));
    assert!(!statement.values().iter().any(|value| matches!(value, Value::Text(_))));
}

#[test]
fn days_that_a_dialect_does_not_keep_are_brought_nearer() {
    let range = DateRange { from: Some(NaiveDate::MIN), to: Some(NaiveDate::MAX) };
    let query = InvoiceQuery { issued: Some(range), ..by(InvoiceSort::IssueDate) };
    let days: Vec<_> = listed(&query).values()[1..3].to_vec();
    let day = |year, month, day| Value::Date(NaiveDate::from_ymd_opt(year, month, day).unwrap());
    assert_eq!(days, [day(1, 1, 1), day(9999, 12, 31)]);
}

#[test]
fn an_unanswerable_query_is_refused() {
    let query = InvoiceQuery { status: Some(Status::Overdue), ..InvoiceQuery::new() };
    assert!(matches!(invoices(POSTGRES, team(), &query, &first()), Err(StoreError::Refused(_))));
    assert!(matches!(count_invoices(POSTGRES, team(), &query), Err(StoreError::Refused(_))));
}

#[test]
fn a_page_of_any_size_reads_one_row_more() {
    for size in 1..=PageRequest::MAX_LIMIT {
        let request = PageRequest::first(size).unwrap();
        let (text, _) = invoices(POSTGRES, team(), &InvoiceQuery::new(), &request).unwrap().into_parts();
        let read: u16 = text.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(read > size && read <= 3 * size.max(10), "{size} {read}");
        let (_, values) =
            invoices(Dialect::Sqlite, team(), &InvoiceQuery::new(), &request).unwrap().into_parts();
        assert_eq!(values.last(), Some(&Value::Int(i64::from(size) + 1)));
    }
}
