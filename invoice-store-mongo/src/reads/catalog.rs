use async_trait::async_trait;
use invoice_core::adapter::{Key, Order};
use invoice_core::change::AggregateKind;
use invoice_core::ports::{
    Catalog, ClientQuery, InvoiceQuery, ItemQuery, Page, PageRequest, StoreError, TradingContext,
};
use invoice_core::{Client, ClientId, DocumentType, Item, ItemId, Series, SeriesId, SupplierProfile, TeamId};
use mongodb::bson::doc;

use super::Question;
use super::list::{List, Sorted};
use crate::MongoStore;

const CREATED: (&str, Sorted) = ("created_at", Sorted::Instant);
const NAME: (&str, Sorted) = ("name_sort", Sorted::Text);

#[async_trait]
impl Catalog for MongoStore {
    async fn client(&self, team: TeamId, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.record_by_id(team, AggregateKind::Client, id.as_uuid()).await
    }

    async fn clients(
        &self,
        team: TeamId,
        query: &ClientQuery,
        page: &PageRequest,
    ) -> Result<Page<Client>, StoreError> {
        const KIND: AggregateKind = AggregateKind::Client;
        let ClientQuery { name_prefix, archived, metadata } = query;
        let created = match (metadata, archived) {
            (Some(_), _) => "client_pairs",
            (None, Some(_)) => "client_archived",
            (None, None) => "client_created",
        };
        let mut list = match name_prefix {
            Some(prefix) => by_name(team, KIND, "client_name", prefix),
            None => List::new(team, KIND, created, CREATED),
        };
        list.equal("archived", *archived);
        list.has_pair(metadata.as_ref());
        if name_prefix.is_some() {
            self.page(KIND, list, Order::CLIENTS_BY_NAME, page, |client: &Client| {
                (Key::text(&InvoiceQuery::customer_key(client.party().name())), client.id().as_uuid())
            })
            .await
        } else {
            self.page(KIND, list, Order::CLIENTS, page, |client: &Client| {
                (Key::instant(client.created_at()), client.id().as_uuid())
            })
            .await
        }
    }

    async fn item(&self, team: TeamId, id: ItemId) -> Result<Option<Item>, StoreError> {
        self.record_by_id(team, AggregateKind::Item, id.as_uuid()).await
    }

    async fn items(
        &self,
        team: TeamId,
        query: &ItemQuery,
        page: &PageRequest,
    ) -> Result<Page<Item>, StoreError> {
        const KIND: AggregateKind = AggregateKind::Item;
        let ItemQuery { name_prefix, archived } = query;
        let created = if archived.is_some() { "item_archived" } else { "item_created" };
        let mut list = match name_prefix {
            Some(prefix) => by_name(team, KIND, "item_name", prefix),
            None => List::new(team, KIND, created, CREATED),
        };
        list.equal("archived", *archived);
        if name_prefix.is_some() {
            self.page(KIND, list, Order::ITEMS_BY_NAME, page, |item: &Item| {
                (Key::text(&InvoiceQuery::customer_key(item.name())), item.id().as_uuid())
            })
            .await
        } else {
            self.page(KIND, list, Order::ITEMS, page, |item: &Item| {
                (Key::instant(item.created_at()), item.id().as_uuid())
            })
            .await
        }
    }

    async fn supplier(&self, team: TeamId) -> Result<Option<SupplierProfile>, StoreError> {
        self.record_by_id(team, AggregateKind::Supplier, team.as_uuid()).await
    }

    async fn series(&self, team: TeamId, id: SeriesId) -> Result<Option<Series>, StoreError> {
        self.record_by_id(team, AggregateKind::Series, id.as_uuid()).await
    }

    async fn all_series(&self, team: TeamId) -> Result<Vec<Series>, StoreError> {
        let filter = doc! { "kind": AggregateKind::Series.as_str() };
        let question =
            Question::new(team, "series_created", filter).sorted(doc! { "created_at": 1, "id": 1 });
        self.records(AggregateKind::Series, question).await
    }

    async fn trading_context(
        &self,
        team: TeamId,
        client: ClientId,
        document_type: DocumentType,
        series: Option<SeriesId>,
    ) -> Result<TradingContext, StoreError> {
        self.read_context(team, client, document_type, series).await
    }
}

/// In the order of names, those that begin with a prefix without regard to case.
fn by_name(team: TeamId, kind: AggregateKind, index: &'static str, prefix: &str) -> List {
    let mut list = List::new(team, kind, index, NAME);
    list.begins(&InvoiceQuery::customer_key(prefix), "name_sort", "name_key");
    list
}
