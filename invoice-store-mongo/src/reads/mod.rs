//! Reading: each question names the index that answers it, and sees what a majority of the members has.

mod catalog;
mod context;
mod defaults;
mod documents;
mod gather;
mod invoices;
mod list;
mod payments;
mod reports;
pub(crate) mod row;
mod statement;
mod trail;

use invoice_core::TeamId;
use invoice_core::adapter::{Order, Position};
use invoice_core::change::AggregateKind;
use invoice_core::ports::{Page, PageRequest, StoreError};
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{FindOneOptions, FindOptions, Hint};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::MongoStore;
use crate::bridge::from_bson;
use crate::error::{store_error, unreadable};
use crate::layout::{Fields, key, there, uuid};
pub(crate) use defaults::Defaults;
pub(crate) use gather::Gathered;
use list::List;

/// The index that every collection has.
const BY_ID: &str = "_id_";

/// What is looked for, and the index that leads to it.
#[derive(Debug, Clone)]
struct Question {
    filter: Document,
    index: Option<&'static str>,
    fields: Option<Document>,
    sort: Option<Document>,
    limit: Option<u32>,
}

impl Question {
    /// The documents of a team that an index leads to. The filter says no less than the index does of what is
    /// in it.
    fn new(team: TeamId, index: &'static str, filter: Document) -> Self {
        let mut whole = doc! { "team": uuid(team.as_uuid()) };
        whole.extend(filter);
        Self::over(index, whole)
    }

    fn over(index: &'static str, filter: Document) -> Self {
        Self { filter, index: Some(index), fields: None, sort: None, limit: None }
    }

    /// What the server finds by an index that it chooses itself.
    fn unguided(filter: Document) -> Self {
        Self { index: None, ..Self::over("", filter) }
    }

    /// Only these fields, and not the identifier.
    fn only(mut self, fields: &[&str]) -> Self {
        let mut wanted = doc! { "_id": 0 };
        wanted.extend(fields.iter().map(|name| ((*name).to_owned(), Bson::Int32(1))));
        self.fields = Some(wanted);
        self
    }

    /// Only what a projection shows.
    fn showing(mut self, fields: Document) -> Self {
        self.fields = Some(fields);
        self
    }

    /// In the order of the index, which has these keys next.
    fn sorted(mut self, sort: Document) -> Self {
        self.sort = Some(sort);
        self
    }

    /// The first of them.
    const fn first(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

fn hint(index: Option<&str>) -> Option<Hint> {
    index.map(|name| Hint::Name(name.to_owned()))
}

/// One row more than a page has.
fn overfull(request: &PageRequest) -> u32 {
    u32::try_from(request.limit()).unwrap_or(u32::MAX).saturating_add(1)
}

/// An identifier as the driver takes it in a filter.
fn plain(id: &RawDocument) -> Result<Document, StoreError> {
    Document::try_from(id).map_err(|error| unreadable("identifier", error))
}

impl MongoStore {
    /// The one document of an identifier, of those made by [`crate::layout`]. By nothing but that the server finds it
    /// without making a plan; a router has to know the team, or it asks every shard.
    fn by_id(&self, team: TeamId, id: &RawDocument) -> Result<Question, StoreError> {
        let lone = doc! { "_id": plain(id)? };
        Ok(if self.is_sharded() { Question::new(team, BY_ID, lone) } else { Question::unguided(lone) })
    }

    /// The one document.
    async fn find_one(&self, question: Question) -> Result<Option<RawDocumentBuf>, StoreError> {
        let Question { filter, index, fields, .. } = question;
        let options = FindOneOptions::builder().hint(hint(index)).projection(fields).build();
        let mut session = self.reading().await?;
        let find = self.billing().find_one(filter).with_options(options);
        find.session(&mut session).await.map_err(store_error)
    }

    /// All of them, in one answer as far as it holds them.
    async fn find_all(&self, question: Question) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let Question { filter, index, fields, sort, limit } = question;
        // One more than the limit ends the cursor with its first batch.
        let batch = limit.map_or(BATCH, |limit| limit.saturating_add(1));
        let options = FindOptions::builder()
            .hint(hint(index))
            .projection(fields)
            .sort(sort)
            .limit(limit.map(i64::from))
            .batch_size(batch)
            .build();
        let mut session = self.reading().await?;
        let find = self.billing().find(filter).with_options(options);
        let mut cursor = find.session(&mut session).await.map_err(store_error)?;
        let mut found = Vec::new();
        while cursor.advance(&mut session).await.map_err(store_error)? {
            found.push(cursor.current().to_owned());
        }
        Ok(found)
    }

    /// The record of an aggregate.
    async fn record_by_id<T: DeserializeOwned>(
        &self,
        team: TeamId,
        kind: AggregateKind,
        id: Uuid,
    ) -> Result<Option<T>, StoreError> {
        let found = self.gather(team, vec![key(team, kind.as_str(), id)]).await?;
        found.first().map(|found| record(kind, found)).transpose()
    }

    /// The one record that a question finds.
    async fn record<T: DeserializeOwned>(
        &self,
        kind: AggregateKind,
        question: Question,
    ) -> Result<Option<T>, StoreError> {
        let found = self.find_one(question.only(&["record"])).await?;
        found.map(|found| record(kind, &found)).transpose()
    }

    /// A page of whole records, each with its place in the list.
    async fn page<T: DeserializeOwned>(
        &self,
        kind: AggregateKind,
        list: List,
        order: Order,
        request: &PageRequest,
        position: impl FnOnce(&T) -> Position,
    ) -> Result<Page<T>, StoreError> {
        let records = match list.page(order, request)? {
            Some(question) => self.records(kind, question).await?,
            None => Vec::new(),
        };
        Page::from_overfull(records, request, |last| order.cursor(&position(last)))
    }

    /// All records that a question finds.
    async fn records<T: DeserializeOwned>(
        &self,
        kind: AggregateKind,
        question: Question,
    ) -> Result<Vec<T>, StoreError> {
        let found = self.find_all(question.only(&["record"])).await?;
        found.iter().map(|found| record(kind, found)).collect()
    }
}

/// Rows in one answer, where nothing limits them.
const BATCH: u32 = 1_000;

/// The record in a stored document.
fn record<T: DeserializeOwned>(kind: AggregateKind, found: &RawDocument) -> Result<T, StoreError> {
    from_bson(kind.as_str(), there("record", Fields(found).document("record")?)?)
}
