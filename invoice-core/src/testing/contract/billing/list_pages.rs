//! The pages of the lists of clients, items, credit notes, quotes and payments.

use super::invoice_lists::mangled;
use super::world::{World, every_page, page_of};
use crate::change::{AggregateId, Record};
use crate::ports::{
    BillingPorts, ClientQuery, CreditNoteQuery, Cursor, InvoiceQuery, ItemQuery, Page, PageRequest,
    PaymentQuery, QuoteQuery, StoreError,
};
use crate::testing::contract::must;
use crate::testing::fixtures::sound;
use crate::testing::{BillingChange, day, euros};
use crate::{Client, CreditScope, DocumentType, Invoice};

/// Each list is the newest first, in pages of any size; the series are the oldest first.
pub async fn other_lists_give_the_newest_first(ports: &BillingPorts) {
    let world = World::new(ports);
    let made = Made::new(&world, 9).await;
    for size in [1, 2, 4, 9, 200] {
        for (list, expected) in Made::LISTS.iter().zip(made.newest_first()) {
            let found = every_page(size, |page| list.read(&world, page)).await;
            assert_eq!(found, expected, "{list:?} in pages of {size}");
        }
    }
    let series = must(ports.catalog.all_series(world.team()).await, "the series are read");
    let ids: Vec<_> = series.iter().map(crate::Series::id).collect();
    assert!(ids.is_sorted() && ids.len() == DocumentType::ALL.len(), "the series are the oldest first");
}

/// Rows that come and go between two pages move no other, in any list.
pub async fn other_lists_are_stable_while_rows_come_and_go(ports: &BillingPorts) {
    let world = World::new(ports);
    for (place, list) in Made::LISTS.iter().enumerate() {
        let world = world.beside();
        let made = Made::new(&world, 9).await;
        let expected = made.newest_first().into_iter().nth(place).unwrap_or_default();
        let (mut seen, mut request) = (Vec::new(), page_of(2));
        for _ in 0..20 {
            let page = must(list.read(&world, request).await, "a page is read");
            seen.extend(page.items);
            let Some(next) = page.next else { break };
            request = page_of(2).after(next);
            // One more comes than goes, so that neither makes up for the other.
            made.one_more(&world).await;
            made.one_more(&world).await;
            let last =
                seen.last().copied().and_then(|at| made.records(place).iter().find(|it| it.id() == at));
            if let Some(last) = last {
                world.delete(last.clone()).await;
            }
        }
        assert_eq!(seen, expected, "{list:?}: what was there is listed once, in order");
    }
}

/// A cursor of another list is refused, and so is one that no page ended with; nothing panics.
pub async fn a_cursor_of_another_list_is_refused(ports: &BillingPorts) {
    let world = World::new(ports);
    Made::new(&world, 3).await;
    let invoices = ports.invoices.invoices(world.team(), &InvoiceQuery::new(), &page_of(1)).await;
    let mut cursors = vec![(None, must(invoices, "a page is read").next)];
    for list in Made::LISTS {
        let page = must(list.read(&world, page_of(1)).await, "a page is read");
        cursors.push((Some(list), page.next));
    }
    let by_name = ClientQuery { name_prefix: Some("client".to_owned()), ..ClientQuery::default() };
    let page = must(ports.catalog.clients(world.team(), &by_name, &page_of(1)).await, "a page is read");
    cursors.push((None, page.next));
    for list in Made::LISTS {
        for (other, cursor) in &cursors {
            let cursor = cursor.clone().unwrap_or_else(|| panic!("a longer list has a next page"));
            let answer = list.read(&world, page_of(1).after(cursor.clone())).await;
            let refused = matches!(answer, Err(StoreError::Refused(_)));
            assert_eq!(refused, *other != Some(list), "{list:?} after a cursor of {other:?}: {answer:?}");
            for cursor in mangled(&cursor) {
                let _ = list.read(&world, page_of(1).after(cursor)).await;
            }
        }
        for text in ["x", "~", "0", "null", "-1", "{}", "====", "\u{7e}"] {
            let answer = list.read(&world, page_of(1).after(sound(Cursor::new(text)))).await;
            assert!(matches!(answer, Err(StoreError::Refused(_))), "{text} is no cursor, but: {answer:?}");
        }
    }
}

/// Records for each list that gives the newest first.
struct Made {
    desk_client: Client,
    invoice: Invoice,
    lists: [Vec<Record>; 5],
}

/// The lists that give the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Clients,
    Items,
    CreditNotes,
    Quotes,
    Payments,
}

impl List {
    async fn read(self, world: &World<'_>, page: PageRequest) -> Result<Page<AggregateId>, StoreError> {
        let (ports, team) = (world.ports, world.team());
        match self {
            Self::Clients => ids(ports.catalog.clients(team, &ClientQuery::default(), &page).await),
            Self::Items => ids(ports.catalog.items(team, &ItemQuery::default(), &page).await),
            Self::CreditNotes => {
                ids(ports.documents.credit_notes(team, &CreditNoteQuery::default(), &page).await)
            }
            Self::Quotes => ids(ports.documents.quotes(team, &QuoteQuery::default(), &page).await),
            Self::Payments => ids(ports.payments.payments(team, &PaymentQuery::default(), &page).await),
        }
    }
}

fn ids<T: Into<Record>>(page: Result<Page<T>, StoreError>) -> Result<Page<AggregateId>, StoreError> {
    let page = page?;
    Ok(Page { items: page.items.into_iter().map(|row| row.into().id()).collect(), next: page.next })
}

impl Made {
    const LISTS: [List; 5] = [List::Clients, List::Items, List::CreditNotes, List::Quotes, List::Payments];

    async fn new(world: &World<'_>, count: usize) -> Self {
        let desk = world.desk().await;
        let invoice = desk.issue("100", day("2026-03-02")).await;
        desk.issue("100", day("2026-03-02")).await;
        let mut made = Self { desk_client: desk.client.clone(), invoice, lists: Default::default() };
        for _ in 0..count {
            let records = made.fresh(world);
            let change = records.iter().fold(world.change(), |change, it| change.insert(it.clone()));
            world.commit(change).await;
            for (list, record) in made.lists.iter_mut().zip(records) {
                list.push(record);
            }
        }
        made
    }

    /// One record for each list.
    fn fresh(&self, world: &World<'_>) -> [Record; 5] {
        [
            world.client("Client").into(),
            world.item("Item").into(),
            world.credit_note(&self.invoice, CreditScope::Amount(euros("1"))).into(),
            world.quote(&self.desk_client, "10").into(),
            world.payment(&self.desk_client, "10").into(),
        ]
    }

    async fn one_more(&self, world: &World<'_>) {
        let records = self.fresh(world);
        world.commit(records.into_iter().fold(world.change(), BillingChange::insert)).await;
    }

    fn records(&self, place: usize) -> &[Record] {
        self.lists.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    fn newest_first(&self) -> Vec<Vec<AggregateId>> {
        let mut lists: Vec<Vec<_>> =
            self.lists.iter().map(|list| list.iter().rev().map(Record::id).collect()).collect();
        // The client the documents are for came before them all.
        let client = AggregateId::Client(self.desk_client.id());
        lists.first_mut().into_iter().for_each(|clients| clients.push(client));
        lists
    }
}
