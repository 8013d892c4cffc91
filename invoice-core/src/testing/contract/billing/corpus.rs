//! Invoices of every kind and state, and what a list of them must be, by the words of the query.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::world::{Desk, World, every_page, stored};
use crate::change::Record;
use crate::invoice::Status;
use crate::ports::{DateRange, Direction, InvoiceQuery, InvoiceSort};
use crate::testing::contract::must;
use crate::testing::fixtures::sound;
use crate::testing::{day, euros};
use crate::{
    ClientId, Content, CreditScope, Currency, DocumentType, Due, Invoice, InvoiceData, InvoiceId,
    InvoiceKind, Metadata, PaymentTerms,
};

/// Invoices that differ in all a query asks for.
pub(super) struct Corpus<'a> {
    pub(super) desk: Desk<'a>,
    pub(super) invoices: Vec<Invoice>,
    names: BTreeMap<ClientId, String>,
}

/// What a list is sorted by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Count(i64),
    Text(String),
}

/// Names whose order by code points differs from other orders, and that share beginnings but for case.
const NAMES: [&str; 7] = [
    "Kaffeehaus Sperl",
    "KAFFEEHAUS Jelinek",
    "Zebra",
    "Ärzte & Co",
    "100% Bio",
    "1000 Dinge",
    "\u{ff5e}wide, or \u{1f4a1}",
];

impl<'a> Corpus<'a> {
    pub(super) async fn new(world: &World<'a>) -> Self {
        let desk = world.desk_for("Sperl, the first").await;
        let other = world.series_named(DocumentType::Invoice, "other", "I_V/{seq}");
        let mut change = world.change().insert(other.clone());
        let clients: Vec<_> = NAMES.iter().map(|name| world.client(name)).collect();
        for client in &clients {
            change = change.insert(client.clone());
        }
        let created = world.now();
        for (place, client) in clients.iter().cycle().take(28).enumerate() {
            let net = ["10", "25", "10", "7.77", "100000"].get(place % 5).copied().unwrap_or("1");
            let currency = if place % 4 == 3 { Currency::CHF } else { Currency::EUR };
            let mut draft = desk.invoice(data(desk.content_in(client, net, currency), place));
            if place % 3 == 0 {
                // Some are created at the same instant: their identifiers tell them apart.
                draft.created_at = created;
            }
            let date = day(&format!("2026-{:02}-15", 1 + place / 5));
            if place % 9 == 8 {
                change = change.insert(draft);
                continue;
            }
            let series = if place % 6 == 5 { &other } else { &desk.invoices };
            let Record::Invoice(mut invoice) = desk.frozen(draft, client, date) else { continue };
            live(&mut invoice, place, &desk);
            change = change.issue_frozen(*invoice, series, date);
        }
        let mut invoices = Vec::new();
        for record in world.commit(change).await.records {
            invoices.extend(Invoice::try_from(record));
        }
        let names = clients.iter().map(|it| (it.id(), it.party().name().to_owned())).collect();
        Self { desk, invoices, names }
    }

    /// What the store lists, in pages of `size` rows.
    pub(super) async fn list(&self, query: &InvoiceQuery, size: u16) -> Vec<InvoiceId> {
        let (ports, team) = (self.desk.ports, self.desk.team());
        let rows =
            every_page(size, |page| async move { ports.invoices.invoices(team, query, &page).await }).await;
        rows.iter().map(|row| row.id).collect()
    }

    /// What the list must be.
    pub(super) fn expected(&self, query: &InvoiceQuery) -> Vec<InvoiceId> {
        let wanted = self.invoices.iter().filter(|invoice| self.matches(invoice, query));
        let mut rows: Vec<_> = wanted.filter_map(|it| Some((self.key(it, query.sort)?, it.id()))).collect();
        match query.direction {
            Direction::Ascending => rows.sort(),
            Direction::Descending => rows.sort_by(|a, b| Reverse(a).cmp(&Reverse(b))),
        }
        rows.into_iter().map(|(_, id)| id).collect()
    }

    /// The store answers each query as its words say: whole, in pages, and counted. Each query must tell
    /// some of the invoices from others.
    pub(super) async fn answers(&self, queries: impl IntoIterator<Item = InvoiceQuery>) {
        for query in queries {
            let expected = self.expected(&query);
            let tells = !expected.is_empty() && expected.len() < self.invoices.len();
            assert!(tells, "{query:?} is for some of the invoices");
            assert_eq!(self.list(&query, 200).await, expected, "the list of {query:?}");
            assert_eq!(self.list(&query, 2).await, expected, "the list of {query:?} in pages of two");
            let count = self.desk.ports.invoices.count_invoices(self.desk.team(), &query).await;
            assert_eq!(must(count, "a list is counted"), expected.len() as u64, "the count of {query:?}");
        }
    }

    /// The invoice as the store has it.
    pub(super) async fn stored(&self, id: InvoiceId) -> Invoice {
        stored(self.desk.ports.invoices.invoice(self.desk.team(), id).await, "the invoice")
    }

    fn name<'b>(&'b self, invoice: &'b Invoice) -> &'b str {
        let client = invoice.content().client();
        let current = self.names.get(&client).map(String::as_str);
        invoice.issued().map(|issued| issued.customer().name()).or(current).unwrap_or_default()
    }

