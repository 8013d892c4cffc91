//! Texts that mean something to MongoDB.

use std::sync::Arc;

use invoice_core::change::{ChangeSet, IdempotencyKey};
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{
    BillingPorts, ClientQuery, CommitsExt as _, CreditNoteQuery, Cursor, InvoiceQuery, InvoiceSort,
    ItemQuery, PageRequest, PaymentQuery, QuoteQuery,
};
use invoice_core::testing::{day, euros, run};
use invoice_core::{ClientData, DocumentType, InvoiceData, Metadata, PaymentData};

use super::alone;
use super::desk::Desk;

const HOSTILE: [&str; 17] = [
    "$gt",
    "$where",
    "$",
    "a.b",
    ".",
    "__proto__",
    "constructor",
    "{\"$ne\": null}",
    "^.*",
    "$regex",
    "\u{10ffff}",
    "\u{feff}x",
    "ß",
    "İ",
    "a\u{301}",
    "kind",
    "_id",
];

#[test]
fn hostile_texts_are_data_as_in_memory() {
    let _alone = alone();
    run(async {
        let desk = Desk::open().await;
        let make = desk.make.another_team();
        let memory = BillingPorts::from_store(&Arc::new(MemoryBilling::new()));
        let mongo = BillingPorts::from_store(&Arc::new(desk.one.clone()));
        let both = async |change: ChangeSet| {
            let (a, b) =
                (memory.commits.commit(change.clone()).await, mongo.commits.commit(change.clone()).await);
            assert_eq!(format!("{a:?}"), format!("{b:?}"));
        };
        let series = make.series(DocumentType::Invoice);
        both(make.change().insert(series.clone()).build()).await;
        for (i, text) in HOSTILE.iter().enumerate() {
            let mut data = ClientData::new(make.party(text));
            data.metadata = HOSTILE.iter().map(|key| (*key, *text)).collect::<Metadata>();
            let client = make.client_of(data);
            let mut content = InvoiceData::new(make.content(&client, "1"));
            content.metadata = Metadata::new().with(*text, HOSTILE[(i + 1) % HOSTILE.len()]);
            let draft = make.invoice(content);
            let change = make.change().insert(client.clone()).insert(make.item(text));
            let change = if IdempotencyKey::new(*text).is_ok() { change.idempotent(text, 1) } else { change };
            both(change.build()).await;
            both(make.change().import(draft, text, &client, day("2026-03-02")).build()).await;
            let mut payment = PaymentData::new(client.id(), euros("1"), day("2026-03-02"));
            payment.external_reference = Some((*text).to_owned());
            both(make.change().insert(make.payment_of(payment)).build()).await;
            both(make.change().insert(make.series_named(DocumentType::Quote, text, "Q-{seq}")).build()).await;
        }
        let (team, page) = (make.team(), PageRequest::first(50).unwrap());
        for text in HOSTILE {
            let some = || Some(text.to_owned());
            let pair = Some((text.to_owned(), "$where".to_owned()));
            for (a, b) in [(&memory, &mongo)] {
                let query = |number_prefix, customer_prefix, metadata, sort| {
                    let mut query = InvoiceQuery::new();
                    (query.number_prefix, query.customer_prefix, query.metadata, query.sort) =
                        (number_prefix, customer_prefix, metadata, sort);
                    query
                };
                for query in [
                    query(some(), None, None, InvoiceSort::Number),
                    query(some(), None, None, InvoiceSort::Created),
                    query(None, some(), None, InvoiceSort::Created),
                    query(None, None, pair.clone(), InvoiceSort::Created),
                ] {
                    let (a, b) = (
                        a.invoices.invoices(team, &query, &page).await,
                        b.invoices.invoices(team, &query, &page).await,
                    );
                    assert_eq!(format!("{a:?}"), format!("{b:?}"), "{query:?}");
                }
                for query in [
                    ClientQuery { name_prefix: some(), ..ClientQuery::default() },
                    ClientQuery { metadata: pair.clone(), ..ClientQuery::default() },
                ] {
                    let (a, b) = (
                        a.catalog.clients(team, &query, &page).await,
                        b.catalog.clients(team, &query, &page).await,
                    );
                    assert_eq!(format!("{a:?}"), format!("{b:?}"), "{query:?}");
                }
                let query = ItemQuery { name_prefix: some(), ..ItemQuery::default() };
                let (x, y) =
                    (a.catalog.items(team, &query, &page).await, b.catalog.items(team, &query, &page).await);
                assert_eq!(format!("{x:?}"), format!("{y:?}"), "{query:?}");
                let (x, y) = (
                    a.payments.payment_by_reference(team, text).await,
                    b.payments.payment_by_reference(team, text).await,
                );
                assert!(matches!(x, Ok(Some(_))));
                assert_eq!(format!("{x:?}"), format!("{y:?}"));
                let (x, y) = (
                    a.invoices.invoice_by_number(team, text).await,
                    b.invoices.invoice_by_number(team, text).await,
                );
                assert!(matches!(x, Ok(Some(_))));
                assert_eq!(format!("{x:?}"), format!("{y:?}"));
                let Ok(key) = IdempotencyKey::new(text) else { continue };
                let (x, y) =
                    (a.commits.idempotency(team, &key).await, b.commits.idempotency(team, &key).await);
                assert!(matches!(x, Ok(Some(_))));
                assert_eq!(format!("{x:?}"), format!("{y:?}"));
            }
        }
        // Cursors that nobody gave out, and those of other lists.
        let short = PageRequest::first(1).unwrap();
        let of_invoices =
            mongo.invoices.invoices(team, &InvoiceQuery::new(), &short).await.unwrap().next.unwrap();
        let mut cursors: Vec<Cursor> = HOSTILE.iter().filter_map(|text| Cursor::new(*text).ok()).collect();
        cursors.push(of_invoices.clone());
        for length in 1..of_invoices.as_str().len() {
            cursors.extend(of_invoices.as_str().get(..length).and_then(|text| Cursor::new(text).ok()));
        }
        for cursor in cursors {
            let page = PageRequest::first(1).unwrap().after(cursor);
            let mut sorted = InvoiceQuery::new();
            sorted.sort = InvoiceSort::Number;
            let clients = ClientQuery { name_prefix: Some("$".to_owned()), ..ClientQuery::default() };
            for (a, b) in [(&memory, &mongo)] {
                let told = [
                    (
                        format!("{:?}", a.invoices.invoices(team, &InvoiceQuery::new(), &page).await),
                        format!("{:?}", b.invoices.invoices(team, &InvoiceQuery::new(), &page).await),
                    ),
                    (
                        format!("{:?}", a.invoices.invoices(team, &sorted, &page).await),
                        format!("{:?}", b.invoices.invoices(team, &sorted, &page).await),
                    ),
                    (
                        format!("{:?}", a.catalog.clients(team, &clients, &page).await),
                        format!("{:?}", b.catalog.clients(team, &clients, &page).await),
                    ),
                    (
                        format!("{:?}", a.payments.payments(team, &PaymentQuery::default(), &page).await),
                        format!("{:?}", b.payments.payments(team, &PaymentQuery::default(), &page).await),
                    ),
                    (
                        format!("{:?}", a.documents.quotes(team, &QuoteQuery::default(), &page).await),
                        format!("{:?}", b.documents.quotes(team, &QuoteQuery::default(), &page).await),
                    ),
                    (
                        format!(
                            "{:?}",
                            a.documents.credit_notes(team, &CreditNoteQuery::default(), &page).await
                        ),
                        format!(
                            "{:?}",
                            b.documents.credit_notes(team, &CreditNoteQuery::default(), &page).await
                        ),
                    ),
                ];
                for (in_memory, here) in told {
                    assert_eq!(in_memory, here, "{page:?}");
                    assert!(!here.contains("Backend"), "{here}");
                }
            }
        }
    });
}
