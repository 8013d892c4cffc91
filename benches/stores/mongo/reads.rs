//! Reading: by id, and lists.

use std::hint::black_box;
use std::sync::Arc;

use futures::TryStreamExt as _;
use invoice_core::change::AggregateId;
use invoice_core::ports::{InvoiceQuery, Invoices as _, PageRequest};
use invoice_core::{InvoiceId, TeamId};
use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::Collection;
use invoice_store_mongo::mongodb::bson::raw::RawDocumentBuf;
use invoice_store_mongo::mongodb::bson::{Document, doc};
use invoice_store_mongo::mongodb::options::Hint;
use serde::de::DeserializeOwned;

use super::fill::filled;
use super::issue::{land, settled};
use super::server::Server;
use super::told::Told;
use crate::measure::{Pairs, Sample};
use crate::table::{Goal, Report, thousands};
use crate::{Length, Wrong, run};

const WORLD: u16 = 62;
const TEAMS: usize = 1_000;
/// Invoices among which each look-up takes one.
const INVOICES: usize = 10_000;
/// Invoices of the large team.
const LARGE: usize = 100_000;

/// An invoice by id, beside the bare look-up, which parses nothing or into the driver's own type.
pub(super) async fn get(server: &Server, report: &mut Report, length: Length) -> Result<(), Wrong> {
    report.heading("MongoDB: an invoice by id beside a bare `find_one` of the same document");
    let (store, teams) = settled(server, "get", WORLD, TEAMS, 0).await?;
    let issues = teams.issues(length.operations(INVOICES)).await?;
    let known: Vec<(TeamId, InvoiceId)> = issues
        .iter()
        .filter_map(|change| match change.writes.first()?.id() {
            AggregateId::Invoice(id) => Some((change.team, id)),
            _ => None,
        })
        .collect();
    land(&store, issues).await?;
    let raw: Collection<RawDocumentBuf> = server.collection("get", "billing");
    let parsed: Collection<Document> = server.collection("get", "billing");
    let ids: Vec<Document> = {
        let find = parsed.find(doc! { "kind": "invoice" }).projection(doc! { "team": 1 });
        find.await?.try_collect().await?
    };
    for clients in [1, 8] {
        let tried = look_up(server, &raw, clients, turns(&ids, 2_000)).await?;
        let count = length.count(&tried)?;
        let ours = async || {
            let store = store.clone();
            run::each(clients, turns(&known, count), Some(server.process), move |(team, id)| {
                let store = store.clone();
                async move {
                    let found = black_box(store.invoice(team, id).await?);
                    found.map(|_| ()).ok_or_else(|| "no such invoice".into())
                }
            })
            .await
        };
        let who = if clients == 1 { "1 client" } else { "8 clients" };
        let bare = async || look_up(server, &raw, clients, turns(&ids, count)).await;
        let pairs = Pairs::take(length.turns(), ours, bare).await?;
        report.speed(&format!("{who}, beside the bytes"), &pairs, Goal::AtLeast(850));
        let bare = async || look_up(server, &parsed, clients, turns(&ids, count)).await;
        let pairs = Pairs::take(length.turns(), ours, bare).await?;
        report.speed(&format!("{who}, beside a `Document`"), &pairs, Goal::AtLeast(850));
    }
    Ok(())
}

/// So many of these, one from here and one from there.
fn turns<T: Clone>(all: &[T], count: usize) -> Vec<T> {
    (0..count).filter_map(|turn| all.get(turn * 7_919 % all.len().max(1)).cloned()).collect()
}

/// So many documents by their identifiers.
async fn look_up<T: DeserializeOwned + Send + Sync + 'static>(
    server: &Server,
    collection: &Collection<T>,
    clients: usize,
    ids: Vec<Document>,
) -> Result<Sample, Wrong> {
    let collection = collection.clone();
    run::each(clients, ids, Some(server.process), move |id| {
        let collection = collection.clone();
        async move {
            let found = black_box(collection.find_one(id).await?);
            found.map(|_| ()).ok_or_else(|| "no such document".into())
        }
    })
    .await
}

/// Lists of a large team.
pub(super) async fn list(server: &Server, report: &mut Report, length: Length) -> Result<(), Wrong> {
    let count = length.operations(LARGE);
    report.heading(&format!(
        "MongoDB: a page of 50 out of {} invoices beside the bare `find`, read into `Document`s",
        thousands(u128::try_from(count)?)
    ));
    let team = filled(server, "list", count).await?;
    let told = Told::new(server, "list").await?;
    let (store, query) = (server.store("list").await?, InvoiceQuery::new());
    let first = PageRequest::first(50)?;
    let deep = deep(&store, team, &query, count / 2).await?;
    let pages = length.operations(2_000);
    let billing = server.billing("list");
    for (what, page) in [("the first page", &first), ("a page from the middle", &deep)] {
        let find = told.find(told.store.invoices(team, &query, page)).await?;
        let pairs = Pairs::take(
            length.turns(),
            async || through(server, &store, team, &query, page, pages).await,
            async || bare(server, &billing, &find, pages).await,
        );
        report.speed(what, &pairs.await?, Goal::AtLeast(800));
    }
    Ok(())
}

/// The page that begins after so many invoices.
async fn deep(
    store: &MongoStore,
    team: TeamId,
    query: &InvoiceQuery,
    depth: usize,
) -> Result<PageRequest, Wrong> {
    let mut request = PageRequest::first(PageRequest::MAX_LIMIT)?;
    for _ in 0..depth / usize::from(PageRequest::MAX_LIMIT) {
        let page = store.invoices(team, query, &request).await?;
        request = request.after(page.next.ok_or("too few invoices")?);
    }
    let cursor = request.cursor().cloned().ok_or("too few invoices")?;
    Ok(PageRequest::first(50)?.after(cursor))
}

/// So many pages through the store.
async fn through(
    server: &Server,
    store: &MongoStore,
    team: TeamId,
    query: &InvoiceQuery,
    page: &PageRequest,
    count: usize,
) -> Result<Sample, Wrong> {
    let (store, query, page) = (store.clone(), Arc::new(query.clone()), Arc::new(page.clone()));
    run::each(1, vec![(); count], Some(server.process), move |()| {
        let (store, query, page) = (store.clone(), Arc::clone(&query), Arc::clone(&page));
        async move {
            let found = black_box(store.invoices(team, &query, &page).await?);
            if found.items.len() == page.limit() { Ok(()) } else { Err("a short page".into()) }
        }
    })
    .await
}

/// The same question without the store.
async fn bare(
    server: &Server,
    billing: &Collection<Document>,
    told: &Document,
    count: usize,
) -> Result<Sample, Wrong> {
    let (billing, told) = (billing.clone(), Arc::new(told.clone()));
    run::each(1, vec![(); count], Some(server.process), move |()| {
        let (billing, told) = (billing.clone(), Arc::clone(&told));
        async move {
            let mut find = billing
                .find(told.get_document("filter")?.clone())
                .projection(told.get_document("projection")?.clone())
                .sort(told.get_document("sort")?.clone())
                .limit(51)
                .batch_size(52);
            if let Ok(index) = told.get_str("hint") {
                find = find.hint(Hint::Name(index.to_owned()));
            }
            let found: Vec<Document> = find.await?.try_collect().await?;
            if black_box(found).len() < 50 { Err("a short page".into()) } else { Ok(()) }
        }
    })
    .await
}
