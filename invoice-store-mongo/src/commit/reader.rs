//! Reads for commits.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures::TryStreamExt as _;
use invoice_core::change::{AggregateId, IdempotencyKey, IdempotencyRecord, Receipt, Record};
use invoice_core::ports::StoreError;
use invoice_core::{ClientId, CommitId, CounterKey, TeamId};
use invoice_store_common::predict::Counters;
use mongodb::ClientSession;
use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf, cstr};
use mongodb::bson::{Document, RawDocument, doc, rawdoc};
use mongodb::options::{FindOptions, Hint, ReadConcern};

use crate::MongoStore;
use crate::error::{store_error, unreadable};
use crate::layout::{Fields, aggregate_key, counter_key, key, kind, there, uuid};
use crate::limit::Limit;
use crate::reads::row;

/// Reads, inside a transaction or outside of any.
pub(super) struct Reader<'a> {
    store: &'a MongoStore,
    session: Option<&'a mut ClientSession>,
    limit: Limit,
    /// What the primary has, though a majority may not have it yet.
    newest: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(store: &'a MongoStore, session: Option<&'a mut ClientSession>, limit: Limit) -> Self {
        Self { store, session, limit, newest: false }
    }

    /// Sees what the primary has before a majority does: only good for what is compared again when writing.
    pub(super) fn of_the_newest(store: &'a MongoStore, limit: Limit) -> Self {
        Self { store, session: None, limit, newest: true }
    }

    /// Documents by an index of theirs.
    pub(super) async fn find(
        &mut self,
        query: Document,
        fields: Document,
        index: &str,
        most: Option<usize>,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let hint = if index == "_id_" { Hint::Keys(doc! { "_id": 1 }) } else { Hint::Name(index.to_owned()) };
        let limit = most.and_then(|most| i64::try_from(most).ok());
        let concern = self.newest.then(ReadConcern::local);
        let options =
            FindOptions::builder().projection(fields).hint(hint).limit(limit).read_concern(concern).build();
        let find = self.store.billing().find(query).with_options(options);
        let found = async {
            match &mut self.session {
                None => {
                    let mut session = self.store.reading().await?;
                    let mut cursor = find.session(&mut session).await.map_err(store_error)?;
                    cursor.stream(&mut session).try_collect().await.map_err(store_error)
                }
                Some(session) => {
                    let mut cursor = find.session(&mut **session).await.map_err(store_error)?;
                    cursor.stream(session).try_collect().await.map_err(store_error)
                }
            }
        };
        self.limit.answer(found).await?
    }

    /// Documents by their keys. Routers find them by the team; without them, keys may be of any.
    pub(super) async fn by_key(
        &mut self,
        team: TeamId,
        keys: RawArrayBuf,
        fields: Document,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = rawdoc! { "_id": { "$in": keys } };
        if self.store.is_sharded() {
            query.append(cstr!("team"), uuid(team.as_uuid()));
        }
        let query = Document::try_from(query).map_err(StoreError::backend)?;
        self.find(query, fields, "_id_", None).await
    }

    /// The receipt of a commit.
    pub(super) async fn receipt(
        &mut self,
        team: TeamId,
        commit: CommitId,
    ) -> Result<Option<Receipt>, StoreError> {
        let keys = RawArrayBuf::from_iter([key(team, kind::COMMIT, commit.as_uuid())]);
        let found = self.by_key(team, keys, doc! { "answer": 1 }).await?;
        let Some(row) = found.first() else { return Ok(None) };
        Ok(Some(Receipt { commit, records: answer(row)?, replayed: false }))
    }

    /// What an idempotency key stands for.
    pub(super) async fn request(
        &mut self,
        team: TeamId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let query =
            doc! { "team": uuid(team.as_uuid()), "kind": kind::COMMIT, "idempotency_key": key.as_str() };
        let found = self.find(query, doc! {}, "commit_idempotency_key", Some(1)).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let fields = Fields(row);
        Ok(Some(IdempotencyRecord {
            key: key.clone(),
            fingerprint: row::hash(there("fingerprint", fields.bytes("fingerprint")?)?, "fingerprint")?,
            commit: CommitId::from_uuid(there("id", fields.uuid("id")?)?),
            at: there("at", fields.instant("at")?)?,
            answer: answer(row)?,
        }))
    }

    /// The names of clients, as lists compare them.
    pub(super) async fn client_names(
        &mut self,
        clients: &HashSet<(TeamId, ClientId)>,
    ) -> Result<HashMap<(TeamId, ClientId), String>, StoreError> {
        let Some((team, _)) = clients.iter().next() else { return Ok(HashMap::new()) };
        let keys =
            clients.iter().map(|(team, client)| aggregate_key(*team, AggregateId::Client(*client))).collect();
        let found = self.by_key(*team, keys, doc! { "team": 1, "id": 1, "name_key": 1 }).await?;
        let read = |row: &RawDocumentBuf| {
            let fields = Fields(row);
            let id = ClientId::from_uuid(there("id", fields.uuid("id")?)?);
            Ok(((team_of(fields)?, id), there("name_key", fields.text("name_key")?)?.to_owned()))
        };
        found.iter().map(read).collect()
    }

    /// Counters as they are.
    pub(super) async fn counters(
        &mut self,
        wanted: &BTreeSet<(TeamId, CounterKey)>,
    ) -> Result<BTreeMap<TeamId, Counters>, StoreError> {
        let Some((team, _)) = wanted.first() else { return Ok(BTreeMap::new()) };
        let keys = wanted.iter().map(|(team, place)| counter_key(*team, *place)).collect();
        let mut counters = BTreeMap::<_, Counters>::new();
        for found in self.by_key(*team, keys, doc! {}).await? {
            let fields = Fields(&found);
            let (place, counter) = row::counter(fields)?;
            counters.entry(team_of(fields)?).or_default().insert(place, counter);
        }
        Ok(counters)
    }
}

fn team_of(fields: Fields<'_>) -> Result<TeamId, StoreError> {
    Ok(TeamId::from_uuid(there("team", fields.uuid("team")?)?))
}

/// Which aggregate a document is.
pub(super) fn aggregate(row: &RawDocument) -> Result<AggregateId, StoreError> {
    row::aggregate(Fields(row), "kind", "id")
}

fn answer(row: &RawDocument) -> Result<Vec<Record>, StoreError> {
    let text = there("answer", Fields(row).bytes("answer")?)?;
    serde_json::from_slice(text).map_err(|error| unreadable("answer", error))
}
