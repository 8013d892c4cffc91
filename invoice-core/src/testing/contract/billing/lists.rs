//! The filters of the lists of clients, items, credit notes, quotes and payments.

use super::world::{Desk, World, all, every_page, only, rows};
use crate::change::Record;
use crate::ports::{BillingPorts, ClientQuery, CreditNoteQuery, ItemQuery, PaymentQuery, QuoteQuery};
use crate::quote::QuoteStatus;
use crate::testing::fixtures::sound;
use crate::testing::{day, euros};
use crate::{
    Allocation, Client, ClientData, CreditNote, CreditScope, Invoice, Metadata, Payment, Quote, QuoteData,
    QuoteKind, Refund, Reversal,
};

/// A name's beginning finds clients whatever its case, sorted by name, page by page.
pub async fn clients_are_filtered_by_the_beginning_of_their_name(ports: &BillingPorts) {
    let world = World::new(ports);
    let names = ["Beta", "alpha b", "ALPHA A", "Alpha_C", "alphabet", "Älpha", "Alp%ha", "gamma Alpha"];
    for name in names {
        world.insert(world.client(name)).await;
    }
    for (prefix, expected) in [
        ("alpha", &["ALPHA A", "alpha b", "Alpha_C", "alphabet"][..]),
        ("ALPHA ", &["ALPHA A", "alpha b"][..]),
        ("alpha_", &["Alpha_C"][..]),
        ("alp%", &["Alp%ha"][..]),
        ("äl", &["Älpha"][..]),
        ("", &["Alp%ha", "ALPHA A", "alpha b", "Alpha_C", "alphabet", "Beta", "gamma Alpha", "Älpha"][..]),
        ("zeta", &[][..]),
    ] {
        let query = &ClientQuery { name_prefix: Some(prefix.to_owned()), ..ClientQuery::default() };
        for size in [1, 3, 200] {
            let team = world.team();
            let found =
                every_page(size, |page| async move { ports.catalog.clients(team, query, &page).await });
            let found: Vec<_> = found.await.iter().map(|it| it.party().name().to_owned()).collect();
            assert_eq!(found, expected, "clients beginning with {prefix:?} in pages of {size}");
        }
    }
}

/// Archived clients, the others, or all.
pub async fn clients_are_filtered_by_being_archived(ports: &BillingPorts) {
    let world = World::new(ports);
    let open = world.insert(world.client("Open")).await;
    let mut archived = world.insert(world.client("Archived")).await;
    archived.archived_at = Some(world.now());
    let archived = world.update(archived).await;
    for (asked, expected) in [
        (Some(true), vec![archived.clone()]),
        (Some(false), vec![open.clone()]),
        (None, vec![archived, open]),
    ] {
        let query = ClientQuery { archived: asked, ..ClientQuery::default() };
        let found = rows(ports.catalog.clients(world.team(), &query, &all()).await);
        assert_eq!(found, expected, "clients archived: {asked:?}");
    }
}

/// Clients with a metadata pair; filters combine.
pub async fn clients_are_filtered_by_metadata(ports: &BillingPorts) {
    let world = World::new(ports);
    let client = |name: &str, shop: &str| {
        let mut data = ClientData::new(world.party(name));
        data.metadata = Metadata::new().with("shop", shop).with("other", "north");
        world.client_of(data)
    };
    let first = world.insert(client("Alpha", "north")).await;
    world.insert(client("Beta", "south")).await;
    let third = world.insert(client("Gamma", "north")).await;
    let query = |key: &str, value: &str, prefix: Option<&str>| ClientQuery {
        metadata: Some((key.to_owned(), value.to_owned())),
        name_prefix: prefix.map(str::to_owned),
        archived: None,
    };
    for (query, expected) in [
        (query("shop", "north", None), vec![third.clone(), first.clone()]),
        (query("shop", "north", Some("a")), vec![first]),
        (query("shop", "nor", None), Vec::new()),
        (query("sho", "north", None), Vec::new()),
    ] {
        let found = rows(ports.catalog.clients(world.team(), &query, &all()).await);
        assert_eq!(found, expected, "{query:?}");
    }
}

