//! Reads of clients, items, series and the supplier profile.

use async_trait::async_trait;
use invoice_core::adapter::{Key, Order};
use invoice_core::ports::{
    Catalog, ClientQuery, InvoiceQuery, ItemQuery, Page, PageRequest, StoreError, TradingContext,
};
use invoice_core::{Client, ClientId, DocumentType, Item, ItemId, Series, SeriesId, SupplierProfile, TeamId};
use invoice_store_common::lists::{self, Dialect};
use rusqlite::Connection;

use super::lists::records;
use super::versions::{data, one};
use crate::SqliteStore;
use crate::error::Stored as _;
use crate::readers::snapshot;

pub(super) const CLIENT: &str = "
    SELECT v.data FROM clients d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.id = ?2";

pub(super) const ITEM: &str = "
    SELECT v.data FROM items d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.id = ?2";

pub(super) const SUPPLIER: &str = "
    SELECT v.data FROM suppliers d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1";

pub(super) const SERIES: &str = "
    SELECT v.data FROM series d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.id = ?2";

pub(super) const SERIES_BY_NAME: &str = "
    SELECT v.data FROM series d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 AND d.document_type = ?2 AND d.name_in_use = ?3";

pub(super) const ALL_SERIES: &str = "
    SELECT v.data FROM series d
    JOIN versions v ON v.team = d.team AND v.commit_id = d.commit_id AND v.ordinal = d.ordinal
    WHERE d.team = ?1 ORDER BY d.created_at, d.id";

#[async_trait]
impl Catalog for SqliteStore {
    async fn client(&self, team: TeamId, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.look_up(move |it| one(it, CLIENT, (team.as_uuid(), id.as_uuid()))).await
    }

    async fn clients(
        &self,
        team: TeamId,
        query: &ClientQuery,
        page: &PageRequest,
    ) -> Result<Page<Client>, StoreError> {
        let statement = lists::clients(Dialect::Sqlite, team, query, page)?;
        let (by_name, page) = (query.name_prefix.is_some(), page.clone());
        self.scan(move |it| {
            let order = if by_name { Order::CLIENTS_BY_NAME } else { Order::CLIENTS };
            let key = |client: &Client| {
                if by_name {
                    Key::text(&InvoiceQuery::customer_key(client.party().name()))
                } else {
                    Key::instant(client.created_at())
                }
            };
            records(it, &statement, order, &page, |client| (key(client), client.id().as_uuid()))
        })
        .await
    }

    async fn item(&self, team: TeamId, id: ItemId) -> Result<Option<Item>, StoreError> {
        self.look_up(move |it| one(it, ITEM, (team.as_uuid(), id.as_uuid()))).await
    }

    async fn items(
        &self,
        team: TeamId,
        query: &ItemQuery,
        page: &PageRequest,
    ) -> Result<Page<Item>, StoreError> {
        let statement = lists::items(Dialect::Sqlite, team, query, page)?;
        let (by_name, page) = (query.name_prefix.is_some(), page.clone());
        self.scan(move |it| {
            let order = if by_name { Order::ITEMS_BY_NAME } else { Order::ITEMS };
            let key = |item: &Item| {
                if by_name {
                    Key::text(&InvoiceQuery::customer_key(item.name()))
                } else {
                    Key::instant(item.created_at())
                }
            };
            records(it, &statement, order, &page, |item| (key(item), item.id().as_uuid()))
        })
        .await
    }

    async fn supplier(&self, team: TeamId) -> Result<Option<SupplierProfile>, StoreError> {
        self.look_up(move |it| one(it, SUPPLIER, [team.as_uuid()])).await
    }

    async fn series(&self, team: TeamId, id: SeriesId) -> Result<Option<Series>, StoreError> {
        self.look_up(move |it| one(it, SERIES, (team.as_uuid(), id.as_uuid()))).await
    }

    async fn all_series(&self, team: TeamId) -> Result<Vec<Series>, StoreError> {
        self.look_up(move |it| {
            let mut statement = it.prepare_cached(ALL_SERIES).stored()?;
            let mut rows = statement.query([team.as_uuid()]).stored()?;
            let mut all = Vec::new();
            while let Some(row) = rows.next().stored()? {
                all.push(data(row, 0)?);
            }
            Ok(all)
        })
        .await
    }

    async fn trading_context(
        &self,
        team: TeamId,
        client: ClientId,
        document_type: DocumentType,
        series: Option<SeriesId>,
    ) -> Result<TradingContext, StoreError> {
        self.look_up(move |connection| {
            snapshot(connection, |it| context(it, team, client, document_type, series))
        })
        .await
    }
}

/// What a document for a client has to know, within a snapshot.
pub(super) fn context(
    connection: &Connection,
    team: TeamId,
    client: ClientId,
    document_type: DocumentType,
    series: Option<SeriesId>,
) -> Result<TradingContext, StoreError> {
    let team = team.as_uuid();
    Ok(TradingContext {
        client: one(connection, CLIENT, (team, client.as_uuid()))?,
        supplier: one(connection, SUPPLIER, [team])?,
        series: match series {
            Some(id) => one(connection, SERIES, (team, id.as_uuid()))?,
            None => one(connection, SERIES_BY_NAME, (team, document_type.as_str(), Series::DEFAULT_NAME))?,
        },
    })
}
