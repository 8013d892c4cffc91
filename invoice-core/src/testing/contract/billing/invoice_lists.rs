//! Lists of invoices: each sort, each filter, each page.

use super::corpus::{Corpus, STATUSES, amounts, by, of_each};
use super::world::{World, all, every_page, page_of, rows};
use crate::ports::{
    BillingPorts, Cursor, DateRange, Direction, InvoiceQuery, InvoiceSort, InvoiceSummary, StoreError,
};
use crate::testing::contract::must;
use crate::testing::{day, euros};
use crate::{Currency, InvoiceId, InvoiceKind, PaymentState, Status};

const SORTS: [InvoiceSort; 6] = [
    InvoiceSort::Created,
    InvoiceSort::IssueDate,
    InvoiceSort::DueDate,
    InvoiceSort::Amount,
    InvoiceSort::Number,
    InvoiceSort::Customer,
];

/// Every sort in both directions.
fn every_sort() -> impl Iterator<Item = InvoiceQuery> {
    SORTS.into_iter().flat_map(|sort| {
        let currency = (sort == InvoiceSort::Amount).then_some(Currency::EUR);
        [Direction::Ascending, Direction::Descending].map(|direction| InvoiceQuery {
            sort,
            direction,
            currency,
            ..InvoiceQuery::new()
        })
    })
}

/// Every sort in both directions, in pages of any size: each invoice once, in order.
pub async fn pages_of_any_size_give_each_invoice_once_in_order(ports: &BillingPorts) {
    let world = World::new(ports);
    let corpus = Corpus::new(&world).await;
    for query in every_sort() {
        let expected = corpus.expected(&query);
        assert!(expected.len() > 7, "the list is longer than a page");
        for size in [1, 2, 3, 7, 28, 200] {
            assert_eq!(corpus.list(&query, size).await, expected, "{query:?} in pages of {size}");
        }
    }
}

/// Invoices that come between two pages, before and after where the first ended, move no other.
pub async fn pages_are_stable_while_invoices_come(ports: &BillingPorts) {
    let world = World::new(ports);
    for query in every_sort() {
        paged_while(&world.beside(), &query, true).await;
    }
}

/// Invoices that go between two pages, the one where the first ended among them, hide no other.
pub async fn pages_are_stable_while_invoices_go(ports: &BillingPorts) {
    let world = World::new(ports);
    for query in every_sort() {
        paged_while(&world.beside(), &query, false).await;
    }
}

/// Reads page after page, changing the list before each but the first.
async fn paged_while(world: &World<'_>, query: &InvoiceQuery, coming: bool) {
    let (ports, corpus) = (world.ports, Corpus::new(world).await);
    let (desk, expected) = (&corpus.desk, corpus.expected(query));
    let mut seen = Vec::new();
    let mut gone = Vec::new();
    let mut request = page_of(3);
    for round in 0_usize.. {
        let page = must(ports.invoices.invoices(desk.team(), query, &request).await, "a page is read");
        seen.extend(page.items.iter().map(|row| row.id));
        let Some(cursor) = page.next else { break };
        assert!(round < 40, "a list ends");
        request = page_of(3).after(cursor);
        if coming {
            // At both ends of every sort but the dates, whose counter does not go back.
            let net = if round % 2 == 0 { "0.01" } else { "99999999" };
            let client = if round % 2 == 0 { desk.client("!") } else { desk.client("\u{10ffff}") };
            world.insert(client.clone()).await;
            let change = desk.change();
            let draft = desk.draft(&client, net);
            world.commit(change.issue(draft, &desk.invoices, &client, day("2026-12-01"))).await;
        } else {
            // Deleting what was issued is no use case, but a store does not know of use cases.
            for id in page
                .items
                .last()
                .map(|row| row.id)
                .into_iter()
                .chain(expected.iter().rev().nth(round).copied())
            {
                if !gone.contains(&id) {
                    gone.push(id);
                    world.delete(corpus.stored(id).await).await;
                }
            }
        }
    }
    let old: Vec<_> = seen.iter().copied().filter(|id| expected.contains(id)).collect();
    let unread = |id: &InvoiceId| gone.contains(id) && !seen.contains(id);
    let expected: Vec<_> = expected.into_iter().filter(|id| !unread(id)).collect();
    assert_eq!(old, expected, "{query:?}: what was there all the time is listed once, in order");
    let mut twice = seen.clone();
    twice.sort_unstable();
    twice.dedup();
    assert_eq!(twice.len(), seen.len(), "{query:?}: nothing is listed twice");
}

/// Filter by status.
pub async fn invoices_are_filtered_by_status(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    corpus.answers(of_each(&STATUSES, |it| InvoiceQuery { status: Some(it), ..InvoiceQuery::new() })).await;
}