/// A name's beginning finds items whatever its case, sorted by name.
pub async fn items_are_filtered_by_the_beginning_of_their_name(ports: &BillingPorts) {
    let world = World::new(ports);
    for name in ["Lantern", "lamp B", "LAMP A", "Floor lamp"] {
        world.insert(world.item(name)).await;
    }
    for (prefix, expected) in
        [("lamp", &["LAMP A", "lamp B"][..]), ("LA", &["LAMP A", "lamp B", "Lantern"][..])]
    {
        let query = &ItemQuery { name_prefix: Some(prefix.to_owned()), ..ItemQuery::default() };
        for size in [1, 200] {
            let team = world.team();
            let found = every_page(size, |page| async move { ports.catalog.items(team, query, &page).await });
            let found: Vec<_> = found.await.iter().map(|it| it.name().to_owned()).collect();
            assert_eq!(found, expected, "items beginning with {prefix:?} in pages of {size}");
        }
    }
}

/// Archived items, the others, or all.
pub async fn items_are_filtered_by_being_archived(ports: &BillingPorts) {
    let world = World::new(ports);
    let open = world.insert(world.item("Lamp")).await;
    let mut archived = world.insert(world.item("Candle")).await;
    archived.archived_at = Some(world.now());
    let archived = world.update(archived).await;
    for (asked, expected) in [
        (Some(true), vec![archived.clone()]),
        (Some(false), vec![open.clone()]),
        (None, vec![archived, open]),
    ] {
        let query = ItemQuery { archived: asked, ..ItemQuery::default() };
        let found = rows(ports.catalog.items(world.team(), &query, &all()).await);
        assert_eq!(found, expected, "items archived: {asked:?}");
    }
}

/// Credit notes of two clients and invoices, issued and not.
async fn credit_notes(desk: &Desk<'_>) -> (Vec<Invoice>, Vec<CreditNote>, Client) {
    let other = desk.insert(desk.client("Gasthaus Ubl")).await;
    let date = day("2026-03-02");
    let first = desk.issue("10", date).await;
    let change = desk.change().issue(desk.draft(&other, "10"), &desk.invoices, &other, date);
    let second: Invoice = only(desk.commit(change).await);
    let part = |invoice: &Invoice| desk.credit_note(invoice, CreditScope::Amount(euros("1")));
    let drafts = [part(&first), part(&second)];
    let change = drafts.iter().fold(desk.change(), |change, note| change.insert(note.clone()));
    desk.commit(change).await;
    let change = desk.change().issue(part(&first), &desk.credit_notes, &desk.client, date);
    let issued: CreditNote = only(desk.commit(change).await);
    let [draft, other_draft] = drafts;
    (vec![first, second], vec![draft, other_draft, issued], other)
}

async fn credit_notes_of(world: &World<'_>, query: CreditNoteQuery) -> Vec<CreditNote> {
    rows(world.ports.documents.credit_notes(world.team(), &query, &all()).await)
}

/// Credit notes against an invoice.
pub async fn credit_notes_are_filtered_by_invoice(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (invoices, notes, _) = credit_notes(&desk).await;
    for invoice in &invoices {
        let query = CreditNoteQuery { invoice: Some(invoice.id()), ..CreditNoteQuery::default() };
        let expected: Vec<_> =
            notes.iter().rev().filter(|it| it.invoice() == invoice.id()).cloned().collect();
        assert_eq!(credit_notes_of(&desk, query).await, expected, "credit notes of an invoice");
    }
}

/// Credit notes of a client; filters combine.
pub async fn credit_notes_are_filtered_by_client(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (_, notes, other) = credit_notes(&desk).await;
    for client in [desk.client.id(), other.id()] {
        let query = CreditNoteQuery { client: Some(client), ..CreditNoteQuery::default() };
        let expected: Vec<_> = notes.iter().rev().filter(|it| it.client() == client).cloned().collect();
        assert_eq!(credit_notes_of(&desk, query).await, expected, "credit notes of a client");
        let query = CreditNoteQuery { issued: Some(false), ..query };
        let drafts: Vec<_> = expected.into_iter().filter(|it| it.issued().is_none()).collect();
        assert_eq!(credit_notes_of(&desk, query).await, drafts, "a client's drafts");
    }
}

