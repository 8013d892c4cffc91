//! Teams that commit and read at the same moment.

#![allow(clippy::unwrap_used, reason = "a test that can't begin fails")]

#[path = "support/overheard.rs"]
mod overheard;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::TryStreamExt as _;
use futures::future::join_all;
use invoice_core::change::ChangeSet;
use invoice_core::ports::{Catalog, Commits as _, CommitsExt as _, StoreError};
use invoice_core::testing::{BillingChange, BillingFixtures, day, run};
use invoice_core::{Client, ClientId, DocumentType, Invoice, Series};
use invoice_store_mongo::mongodb;
use invoice_store_mongo::mongodb::bson::{Document, doc};
use invoice_store_mongo::mongodb::event::EventHandler;
use invoice_store_mongo::mongodb::event::command::CommandEvent;
use invoice_store_mongo::mongodb::options::ClientOptions;
use invoice_store_mongo::{MongoStore, Settings};

use overheard::Overheard;
use support::{a_database, a_store, uri};

struct Team {
    make: BillingFixtures,
    client: Client,
    series: Series,
}

impl Team {
    async fn found(store: &MongoStore, make: BillingFixtures) -> Self {
        let (client, series) = (make.client("Specimen AG"), make.series(DocumentType::Invoice));
        let change = make.change().insert(make.supplier()).insert(client.clone()).insert(series.clone());
        store.commit(change.build()).await.unwrap();
        Self { make, client, series }
    }

    async fn several(store: &MongoStore, count: usize) -> Vec<Self> {
        let first = BillingFixtures::new();
        let mut teams = vec![Self::found(store, first.clone()).await];
        while teams.len() < count {
            teams.push(Self::found(store, first.another_team()).await);
        }
        teams
    }

    fn draft(&self) -> Invoice {
        self.make.draft(&self.client, "100")
    }

    fn issue(&self) -> BillingChange {
        self.make.change().issue(self.draft(), &self.series, &self.client, day("2026-03-02"))
    }
}

/// All at once, each by a caller of its own.
async fn commit(store: &MongoStore, changes: Vec<BillingChange>) -> Vec<Result<Vec<String>, StoreError>> {
    let commit = |change: BillingChange| {
        let (store, change) = (store.clone(), Arc::<ChangeSet>::new(change.build()));
        async move {
            let receipt = store.commit_all(vec![change]).await.pop().unwrap()?;
            Ok(receipt.records.iter().filter_map(|it| it.number().map(str::to_owned)).collect())
        }
    };
    join_all(changes.into_iter().map(commit)).await
}

