//! What is looked for, and by which index. All reads see what a majority has.

use std::fmt::Display;

use invoice_core::Timestamp;
use invoice_core::identity::{EmailKey, Fingerprint, IdentityKey, TokenPurpose};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_store_common::identity::prefix_end;
use invoice_store_common::pages::{limit, page};
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::Hint;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::keys;
use crate::MongoStore;
use crate::bridge::from_bson;
use crate::error::{store_error, unreadable};
use crate::layout::{Fields, bytes, instant, there, uuid};

/// A find.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) filter: Document,
    /// The index to use; where there are two, the server takes each for its part.
    pub(super) index: Option<&'static str>,
    /// Only these fields, if there are any.
    pub(super) shown: Document,
    pub(super) sort: Document,
    pub(super) limit: i64,
}

impl Query {
    fn new(index: &'static str, filter: Document) -> Self {
        Self { filter, index: Some(index), shown: Document::new(), sort: Document::new(), limit: 0 }
    }

    /// Only these fields, and not the identifier.
    pub(super) fn only(self, fields: &[&str]) -> Self {
        let mut shown = doc! { "_id": 0 };
        shown.extend(fields.iter().map(|name| ((*name).to_owned(), Bson::Int32(1))));
        Self { shown, ..self }
    }

    fn sorted(self, sort: Document, limit: i64) -> Self {
        Self { sort, limit, ..self }
    }

    pub(super) fn by_id(id: &RawDocument) -> Result<Self, StoreError> {
        // By nothing but that, and without a hint, the server finds it without making a plan.
        Ok(Self { index: None, ..Self::new("", doc! { "_id": plain(id)? }) })
    }

    pub(super) fn by_key(key: &IdentityKey) -> Result<Self, StoreError> {
        Self::by_id(&keys::id(key))
    }

    pub(super) fn by_keys(all: impl Iterator<Item = IdentityKey>) -> Result<Self, StoreError> {
        let ids: Result<Vec<_>, _> = all.map(|key| plain(&keys::id(&key)).map(Bson::Document)).collect();
        Ok(Self::new("_id_", doc! { "_id": { "$in": ids? } }))
    }

    pub(super) fn by_email(key: &EmailKey) -> Self {
        Self::new("user_email", doc! { "kind": keys::USER, "email_key": key.as_str() })
    }

    /// The invitation, one-time token or API key with a fingerprint.
    pub(super) fn by_fingerprint(kind: &'static str, index: &'static str, fingerprint: Fingerprint) -> Self {
        Self::new(index, doc! { "kind": kind, "fingerprint": bytes(*fingerprint.as_bytes()) })
    }

    /// Two sessions at most: a fingerprint may be the current one of one and the previous one of another.
    pub(super) fn by_refresh(fingerprint: Fingerprint) -> Self {
        let is = bytes(*fingerprint.as_bytes());
        let either = doc! { "$or": [
            { "kind": keys::SESSION, "refresh": is.clone() },
            { "kind": keys::SESSION, "previous_refresh": is },
        ] };
        Self { index: None, limit: 2, ..Self::new("", either) }
    }