/// Issued credit notes, drafts, or both.
pub async fn credit_notes_are_filtered_by_being_issued(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (_, notes, _) = credit_notes(&desk).await;
    for issued in [true, false] {
        let query = CreditNoteQuery { issued: Some(issued), ..CreditNoteQuery::default() };
        let wanted = notes.iter().rev().filter(|it| it.issued().is_some() == issued);
        let expected: Vec<_> = wanted.cloned().collect();
        assert_eq!(credit_notes_of(&desk, query).await, expected, "credit notes issued: {issued}");
    }
}

/// Quotes and pro-formas of two clients in every status.
async fn quotes(desk: &Desk<'_>) -> (Vec<Quote>, Client) {
    let other = desk.insert(desk.client("Gasthaus Ubl")).await;
    let date = day("2026-03-02");
    let mut change = desk.change();
    for place in 0..16 {
        let client = if place % 3 == 0 { &other } else { &desk.client };
        let mut offer = QuoteData::new(desk.content(client, "10"));
        let pro_forma = place % 4 == 3;
        offer.kind = if pro_forma { QuoteKind::ProForma } else { QuoteKind::Quote };
        offer.valid_until =
            [None, Some(day("2026-03-31")), Some(day("2026-04-30"))].get(place % 3).copied().flatten();
        let draft = desk.quote_of(offer);
        if place % 8 == 0 {
            change = change.insert(draft);
            continue;
        }
        let Record::Quote(mut quote) = desk.frozen(draft, client, date) else { continue };
        match place % 8 {
            2 => sound(quote.send(desk.now())),
            3 => sound(quote.answer(true, date)),
            4 => sound(quote.answer(false, date)),
            5 => assert!(!quote.expire(date), "it has not ended yet"),
            6 => sound(quote.convert(crate::InvoiceId::from_uuid(desk.uuid()), date)),
            7 => {
                quote.expire(day("2027-01-01"));
            }
            _ => {}
        }
        change = change.issue_frozen(*quote, if pro_forma { &desk.pro_formas } else { &desk.quotes }, date);
    }
    let receipt = desk.commit(change).await;
    let quotes = receipt.records.into_iter().rev().filter_map(|it| Quote::try_from(it).ok());
    (quotes.collect(), other)
}

async fn quotes_are(desk: &Desk<'_>, made: &[Quote], query: QuoteQuery, wanted: impl Fn(&Quote) -> bool) {
    let expected: Vec<_> = made.iter().filter(|quote| wanted(quote)).map(Quote::id).collect();
    let found = rows(desk.ports.documents.quotes(desk.team(), &query, &all()).await);
    assert_eq!(found.iter().map(Quote::id).collect::<Vec<_>>(), expected, "{query:?}");
}

/// Quotes, or pro-forma invoices.
pub async fn quotes_are_filtered_by_kind(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (made, _) = quotes(&desk).await;
    for kind in [QuoteKind::Quote, QuoteKind::ProForma] {
        let query = QuoteQuery { kind: Some(kind), ..QuoteQuery::default() };
        quotes_are(&desk, &made, query, |quote| quote.kind() == kind).await;
    }
}

/// Quotes of a status.
pub async fn quotes_are_filtered_by_status(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (made, _) = quotes(&desk).await;
    for status in QuoteStatus::ALL {
        assert!(made.iter().any(|quote| quote.status() == status), "there is one that is {status:?}");
        let query = QuoteQuery { status: Some(status), ..QuoteQuery::default() };
        quotes_are(&desk, &made, query, |quote| quote.status() == status).await;
    }
}

/// Quotes of a client; filters combine.
pub async fn quotes_are_filtered_by_client(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (made, other) = quotes(&desk).await;
    for client in [desk.client.id(), other.id()] {
        let query = QuoteQuery { client: Some(client), ..QuoteQuery::default() };
        quotes_are(&desk, &made, query, |quote| quote.content().client() == client).await;
        let query = QuoteQuery { kind: Some(QuoteKind::ProForma), ..query };
        let wanted =
            |quote: &Quote| quote.content().client() == client && quote.kind() == QuoteKind::ProForma;
        quotes_are(&desk, &made, query, wanted).await;
    }
}