/// A store that counts the transactions it commits.
async fn a_counting_store() -> (MongoStore, Arc<AtomicU32>) {
    let committed = Arc::new(AtomicU32::new(0));
    let heard = Arc::clone(&committed);
    let mut options = ClientOptions::parse(uri()).await.unwrap();
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if matches!(event, CommandEvent::Succeeded(it) if it.command_name == "commitTransaction") {
            heard.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let client = mongodb::Client::with_options(options).unwrap();
    (MongoStore::from_client(client, &a_database()).await.unwrap(), committed)
}

#[test]
fn teams_that_issue_at_once_share_transactions_and_each_counts_for_itself() {
    run(async {
        let (store, committed) = a_counting_store().await;
        store.migrate().await.unwrap();
        let teams = Team::several(&store, 8).await;
        let before = committed.load(Ordering::Relaxed);
        let answers = commit(&store, (0..64).map(|at: usize| teams[at % 8].issue()).collect()).await;
        let mut numbers = vec![Vec::new(); 8];
        for (at, answer) in answers.into_iter().enumerate() {
            numbers[at % 8].extend(answer.unwrap());
        }
        for mut numbers in numbers {
            numbers.sort();
            assert_eq!(numbers, (1..=8).map(|seq| format!("INV-{seq}")).collect::<Vec<_>>());
        }
        let shared = committed.load(Ordering::Relaxed) - before;
        assert!(shared < 8, "{shared} transactions for 64 commits of 8 teams");
        store.database().drop().await.unwrap();
    });
}

#[test]
fn where_there_are_no_lanes_each_team_has_transactions_of_its_own() {
    run(async {
        let (store, committed) = a_counting_store().await;
        store.migrate().await.unwrap();
        let teams = Team::several(&store, 8).await;
        let mut settings = Settings::default();
        settings.lanes = 0;
        let store = store.with_settings(settings);
        let before = committed.load(Ordering::Relaxed);
        let answers = commit(&store, teams.iter().map(Team::issue).collect()).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(committed.load(Ordering::Relaxed) - before, 8);
        store.database().drop().await.unwrap();
    });
}

#[test]
fn what_can_t_land_fails_alone_and_leaves_no_gap() {
    run(async {
        let store = a_store().await;
        let teams = Team::several(&store, 6).await;
        let stale = |team: &Team| {
            let unknown = team.make.client("Never stored");
            team.make.change().issue(team.draft(), &team.series, &unknown, day("2026-03-02")).update(unknown)
        };
        for round in 1..=3 {
            let mut changes: Vec<_> = teams.iter().map(Team::issue).collect();
            changes.insert(3, stale(&teams[3]));
            let mut answers = commit(&store, changes).await;
            let refused = answers.remove(3);
            assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
            for answer in answers {
                assert_eq!(answer.unwrap(), [format!("INV-{round}")]);
            }
        }
    });
}

#[test]
fn books_put_back_to_what_they_were_are_numbered_on_from_there() {
    run(async {
        let store = a_store().await;
        let teams = Team::several(&store, 4).await;
        let issue = async || commit(&store, teams.iter().map(Team::issue).collect()).await;
        issue().await;
        let documents = store.database().collection::<Document>("billing");
        let copy: Vec<_> = documents.find(doc! {}).await.unwrap().try_collect().await.unwrap();
        for _ in 0..2 {
            for answer in issue().await {
                assert_eq!(answer.unwrap(), ["INV-2"]);
            }
            // The store has seen the second, and would go on with the third.
            documents.delete_many(doc! {}).await.unwrap();
            documents.insert_many(&copy).await.unwrap();
        }
    });
}

#[test]
fn drafts_of_several_teams_are_listed_by_the_names_of_their_own_clients() {
    run(async {
        let store = a_store().await;
        let teams = Team::several(&store, 6).await;
        let changes = teams.iter().map(|team| team.make.change().insert(team.draft())).collect();
        assert!(commit(&store, changes).await.iter().all(Result::is_ok));
        let documents = store.database().collection::<Document>("billing");
        let named = documents.count_documents(doc! { "kind": "invoice", "customer_key": "specimen ag" });
        assert_eq!(named.await.unwrap(), 6);
    });
}

#[test]
fn everybody_who_reads_at_once_gets_the_own_record_and_nobody_another_team_s() {
    run(async {
        let heard = Overheard::default();
        let store = heard.store(&a_database()).await;
        store.migrate().await.unwrap();
        let teams = Team::several(&store, 4).await;
        heard.take();
        let read = |at: usize| {
            let (store, owner, reader) = (store.clone(), &teams[at % 4], &teams[(at + at / 32) % 4]);
            let (id, team) = (owner.client.id(), reader.make.team());
            async move { Catalog::client(&store, team, id).await.unwrap() }
        };
        let found = join_all((0..64).map(read)).await;
        for (at, found) in found.into_iter().enumerate() {
            let own = (at < 32).then(|| teams[at % 4].client.clone());
            assert_eq!(found, own, "{at}");
        }
        let asked = heard.take().len();
        assert!(asked < 40, "{asked} questions for 64 reads");
        store.database().drop().await.unwrap();
    });
}

#[test]
fn a_record_that_can_t_be_read_fails_alone() {
    run(async {
        let store = a_store().await;
        let team = Team::several(&store, 1).await.remove(0);
        let other = team.make.client("Muster GmbH");
        store.commit(team.make.change().insert(other.clone()).build()).await.unwrap();
        let documents = store.database().collection::<Document>("billing");
        let spoil = doc! { "$set": { "record": { "id": 1 } } };
        documents.update_one(doc! { "kind": "client", "name_key": "muster gmbh" }, spoil).await.unwrap();
        let read = |id: ClientId| {
            let (store, team) = (store.clone(), team.make.team());
            async move { Catalog::client(&store, team, id).await }
        };
        let ids = [team.client.id(), other.id()];
        let found = join_all((0..16).map(|at: usize| read(ids[at % 2]))).await;
        for (at, found) in found.into_iter().enumerate() {
            assert_eq!(found.is_ok(), at % 2 == 0, "{at}: {found:?}");
        }
    });
}

#[test]
fn a_default_series_that_another_one_replaced_is_not_taken_for_it() {
    run(async {
        let store = a_store().await;
        let Team { make, client, series } = Team::several(&store, 1).await.remove(0);
        let context = async || {
            let invoice = DocumentType::Invoice;
            store.trading_context(make.team(), client.id(), invoice, None).await.unwrap().series
        };
        assert_eq!(context().await, Some(series.clone()));
        // By another process, of which this one does not hear.
        let elsewhere = store.with_settings(Settings::default());
        let second = make.series(DocumentType::Invoice);
        elsewhere.commit(make.change().delete(series).build()).await.unwrap();
        elsewhere.commit(make.change().insert(second.clone()).build()).await.unwrap();
        assert_eq!(context().await, Some(second.clone()));
        elsewhere.commit(make.change().delete(second.clone()).build()).await.unwrap();
        assert_eq!(context().await, None);
        elsewhere.commit(make.change().insert(second.clone()).build()).await.unwrap();
        assert_eq!(context().await, Some(second));
    });
}
