//! The application: a shop with orders.

use std::error::Error;
use std::sync::Arc;

use invoice_core::line::Line;
use invoice_core::ports::{InvoiceQuery, Invoices as _};
use invoice_core::service::{Billing, Call};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::{ClientId, Content, Currency, Invoice, InvoiceData};
use invoice_store_postgres::PostgresStore;
use invoice_store_postgres::sqlx::{self, PgPool, Postgres, Transaction};
use uuid::Uuid;

use crate::joined::Joined;

/// The schema of billing; the shop's own is `shop_example`.
pub(crate) const INVOICING: &str = "shop_example_invoicing";

pub(crate) async fn create_orders(pool: &PgPool) -> Result<(), Box<dyn Error>> {
    let text = "
        CREATE SCHEMA shop_example;
        CREATE TABLE shop_example.orders (
            id bigint PRIMARY KEY,
            client uuid NOT NULL,
            what text NOT NULL,
            price numeric(12, 2) NOT NULL,
            invoice uuid UNIQUE
        )";
    sqlx::raw_sql(text).execute(pool).await?;
    Ok(())
}

pub(crate) async fn drop_all(pool: &PgPool) -> Result<(), Box<dyn Error>> {
    let text = "
        DROP SCHEMA IF EXISTS shop_example_invoicing CASCADE;
        DROP SCHEMA IF EXISTS shop_example CASCADE";
    sqlx::raw_sql(text).execute(pool).await?;
    Ok(())
}

pub(crate) struct Shop {
    pub(crate) pool: PgPool,
    pub(crate) store: PostgresStore,
    pub(crate) call: Call,
}

impl Shop {
    pub(crate) async fn order(
        &self,
        id: i64,
        client: ClientId,
        what: &str,
        price: &str,
    ) -> Result<(), Box<dyn Error>> {
        sqlx::query("INSERT INTO shop_example.orders VALUES ($1, $2, $3, $4::numeric)")
            .bind(id)
            .bind(client.as_uuid())
            .bind(what)
            .bind(price)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Issues the invoice of an order and notes it there, in one transaction, which the caller commits.
    pub(crate) async fn bill(
        &self,
        id: i64,
    ) -> Result<(Invoice, Transaction<'static, Postgres>), Box<dyn Error>> {
        let mut transaction = self.pool.begin().await?;
        let select = "SELECT client, what, price::text FROM shop_example.orders \
                      WHERE id = $1 AND invoice IS NULL FOR UPDATE";
        let order: Option<(Uuid, String, String)> =
            sqlx::query_as(select).bind(id).fetch_optional(&mut *transaction).await?;
        let (client, what, price) = order.ok_or_else(|| format!("order {id} is billed, or there is none"))?;

        let line = Line::new("1", what, "1".parse()?, price.parse()?)?
            .with_tax(Tax::vat(TaxCategory::Standard, "20".parse()?));
        let content = Content::new(ClientId::from_uuid(client), Currency::EUR).with_line(line);

        // From here to the end of the transaction nobody else takes a number of this series: let it be soon.
        let joined = Joined::new(self.store.clone(), transaction);
        let billing = Billing::new(joined.ports(), Arc::new(SystemClock), Arc::new(RandomIds::new()));
        let invoice = billing.create_and_issue_invoice(&self.call, InvoiceData::new(content)).await?;
        drop(billing);

        let mut transaction = joined.leave().ok_or("a use case is still running")?;
        sqlx::query("UPDATE shop_example.orders SET invoice = $2 WHERE id = $1")
            .bind(id)
            .bind(invoice.id().as_uuid())
            .execute(&mut *transaction)
            .await?;
        Ok((invoice, transaction))
    }

    pub(crate) async fn show(&self) -> Result<(), Box<dyn Error>> {
        let select = "SELECT id, what, invoice FROM shop_example.orders ORDER BY id";
        let orders: Vec<(i64, String, Option<Uuid>)> = sqlx::query_as(select).fetch_all(&self.pool).await?;
        for (id, what, invoice) in orders {
            let billed = if invoice.is_some() { "billed" } else { "open" };
            println!("   order {id}: {what:<14} {billed}");
        }
        Ok(())
    }

    /// Fails unless so many orders are billed and so many invoices are stored.
    pub(crate) async fn expect(&self, billed: i64, invoices: u64) -> Result<(), Box<dyn Error>> {
        let count = "SELECT count(invoice) FROM shop_example.orders";
        let found: i64 = sqlx::query_scalar(count).fetch_one(&self.pool).await?;
        let team = self.call.actor().team();
        let stored = self.store.count_invoices(team, &InvoiceQuery::new()).await?;
        if (found, stored) == (billed, invoices) {
            Ok(())
        } else {
            Err(format!("{found} orders are billed, {stored} invoices are stored").into())
        }
    }
}