/// Filter by payment state.
pub async fn invoices_are_filtered_by_payment_state(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let query = |it| InvoiceQuery { payment_state: Some(it), ..InvoiceQuery::new() };
    corpus.answers(of_each(&PaymentState::ALL, query)).await;
}

/// Filter by kind.
pub async fn invoices_are_filtered_by_kind(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let kinds = [InvoiceKind::Standard, InvoiceKind::Advance, InvoiceKind::SelfBilled];
    corpus.answers(of_each(&kinds, |it| InvoiceQuery { kind: Some(it), ..InvoiceQuery::new() })).await;
}

/// Filter by client.
pub async fn invoices_are_filtered_by_client(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let mut clients: Vec<_> = corpus.invoices.iter().map(|it| it.content().client()).collect();
    clients.sort_unstable();
    clients.dedup();
    let query = |it| InvoiceQuery { client: Some(it), ..InvoiceQuery::new() };
    corpus.answers(of_each(&clients, query)).await;
    let nobody = query(crate::ClientId::from_uuid(corpus.desk.uuid()));
    assert_eq!(corpus.list(&nobody, 10).await, [], "nobody has no invoices");
}

/// Filter by currency.
pub async fn invoices_are_filtered_by_currency(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let query = |it| InvoiceQuery { currency: Some(it), ..InvoiceQuery::new() };
    corpus.answers(of_each(&[Currency::EUR, Currency::CHF], query)).await;
    assert_eq!(corpus.list(&query(Currency::JPY), 10).await, [], "there is nothing in yen");
}

/// Filter by a metadata pair: its key and its value.
pub async fn invoices_are_filtered_by_metadata(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let query = |(key, value): (&str, &str)| {
        let metadata = Some((key.to_owned(), value.to_owned()));
        InvoiceQuery { metadata, ..InvoiceQuery::new() }
    };
    corpus.answers(of_each(&[("shop", "north"), ("shop", "south"), ("vip", "yes")], query)).await;
    for pair in [("shop", "yes"), ("vip", "north"), ("shop", "nor"), ("Shop", "north"), ("yes", "vip")] {
        assert_eq!(corpus.list(&query(pair), 10).await, [], "no invoice has {pair:?}");
    }
}

/// Filter by issue date, both ends included, either end open.
pub async fn invoices_are_filtered_by_issue_date(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let query = |issued| InvoiceQuery { issued: Some(issued), ..by(InvoiceSort::IssueDate) };
    corpus.answers(of_each(&ranges("2026-02-15", "2026-04-15"), query)).await;
}

/// Filter by due date, both ends included, either end open.
pub async fn invoices_are_filtered_by_due_date(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let query = |due| InvoiceQuery { due: Some(due), ..by(InvoiceSort::DueDate) };
    corpus.answers(of_each(&ranges("2026-03-15", "2026-04-01"), query)).await;
}

/// Filter by what is overdue on a day: due before it, with something due.
pub async fn invoices_are_filtered_by_what_is_overdue(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let query = |it: &str| InvoiceQuery { overdue_as_of: Some(day(it)), ..by(InvoiceSort::DueDate) };
    corpus.answers(of_each(&["2026-03-01", "2026-04-01", "2026-04-02", "2026-12-31"], query)).await;
    assert_eq!(corpus.list(&query("2026-01-15"), 10).await, [], "nothing is overdue on its last day");
}

/// Filter by what no sweep has announced yet.
pub async fn announced_overdue_invoices_are_left_out_when_asked(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let overdue = InvoiceQuery { overdue_as_of: Some(day("2026-12-31")), ..by(InvoiceSort::DueDate) };
    let news = InvoiceQuery { overdue_not_noted: true, ..overdue.clone() };
    assert!(corpus.expected(&news).len() < corpus.expected(&overdue).len(), "some were announced");
    corpus.answers([news]).await;
}

/// Filter by amount, both ends included, within the amounts' currency.
pub async fn invoices_are_filtered_by_amount(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let least = |it| InvoiceQuery { amount_from: Some(it), ..by(InvoiceSort::Amount) };
    let most = |it| InvoiceQuery { amount_to: Some(it), ..by(InvoiceSort::Amount) };
    corpus.answers(of_each(&amounts(), least)).await;
    corpus.answers(of_each(&amounts(), most)).await;
    corpus.answers([InvoiceQuery { amount_to: Some(euros("30")), ..least(euros("12")) }]).await;
}

/// Filter by a number's beginning, in which no character stands for others.
pub async fn invoices_are_filtered_by_the_beginning_of_their_number(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let query = |it: &str| InvoiceQuery { number_prefix: Some(it.to_owned()), ..by(InvoiceSort::Number) };
    corpus.answers(of_each(&["INV-1", "INV-", "I_V", "I_V/1"], query)).await;
    for prefix in ["inv", "NV-1", "I%", "IN_", "INV-1\u{0}", "."] {
        assert_eq!(corpus.list(&query(prefix), 10).await, [], "no number begins with {prefix:?}");
    }
}