/// Open quotes whose last day is over.
pub async fn quotes_are_filtered_by_what_has_expired(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (made, _) = quotes(&desk).await;
    for date in ["2026-03-31", "2026-04-01", "2026-05-01"].map(day) {
        let query = QuoteQuery { expired_as_of: Some(date), ..QuoteQuery::default() };
        quotes_are(&desk, &made, query, |quote| quote.is_expired(date)).await;
    }
    assert!(made.iter().any(|quote| quote.is_expired(day("2026-04-01"))), "some have expired then");
}

/// Payments of two clients: untouched, allocated in part and in full, given back, reversed.
async fn payments(desk: &Desk<'_>) -> (Vec<Payment>, Client, Invoice) {
    let other = desk.insert(desk.client("Gasthaus Ubl")).await;
    let first = desk.issue("100", day("2026-03-02")).await;
    let second = desk.issue("100", day("2026-03-02")).await;
    let mut change = desk.change();
    for place in 0..8 {
        let client = if place == 7 { &other } else { &desk.client };
        let mut payment = desk.payment(client, "50");
        let to = |invoice: &Invoice, amount| Allocation::new(invoice.id(), euros(amount));
        let day = day("2026-03-05");
        match place {
            1 => sound(payment.allocate(to(&first, "20"))),
            2 => sound(payment.allocate(to(&first, "50"))),
            3 => {
                sound(payment.allocate(to(&second, "30")));
                sound(payment.allocate(to(&first, "20")));
            }
            4 => {
                let back = Refund { amount: euros("50"), date: day, reason: None, by: None };
                sound(payment.refund(back));
            }
            5 => sound(payment.reverse(Reversal { date: day, reason: None })),
            6 => sound(payment.allocate(to(&second, "50"))),
            _ => {}
        }
        change = change.insert(payment);
    }
    let receipt = desk.commit(change).await;
    let made = receipt.records.into_iter().rev().filter_map(|it| Payment::try_from(it).ok());
    (made.collect(), other, first)
}

async fn payments_are(
    desk: &Desk<'_>,
    made: &[Payment],
    query: PaymentQuery,
    wanted: impl Fn(&Payment) -> bool,
) {
    let expected: Vec<_> = made.iter().filter(|payment| wanted(payment)).cloned().collect();
    let found = rows(desk.ports.payments.payments(desk.team(), &query, &all()).await);
    assert_eq!(found, expected, "{query:?}");
}

/// Payments of a client; filters combine.
pub async fn payments_are_filtered_by_client(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (made, other, invoice) = payments(&desk).await;
    for client in [desk.client.id(), other.id()] {
        let query = PaymentQuery { client: Some(client), ..PaymentQuery::default() };
        payments_are(&desk, &made, query, |payment| payment.client() == client).await;
    }
    let query = PaymentQuery { client: Some(other.id()), invoice: Some(invoice.id()), unallocated: None };
    payments_are(&desk, &made, query, |_| false).await;
}

/// Payments that settle an invoice.
pub async fn payments_are_filtered_by_invoice(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (made, _, invoice) = payments(&desk).await;
    let settles = |payment: &Payment| payment.allocations().iter().any(|it| it.invoice() == invoice.id());
    let query = PaymentQuery { invoice: Some(invoice.id()), ..PaymentQuery::default() };
    payments_are(&desk, &made, query, settles).await;
    let query = PaymentQuery { unallocated: Some(true), ..query };
    payments_are(&desk, &made, query, |it| settles(it) && it.unallocated().is_positive()).await;
}

/// Payments with something left, or without.
pub async fn payments_are_filtered_by_what_is_left(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let (made, ..) = payments(&desk).await;
    for left in [true, false] {
        let query = PaymentQuery { unallocated: Some(left), ..PaymentQuery::default() };
        payments_are(&desk, &made, query, |payment| payment.unallocated().is_positive() == left).await;
    }
}
