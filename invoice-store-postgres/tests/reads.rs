//! What is of PostgreSQL alone in reading.

mod support;

use invoice_core::ports::{
    Documents as _, InvoiceQuery, InvoiceSort, Invoices as _, PageRequest, Payments as _,
};
use invoice_core::testing::{BillingFixtures, run};
use invoice_store_postgres::sqlx::{self, Connection as _, PgConnection};

use support::a_store;

#[test]
fn a_text_that_can_not_be_stored_is_found_nowhere() {
    run(async {
        let store = a_store().await;
        let team = BillingFixtures::new().team();
        assert_eq!(store.invoice_by_number(team, "INV\0").await.unwrap(), None);
        assert_eq!(store.credit_note_by_number(team, "\0").await.unwrap(), None);
        assert_eq!(store.quote_by_number(team, "\0").await.unwrap(), None);
        assert_eq!(store.payment_by_reference(team, "ref\0").await.unwrap(), None);
        let query = InvoiceQuery {
            sort: InvoiceSort::Number,
            number_prefix: Some("INV\0".to_owned()),
            ..InvoiceQuery::new()
        };
        let page = store.invoices(team, &query, &PageRequest::first(5).unwrap()).await.unwrap();
        assert_eq!(page.items, []);
        assert_eq!(store.count_invoices(team, &query).await.unwrap(), 0);
    });
}

#[test]
fn reading_outlives_the_connections_it_was_given() {
    run(async {
        let store = a_store().await;
        let team = BillingFixtures::new().team();
        let page = PageRequest::first(5).unwrap();
        for _ in 0..2 {
            store.invoices(team, &InvoiceQuery::new(), &page).await.unwrap();
            let mut other = PgConnection::connect(&support::url()).await.unwrap();
            let ended = sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()",
            );
            let ended = ended.bind(store.schema()).fetch_all(&mut other).await.unwrap();
            assert!(!ended.is_empty(), "the store had a connection");
        }
        let page = store.invoices(team, &InvoiceQuery::new(), &page).await.unwrap();
        assert_eq!(page.items, []);
    });
}