/// Filter by the beginning of the customer's name, whatever its case.
pub async fn invoices_are_filtered_by_the_beginning_of_their_customer(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let query = |it: &str| InvoiceQuery { customer_prefix: Some(it.to_owned()), ..by(InvoiceSort::Customer) };
    let prefixes =
        ["kaffeehaus", "KAFFEEHAUS s", "Kaffeehaus Jelinek", "ärz", "ÄRZTE", "100%", "100", "\u{ff5e}"];
    corpus.answers(of_each(&prefixes, query)).await;
    for prefix in ["affeehaus", "kaffeehaus%", "kaffeehaus_", "arzte", "%"] {
        assert_eq!(corpus.list(&query(prefix), 10).await, [], "no name begins with {prefix:?}");
    }
}

/// Filters that ask for equality combine with each other and with every sort.
pub async fn equality_filters_combine(ports: &BillingPorts) {
    let corpus = Corpus::new(&World::new(ports)).await;
    let north = Some(("shop".to_owned(), "north".to_owned()));
    for query in every_sort() {
        let currency = Some(Currency::EUR);
        let two = InvoiceQuery { currency, metadata: north.clone(), ..query.clone() };
        let standard = Some(InvoiceKind::Standard);
        let three = InvoiceQuery { currency, kind: standard, metadata: north.clone(), ..query.clone() };
        corpus.answers([two, three]).await;
    }
    let issued = corpus.invoices.iter().find(|it| it.stored_status() == Status::Sent);
    let client = issued.map(|it| it.content().client());
    let paid = Some(PaymentState::Unpaid);
    let sent =
        InvoiceQuery { status: Some(Status::Sent), payment_state: paid, client, ..InvoiceQuery::new() };
    corpus.answers([sent]).await;
}

/// A count is the length of the list, of any length.
pub async fn a_count_is_the_length_of_the_list(ports: &BillingPorts) {
    let world = World::new(ports);
    let count = async |query: &InvoiceQuery| {
        must(ports.invoices.count_invoices(world.team(), query).await, "a list is counted")
    };
    assert_eq!(count(&InvoiceQuery::new()).await, 0, "an empty list");
    let corpus = Corpus::new(&world).await;
    for query in every_sort() {
        assert_eq!(count(&query).await, corpus.expected(&query).len() as u64, "{query:?}");
    }
}

/// A row says what its invoice says, also after the invoice has changed.
pub async fn a_row_says_what_its_invoice_says(ports: &BillingPorts) {
    let world = World::new(ports);
    let corpus = Corpus::new(&world).await;
    for invoice in &corpus.invoices {
        if invoice.issued().is_some() {
            let mut changed = invoice.clone();
            let _ = changed.send(world.tick());
            world.update(changed).await;
        }
    }
    let listed = rows(ports.invoices.invoices(world.team(), &InvoiceQuery::new(), &all()).await);
    assert_eq!(listed.len(), corpus.invoices.len(), "each invoice has a row");
    for row in listed {
        assert_eq!(row, InvoiceSummary::of(&corpus.stored(row.id).await), "a row is its invoice's");
    }
}

/// Of a text the first 100 characters count in an order; names alike in them are sorted by identifier.
pub async fn long_names_are_sorted_by_their_beginning(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let start = "💡".repeat(100);
    let mut issued = Vec::new();
    for end in ["c", "a", "d", "b"] {
        let client = world.insert(world.client(&format!("{start}{end}"))).await;
        let change =
            world.change().issue(world.draft(&client, "1"), &desk.invoices, &client, day("2026-03-02"));
        issued.push(super::world::only::<crate::Invoice>(world.commit(change).await).id());
    }
    issued.reverse();
    let team = world.team();
    let query = &InvoiceQuery { customer_prefix: Some(start.clone()), ..by(InvoiceSort::Customer) };
    for size in [1, 2, 200] {
        let list = every_page(size, |page| async move { ports.invoices.invoices(team, query, &page).await });
        let found: Vec<_> = list.await.iter().map(|row| row.id).collect();
        assert_eq!(found, issued, "names alike in what counts, in pages of {size}");
    }
    let longer = InvoiceQuery { customer_prefix: Some(format!("{start}d")), ..by(InvoiceSort::Customer) };
    let found = rows(ports.invoices.invoices(team, &longer, &all()).await);
    let found: Vec<_> = found.iter().map(|row| Some(row.id)).collect();
    assert_eq!(
        found,
        [issued.get(1).copied()],
        "a beginning that is longer than what counts is looked for whole"
    );
}