    fn key(&self, invoice: &Invoice, sort: InvoiceSort) -> Option<Key> {
        let date = |date: chrono::NaiveDate| Key::Count(chrono::Datelike::num_days_from_ce(&date).into());
        match sort {
            InvoiceSort::Created => Some(Key::Count(invoice.created_at().as_millis())),
            InvoiceSort::IssueDate => Some(date(invoice.issued()?.issue_date())),
            InvoiceSort::DueDate => Some(date(invoice.issued()?.due_date()?)),
            InvoiceSort::Amount => Some(Key::Count(invoice.totals().payable().minor())),
            InvoiceSort::Number => Some(Key::Text(invoice.number()?.to_owned())),
            InvoiceSort::Customer => Some(Key::Text(InvoiceQuery::customer_key(self.name(invoice)))),
        }
    }

    fn matches(&self, invoice: &Invoice, query: &InvoiceQuery) -> bool {
        let InvoiceQuery {
            sort: _,
            direction: _,
            status,
            payment_state,
            kind,
            client,
            currency: _,
            metadata,
            issued,
            due,
            overdue_as_of,
            overdue_not_noted,
            amount_from,
            amount_to,
            number_prefix,
            customer_prefix,
        } = query;
        let payable = invoice.totals().payable();
        let issue = invoice.issued();
        status.is_none_or(|status| invoice.stored_status() == status)
            && payment_state.is_none_or(|state| invoice.payment_state() == state)
            && kind.is_none_or(|kind| invoice.kind() == kind)
            && client.is_none_or(|client| invoice.content().client() == client)
            && query.currency().is_none_or(|currency| payable.currency() == currency)
            && metadata.as_ref().is_none_or(|(key, value)| invoice.metadata().get(key) == Some(value))
            && issued.is_none_or(|range| issue.is_some_and(|issue| within(range, Some(issue.issue_date()))))
            && due.is_none_or(|range| issue.is_some_and(|issue| within(range, issue.due_date())))
            && overdue_as_of.is_none_or(|day| invoice.is_overdue(day))
            && (!overdue_not_noted || invoice.overdue_noted().is_none())
            && amount_from.is_none_or(|least| payable.minor() >= least.minor())
            && amount_to.is_none_or(|most| payable.minor() <= most.minor())
            && number_prefix
                .as_ref()
                .is_none_or(|prefix| invoice.number().is_some_and(|number| number.starts_with(prefix)))
            && customer_prefix.as_ref().is_none_or(|prefix| {
                let key = InvoiceQuery::customer_key;
                key(self.name(invoice)).starts_with(&key(prefix))
            })
    }
}

fn within(range: DateRange, date: Option<chrono::NaiveDate>) -> bool {
    date.is_some_and(|date| {
        range.from.is_none_or(|from| from <= date) && range.to.is_none_or(|to| date <= to)
    })
}

fn data(content: Content, place: usize) -> InvoiceData {
    let content = match place % 4 {
        0 => content.with_terms(PaymentTerms::new(Due::OnReceipt)),
        1 => content.with_terms(PaymentTerms::new(Due::Days(30))),
        2 => content.with_terms(PaymentTerms::new(Due::On(day("2026-04-01")))),
        _ => content,
    };
    let mut data = InvoiceData::new(content);
    data.kind = [InvoiceKind::Standard, InvoiceKind::Standard, InvoiceKind::Advance, InvoiceKind::SelfBilled]
        .get(place % 4)
        .copied()
        .unwrap_or_default();
    let metadata =
        Metadata::new().with("shop", ["north", "south", "x"].get(place % 3).copied().unwrap_or(""));
    data.metadata = if place.is_multiple_of(2) { metadata.with("vip", "yes") } else { metadata };
    data
}

/// Leads an issued invoice into one of the states there are.
fn live(invoice: &mut Invoice, place: usize, desk: &Desk<'_>) {
    let part = sound(crate::Money::from_minor(100, invoice.content().currency()));
    let at = desk.now();
    let credit = |invoice: &mut Invoice, scope| {
        let figures = sound(invoice.plan_credit(&scope));
        sound(invoice.credit_with(&figures, day("2026-03-02"), None));
    };
    match place % 10 {
        0 => sound(invoice.send(at)),
        1 => sound(invoice.void(at)),
        2 => {
            sound(invoice.allocate(part));
        }
        3 => {
            sound(invoice.allocate(invoice.due()));
        }
        4 => {
            sound(invoice.allocate(part));
            credit(invoice, CreditScope::Full);
        }
        5 => {
            sound(invoice.set_uncollectible(Some(at)));
        }
        6 => {
            sound(invoice.allocate(invoice.due()));
            credit(invoice, CreditScope::Amount(part));
        }
        7 | 9 => {
            invoice.note_overdue(day("2026-12-31"));
        }
        _ => {}
    }
}

/// Every status that a corpus has at least one invoice of.
pub(super) const STATUSES: [Status; 9] = [
    Status::Draft,
    Status::Void,
    Status::Credited,
    Status::Overpaid,
    Status::Paid,
    Status::Uncollectible,
    Status::PartiallyPaid,
    Status::Sent,
    Status::Issued,
];

/// One query for each of them.
pub(super) fn of_each<T: Copy>(values: &[T], make: impl Fn(T) -> InvoiceQuery) -> Vec<InvoiceQuery> {
    values.iter().map(|value| make(*value)).collect()
}

/// A list of invoices sorted by this.
pub(super) fn by(sort: InvoiceSort) -> InvoiceQuery {
    InvoiceQuery { sort, ..InvoiceQuery::new() }
}

/// Amounts around those of a corpus.
pub(super) fn amounts() -> [crate::Money; 3] {
    [euros("12.00"), euros("12.01"), euros("30")]
}
