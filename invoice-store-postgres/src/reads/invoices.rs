use async_trait::async_trait;
use invoice_core::adapter::Order;
use invoice_core::ports::{
    InvoiceQuery, InvoiceSummary, Invoices, Page, PageRequest, StoreError, TradingContext,
};
use invoice_core::{ClientId, Currency, Invoice, InvoiceId, Series, TeamId, Version};
use invoice_store_common::lists::{self, Value, invoice_position};
use sqlx::postgres::PgRow;

use super::gather::Of;
use super::row::{column, count, money, named, optional, record, timestamp};
use super::{data, document};
use crate::PostgresStore;
use crate::error::unreadable;

const BY_NUMBER: &str = document!("invoice", "number");

/// The invoice, and all that stands beside it. The series asked for is in the content alone; without one it
/// is the default.
const WITH_CONTEXT: &str = concat!(
    "SELECT d.data, \
        (SELECT ",
    data!("c"),
    " FROM {s}.clients c WHERE c.team = d.team AND c.id = d.client), \
        (SELECT ",
    data!("p"),
    " FROM {s}.suppliers p WHERE p.team = d.team), \
        CASE WHEN asked.series IS NOT NULL THEN (SELECT ",
    data!("r"),
    " FROM {s}.series r WHERE r.team = d.team AND r.id = asked.series) \
        ELSE (SELECT ",
    data!("r"),
    " FROM {s}.series r WHERE r.team = d.team AND r.document_type = 'invoice' AND r.name_in_use = $3) END \
     FROM (SELECT d.team, d.client, ",
    data!("d"),
    " AS data FROM {s}.documents d WHERE d.team = $1 AND d.kind = (SELECT 'invoice') AND d.id = $2 OFFSET 0) d \
     CROSS JOIN LATERAL (SELECT substr(d.data #>> '{content,series}', 5)::uuid AS series OFFSET 0) asked"
);

#[async_trait]
impl Invoices for PostgresStore {
    async fn invoice(&self, team: TeamId, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
        let row = self.gathered(Of::Invoices, team, id.as_uuid()).await?;
        row.map(|row| record(&row, 0)).transpose()
    }

    async fn invoice_by_number(&self, team: TeamId, number: &str) -> Result<Option<Invoice>, StoreError> {
        self.one(BY_NUMBER, &[Value::Uuid(team.as_uuid()), Value::Text(number.to_owned())]).await
    }

    async fn invoice_with_context(
        &self,
        team: TeamId,
        id: InvoiceId,
    ) -> Result<Option<(Invoice, TradingContext)>, StoreError> {
        let default = Value::Text(Series::DEFAULT_NAME.to_owned());
        let values = [Value::Uuid(team.as_uuid()), Value::Uuid(id.as_uuid()), default];
        let Some(row) = self.row(WITH_CONTEXT, &values).await? else { return Ok(None) };
        let context = TradingContext {
            client: optional(&row, 1)?,
            supplier: optional(&row, 2)?,
            series: optional(&row, 3)?,
        };
        Ok(Some((record(&row, 0)?, context)))
    }

    async fn invoices(
        &self,
        team: TeamId,
        query: &InvoiceQuery,
        page: &PageRequest,
    ) -> Result<Page<InvoiceSummary>, StoreError> {
        let rows = self.list(lists::invoices(self.dialect(), team, query, page)?).await?;
        let page = Page::from_overfull(rows, page, |row| {
            let position = invoice_position(query.sort, &summary(row)?, column(row, 15)?);
            let position = position.ok_or_else(|| unreadable("invoice", "not in its list"))?;
            Order::of_invoices(query).cursor(&position)
        })?;
        Ok(Page { items: page.items.iter().map(summary).collect::<Result<_, _>>()?, next: page.next })
    }

    async fn count_invoices(&self, team: TeamId, query: &InvoiceQuery) -> Result<u64, StoreError> {
        let rows = self.list(lists::count_invoices(self.dialect(), team, query)?).await?;
        rows.first().map_or(Ok(0), |row| count(row, 0, "count"))
    }
}

/// A row with the columns of a list, in their order.
fn summary(row: &PgRow) -> Result<InvoiceSummary, StoreError> {
    let currency: Currency = named(row, 10, "currency")?;
    Ok(InvoiceSummary {
        id: InvoiceId::from_uuid(column(row, 0)?),
        version: Version::new(count(row, 1, "version")?),
        kind: named(row, 2, "kind")?,
        status: named(row, 3, "status")?,
        payment_state: named(row, 4, "payment state")?,
        number: column(row, 5)?,
        client: ClientId::from_uuid(column(row, 6)?),
        customer_name: column(row, 7)?,
        issue_date: column(row, 8)?,
        due_date: column(row, 9)?,
        payable: money(row, 11, currency)?,
        due: money(row, 12, currency)?,
        created_at: timestamp(row, 13)?,
        updated_at: timestamp(row, 14)?,
    })
}
