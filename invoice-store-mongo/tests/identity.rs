//! Identities on MongoDB, beyond the contract.

#![expect(clippy::unwrap_used, reason = "what can't be done fails its test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use invoice_core::Role;
use invoice_core::identity::{IdentityChange, SearchPrefix, Team, User};
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::identity::{
    ApiKeys as _, IdentityCommits as _, IdentityPorts, Sessions as _, Teams as _, Users as _,
};
use invoice_core::ports::{PageRequest, StoreError};
use invoice_core::testing::{IdentityFixtures, contract::race, run};
use invoice_store_mongo::mongodb::bson::{Document, doc};
use invoice_store_mongo::{MongoStore, Settings};

#[path = "../../invoice-store-common/tests/support/identity_walk.rs"]
mod identity_walk;

fn seed() -> u64 {
    let chosen = std::env::var("INVOICE_TRACE_SEED").ok().map(|seed| seed.parse().unwrap());
    chosen.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().map_or(1, |it| u64::from(it.subsec_nanos())))
}

async fn a_team(store: &MongoStore, make: &IdentityFixtures) -> (User, Team) {
    let (ada, team) = (make.user("Ada"), make.team("Engines"));
    let place = make.membership(team.id(), ada.id(), Role::Owner);
    let change = make.change().insert(ada.clone()).insert(team.clone()).insert(place);
    store.commit_identity(change).await.unwrap();
    (ada, team)
}

async fn found(store: &MongoStore, team: &Team, text: &str) -> usize {
    let page = PageRequest::first(100).unwrap();
    store.members(team.id(), SearchPrefix::new(text).ok(), &page).await.unwrap().items.len()
}

/// How many documents there are of a filter.
async fn count(store: &MongoStore, filter: Document) -> u64 {
    let name = format!("{}identity", store.prefix());
    store.database().collection::<Document>(&name).count_documents(filter).await.unwrap()
}

/// Commits both at the same moment.
async fn both(store: &MongoStore, one: IdentityChange, other: IdentityChange) -> Vec<Result<(), StoreError>> {
    let changes = [one, other];
    race(2, |index| {
        let (store, change) = (store.clone(), changes[index].clone());
        async move { store.commit_identity(change).await.map(drop) }
    })
    .await
}

#[test]
fn random_changes_end_as_they_do_in_memory() {
    run(async {
        for seed in [1, seed()] {
            let model = IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()));
            let store = IdentityPorts::from_store(&Arc::new(support::a_store().await));
            identity_walk::walk(&model, &store, seed, 300).await;
        }
    });
}

#[test]
fn members_are_found_by_their_new_names_even_if_they_join_meanwhile() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        let (_, mut team) = a_team(&store, &make).await;
        for round in 0..20 {
            let user = make.user(&format!("old{round}"));
            store.commit_identity(make.change().insert(user.clone())).await.unwrap();
            let place = make.membership(team.id(), user.id(), Role::Viewer);
            let joins = make.change().update(team.clone()).insert(place);
            let renames = make.change().update(user.with_name(format!("new{round}")).unwrap());
            for answer in both(&store, joins, renames).await {
                answer.unwrap();
            }
            team = store.team(team.id()).await.unwrap().unwrap();
            assert_eq!(found(&store, &team, &format!("new{round}")).await, 1, "the new name, round {round}");
        }
        assert_eq!(found(&store, &team, "new").await, 20);
        assert_eq!(found(&store, &team, "old").await, 20, "their addresses still begin so");
    });
}

#[test]
fn nobody_logs_in_as_a_user_who_is_deleted_at_that_moment() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        for round in 0..20 {
            let user = make.user("Ada");
            store.commit_identity(make.change().insert(user.clone())).await.unwrap();
            let session = make.session(user.id());
            let log_in = make.change().insert(session.clone());
            let answers = both(&store, log_in, make.change().delete(user.clone())).await;
            let [log_in, deletion] = answers.as_slice() else { unreachable!() };
            assert!(deletion.is_ok(), "round {round}: a session does not hold a user back: {deletion:?}");
            assert!(matches!(log_in, Ok(()) | Err(StoreError::NotFound)), "round {round}: {log_in:?}");
            assert_eq!(store.session(session.id()).await.unwrap(), None, "round {round}");
        }
        assert_eq!(count(&store, doc! { "kind": { "$in": ["user", "session"] } }).await, 0);
    });
}

#[test]
fn a_team_that_is_deleted_at_that_moment_keeps_no_key() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        let (ada, _) = a_team(&store, &make).await;
        for round in 0..20 {
            let team = make.team("Looms");
            let place = make.membership(team.id(), ada.id(), Role::Owner);
            store.commit_identity(make.change().insert(team.clone()).insert(place)).await.unwrap();
            let key = make.change().insert(make.api_key(team.id(), ada.id()));
            let answers = both(&store, key, make.change().delete(team.clone())).await;
            assert!(matches!(answers[0], Ok(()) | Err(StoreError::NotFound)), "{round}: {:?}", answers[0]);
            assert!(answers[1].is_ok(), "round {round}: {:?}", answers[1]);
            assert_eq!(count(&store, doc! { "kind": "api_key" }).await, 0, "round {round}");
        }
    });
}