/// The name an issued invoice is sorted and found by is the one frozen at its issue.
pub async fn a_renamed_client_moves_no_issued_invoice(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk_for("Alpha").await;
    let invoice = desk.issue("10", day("2026-03-02")).await;
    let mut renamed = desk.client.clone();
    renamed.party = world.party("Omega");
    world.update(renamed).await;
    let find = async |prefix: &str| {
        let query = InvoiceQuery { customer_prefix: Some(prefix.to_owned()), ..by(InvoiceSort::Customer) };
        let found = rows(ports.invoices.invoices(world.team(), &query, &all()).await);
        found.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(find("alpha").await, [invoice.id()], "found by the name on it");
    assert_eq!(find("omega").await, [], "and by no other");
}

/// Queries that no index answers are refused, listed and counted.
pub async fn an_unanswerable_query_is_refused(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    desk.issue("10", day("2026-03-02")).await;
    let all_days = Some(DateRange::default());
    for query in [
        InvoiceQuery { issued: all_days, ..InvoiceQuery::new() },
        InvoiceQuery { due: all_days, ..by(InvoiceSort::IssueDate) },
        InvoiceQuery { overdue_as_of: Some(day("2026-03-02")), ..InvoiceQuery::new() },
        InvoiceQuery { overdue_not_noted: true, ..by(InvoiceSort::DueDate) },
        InvoiceQuery { status: Some(Status::Overdue), ..InvoiceQuery::new() },
        InvoiceQuery { number_prefix: Some("INV".to_owned()), ..InvoiceQuery::new() },
        InvoiceQuery { customer_prefix: Some("K".to_owned()), ..by(InvoiceSort::Number) },
        by(InvoiceSort::Amount),
        InvoiceQuery {
            amount_from: Some(euros("1")),
            currency: Some(Currency::CHF),
            ..by(InvoiceSort::Amount)
        },
    ] {
        assert!(query.validate().is_err(), "{query:?} is unanswerable");
        let list = ports.invoices.invoices(world.team(), &query, &all()).await;
        assert!(matches!(list, Err(StoreError::Refused(_))), "{query:?} is refused, not answered {list:?}");
        let count = ports.invoices.count_invoices(world.team(), &query).await;
        assert!(matches!(count, Err(StoreError::Refused(_))), "{query:?} is not counted as {count:?}");
    }
}

/// A cursor of another sort, or one that no page ended with, is refused; nothing panics.
pub async fn a_foreign_cursor_is_refused(ports: &BillingPorts) {
    let world = World::new(ports);
    Corpus::new(&world).await;
    let mut cursors = Vec::new();
    for query in every_sort().filter(|query| query.direction == Direction::Ascending) {
        let page = ports.invoices.invoices(world.team(), &query, &page_of(2)).await;
        let next = must(page, "a page is read").next;
        cursors.push((query, next.unwrap_or_else(|| panic!("a longer list has a next page"))));
    }
    for (query, own) in &cursors {
        for (other, cursor) in &cursors {
            let request = page_of(2).after(cursor.clone());
            let answer = ports.invoices.invoices(world.team(), query, &request).await;
            let refused = matches!(answer, Err(StoreError::Refused(_)));
            assert_eq!(refused, query != other, "{query:?} after a cursor of {other:?}: {answer:?}");
        }
        for cursor in mangled(own) {
            // Some of these are still cursors: no answer is wrong, but a panic is.
            let request = page_of(2).after(cursor);
            let _ = ports.invoices.invoices(world.team(), query, &request).await;
        }
        for text in ["x", "~", "0", "null", "%00", "-1", "{}", "inv_1", "2026-13-45~0", "====", "AAAA"] {
            let Ok(cursor) = Cursor::new(text) else { continue };
            let answer = ports.invoices.invoices(world.team(), query, &page_of(2).after(cursor)).await;
            assert!(matches!(answer, Err(StoreError::Refused(_))), "{text} is no cursor, but: {answer:?}");
        }
    }
}

/// The cursor cut short, doubled, and with one character changed.
pub(super) fn mangled(cursor: &Cursor) -> Vec<Cursor> {
    let text = cursor.as_str();
    let cut = (1..text.len()).filter_map(|end| text.get(..end).map(str::to_owned));
    let changed =
        (0..text.len()).filter_map(|at| Some(format!("{}~{}", text.get(..at)?, text.get(at + 1..)?)));
    let doubled = [format!("{text}{text}"), format!("~{text}"), "9".repeat(1_000)];
    cut.chain(changed).chain(doubled).filter_map(|text| Cursor::new(text).ok()).collect()
}

/// From, to, between, and one single day.
fn ranges(first: &str, last: &str) -> [DateRange; 4] {
    let (first, last) = (Some(day(first)), Some(day(last)));
    [
        DateRange { from: first, to: None },
        DateRange { from: None, to: first },
        DateRange { from: first, to: last },
        DateRange { from: last, to: last },
    ]
}
