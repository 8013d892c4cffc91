//! Reads of invoices.

use async_trait::async_trait;
use invoice_core::adapter::Order;
use invoice_core::ports::{
    InvoiceQuery, InvoiceSummary, Invoices, Page, PageRequest, StoreError, TradingContext,
};
use invoice_core::{ClientId, DocumentType, Invoice, InvoiceId, InvoiceKind, PaymentState, Status, TeamId};
use invoice_store_common::lists::{self, Dialect};
use rusqlite::Row;

use super::catalog;
use super::lists::rows;
use super::versions::one;
use crate::SqliteStore;
use crate::error::Stored as _;
use crate::readers::snapshot;
use crate::values::{self, Day};

pub(super) const BY_ID: &str = "
    SELECT v.data FROM documents d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.kind = 'invoice' AND d.id = ?2";

pub(super) const BY_NUMBER: &str = "
    SELECT v.data FROM documents d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND +d.kind = 'invoice' AND d.number = ?2";

#[async_trait]
impl Invoices for SqliteStore {
    async fn invoice(&self, team: TeamId, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
        self.look_up(move |it| one(it, BY_ID, (team.as_uuid(), id.as_uuid()))).await
    }

    async fn invoice_by_number(&self, team: TeamId, number: &str) -> Result<Option<Invoice>, StoreError> {
        let number = number.to_owned();
        self.look_up(move |it| one(it, BY_NUMBER, (team.as_uuid(), number))).await
    }

    async fn invoice_with_context(
        &self,
        team: TeamId,
        id: InvoiceId,
    ) -> Result<Option<(Invoice, TradingContext)>, StoreError> {
        self.look_up(move |connection| {
            snapshot(connection, |it| {
                let found: Option<Invoice> = one(it, BY_ID, (team.as_uuid(), id.as_uuid()))?;
                let Some(invoice) = found else { return Ok(None) };
                let (client, series) = (invoice.content().client(), invoice.content().series());
                let context = catalog::context(it, team, client, DocumentType::Invoice, series)?;
                Ok(Some((invoice, context)))
            })
        })
        .await
    }

    async fn invoices(
        &self,
        team: TeamId,
        query: &InvoiceQuery,
        page: &PageRequest,
    ) -> Result<Page<InvoiceSummary>, StoreError> {
        let statement = lists::invoices(Dialect::Sqlite, team, query, page)?;
        let (order, sort, page) = (Order::of_invoices(query), query.sort, page.clone());
        self.scan(move |it| {
            let rows = rows(it, &statement, summary)?;
            let position = |(row, customer): &(InvoiceSummary, String)| {
                lists::invoice_position(sort, row, customer).map_or_else(
                    || Err(invoice_core::adapter::foreign_cursor()),
                    |position| order.cursor(&position),
                )
            };
            let Page { items, next } = Page::from_overfull(rows, &page, position)?;
            Ok(Page { items: items.into_iter().map(|(row, _)| row).collect(), next })
        })
        .await
    }

    async fn count_invoices(&self, team: TeamId, query: &InvoiceQuery) -> Result<u64, StoreError> {
        let statement = lists::count_invoices(Dialect::Sqlite, team, query)?;
        let counts = self.scan(move |it| rows(it, &statement, |row| row.get::<_, i64>(0).stored())).await?;
        Ok(counts.first().map_or(0, |count| count.unsigned_abs()))
    }
}

/// A row of the list's columns, and what it is sorted by among customers.
fn summary(row: &Row<'_>) -> Result<(InvoiceSummary, String), StoreError> {
    let currency = values::parsed(row, 10).stored()?;
    let amount = |index| values::money(row.get(index).stored()?, currency);
    let (payable, due) = (amount(11)?, amount(12)?);
    let read = || -> rusqlite::Result<_> {
        let day = |index| row.get::<_, Option<Day>>(index).map(|day| day.map(|day| day.0));
        let summary = InvoiceSummary {
            id: InvoiceId::from_uuid(row.get(0)?),
            version: values::version(row, 1)?,
            kind: values::named(&InvoiceKind::ALL, InvoiceKind::as_str, row, 2)?,
            status: values::named(&Status::ALL, Status::as_str, row, 3)?,
            payment_state: values::named(&PaymentState::ALL, PaymentState::as_str, row, 4)?,
            number: row.get(5)?,
            client: ClientId::from_uuid(row.get(6)?),
            customer_name: row.get(7)?,
            issue_date: day(8)?,
            due_date: day(9)?,
            payable,
            due,
            created_at: values::instant(row, 13)?,
            updated_at: values::instant(row, 14)?,
        };
        Ok((summary, row.get(15)?))
    };
    read().stored()
}
