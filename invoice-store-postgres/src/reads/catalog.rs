use async_trait::async_trait;
use invoice_core::adapter::{Key, Order};
use invoice_core::ports::{
    Catalog, ClientQuery, InvoiceQuery, ItemQuery, Page, PageRequest, StoreError, TradingContext,
};
use invoice_core::{Client, ClientId, DocumentType, Item, ItemId, Series, SeriesId, SupplierProfile, TeamId};
use invoice_store_common::lists::{self, Value};

use super::gather::Of;
use super::row::{optional, record};
use super::{context, data_of};
use crate::PostgresStore;

const ITEM: &str = data_of!("items", "d.id = $2");
const SUPPLIER: &str = data_of!("suppliers", "true");
const SERIES: &str = data_of!("series", "d.id = $2");
const ALL_SERIES: &str = data_of!("series", "true ORDER BY d.created_at, d.id");

const WITH_SERIES: &str = concat!("SELECT ", context!("$1", "$2", "r.id = $3"));
const WITH_DEFAULT_SERIES: &str =
    concat!("SELECT ", context!("$1", "$2", "r.document_type = $3 AND r.name_in_use = $4"));

#[async_trait]
impl Catalog for PostgresStore {
    async fn client(&self, team: TeamId, id: ClientId) -> Result<Option<Client>, StoreError> {
        let row = self.gathered(Of::Clients, team, id.as_uuid()).await?;
        row.map(|row| record(&row, 0)).transpose()
    }

    async fn clients(
        &self,
        team: TeamId,
        query: &ClientQuery,
        page: &PageRequest,
    ) -> Result<Page<Client>, StoreError> {
        let statement = lists::clients(self.dialect(), team, query, page)?;
        let by_name = query.name_prefix.is_some();
        self.page(statement, page, |client: &Client| {
            let (order, key) = if by_name {
                (Order::CLIENTS_BY_NAME, Key::text(&InvoiceQuery::customer_key(client.party().name())))
            } else {
                (Order::CLIENTS, Key::instant(client.created_at()))
            };
            order.cursor(&(key, client.id().as_uuid()))
        })
        .await
    }

    async fn item(&self, team: TeamId, id: ItemId) -> Result<Option<Item>, StoreError> {
        self.one(ITEM, &[Value::Uuid(team.as_uuid()), Value::Uuid(id.as_uuid())]).await
    }

    async fn items(
        &self,
        team: TeamId,
        query: &ItemQuery,
        page: &PageRequest,
    ) -> Result<Page<Item>, StoreError> {
        let statement = lists::items(self.dialect(), team, query, page)?;
        let by_name = query.name_prefix.is_some();
        self.page(statement, page, |item: &Item| {
            let (order, key) = if by_name {
                (Order::ITEMS_BY_NAME, Key::text(&InvoiceQuery::customer_key(item.name())))
            } else {
                (Order::ITEMS, Key::instant(item.created_at()))
            };
            order.cursor(&(key, item.id().as_uuid()))
        })
        .await
    }

    async fn supplier(&self, team: TeamId) -> Result<Option<SupplierProfile>, StoreError> {
        self.one(SUPPLIER, &[Value::Uuid(team.as_uuid())]).await
    }

    async fn series(&self, team: TeamId, id: SeriesId) -> Result<Option<Series>, StoreError> {
        self.one(SERIES, &[Value::Uuid(team.as_uuid()), Value::Uuid(id.as_uuid())]).await
    }

    async fn all_series(&self, team: TeamId) -> Result<Vec<Series>, StoreError> {
        let rows = self.rows(ALL_SERIES, &[Value::Uuid(team.as_uuid())]).await?;
        rows.iter().map(|row| record(row, 0)).collect()
    }

    async fn trading_context(
        &self,
        team: TeamId,
        client: ClientId,
        document_type: DocumentType,
        series: Option<SeriesId>,
    ) -> Result<TradingContext, StoreError> {
        let ids = || vec![Value::Uuid(team.as_uuid()), Value::Uuid(client.as_uuid())];
        let row = match (series, document_type) {
            (Some(series), _) => {
                let values = [ids(), vec![Value::Uuid(series.as_uuid())]].concat();
                self.row(WITH_SERIES, &values).await?
            }
            (None, DocumentType::Invoice) => self.gathered(Of::Contexts, team, client.as_uuid()).await?,
            (None, other) => {
                let names = [other.as_str(), Series::DEFAULT_NAME].map(|name| Value::Text(name.to_owned()));
                self.row(WITH_DEFAULT_SERIES, &[ids(), names.to_vec()].concat()).await?
            }
        };
        let Some(row) = row else { return Ok(TradingContext::default()) };
        Ok(TradingContext {
            client: optional(&row, 0)?,
            supplier: optional(&row, 1)?,
            series: optional(&row, 2)?,
        })
    }
}
