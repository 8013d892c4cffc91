//! Identities on PostgreSQL, beyond the contract.

#![expect(clippy::unwrap_used, reason = "what can't be done fails its test")]

mod support;

use std::sync::Arc;

use invoice_core::Role;
use invoice_core::identity::{SearchPrefix, Team, User};
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::identity::{IdentityCommits as _, IdentityPorts, Teams as _, Users as _};
use invoice_core::ports::{PageRequest, StoreError};
use invoice_core::testing::{IdentityFixtures, contract::race, run};
use invoice_store_postgres::sqlx::postgres::PgConnectOptions;
use invoice_store_postgres::sqlx::{AssertSqlSafe, Connection as _, PgConnection, raw_sql};
use invoice_store_postgres::{MigrateError, PostgresStore, Settings};

#[path = "../../invoice-store-common/tests/support/identity_walk.rs"]
mod identity_walk;

fn seed() -> u64 {
    let chosen = std::env::var("INVOICE_TRACE_SEED").ok().map(|seed| seed.parse().unwrap());
    chosen.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().map_or(1, |it| u64::from(it.subsec_nanos())))
}

/// Runs a script with `{s}` filled in, on a connection of its own.
async fn script(store: &PostgresStore, text: &str) {
    let mut connection = PgConnection::connect(&support::url()).await.unwrap();
    let text = text.replace("{s}", store.schema());
    raw_sql(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
}

async fn a_team(store: &PostgresStore, make: &IdentityFixtures) -> (User, Team) {
    let (ada, team) = (make.user("Ada"), make.team("Engines"));
    let place = make.membership(team.id(), ada.id(), Role::Owner);
    let change = make.change().insert(ada.clone()).insert(team.clone()).insert(place);
    store.commit_identity(change).await.unwrap();
    (ada, team)
}

async fn found(store: &PostgresStore, team: &Team, text: &str) -> usize {
    let page = PageRequest::first(100).unwrap();
    store.members(team.id(), SearchPrefix::new(text).ok(), &page).await.unwrap().items.len()
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
fn identities_go_down_and_up_again_and_only_by_force() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        let (ada, _) = a_team(&store, &make).await;
        let refused = store.rollback(1, false).await;
        assert!(matches!(refused, Err(MigrateError::NotEmpty { version: 2, .. })), "{refused:?}");
        assert_eq!(store.user(ada.id()).await.unwrap(), Some(ada.clone()), "nothing went");
        assert!(!store.rollback(1, true).await.unwrap().is_current());
        assert!(store.user(ada.id()).await.is_err(), "the tables are gone");
        assert!(store.migrate().await.unwrap().is_current());
        assert_eq!(store.user(ada.id()).await.unwrap(), None, "and come back empty");
        store.commit_identity(make.change().insert(ada.clone())).await.unwrap();
        assert_eq!(store.user(ada.id()).await.unwrap(), Some(ada));
    });
}

#[test]
fn members_are_found_by_their_new_names_even_if_they_join_meanwhile() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        let (_, team) = a_team(&store, &make).await;
        let mut team = team;
        for round in 0..20 {
            let user = make.user(&format!("old{round}"));
            store.commit_identity(make.change().insert(user.clone())).await.unwrap();
            let place = make.membership(team.id(), user.id(), Role::Viewer);
            let joins = make.change().update(team.clone()).insert(place);
            let renames = make.change().update(user.with_name(format!("new{round}")).unwrap());
            let changes = [joins, renames];
            let answers = race(2, |index| {
                let (store, change) = (store.clone(), changes[index].clone());
                async move { store.commit_identity(change).await }
            });
            for answer in answers.await {
                answer.unwrap();
            }
            team = store.team(team.id()).await.unwrap().unwrap();
            assert_eq!(found(&store, &team, &format!("new{round}")).await, 1, "the new name, round {round}");
        }
        assert_eq!(found(&store, &team, "new").await, 20);
        assert_eq!(found(&store, &team, "old").await, 20, "their addresses still begin so");
    });
}

/// Fails the first `times` inserts of a user.
fn failing(code: &str, times: u32) -> String {
    format!(
        "CREATE SEQUENCE {{s}}.failures;
         CREATE FUNCTION {{s}}.fail() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF nextval('{{s}}.failures') <= {times} THEN
                 RAISE EXCEPTION 'on purpose' USING ERRCODE = '{code}';
             END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER fail BEFORE INSERT ON {{s}}.users FOR EACH ROW EXECUTE FUNCTION {{s}}.fail()"
    )
}

#[test]
fn contention_is_retried_and_ends_some_time() {
    run(async {
        for code in ["40001", "40P01"] {
            let (store, make) = (support::a_store().await, IdentityFixtures::new());
            script(&store, &failing(code, 3)).await;
            let receipt = store.commit_identity(make.change().insert(make.user("Ada"))).await.unwrap();
            assert!(!receipt.replayed, "the tries before wrote nothing");
        }
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        script(&store, &failing("40001", 1_000)).await;
        let change = make.change().insert(make.user("Ada"));
        let answer = store.commit_identity(change.clone()).await;
        assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
        script(&store, "DROP TRIGGER fail ON {s}.users").await;
        assert!(!store.commit_identity(change).await.unwrap().replayed, "nothing was remembered");
    });
}

#[test]
fn a_connection_lost_while_committing_leaves_an_unknown_outcome_and_a_safe_retry() {
    run(async {
        let (store, make) = (support::a_store().await, IdentityFixtures::new());
        let dies_at_commit = "
            CREATE FUNCTION {s}.die() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_terminate_backend(pg_backend_pid());
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON {s}.users DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION {s}.die()";
        script(&store, dies_at_commit).await;
        let ada = make.user("Ada");
        let change = make.change().insert(ada.clone());
        let answer = store.commit_identity(change.clone()).await;
        assert!(matches!(answer, Err(StoreError::UnknownOutcome)), "{answer:?}");
        script(&store, "DROP TRIGGER die ON {s}.users").await;
        store.commit_identity(change.clone()).await.unwrap();
        assert!(store.commit_identity(change).await.unwrap().replayed);
        assert_eq!(store.user(ada.id()).await.unwrap(), Some(ada));
    });
}

#[test]
fn a_connection_lost_before_is_replaced() {
    run(async {
        let (make, name) = (IdentityFixtures::new(), support::a_schema());
        let options: PgConnectOptions = support::url().parse().unwrap();
        let options = options.application_name(&name);
        let store = PostgresStore::connect_with(options, &Settings::default()).await.unwrap();
        let store = store.with_schema(&name).unwrap();
        store.migrate().await.unwrap();
        a_team(&store, &make).await;
        script(
            &store,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{s}'",
        )
        .await;
        store.commit_identity(make.change().insert(make.user("Grace"))).await.unwrap();
    });
}