    /// What belongs to a team or user, newest first, from an identifier on.
    pub(super) fn newest(
        kind: &'static str,
        index: &'static str,
        (of, owner): (&'static str, Uuid),
        first: Uuid,
        limit: i64,
    ) -> Self {
        let filter = doc! { "kind": kind, of: uuid(owner), "id": { "$lte": uuid(first) } };
        Self::new(index, filter).sorted(doc! { of: -1, "id": -1 }, limit)
    }

    pub(super) fn unused_tokens(user: Uuid, purpose: TokenPurpose, first: Uuid, limit: i64) -> Self {
        let filter = doc! {
            "kind": keys::ONE_TIME_TOKEN,
            "user_id": uuid(user),
            "purpose": purpose.as_str(),
            "used": false,
            "id": { "$lte": uuid(first) },
        };
        Self::new("one_time_token_user", filter).sorted(doc! { "id": -1 }, limit)
    }

    pub(super) fn all_teams(first: Uuid, limit: i64) -> Self {
        let from = doc! { "kind": keys::TEAM, "id": uuid(first) };
        let end = doc! { "kind": keys::TEAM, "id": Bson::MaxKey };
        Self::new("_id_", doc! { "_id": { "$gte": from, "$lt": end } }).sorted(doc! { "_id": 1 }, limit)
    }

    pub(super) fn teams_of(user: Uuid, first: Uuid, limit: i64) -> Self {
        let filter =
            doc! { "kind": keys::MEMBERSHIP, "user_id": uuid(user), "team_id": { "$gte": uuid(first) } };
        Self::new("membership_user", filter).sorted(doc! { "team_id": 1 }, limit)
    }

    pub(super) fn members(team: Uuid, first: Uuid, limit: i64) -> Self {
        let filter =
            doc! { "kind": keys::MEMBERSHIP, "team_id": uuid(team), "user_id": { "$gte": uuid(first) } };
        Self::new("membership_team", filter).sorted(doc! { "user_id": 1 }, limit)
    }

    /// The members whose search key begins with a prefix. They come in the order of the key, and are sorted.
    pub(super) fn found(
        (index, key): (&'static str, &'static str),
        team: Uuid,
        prefix: &str,
        first: Uuid,
        limit: i64,
    ) -> Self {
        let filter = doc! {
            "kind": keys::MEMBERSHIP,
            "team_id": uuid(team),
            key: { "$gte": prefix, "$lt": prefix_end(prefix) },
            "user_id": { "$gte": uuid(first) },
        };
        Self::new(index, filter).sorted(doc! { "user_id": 1 }, limit)
    }

    pub(super) fn signing_keys() -> Self {
        let sort = doc! { "created_at": 1, "kid": 1 };
        Self::new("signing_key_created", doc! { "kind": keys::SIGNING_KEY }).sorted(sort, 0)
    }

    /// What ended, or was made, before an instant.
    pub(super) fn before(
        kind: &'static str,
        (index, field): (&'static str, &'static str),
        instant_: Timestamp,
    ) -> Self {
        Self::new(index, doc! { "kind": kind, field: { "$lt": instant(instant_) } })
    }
}

/// An identifier as the driver takes it in a filter.
fn plain(id: &RawDocument) -> Result<Document, StoreError> {
    Document::try_from(id).map_err(|error| unreadable("identifier", error))
}

/// The first document, if there is one.
pub(super) async fn one(store: &MongoStore, query: Query) -> Result<Option<RawDocumentBuf>, StoreError> {
    let Query { filter, index, shown, .. } = query;
    let mut find = store.identity().find_one(filter).projection(shown);
    if let Some(index) = index {
        find = find.hint(Hint::Name(index.to_owned()));
    }
    find.await.map_err(store_error)
}

/// All documents.
pub(super) async fn many(store: &MongoStore, query: Query) -> Result<Vec<RawDocumentBuf>, StoreError> {
    let Query { filter, index, shown, sort, limit } = query;
    // A batch that is larger than the limit ends the cursor at once.
    let find = store.identity().find(filter).projection(shown).sort(sort);
    let mut find = find.limit(limit).batch_size(1_000);
    if let Some(index) = index {
        find = find.hint(Hint::Name(index.to_owned()));
    }
    let mut cursor = find.await.map_err(store_error)?;
    let mut found = Vec::new();
    while cursor.advance().await.map_err(store_error)? {
        found.push(cursor.current().to_owned());
    }
    Ok(found)
}

/// The record in a document.
pub(super) fn record<T: DeserializeOwned>(kind: &str, document: &RawDocument) -> Result<T, StoreError> {
    from_bson(kind, there("record", Fields(document).document("record")?)?)
}

/// The record that a query finds.
pub(super) async fn one_record<T: DeserializeOwned>(
    store: &MongoStore,
    kind: &'static str,
    query: Query,
) -> Result<Option<T>, StoreError> {
    one(store, query).await?.map(|document| record(kind, &document)).transpose()
}

/// A page of what a query finds from `first` on, which is `None` behind the end of the list.
pub(super) async fn page_of<T, I: Display>(
    store: &MongoStore,
    first: Option<Uuid>,
    request: &PageRequest,
    query: impl FnOnce(Uuid, i64) -> Query + Send,
    read: impl Fn(&RawDocument) -> Result<T, StoreError> + Send,
    id: impl Fn(&T) -> I + Send,
) -> Result<Page<T>, StoreError> {
    let documents = match first {
        Some(first) => many(store, query(first, limit(request))).await?,
        None => Vec::new(),
    };
    let rows = documents.iter().map(|document| read(document)).collect::<Result<Vec<_>, _>>()?;
    page(rows, request, id)
}
