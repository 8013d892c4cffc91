//! Identities on SQLite, beyond the contract.

#![expect(clippy::unwrap_used, reason = "what can't be done fails its test")]

use std::sync::Arc;

use invoice_core::Role;
use invoice_core::identity::SearchPrefix;
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::PageRequest;
use invoice_core::ports::identity::{IdentityCommits as _, IdentityPorts, Teams as _, Users as _};
use invoice_core::testing::{IdentityFixtures, run};
use invoice_store_sqlite::{SqliteError, SqliteStore};

#[path = "../../invoice-store-common/tests/support/identity_walk.rs"]
mod identity_walk;

fn seed() -> u64 {
    let chosen = std::env::var("INVOICE_TRACE_SEED").ok().map(|seed| seed.parse().unwrap());
    chosen.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().map_or(1, |it| u64::from(it.subsec_nanos())))
}

#[test]
fn random_changes_end_as_they_do_in_memory() {
    run(async {
        for seed in [1, 2, seed()] {
            let model = IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()));
            let store = IdentityPorts::from_store(&Arc::new(SqliteStore::open_in_memory().unwrap()));
            identity_walk::walk(&model, &store, seed, 1_000).await;
        }
    });
}

#[test]
fn identities_go_down_and_up_again_and_only_by_force() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("identities.db")).unwrap();
        let make = IdentityFixtures::new();
        let (ada, team) = (make.user("Ada"), make.team("Engines"));
        let place = make.membership(team.id(), ada.id(), Role::Owner);
        let change = make.change().insert(ada.clone()).insert(team.clone()).insert(place);
        store.commit_identity(change).await.unwrap();

        let refused = store.rollback(1, false).await;
        assert!(matches!(refused, Err(SqliteError::NotEmpty { .. })), "{refused:?}");
        assert_eq!(store.user(ada.id()).await.unwrap(), Some(ada.clone()), "nothing went");
        assert_eq!(store.rollback(1, true).await.unwrap(), 1);
        assert!(store.user(ada.id()).await.is_err(), "the tables are gone");
        assert_eq!(store.migrate().await.unwrap(), 1);
        assert_eq!(store.user(ada.id()).await.unwrap(), None, "and come back empty");
        let again = make.change().insert(ada.clone()).insert(team);
        store.commit_identity(again).await.unwrap();
        assert_eq!(store.user(ada.id()).await.unwrap(), Some(ada));
    });
}

#[test]
fn a_renamed_member_is_found_by_the_new_name_only() {
    run(async {
        let store = SqliteStore::open_in_memory().unwrap();
        let make = IdentityFixtures::new();
        let (ada, team) = (make.user("Ada"), make.team("Engines"));
        let place = make.membership(team.id(), ada.id(), Role::Owner);
        store
            .commit_identity(make.change().insert(ada.clone()).insert(team.clone()).insert(place))
            .await
            .unwrap();
        let renamed = ada.with_name("Countess").unwrap().with_email(make.email("lovelace"), None);
        store.commit_identity(make.change().update(renamed)).await.unwrap();
        for (text, count) in [("count", 1), ("love", 1), ("ada", 0)] {
            let page = PageRequest::first(10).unwrap();
            let found = store.members(team.id(), SearchPrefix::new(text).ok(), &page).await.unwrap();
            assert_eq!(found.items.len(), count, "{text}");
        }
    });
}