#[test]
fn a_user_who_joins_a_team_at_that_moment_is_not_deleted_or_does_not_join() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        let (_, mut team) = a_team(&store, &make).await;
        for round in 0..20 {
            let user = make.user(&format!("u{round}"));
            store.commit_identity(make.change().insert(user.clone())).await.unwrap();
            let place = make.membership(team.id(), user.id(), Role::Viewer);
            let joins = make.change().update(team.clone()).insert(place);
            let answers = both(&store, joins, make.change().delete(user.clone())).await;
            let is_there = store.user(user.id()).await.unwrap().is_some();
            let is_member = store.membership(team.id(), user.id()).await.unwrap().is_some();
            match (&answers[0], &answers[1]) {
                (Ok(()), Err(StoreError::InUse)) => assert!(is_there && is_member, "round {round}"),
                (Err(StoreError::NotFound), Ok(())) => assert!(!is_there && !is_member, "round {round}"),
                other => panic!("round {round}: one of both is too late: {other:?}"),
            }
            team = store.team(team.id()).await.unwrap().unwrap();
        }
    });
}

#[test]
fn of_two_who_guard_what_the_other_writes_one_is_too_late() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        for round in 0..20 {
            let (one, other) = (make.user(&format!("one{round}")), make.user(&format!("other{round}")));
            let change = make.change().insert(one.clone()).insert(other.clone());
            store.commit_identity(change).await.unwrap();
            let first = make.change().guard(one.clone()).update(other.clone().with_next_uv());
            let second = make.change().guard(other).update(one.with_next_uv());
            let answers = both(&store, first, second).await;
            let written = answers.iter().filter(|answer| answer.is_ok()).count();
            let late = answers.iter().filter(|it| matches!(it, Err(StoreError::Conflict { .. }))).count();
            assert_eq!((written, late), (1, 1), "round {round}: {answers:?}");
        }
    });
}

#[test]
fn the_last_use_that_a_touch_wrote_is_kept_by_a_commit_that_did_not_see_it() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        let (ada, team) = a_team(&store, &make).await;
        let (session, key) = (make.session(ada.id()), make.api_key(team.id(), ada.id()));
        let change = make.change().insert(session.clone()).insert(key.clone());
        store.commit_identity(change).await.unwrap();
        let later = make.now().plus_millis(60_000);
        store.touch_session(session.id(), later).await.unwrap();
        store.touch_api_key(team.id(), key.id(), later).await.unwrap();
        let sooner = make.now().plus_millis(30_000);
        let change = make.change().update(session.clone().seen(sooner)).update(key.clone().used(sooner));
        store.commit_identity(change).await.unwrap();
        store.touch_session(session.id(), sooner).await.unwrap();
        store.touch_api_key(team.id(), key.id(), sooner).await.unwrap();
        let session = store.session(session.id()).await.unwrap().unwrap();
        let key = store.api_key(team.id(), key.id()).await.unwrap().unwrap();
        assert_eq!((session.last_seen_at(), key.last_used_at()), (later, Some(later)));
    });
}

#[test]
fn whoever_is_in_the_way_too_long_makes_a_store_unavailable_and_nothing_is_written() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        let ada = make.user("Ada");
        store.commit_identity(make.change().insert(ada.clone())).await.unwrap();
        let mut session = store.client().start_session().await.unwrap();
        session.start_transaction().await.unwrap();
        let name = format!("{}identity", store.prefix());
        let all = store.database().collection::<Document>(&name);
        all.update_one(doc! { "kind": "user" }, doc! { "$set": { "mine": 1 } })
            .session(&mut session)
            .await
            .unwrap();
        let mut settings = Settings::default();
        settings.patience = Duration::from_millis(300);
        let hasty = store.with_settings(settings);
        let change = make.change().update(ada.with_next_uv());
        let answer = hasty.commit_identity(change.clone()).await;
        assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
        let waits = tokio::spawn(async move { store.commit_identity(change).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        session.abort_transaction().await.unwrap();
        let receipt = waits.await.unwrap().unwrap();
        assert!(!receipt.replayed, "the hasty one left nothing");
    });
}

#[test]
fn a_change_that_many_send_at_once_is_written_once() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        let change = make.change().insert(make.user("Ada"));
        let answers = race(8, |_| {
            let (store, change) = (store.clone(), change.clone());
            async move { store.commit_identity(change).await.unwrap().replayed }
        });
        let first = answers.await.into_iter().filter(|replayed| !replayed).count();
        assert_eq!((first, count(&store, doc! { "kind": "user" }).await), (1, 1));
    });
}
